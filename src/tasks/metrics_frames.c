/* Frame accuracy counts keys and passes over the silence that both agree on: most keys rest most of the time.
 */
#include "tasks/metrics_frames.h"

void rd_frames_add(rd_frame_counts *counts, const rd_real *scores, size_t stride, const rd_real *truth,
                   size_t rows, size_t width)
{
    for (size_t r = 0; r < rows; r++, scores += stride, truth += width) {
        for (size_t k = 0; k < width; k++) {
            int found = scores[k] > 0, sounds = 2 * truth[k] > 1;
            counts->hit += (uint64_t)(found && sounds);
            counts->added += (uint64_t)(found && !sounds);
            counts->missed += (uint64_t)(!found && sounds);
        }
    }
}

double rd_frames_accuracy(const rd_frame_counts *counts)
{
    uint64_t all = counts->hit + counts->added + counts->missed;
    return all ? (double)counts->hit / (double)all : 1;
}

/* Frames: the memory of one use of a model, planned before it is bound; and the call that a layer gets. */
#ifndef RD_FRAME_H
#define RD_FRAME_H

#include "model/model.h"

#include <pthread.h>

enum { RD_PHASE_NONE = 0, RD_PHASE_FORWARD = 1, RD_PHASE_LOSS = 2 };

/* What loss and backward need from the last forward. */
struct rd_model_run {
    uint64_t packed_stamp; /* of the parameters that the panels were made from; 0: none */
    struct {               /* panels of single steps, made when the first state of one sequence is */
        pthread_mutex_t making;
        uint64_t stamp;        /* of the parameters that they were made from; 0: none */
        rd_weights weights;    /* what the panels are laid out for */
        unsigned char *panels; /* owned */
        size_t *at;            /* [layers] owned */
    } stream;
    rd_frame *frame;       /* of the last forward */
    const rondo_batch *batch;
    const rondo_pack *pack[RD_MAX_PARTS];
    rd_call call; /* all that does not differ from layer to layer */
    int phase;
    int lost; /* 1: gradients were zeroed after a fused head had added to them */
    double objective;
    rondo_loss_report report;
};

/* Numbers from row to row: whole lines of the cache. */
size_t rd_frame_stride(size_t width);
/* Rows of a loss that run through a fused head at a time: so many that all blocks of `rows` are about equal. */
size_t rd_frame_block_rows(size_t rows, size_t width);
/* 1 when the layer is the head of a softmax loss that this frame runs in blocks of rows. */
int rd_frame_fuses(const rondo_model *model, const rd_frame *frame, size_t layer);
/* Makes the frame hold at least these limits ([parts]); allocates only when it has to grow. */
rondo_status rd_frame_ready(const rondo_model *model, rd_frame *frame, const rd_limits_of_call *limits,
                            rondo_mode mode, rondo_error *error);
/* The call of layer i: `base` and what is the layer's own. start, final, d_final and d_start of base point
 * to whole states. */
rd_call rd_frame_call(const rondo_model *model, const rd_frame *frame, const rd_call *base, size_t i);

#endif

/* The registry of losses, and what they share. */
#include "losses/kinds_of_loss.h"

#include "base/text.h"

#include <math.h>

/* clang-format off */
const rd_loss_info rd_losses[] = {
    {.name = "softmax", .help = "cross-entropy of one class a row", .symbols = 1, .smooths = 1,
     .width = rd_loss_same_width, .count = rd_loss_count_symbols, .run = rd_loss_softmax},
    {.name = "binary", .help = "cross-entropy of independent yes and no", .symbols = 1, .values = 1, .smooths = 1,
     .width = rd_loss_same_width, .count = rd_loss_count_any, .run = rd_loss_binary},
    {.name = "squared", .help = "half the squared error; reports give the mean squared error", .values = 1,
     .width = rd_loss_same_width, .count = rd_loss_count_values, .run = rd_loss_squared, .report = rd_loss_mean_of_pairs,
     .unit = "squared error"},
    {.name = "gaussian", .help = "likelihood of a mean and a log variance for each number", .values = 1,
     .width = rd_loss_gaussian_width, .count = rd_loss_count_values, .run = rd_loss_gaussian, .report = rd_loss_mean_of_pairs},
    {.name = "quantile", .help = "pinball loss of some quantiles for each number", .values = 1, .quantiles = 1,
     .width = rd_loss_quantile_width, .count = rd_loss_count_values, .run = rd_loss_quantile, .report = rd_loss_mean_of_each,
     .unit = "pinball loss"},
    {.name = "ctc", .help = "likelihood of a shorter sequence over all its alignments", .symbols = 1,
     .width = rd_loss_ctc_width, .sequence = &rd_loss_ctc},
    {.name = "crf", .help = "likelihood of a whole sequence of tags, with transitions", .symbols = 1,
     .width = rd_loss_same_width, .sequence = &rd_loss_crf},
    {.name = NULL}};
/* clang-format on */

const rd_loss_info *rd_loss_find(const char *name)
{
    for (const rd_loss_info *info = rd_losses; info->name; info++)
        if (rd_equal(info->name, name)) return info;
    return NULL;
}

size_t rd_loss_same_width(size_t target_width, const rd_loss_settings *settings)
{
    (void)settings;
    return target_width;
}

double rd_loss_mean_of_pairs(size_t width)
{
    return 2 / (double)width;
}

double rd_loss_mean_of_each(size_t width)
{
    return 1 / (double)width;
}

static double weight_of(const rd_loss_call *call, size_t row)
{
    return call->weight ? (double)call->weight[row] : 1;
}

void rd_loss_count_symbols(const rd_loss_call *call)
{
    for (size_t r = 0; r < call->rows; r++)
        call->count[r] = call->symbols[r] < 0 ? 0 : weight_of(call, r);
}

/* A row counts when at least one of its targets is there. */
void rd_loss_count_values(const rd_loss_call *call)
{
    for (size_t r = 0; r < call->rows; r++) {
        const rd_real *y = call->values + r * call->value_width;
        call->count[r] = 0;
        for (size_t k = 0; k < call->value_width && call->count[r] <= 0; k++)
            if (!isnan(y[k])) call->count[r] = weight_of(call, r);
    }
}

void rd_loss_count_any(const rd_loss_call *call)
{
    if (call->symbols)
        rd_loss_count_symbols(call);
    else
        rd_loss_count_values(call);
}

double rd_loss_sequence_weight(const rd_sequence_call *call, size_t place)
{
    const rondo_pack *pack = call->target_pack;
    const size_t steps = pack->length[pack->order[place]];
    double sum = 0;
    if (!call->weight || steps == 0) return 1;
    for (size_t t = 0; t < steps; t++)
        sum += (double)call->weight[pack->offset[t] + place];
    return sum / (double)steps;
}

void *rd_loss_take(unsigned char *base, rd_plan *plan, size_t count, size_t size)
{
    const size_t at = plan->size;
    rd_plan_add(plan, count, size);
    return base ? base + at : NULL;
}

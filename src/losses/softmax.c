/* Softmax cross-entropy: the kernel does the rows. */
#include "losses/kinds_of_loss.h"

void rd_loss_softmax(const rd_loss_call *call)
{
    rd_device_softmax(call->device, &(rd_softmax_args){.rows = call->rows,
                                                       .classes = call->width,
                                                       .logits = call->output,
                                                       .stride = call->stride,
                                                       .target = call->symbols,
                                                       .weight = call->weight,
                                                       .smooth = (rd_real)call->settings->smooth,
                                                       .scale = call->scale,
                                                       .gradient = call->gradient,
                                                       .loss = call->loss});
}

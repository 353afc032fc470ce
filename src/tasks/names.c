/* rondo_name: every table that has names, under one door. */
#include "tasks/tasks.h"

#include "data/readers.h"
#include "data/synth.h"
#include "kernels/kernels.h"
#include "losses/loss.h"

static const char *cell_name(size_t i) { return i < RD_CELLS ? rd_cells[i].name : NULL; }
static const char *layer_name(size_t i)
{
    for (size_t k = 0; rd_layers[k]; k++)
        if (k == i)
            return rd_layers[k]->kind;
    return NULL;
}
static const char *loss_name(size_t i)
{
    for (size_t k = 0; rd_losses[k].name; k++)
        if (k == i)
            return rd_losses[k].name;
    return NULL;
}
static const char *optimizer_name(size_t i) { return i < RD_OPTIMIZERS ? rd_optimizers[i].name : NULL; }
static const char *task_name(size_t i)
{
    for (size_t k = 0; rd_tasks[k].name; k++)
        if (k == i)
            return rd_tasks[k].name;
    return NULL;
}
/* A reader has a row for each task it serves. */
static int named_before(size_t row)
{
    for (size_t k = 0; k < row; k++)
        if (rd_equal(rd_reader_row_at(k)->name, rd_reader_row_at(row)->name)) return 1;
    return 0;
}

static const char *reader_name(size_t i)
{
    for (size_t k = 0; rd_reader_row_at(k); k++)
        if (!named_before(k) && i-- == 0) return rd_reader_row_at(k)->name;
    return NULL;
}

const char *rondo_name(rondo_kind kind, size_t i)
{
    static const char *(*const tables[])(size_t) = {
        [RONDO_CELLS] = cell_name,      [RONDO_LAYERS] = layer_name, [RONDO_LOSSES] = loss_name,   [RONDO_OPTIMIZERS] = optimizer_name,
        [RONDO_TASKS] = task_name,      [RONDO_READERS] = reader_name, [RONDO_SYNTHS] = rd_synth_name, [RONDO_KERNELS] = rd_kernels_name,
    };
    size_t count = sizeof tables / sizeof *tables;
    return (size_t)kind < count ? tables[kind](i) : NULL;
}

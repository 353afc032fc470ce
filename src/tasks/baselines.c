/* What a model must beat: counts for text, the mean for numbers. */
#include "tasks/tasks.h"

#include "data/baseline.h"

#include <math.h>

rondo_status rondo_baselines(const rondo_data *train, const rondo_data *data, const rondo_options *options, rondo_metrics *metrics,
                             rondo_error *error)
{
    (void)options;
    if (!train || !data || !metrics)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_baselines: %s is missing", !train ? "train" : !data ? "data" : "metrics");
    *metrics = (rondo_metrics){.loss = (double)NAN};
    if (!rd_equal(rd_data_task(train), "lm"))
        return RONDO_OK;
    static const struct {
        const char *name;
        int order;
    } rows[] = {{"unigram", 0}, {"markov-1", 1}, {"markov-2", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double nats;
        RD_TRY(rd_baseline_lm(train, data, rows[i].order, &nats, error));
        rd_metric_add(metrics, rows[i].name, nats, -1);
    }
    return RONDO_OK;
}

/* rondo_gradcheck on a model of its text: what the tests of layers and of characters in words ask alike. */
#ifndef GRADCHECK_HELP_H
#define GRADCHECK_HELP_H

#include "../model/model_help.h"

#define LIMIT 1e-6

static double worst_of_all;

/* Every number of the model: `make` builds it from the text, `fill` makes its batch. */
static void check_gradients(const char *options, const char *text, void (*make)(bench *, const char *), void (*fill)(bench *))
{
    bench b;
    rondo_gradcheck_result worst;
    bench_open(&b, 1, options);
    make(&b, text);
    fill(&b);
    works(&b, rondo_gradcheck(b.model, b.batch, 0, &worst, &b.error));
    if (!(worst.worst <= LIMIT))
        fprintf(stderr, "%s%s: %s analytic %.9g numeric %.9g error %.3g\n", options, text, worst.param, worst.analytic, worst.numeric,
                worst.worst);
    assert_true(worst.worst <= LIMIT);
    assert_true(worst.checked == b.model->numbers);
    worst_of_all = fmax(worst_of_all, worst.worst);
    bench_close(&b);
}

#endif

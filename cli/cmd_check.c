/* rondo gradcheck and rondo selftest: is what is computed right? */
#include "cli.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-6

/* Without a file the model of a language is checked on a text of its own. */
static int own_text(session *s, buffer *text)
{
    rondo_error error = {0};
    rondo_sampling sampling = {.temperature = 1, .top_p = 1, .length = 200, .seed = 1};
    if (!is_language_model(s))
        return report_fail(RONDO_BAD_ARGUMENT, "rondo gradcheck MODEL FILE",
                           "a model of task %s is checked on data of its kind",
                           show(rondo_model_task(s->model)).text);
    for (; sampling.number < 4; sampling.number++) {
        if (rondo_generate(s->model, "", 0, &sampling, buffer_sink, text, NULL, &error) != RONDO_OK)
            return report_error(&error);
        buffer_put(text, "\n");
    }
    return text->failed ? report_fail(RONDO_LIMIT, NULL, "no memory for a text") : RONDO_OK;
}

static int open_data(session *s, const char *const *paths, size_t count, rondo_data **data)
{
    buffer text = {0};
    rondo_error error = {0};
    rondo_status opened = RONDO_OK;
    int status = count ? RONDO_OK : own_text(s, &text);
    if (status == RONDO_OK && count)
        opened = rondo_data_open(s->options, s->model, paths, count, data, &error);
    else if (status == RONDO_OK)
        opened = rondo_data_open_memory(s->options, s->model, "the model's own text", text.text, text.size,
                                        data, &error);
    buffer_free(&text);
    return opened == RONDO_OK ? status : report_error(&error);
}

static int tell(const rondo_gradcheck_result *worst, int json)
{
    int sound = worst->worst <= TOLERANCE;
    if (json) {
        json_line line;
        json_begin(&line);
        json_number(&line, "worst", worst->worst);
        json_word(&line, "param", worst->param);
        json_number(&line, "analytic", worst->analytic);
        json_number(&line, "numeric", worst->numeric);
        json_count(&line, "checked", worst->checked);
        json_raw(&line, "ok", sound ? "true" : "false");
        json_end(&line);
    } else {
        output_format("%s  worst relative error %.3g (at most %g) of %zu numbers\n", sound ? "ok" : "FAILED",
                      worst->worst, TOLERANCE, worst->checked);
        output_format("%s  analytic %.9g  numeric %.9g\n", worst->param, worst->analytic, worst->numeric);
    }
    return sound ? RONDO_OK : RONDO_NO;
}

static int check_gradients(session *s, const char *const *paths, size_t count)
{
    rondo_data *data = NULL;
    rondo_loader *loader = NULL;
    rondo_batch *batch = NULL;
    rondo_error error = {0};
    rondo_gradcheck_result worst = {0};
    int ended = 0;
    if (!rondo_options_is_set(s->options, "batch-size") || count_of(s->options, "batch-size") > 4)
        option_put(s->options, "batch-size", "4");
    const int windows = strcmp(rondo_model_task(s->model), "forecast") == 0; /* are as long as the model's */
    if (!windows && count_of(s->options, "seq-len") > 8) option_put(s->options, "seq-len", "8");
    int status = open_data(s, paths, count, &data);
    if (status == RONDO_OK &&
        (rondo_loader_new(data, s->options, 0, &loader, &error) != RONDO_OK ||
         rondo_batch_new(&batch, &error) != RONDO_OK ||
         rondo_loader_next(loader, batch, &ended, &error) != RONDO_OK ||
         rondo_gradcheck(s->model, batch, count_of(s->options, "limit"), &worst, &error) != RONDO_OK))
        status = report_error(&error);
    if (status == RONDO_OK) status = tell(&worst, flag_of(s->options, "json"));
    rondo_batch_free(batch);
    rondo_loader_free(loader);
    rondo_data_free(data);
    return status;
}

int run_gradcheck(invocation *call)
{
    session s = {0};
    const char *given = text_of(call->options, "model");
    const char *path = given[0] ? given : call->files ? call->file[0] : model_path(call);
    size_t next = given[0] ? 0 : 1;
    int status = path[0] ? RONDO_OK : RONDO_BAD_ARGUMENT;
    if (strcmp(text_of(call->given, "saved"), "bf16") == 0)
        status =
            report_fail(RONDO_BAD_ARGUMENT, "--saved f32 and --saved recompute can be checked",
                        "gradcheck: --saved bf16 rounds gates, which differences of the loss do not show");
    if (status == RONDO_OK) status = session_open(&s, call, path);
    if (status == RONDO_OK) status = check_gradients(&s, call->file + next, (size_t)call->files - next);
    session_close(&s);
    return status;
}

int run_selftest(invocation *call)
{
    const char *filter = text_of(call->options, "filter");
    rondo_error error = {0};
    rondo_status status = rondo_selftest(filter[0] ? filter : NULL, output_sink, NULL, &error);
    if (status == RONDO_NO) return RONDO_NO; /* the lines say which */
    return status == RONDO_OK ? RONDO_OK : report_error(&error);
}

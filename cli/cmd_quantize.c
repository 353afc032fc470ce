/* rondo quantize: a model with narrow weights, and, with data, what that costs. */
#include "cli.h"

#include <string.h>
#include <sys/stat.h>

static int check_output(const invocation *call, const char *path, const char *output)
{
    if (!output[0])
        return report_fail(RONDO_BAD_ARGUMENT, "-o MODEL names it", "rondo quantize: an output is missing");
    if (same_file(output, path))
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: is read, so it cannot be the output",
                           show(output).text);
    if (!flag_of(call->options, "force") && file_exists(output))
        return report_fail(RONDO_BAD_ARGUMENT, "-f replaces it", "%s: is there already", show(output).text);
    return RONDO_OK;
}

static double size_of(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 ? (double)found.st_size : 0;
}

static int measure(const session *s, const rondo_data *data, rondo_metrics *metrics)
{
    rondo_error error = {0};
    if (!data) return RONDO_OK;
    return rondo_evaluate(s->model, data, s->options, metrics, &error) == RONDO_OK ? RONDO_OK
                                                                                   : report_error(&error);
}

/* A metric a line: its name, with f32 weights, with the narrow ones. */
static void tell(const session *s, const rondo_metrics *before, const rondo_metrics *after)
{
    const char *weights = rondo_model_weights(s->model);
    if (flag_of(s->options, "json")) {
        json_line line;
        json_begin(&line);
        json_word(&line, "weights", weights);
        for (size_t i = 0; i < before->count; i++) {
            char name[80] = "f32_";
            strncat(name, before->metric[i].name, sizeof name - strlen(name) - 1);
            json_number(&line, name, before->metric[i].value);
            json_number(&line, after->metric[i].name, after->metric[i].value);
        }
        json_end(&line);
        return;
    }
    if (before->count) output_format("metric\tf32\t%s\n", weights);
    for (size_t i = 0; i < before->count; i++)
        output_format("%s\t%.6g\t%.6g\n", before->metric[i].name, before->metric[i].value,
                      after->metric[i].value);
}

static int quantize(session *s, const invocation *call, const char *path, const char *output)
{
    rondo_error error = {0};
    rondo_data *data = NULL;
    rondo_metrics before = {0}, after = {0};
    const char *weights = text_of(call->options, "weights");
    int status = RONDO_OK;
    if (strcmp(rondo_model_weights(s->model), "f32") != 0)
        return report_fail(RONDO_BAD_ARGUMENT, "begin with the model that it was made from",
                           "%s: its weights are %s already", show(path).text, rondo_model_weights(s->model));
    if (call->files &&
        rondo_data_open(s->options, s->model, call->file, call->files, &data, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) status = measure(s, data, &before);
    if (status == RONDO_OK && rondo_quantize(s->model, weights, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) status = measure(s, data, &after);
    if (status == RONDO_OK &&
        rondo_model_save(s->model, output, flag_of(call->options, "force"), &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) {
        tell(s, &before, &after);
        report_say("saved %s: %s weights, %s instead of %s", output, weights, byte_size(size_of(output)).text,
                   byte_size(size_of(path)).text);
    }
    rondo_data_free(data);
    return status;
}

int run_quantize(invocation *call)
{
    session s = {0};
    const char *path = model_path(call), *output = text_of(call->options, "output");
    int status = path[0] ? check_output(call, path, output) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) status = session_open(&s, call, path);
    if (status == RONDO_OK) status = options_fit_task(call, rondo_model_task(s.model));
    if (status == RONDO_OK) status = quantize(&s, call, path, output);
    session_close(&s);
    return status;
}

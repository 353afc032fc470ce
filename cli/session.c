/* A model in use: the device, the file, and the options it was trained with under those given now. */
#include "cli.h"

#include <string.h>

int device_open(const rondo_options *options, rondo_device **device)
{
    rondo_error error = {0};
    int threads = (int)count_of(options, "threads");
    if (rondo_device_open(text_of(options, "device"), threads, device, &error) != RONDO_OK)
        return report_error(&error);
    if (report_verbose())
        report_say("device: %s, %d threads", rondo_device_isa(*device), rondo_device_threads(*device));
    return RONDO_OK;
}

const char *model_path(const invocation *call)
{
    const char *path = text_of(call->options, "model");
    if (!path[0])
        report_fail(RONDO_BAD_ARGUMENT, "-m MODEL names one", "rondo %s: a model is missing",
                    call->command->name);
    return path;
}

int session_open(session *s, const invocation *call, const char *path)
{
    rondo_error error = {0};
    int status = device_open(call->options, &s->device);
    if (status == RONDO_OK && rondo_model_load(s->device, path, &s->model, &error) != RONDO_OK)
        status = report_error(&error);
    const char *language = status == RONDO_OK ? text_of(call->options, "lm") : "";
    if (language[0] && rondo_model_load(s->device, language, &s->language, &error) != RONDO_OK) status = report_error(&error);
    if (status == RONDO_OK) rondo_model_language(s->model, s->language);
    return status == RONDO_OK ? options_over_model(s->model, call, &s->options) : status;
}

int is_language_model(const session *s)
{
    return strcmp(rondo_model_task(s->model), "lm") == 0;
}

void session_close(session *s)
{
    rondo_options_free(s->options);
    rondo_model_free(s->model);
    rondo_model_free(s->language);
    rondo_device_close(s->device);
    *s = (session){0};
}

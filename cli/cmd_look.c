/* rondo inspect and rondo plot: pictures of models and runs. */
#include "cli.h"

#include <string.h>

static const char *positional_model(const invocation *call)
{
    return call->files ? call->file[0] : model_path(call);
}

int run_inspect(invocation *call)
{
    session s = {0};
    rondo_error error = {0};
    const char *path = positional_model(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) {
        settle_pictures(s.options);
        if (rondo_inspect(s.model, s.options, output_sink, NULL, &error) != RONDO_OK)
            status = report_error(&error);
    }
    session_close(&s);
    return status;
}

int run_plot(invocation *call)
{
    rondo_error error = {0};
    const char *svg = text_of(call->options, "svg");
    if (!svg[0]) {
        settle_pictures(call->options);
        return rondo_plot(call->file, call->files, call->options, "text", output_sink, NULL, &error) ==
                       RONDO_OK
                   ? RONDO_OK
                   : report_error(&error);
    }
    buffer picture = {0};
    int status = RONDO_OK;
    if (rondo_plot(call->file, call->files, call->options, "svg", buffer_sink, &picture, &error) != RONDO_OK)
        status = report_error(&error);
    else
        status = picture_save(svg, &picture, flag_of(call->options, "force"));
    buffer_free(&picture);
    return status;
}

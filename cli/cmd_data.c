/* rondo data: check, split and make data. */
#include "cli.h"

#include <string.h>

static int check(invocation *call)
{
    rondo_data *data = NULL, *valid = NULL;
    rondo_error error = {0};
    char **path = NULL;
    size_t paths = 0;
    if (list_split(text_of(call->options, "valid"), &path, &paths) != RONDO_OK) return RONDO_LIMIT;
    rondo_status status =
        rondo_data_open(call->options, NULL, call->file + 1, call->files - 1, &data, &error);
    if (status == RONDO_OK && paths)
        status = rondo_data_open(call->options, NULL, (const char *const *)path, paths, &valid, &error);
    list_free(path, paths);
    if (status == RONDO_OK)
        status = rondo_data_describe(data, valid, flag_of(call->options, "json"), output_sink, NULL, &error);
    rondo_data_free(valid);
    rondo_data_free(data);
    return status == RONDO_OK ? RONDO_OK : report_error(&error);
}

static int split(invocation *call)
{
    rondo_error error = {0};
    const char *prefix = text_of(call->options, "output");
    if (!prefix[0])
        return report_fail(RONDO_BAD_ARGUMENT, "-o PREFIX; PREFIX.train, .valid and .test are written",
                           "rondo data split: a name for the parts is missing");
    int status = settle_seed(call->options);
    if (status != RONDO_OK) return status;
    return rondo_data_split(call->options, call->file + 1, (size_t)call->files - 1, prefix, output_sink, NULL, &error) == RONDO_OK
               ? RONDO_OK
               : report_error(&error);
}

static int synth(invocation *call)
{
    rondo_error error = {0};
    buffer made = {0};
    const char *output = text_of(call->options, "output");
    if (call->files > 2)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "rondo data synth: one name at a time, found also %s",
                           show(call->file[2]).text);
    int status = settle_seed(call->options);
    if (status != RONDO_OK) return status;
    int standard = !output[0] || strcmp(output, "-") == 0;
    if (rondo_data_synth(call->file[1], call->options, standard ? output_sink : buffer_sink,
                         standard ? NULL : &made, &error) != RONDO_OK)
        status = report_error(&error);
    else if (!standard)
        status = file_save(output, made.text ? made.text : "", made.size, flag_of(call->options, "force"));
    buffer_free(&made);
    return status;
}

int run_data(invocation *call)
{
    static const struct {
        const char *name, *needs;
        int (*run)(invocation *call);
    } actions[] = {{"check", "a file", check}, {"split", "a file", split}, {"synth", "a name", synth}};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, call->file[0]) != 0) continue;
        if (call->files < 2)
            return report_fail(RONDO_BAD_ARGUMENT, "rondo data -h shows how", "rondo data %s: %s is missing",
                               actions[i].name, actions[i].needs);
        return actions[i].run(call);
    }
    return report_fail(RONDO_BAD_ARGUMENT, "rondo data check, split or synth",
                       "rondo data: expected check, split or synth, found %s", show(call->file[0]).text);
}

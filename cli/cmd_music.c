/* rondo generate with a model of frames: a MIDI file, or pieces as JSON. */
#include "cli.h"

#include <string.h>

static int ends_in(const char *path, const char *suffix)
{
    const size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

/* --format, else what the name of the output says; without an output JSON. */
static void settle_format(const invocation *call, rondo_options *options)
{
    const char *output = text_of(call->options, "output");
    if (option_is(options, "format", "midi") || option_is(options, "format", "json")) return;
    option_put(options, "format", output[0] && !ends_in(output, ".json") ? "midi" : "json");
}

static int settle(const session *s, const invocation *call)
{
    const char *output = text_of(call->options, "output");
    const int midi = option_is(s->options, "format", "midi");
    if (text_of(call->options, "prompt")[0] || text_of(call->options, "prompt-file")[0])
        return report_fail(RONDO_BAD_ARGUMENT, NULL,
                           "rondo generate: a model of task frames takes no prompt");
    if (midi && !output[0])
        return report_fail(RONDO_BAD_ARGUMENT, "rondo generate -m MODEL -o song.mid",
                           "rondo generate: a MIDI file needs a name");
    if (midi && count_of(call->options, "count") > 1)
        return report_fail(RONDO_BAD_ARGUMENT, "--format json holds many",
                           "rondo generate: a MIDI file holds one piece");
    if (output[0] && file_exists(output) && !flag_of(call->options, "force"))
        return report_fail(RONDO_BAD_ARGUMENT, "-f replaces it", "%s: is there already", show(output).text);
    return RONDO_OK;
}

/* A list of as many pieces as asked for; MIDI is one piece and no list. */
static int compose(session *s, const rondo_sampling *first, uint64_t count, buffer *out)
{
    const int midi = option_is(s->options, "format", "midi");
    rondo_sampling sampling = *first;
    rondo_error error = {0};
    buffer_put(out, midi ? "" : "[");
    for (uint64_t n = 0; n < count; n++) {
        sampling.number = n;
        buffer_put(out, n ? ",\n" : "");
        if (rondo_generate_frames(s->model, s->options, &sampling, buffer_sink, out, NULL, &error) !=
            RONDO_OK)
            return report_error(&error);
    }
    buffer_put(out, midi ? "" : "]\n");
    return out->failed ? report_fail(RONDO_LIMIT, NULL, "no memory for the music") : RONDO_OK;
}

int generate_music(session *s, const invocation *call, const rondo_sampling *sampling)
{
    const char *output = text_of(call->options, "output");
    buffer out = {0};
    settle_format(call, s->options);
    int status = settle(s, call);
    if (status == RONDO_OK) status = compose(s, sampling, count_of(call->options, "count"), &out);
    if (status == RONDO_OK && output[0])
        status = file_save(output, out.text, out.size, flag_of(call->options, "force"));
    else if (status == RONDO_OK)
        output_sink(NULL, out.text, out.size);
    if (status == RONDO_OK && output[0]) report_say("saved %s", show(output).text);
    buffer_free(&out);
    return status;
}

/* rondo generate: samples of a language model, one block a sample. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

typedef struct sample {
    buffer text; /* for --json; else only the last byte is kept */
    int json, live;
    char last;
} sample;

static int take(void *user, const char *bytes, size_t size)
{
    sample *s = user;
    if (size) s->last = bytes[size - 1];
    if (s->json) return buffer_sink(&s->text, bytes, size);
    int failed = output_sink(NULL, bytes, size);
    if (s->live) output_flush();
    return failed;
}

static int one(session *in, const buffer *prompt, const rondo_sampling *sampling)
{
    sample s = {.json = flag_of(in->options, "json"), .live = isatty(STDOUT_FILENO)};
    rondo_generated generated = {0};
    rondo_error error = {0};
    int status = RONDO_OK;
    if (rondo_generate(in->model, prompt->text, prompt->size, sampling, take, &s, &generated, &error) !=
        RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK && s.json) {
        json_line line;
        json_begin(&line);
        json_text(&line, "text", s.text.text ? s.text.text : "", s.text.size);
        json_number(&line, "logprob", generated.logprob);
        json_count(&line, "tokens", generated.tokens);
        json_end(&line);
    } else if (status == RONDO_OK && (s.last != '\n' || generated.ended)) {
        output_text("\n");
    }
    buffer_free(&s.text);
    return status;
}

static int read_prompt(const rondo_options *options, buffer *prompt)
{
    const char *file = text_of(options, "prompt-file");
    buffer_put(prompt, text_of(options, "prompt"));
    return file[0] ? file_load(file, 16 << 20, prompt) : RONDO_OK;
}

/* --count samples, numbered on from sampling->number; between those of a stream, which hold line ends of their own, stands
 * an empty line. */
static int samples(session *s, const invocation *call, const buffer *prompt, rondo_sampling *sampling)
{
    const int apart = !flag_of(s->options, "lines") && !sampling->condition && !flag_of(s->options, "json");
    const uint64_t count = count_of(call->options, "count");
    int status = RONDO_OK;
    for (uint64_t n = 0; status == RONDO_OK && n < count && !output_broken(); n++, sampling->number++) {
        if (apart && n > 0) output_text("\n");
        status = one(s, prompt, sampling);
    }
    return status;
}

/* Each line of the file is a condition. */
static int each_condition(session *s, const invocation *call, const buffer *prompt, rondo_sampling *sampling)
{
    buffer conditions = {0};
    if (strcmp(rondo_model_task(s->model), "conditional") != 0 || sampling->condition)
        return report_fail(RONDO_BAD_ARGUMENT, "rondo generate -m MODEL --prompt-file FILE",
                           "rondo generate: %s is a file of conditions, one a line, for a model of task conditional without --condition",
                           show(call->file[0]).text);
    int status = file_load(call->file[0], 16 << 20, &conditions);
    for (size_t at = 0, next; status == RONDO_OK && at < conditions.size && !output_broken(); at = next) {
        const char *line = conditions.text + at, *end = memchr(line, '\n', conditions.size - at);
        size_t size = end ? (size_t)(end - line) : conditions.size - at;
        next = at + size + 1;
        if (size && line[size - 1] == '\r') size--;
        sampling->condition = line;
        sampling->condition_size = size;
        status = samples(s, call, prompt, sampling);
    }
    buffer_free(&conditions);
    return status;
}

int run_generate(invocation *call)
{
    session s = {0};
    buffer prompt = {0};
    const char *path = model_path(call);
    int status = path[0] ? session_open(&s, call, path) : RONDO_BAD_ARGUMENT;
    if (status == RONDO_OK) status = options_fit_task(call, rondo_model_task(s.model));
    if (status == RONDO_OK) status = settle_seed(call->options);
    if (status == RONDO_OK) status = read_prompt(call->options, &prompt);
    rondo_sampling sampling = {
        .temperature = number_of(call->options, "temperature"),
        .top_k = count_of(call->options, "top-k"),
        .top_p = number_of(call->options, "top-p"),
        .length = count_of(call->options, "length"),
        .seed = count_of(call->options, "seed"),
    };
    if (rondo_options_is_set(call->options, "condition")) {
        sampling.condition = text_of(call->options, "condition");
        sampling.condition_size = strlen(sampling.condition);
    }
    if (status == RONDO_OK && strcmp(rondo_model_task(s.model), "frames") == 0) {
        status = generate_music(&s, call, &sampling);
        buffer_free(&prompt);
        session_close(&s);
        return status;
    }
    if (status == RONDO_OK && text_of(call->options, "output")[0])
        status = report_fail(RONDO_BAD_ARGUMENT, "rondo generate -m MODEL >FILE",
                             "rondo generate: -o is for music; text goes to standard output");
    if (status == RONDO_OK)
        status = call->files ? each_condition(&s, call, &prompt, &sampling) : samples(&s, call, &prompt, &sampling);
    buffer_free(&prompt);
    session_close(&s);
    return status;
}

/* Steps a model one input at a time, without allocating: what a program in the loop of a device does.
 *
 *   ./stream model.safetensors < numbers
 *
 * reads symbols as integers, one a line, and prints the likeliest next one. */
#include <rondo/rondo.h>
#include <stdio.h>
#include <stdlib.h>

static size_t likeliest(const rondo_real *logits, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

/* The network's output width is asked from the model once: its last parameter is the bias of the head. */
static size_t classes_of(rondo_model *model)
{
    rondo_view value, last = {0};
    for (size_t i = 0; rondo_model_param(model, i, &value, NULL) == RONDO_OK; i++)
        last = value;
    return last.shape[0];
}

static rondo_status stream(rondo_model *model, rondo_error *error)
{
    size_t classes = classes_of(model);
    rondo_real *logits = calloc(classes ? classes : 1, sizeof *logits); /* before the loop */
    int32_t symbol;
    char line[64];
    rondo_state *state = NULL;
    rondo_status status = rondo_state_new(model, 1, &state, error);
    rondo_view input = {.data = &symbol, .type = RONDO_INT32, .rank = 1, .shape = {1}, .stride = 1};
    rondo_view output = {
        .data = logits, .type = RONDO_REAL, .rank = 2, .shape = {1, classes}, .stride = classes};

    while (!status && logits && fgets(line, sizeof line, stdin)) {
        symbol = (int32_t)strtol(line, NULL, 10);
        status = rondo_step(model, state, input, output, error); /* no allocation, no lock */
        if (!status) printf("%zu\n", likeliest(logits, classes));
    }
    rondo_state_free(state);
    free(logits);
    return logits ? status : RONDO_LIMIT;
}

int main(int argc, char **argv)
{
    rondo_error error = {0};
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: stream MODEL < symbols\n");
        return RONDO_BAD_ARGUMENT;
    }
    rondo_status status = rondo_device_open("cpu", 1, &device, &error);
    if (!status) status = rondo_model_load(device, argv[1], &model, &error);
    if (!status) status = stream(model, &error);
    if (status) fprintf(stderr, "stream: %s\n", error.message);
    rondo_model_free(model);
    rondo_device_close(device);
    return (int)status;
}

/* Trains a character language model on a text file and writes a sample: the whole life of a model in C.
 *
 *   cc char_lm.c $(pkg-config --cflags --libs rondo) -o char_lm && ./char_lm input.txt 30s */
#include <rondo/rondo.h>
#include <stdio.h>

static int say(void *user, const char *bytes, size_t size)
{
    (void)user;
    return fwrite(bytes, 1, size, stdout) != size;
}

static int watch(void *user, const rondo_event *event)
{
    (void)user;
    if (event->kind == RONDO_EVENT_EVAL)
        fprintf(stderr, "step %llu  train %.3f  valid %.3f nats per character\n",
                (unsigned long long)event->step->step, event->train_loss, event->valid_loss);
    return 0;
}

static rondo_status train_and_sample(const char *path, const char *time, rondo_error *error)
{
    const char *const settings[][2] = {
        {"cell", "gru"}, {"hidden-size", "128"}, {"max-time", time}, {"lr", "0.004"}, {"eval-every", "200"},
    };
    rondo_device *device = NULL;
    rondo_options *options = NULL;
    rondo_data *data = NULL, *train = NULL, *valid = NULL;
    rondo_model *model = NULL;
    rondo_trainer *trainer = NULL;
    rondo_sampling sampling = {.temperature = 0.8, .top_p = 1, .length = 400, .seed = 1};
    rondo_status status = rondo_device_open("cpu", 0, &device, error);

    if (!status) status = rondo_options_new(&options, error);
    for (size_t i = 0; !status && i < sizeof settings / sizeof *settings; i++)
        status = rondo_options_set(options, settings[i][0], settings[i][1], error);
    if (!status) status = rondo_data_open(options, NULL, &path, 1, &data, error);
    if (!status) status = rondo_data_cut(data, options, &train, &valid, error);
    if (!status) status = rondo_model_for(device, options, train, &model, error);
    if (!status) status = rondo_trainer_new(model, train, valid, options, &trainer, error);
    if (!status) status = rondo_train(trainer, NULL, watch, NULL, error);
    if (!status) status = rondo_generate(model, "The ", 4, &sampling, say, NULL, NULL, error);
    if (!status) status = rondo_model_save(model, "char_lm.safetensors", 1, error);
    rondo_trainer_free(trainer);
    rondo_model_free(model);
    rondo_data_free(valid);
    rondo_data_free(train);
    rondo_data_free(data);
    rondo_options_free(options);
    rondo_device_close(device);
    return status;
}

int main(int argc, char **argv)
{
    rondo_error error = {0};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: char_lm FILE [TIME]\n");
        return RONDO_BAD_ARGUMENT;
    }
    rondo_status status = train_and_sample(argv[1], argc > 2 ? argv[2] : "30s", &error);
    if (status)
        fprintf(stderr, "char_lm: %s\n", error.message);
    else
        printf("\n");
    return (int)status;
}

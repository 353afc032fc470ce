/* rondo: recurrent networks in C. The whole public interface, in reading order.
 *
 * Values (visible structs) are copied and own nothing. Owners (opaque structs) are made by _new, _open or
 * _load and taken back by the matching _free or _close, which accept NULL. Every function that can fail
 * returns a rondo_status and writes a message into its last argument, `error`, which may be NULL.
 * One owner belongs to one thread at a time; a const model may be shared by many threads with a state each.
 * The library never exits, aborts, prints, or touches signal handlers, locale and floating-point mode. */
#ifndef RONDO_RONDO_H
#define RONDO_RONDO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) || defined(RONDO_REAL64)
#define RONDO_API
#else
#define RONDO_API __attribute__((visibility("default")))
#endif

#define RONDO_VERSION "0.1.0"
#define RONDO_API_VERSION 1   /* the C interface */
#define RONDO_CLI_VERSION 1   /* the command line and its JSON */
#define RONDO_MODEL_VERSION 2 /* the model file, `rondo.format`; 1 is written unless weights are narrow */

#ifdef RONDO_REAL64
typedef double rondo_real; /* the hidden second core that checks gradients */
#else
typedef float rondo_real;
#endif

/* ---- 1 statuses, errors, names ---------------------------------------------------------------------- */

/* The numbers are the program's exit statuses. */
typedef enum rondo_status {
    RONDO_OK = 0,
    RONDO_NO = 1,           /* done, and the answer is no */
    RONDO_BAD_ARGUMENT = 2, /* wrong use: a call, an option, a configuration */
    RONDO_BAD_DATA = 3,     /* a data file is damaged, not as declared, or too small */
    RONDO_BAD_MODEL = 4,    /* a model or checkpoint is damaged, too new, or does not fit */
    RONDO_SYSTEM = 5,       /* open, read, write, disk full, permission */
    RONDO_LIMIT = 6,        /* memory, size, count, nesting */
    RONDO_NUMBERS = 7,      /* NaN, infinity, divergence */
    RONDO_LOST_PEER = 8,    /* another process of a distributed run is lost */
    RONDO_BUG = 70          /* a broken invariant of ours */
} rondo_status;

typedef struct rondo_error {
    rondo_status status;
    char message[1024]; /* "FILE:LINE:COLUMN: what is wrong (what was expected)"; UTF-8, never cut inside a symbol */
    char hint[512];     /* at most one line of advice, or "" */
} rondo_error;

RONDO_API const char *rondo_version(void);                       /* "0.1.0 (features …)" */
RONDO_API const char *rondo_status_text(rondo_status status);    /* "bad data" */

typedef enum rondo_kind {
    RONDO_CELLS = 0,
    RONDO_LAYERS = 1,
    RONDO_LOSSES = 2,
    RONDO_OPTIMIZERS = 3,
    RONDO_TASKS = 4,
    RONDO_READERS = 5,
    RONDO_SYNTHS = 6,
    RONDO_KERNELS = 7 /* instruction sets this binary holds and this processor runs */
} rondo_kind;
/* The i-th name of a kind, or NULL past the end. */
RONDO_API const char *rondo_name(rondo_kind kind, size_t i);

/* ---- 2 device: kernels and threads ------------------------------------------------------------------ */

typedef struct rondo_device rondo_device;
/* name: "cpu" or "auto". threads: 0 takes the cores the process may use, at most 8. The environment
 * variable RONDO_ISA (generic, avx2, avx512) forces the kernels; one the processor lacks is BAD_ARGUMENT. */
RONDO_API rondo_status rondo_device_open(const char *name, int threads, rondo_device **device, rondo_error *error);
RONDO_API rondo_status rondo_device_sync(rondo_device *device, rondo_error *error);
RONDO_API int rondo_device_threads(const rondo_device *device);
RONDO_API const char *rondo_device_isa(const rondo_device *device);
RONDO_API void rondo_device_close(rondo_device *device);

/* ---- 3 options: by name, as text -------------------------------------------------------------------- */

typedef struct rondo_options rondo_options;
RONDO_API rondo_status rondo_options_new(rondo_options **options, rondo_error *error); /* all defaults */
/* Checks name, type and range. A value set later wins; `preset` only fills what was not set. */
RONDO_API rondo_status rondo_options_set(rondo_options *options, const char *name, const char *value,
                                         rondo_error *error);
/* The effective value as text, valid until the next set; NULL for an unknown name. */
RONDO_API const char *rondo_options_get(const rondo_options *options, const char *name);
/* 1 if the option was set explicitly, 0 if it has its default. */
RONDO_API int rondo_options_is_set(const rondo_options *options, const char *name);
/* "name = value" lines. which: 0 all, 1 those that were set, 2 those that affect the result (what a model
 * file keeps). The text belongs to the options and is valid until the next call. */
RONDO_API const char *rondo_options_text(rondo_options *options, int which, rondo_error *error);
/* Reads "name = value" lines; `origin` names the place in messages ("play.conf"). */
RONDO_API rondo_status rondo_options_parse(rondo_options *options, const char *text, size_t size,
                                           const char *origin, rondo_error *error);
RONDO_API rondo_status rondo_options_copy(const rondo_options *options, rondo_options **copy, rondo_error *error);
RONDO_API void rondo_options_free(rondo_options *options);

typedef struct rondo_option_info {
    const char *name;     /* "hidden-size" */
    const char *short_name; /* "m" or "" */
    const char *type;     /* "flag" "integer" "number" "choice" "text" "file" "duration" "size" "list" */
    const char *range;    /* "1..1000000", "lstm|gru|…", "" */
    const char *fallback; /* the default as text, "" when none */
    const char *help;     /* one sentence */
    const char *aliases;  /* foreign spellings, separated by spaces, or "" */
    const char *group;    /* heading in --help */
    const char *commands; /* names of the commands that take it, separated by spaces */
    int common;           /* 1: also in the short help, -h */
    int result;           /* 1: affects the result and is kept in the model file */
    const char *tasks;    /* the only tasks that read it, separated by spaces; "": any may */
} rondo_option_info;
/* The i-th row of the table; RONDO_NO past the end. */
RONDO_API rondo_status rondo_option(size_t i, rondo_option_info *info);
/* The option a foreign or misspelt name most likely means (without dashes), or NULL; *exact is 1 for a known
 * foreign spelling, 0 for a guess. */
RONDO_API const char *rondo_option_guess(const char *name, int *exact);

/* ---- 4 batches: packed rows ------------------------------------------------------------------------- */

typedef struct rondo_pack {
    size_t sequences, steps, rows;
    const size_t *length; /* [sequences] in the caller's order                */
    const size_t *order;  /* [sequences] place in the block -> caller's index */
    const size_t *count;  /* [steps]     rows alive at step t                 */
    const size_t *offset; /* [steps + 1] first row of step t                  */
} rondo_pack;             /* row of place p at time t: offset[t] + p          */

typedef struct rondo_sequences {
    size_t count;                       /* sequences */
    const size_t *length;               /* [count] steps of each, 0 allowed */
    size_t width;                       /* numbers a step; 0 when `symbols` is given */
    const rondo_real *const *values;    /* [count] -> [length][width], or NULL */
    const int32_t *const *symbols;      /* [count] -> [length], or NULL; below 0 is an ignored target */
} rondo_sequences;

typedef struct rondo_batch rondo_batch;
RONDO_API rondo_status rondo_batch_new(rondo_batch **batch, rondo_error *error);
/* Packs the sequences as part `name` ("x", "y", …), replacing what the part held; copies. A part "y" may be
 * per row of "x" (equal lengths) or per sequence (all lengths 1). All parts have the same number of
 * sequences, but "chars": the characters of words, one sequence for each packed row of "x" (rondo_batch_pack
 * says which that is), put after "x". */
RONDO_API rondo_status rondo_batch_put(rondo_batch *batch, const char *name, const rondo_sequences *sequences,
                                       rondo_error *error);
/* Marks sequence i (caller's order) as starting afresh: a carried state is replaced by the initial one. */
RONDO_API rondo_status rondo_batch_reset(rondo_batch *batch, size_t i, rondo_error *error);
/* The row map of a part, valid until the next put of it; NULL for an unknown name. */
RONDO_API const rondo_pack *rondo_batch_pack(const rondo_batch *batch, const char *name);
/* Copies packed rows back to one array per sequence: out[i] -> [length[i]][width]. */
RONDO_API rondo_status rondo_unpack(const rondo_pack *pack, const rondo_real *rows, size_t stride, size_t width,
                                    rondo_real *const *out, rondo_error *error);
RONDO_API void rondo_batch_free(rondo_batch *batch);

/* ---- 5 models --------------------------------------------------------------------------------------- */

typedef enum rondo_type { RONDO_REAL = 0, RONDO_INT32 = 1 } rondo_type;

typedef struct rondo_view { /* a window on memory of somebody else */
    void *data;
    rondo_type type;
    int rank;
    size_t shape[4];
    size_t stride; /* elements from row to row of the first axis */
    const char *name;
} rondo_view;

typedef struct rondo_size { /* the width of a part: symbols in its vocabulary, or numbers a step */
    const char *part;
    size_t width;
    int symbols; /* 1: a part of symbols, 0: of numbers */
} rondo_size;

typedef struct rondo_model rondo_model;
typedef struct rondo_state rondo_state;
typedef struct rondo_data rondo_data;

/* Builds the nodes of `text` (a list `name = layer(input, key=value)`, docs/model-text.md), or, when text is
 * NULL, of the list that the options describe. sizes: [count] the parts it reads. Keeps the device. */
RONDO_API rondo_status rondo_model_new(rondo_device *device, const rondo_options *options, const char *text,
                                       const rondo_size *sizes, size_t count, rondo_model **model,
                                       rondo_error *error);
/* The same for a task: sizes, vocabulary and model text come from options and data. */
RONDO_API rondo_status rondo_model_for(rondo_device *device, const rondo_options *options, const rondo_data *data,
                                       rondo_model **model, rondo_error *error);
/* Whole or not at all. */
RONDO_API rondo_status rondo_model_load(rondo_device *device, const char *path, rondo_model **model,
                                        rondo_error *error);
/* Written beside, verified, renamed, folder synced. An existing file is replaced only with force. */
RONDO_API rondo_status rondo_model_save(const rondo_model *model, const char *path, int force, rondo_error *error);
/* How many words of the vocabulary --embed-file had vectors for when rondo_model_for made the model; all 0 without. */
typedef struct rondo_coverage {
    uint64_t vectors; /* in the file */
    size_t words;     /* real symbols of the vocabulary */
    size_t exact;     /* those with a vector of their own */
    size_t folded;    /* those that got the vector of their lower case, having none of their own */
} rondo_coverage;
RONDO_API rondo_coverage rondo_model_coverage(const rondo_model *model);
RONDO_API const char *rondo_model_text(const rondo_model *model);         /* the node list, lives with the model */
RONDO_API const rondo_options *rondo_model_options(const rondo_model *model);
RONDO_API const char *rondo_model_task(const rondo_model *model);         /* "lm", or "" */
/* "f32", or what rondo_quantize made of it: "bf16", "int8". */
RONDO_API const char *rondo_model_weights(const rondo_model *model);
/* Rounds the matrices of the model to weights of that kind, int8 row by row: it is saved smaller and steps of one
 * sequence read less. It cannot be trained any more. A layer that cannot have them (jordan, mingru, minlstm) is
 * BAD_ARGUMENT and nothing is changed. */
RONDO_API rondo_status rondo_quantize(rondo_model *model, const char *weights, rondo_error *error);
RONDO_API void rondo_model_free(rondo_model *model);

/* Settles the memory of forward and backward once, for at most so many rows, steps and sequences of a part.
 * Forward grows it when needed; a step after that allocates nothing. */
RONDO_API rondo_status rondo_model_reserve(rondo_model *model, const char *part, size_t rows, size_t steps,
                                           size_t sequences, rondo_error *error);
typedef enum rondo_mode { RONDO_USE = 0, RONDO_TRAIN = 1 } rondo_mode;
/* state: NULL, or carried: read as the initial state and replaced by the final one. output: NULL, or a view of
 * the last value before the loss ([rows][width], packed), valid until the next call; in TRAIN mode its data is
 * NULL when the softmax head is fused with the loss. */
RONDO_API rondo_status rondo_model_forward(rondo_model *model, rondo_state *state, const rondo_batch *batch,
                                           rondo_mode mode, rondo_view *output, rondo_error *error);
typedef struct rondo_loss_report {
    double sum;     /* nats (or the loss's unit) summed over rows with a target, unreduced */
    double count;   /* rows with a target, or their weights */
    double divisor; /* what `--loss-reduce` divides sum and gradients by */
    size_t infeasible, first_infeasible; /* ctc: sequences left out since their target needs more steps; the first of them */
} rondo_loss_report;
RONDO_API rondo_status rondo_model_loss(rondo_model *model, const rondo_batch *batch, rondo_loss_report *report,
                                        rondo_error *error);
/* Adds the gradient of the reduced loss (divided by `divisor`) to the gradients. After forward and loss. */
RONDO_API rondo_status rondo_model_backward(rondo_model *model, const rondo_batch *batch, rondo_error *error);
/* The same for a network inside a larger one: d_output, [rows][width] as rondo_model_forward showed the output, is
 * added to the gradient that the losses, if any, gave. Not where the head is fused with its loss. */
RONDO_API rondo_status rondo_model_backward_from(rondo_model *model, const rondo_batch *batch, rondo_view d_output,
                                                 rondo_error *error);
/* Asks for the gradient by a part of numbers: each forward in TRAIN mode after this call prepares it. grad: NULL, or
 * that of the last backward, [rows][width], packed, valid until the next forward; its data is NULL before. */
RONDO_API rondo_status rondo_model_input_grad(rondo_model *model, const char *part, rondo_view *grad,
                                              rondo_error *error);
RONDO_API void rondo_model_zero_grad(rondo_model *model);
/* Flat views of all parameters and gradients, and of the i-th named tensor (RONDO_NO past the end). */
RONDO_API rondo_view rondo_model_params(rondo_model *model);
RONDO_API rondo_view rondo_model_grads(rondo_model *model);
RONDO_API rondo_status rondo_model_param(rondo_model *model, size_t i, rondo_view *value, rondo_view *grad);
/* Says that parameters were written through a view: packed weights are remade at the next forward. */
RONDO_API void rondo_model_changed(rondo_model *model);

/* A state for so many sequences, with a workspace of its own; the model must outlive it. */
RONDO_API rondo_status rondo_state_new(const rondo_model *model, size_t sequences, rondo_state **state,
                                       rondo_error *error);
RONDO_API void rondo_state_reset(rondo_state *state, size_t sequence);    /* to the initial state */
RONDO_API rondo_status rondo_state_copy(rondo_state *to, const rondo_state *from, rondo_error *error);
RONDO_API rondo_view rondo_state_view(rondo_state *state);                /* [sequences][numbers] */
RONDO_API void rondo_state_free(rondo_state *state);
/* One step of each sequence: input [sequences] symbols or [sequences][width] numbers, output [sequences][K].
 * Allocates nothing, takes no lock. One const model, many states, many threads. */
RONDO_API rondo_status rondo_step(const rondo_model *model, rondo_state *state, rondo_view input,
                                  rondo_view output, rondo_error *error);

/* ---- 6 optimisers ----------------------------------------------------------------------------------- */

typedef struct rondo_optimizer rondo_optimizer;
/* Slots for n numbers; kind and constants from the options. */
RONDO_API rondo_status rondo_optimizer_new(rondo_device *device, const rondo_options *options, size_t n,
                                           rondo_optimizer **optimizer, rondo_error *error);
RONDO_API rondo_status rondo_optimizer_step(rondo_optimizer *optimizer, double rate, rondo_view params,
                                            rondo_view grads, rondo_error *error);
RONDO_API void rondo_optimizer_free(rondo_optimizer *optimizer);

typedef enum rondo_clip_kind { RONDO_CLIP_NORM = 0, RONDO_CLIP_VALUE = 1 } rondo_clip_kind;
/* NORM scales grads so that their Euclidean norm is at most `limit`; VALUE bounds each element. Stores the
 * norm they had in *norm. A norm that is not finite gives RONDO_NUMBERS and nothing is changed. */
RONDO_API rondo_status rondo_clip(rondo_device *device, rondo_view grads, rondo_clip_kind kind, double limit,
                                  double *norm, rondo_error *error);

/* ---- 7 data ----------------------------------------------------------------------------------------- */

/* Where results go: called with UTF-8 or raw bytes; a return other than 0 stops with RONDO_SYSTEM. */
typedef int (*rondo_sink)(void *user, const char *bytes, size_t size);

/* Opens files with the reader that options, suffix and first bytes name; "-" is standard input. The vocabulary
 * comes from `model` when given, else from the files. Validation is complete before it returns. */
RONDO_API rondo_status rondo_data_open(const rondo_options *options, const rondo_model *model,
                                       const char *const *paths, size_t count, rondo_data **data,
                                       rondo_error *error);
/* The same on `size` bytes in memory, which are copied; `name` stands in messages. */
RONDO_API rondo_status rondo_data_open_memory(const rondo_options *options, const rondo_model *model,
                                              const char *name, const char *bytes, size_t size, rondo_data **data,
                                              rondo_error *error);
/* Cuts `data` in two by `--val-frac`: by position for one stream, by a seeded choice for lines. Both keep
 * what they share alive; free all three in any order. */
RONDO_API rondo_status rondo_data_cut(rondo_data *data, const rondo_options *options, rondo_data **train,
                                      rondo_data **valid, rondo_error *error);
/* The data check: records, tokens, vocabulary, unknowns, lengths, duplicates; as text or one JSON object.
 * valid: NULL, or looked at for records that stand in both. */
RONDO_API rondo_status rondo_data_describe(const rondo_data *data, const rondo_data *valid, int json,
                                           rondo_sink sink, void *user, rondo_error *error);
RONDO_API void rondo_data_free(rondo_data *data);

typedef struct rondo_loader rondo_loader;
RONDO_API rondo_status rondo_loader_new(const rondo_data *data, const rondo_options *options, int training,
                                        rondo_loader **loader, rondo_error *error);
/* The next batch; *epoch_end is 1 when it is the last of its epoch. Order of epoch e is a function of
 * (seed, e). Without `training`: in order, once, then RONDO_NO. */
RONDO_API rondo_status rondo_loader_next(rondo_loader *loader, rondo_batch *batch, int *epoch_end,
                                         rondo_error *error);
RONDO_API void rondo_loader_free(rondo_loader *loader);

/* Splits the records of files into PREFIX.train, .valid, .test (fractions by options `valid-share`, `test-share`, or
 * `folds`, `fold`; `distinct`, `stratify`) and reports the counts. A pair of files becomes pairs, PREFIX.train.en and .de. */
RONDO_API rondo_status rondo_data_split(const rondo_options *options, const char *const *paths, size_t count,
                                        const char *prefix, rondo_sink report, void *user, rondo_error *error);
/* Writes `count` records of a synthetic task: adding, copy, reber, brackets, sine, names. */
RONDO_API rondo_status rondo_data_synth(const char *name, const rondo_options *options, rondo_sink sink, void *user,
                                        rondo_error *error);

/* ---- 8 training ------------------------------------------------------------------------------------- */

typedef struct rondo_step_report {
    uint64_t step, epoch;       /* updates made, epochs finished */
    double loss;                /* mean per row of this batch, nats */
    double rows;                /* rows with a target */
    double grad_norm, rate;     /* the norm before clipping; the learning rate used */
    double seconds;             /* monotonic, of this step */
    double input_wait;          /* of these, spent waiting for the batch */
    int epoch_end;
} rondo_step_report;

typedef struct rondo_metric {
    const char *name;  /* "nll", "perplexity", "bits_per_char", "accuracy", "mse" … */
    double value;
    int better;        /* +1: higher is better, −1: lower */
} rondo_metric;

typedef struct rondo_trainer rondo_trainer;
/* valid may be NULL. Lends model and data for the trainer's life. */
RONDO_API rondo_status rondo_trainer_new(rondo_model *model, const rondo_data *train, const rondo_data *valid,
                                         const rondo_options *options, rondo_trainer **trainer, rondo_error *error);
RONDO_API rondo_status rondo_trainer_step(rondo_trainer *trainer, rondo_step_report *report, rondo_error *error);
/* Writes a checkpoint into the run folder `run` (made if missing), keeping two verified generations. */
RONDO_API rondo_status rondo_trainer_save(rondo_trainer *trainer, const char *run, rondo_error *error);
/* Continues from the newest sound checkpoint in `run`; the bits are those of a run never stopped. RONDO_NO when none
 * was saved there yet: the trainer stands at its beginning. */
RONDO_API rondo_status rondo_trainer_resume(rondo_trainer *trainer, const char *run, rondo_error *error);
RONDO_API void rondo_trainer_free(rondo_trainer *trainer);

typedef enum rondo_event_kind {
    RONDO_EVENT_START = 0,      /* before step 1: the memory needed */
    RONDO_EVENT_STEP = 1,
    RONDO_EVENT_EVAL = 2,
    RONDO_EVENT_CHECKPOINT = 3, /* saved, or could not be (text says) */
    RONDO_EVENT_WARNING = 4,
    RONDO_EVENT_END = 5,
    RONDO_EVENT_POLL = 6        /* inside a long phase: reading, evaluating; only the answer matters */
} rondo_event_kind;
typedef struct rondo_event {
    rondo_event_kind kind;
    const rondo_step_report *step;
    double train_loss;          /* smoothed over about 100 steps */
    double valid_loss, best_loss, seconds_trained, tokens_per_second;
    double input_wait;          /* share of the training steps' time that was spent waiting for batches */
    uint64_t best_step, total_steps; /* total: what the budget allows, 0 if only time ends the run */
    int improved;
    const struct rondo_metrics *metrics; /* EVAL: all of the validation, lent for the call; else NULL */
    rondo_metric headline;      /* EVAL: what `--best-by` judges by, or with the loss the task's own (accuracy, F1 …);
                                 * END: that of the best evaluation; name NULL: none; names live with the program */
    size_t memory;              /* bytes reserved */
    const char *text;           /* a sentence, or the reason a run ended: "epochs", "patience", "time", … */
} rondo_event;
/* 0 goes on, 1 stops after saving, 2 saves a checkpoint and goes on. */
typedef int (*rondo_on_event)(void *user, const rondo_event *event);
/* The whole loop: evaluation, early stop, checkpoints into `run` (NULL: none), budgets; at the end the model
 * holds the best parameters by validation (the last with `--keep-last` or without validation). A stop asked
 * for by the callback returns RONDO_NO after the checkpoint is saved. A last checkpoint or log that finds no room
 * is RONDO_SYSTEM; when the END event was told, the model holds its final parameters all the same. While it runs, rows of
 * an embedding that no batch has read lately may lag behind, but in EVAL and CHECKPOINT events. */
RONDO_API rondo_status rondo_train(rondo_trainer *trainer, const char *run, rondo_on_event on_event, void *user,
                                   rondo_error *error);

/* ---- 9 use ------------------------------------------------------------------------------------------ */

typedef struct rondo_metrics {
    rondo_metric metric[16];
    size_t count;
    double loss, rows; /* per-row mean in nats, rows */
} rondo_metrics;
RONDO_API rondo_status rondo_evaluate(rondo_model *model, const rondo_data *data, const rondo_options *options,
                                      rondo_metrics *metrics, rondo_error *error);
/* The same evaluation, and what was counted on the way, freed by rondo_scores_free (NULL allowed). */
typedef struct rondo_scores rondo_scores;
RONDO_API rondo_status rondo_scores_new(rondo_model *model, const rondo_data *data, const rondo_options *options,
                                        rondo_metrics *metrics, rondo_scores **scores, rondo_error *error);
RONDO_API void rondo_scores_free(rondo_scores *scores);
/* Writes `what` of it: "report", the text that the task's field knows (conlleval's for chunk tags, a line a class for other
 * labels, sacreBLEU's line and the edits for what a model wrote; else nothing), "baseline", what the most frequent label
 * alone would reach, "notes", which targets are in no loss, "confusion", a picture as text (options `width`, `ascii`,
 * `color`), "confusion.svg", "confusion.json", its numbers. BAD_ARGUMENT: a confusion without labels or of over 1,000. */
RONDO_API rondo_status rondo_scores_write(const rondo_scores *scores, const char *what, const rondo_options *options,
                                          rondo_sink sink, void *user, rondo_error *error);
/* Baselines fitted on `train` and measured on `data`: unigram, order-2 Markov (lm, nats), the majority label (classify, tag),
 * the most frequent tag of each word (tag), every key alone, the frame before (frames), mean (regress). */
RONDO_API rondo_status rondo_baselines(const rondo_data *train, const rondo_data *data, const rondo_options *options,
                                       rondo_metrics *metrics, rondo_error *error);

typedef struct rondo_scored {     /* one line; of tasks conditional and seq2seq one record, given its condition or source */
    const char *text; size_t size; /* as it stood in the input, without its end */
    double logprob;                /* natural, end symbol included */
    size_t tokens, unknown;        /* tokens counts the end symbol */
    const double *per_token;       /* [tokens] */
    const char *const *token;      /* [tokens] as text */
} rondo_scored;
/* A line passed over by `--skip-bad` has tokens 0, logprob NaN, and a `text` that says what is wrong with it. */
typedef int (*rondo_on_scored)(void *user, const rondo_scored *line);
RONDO_API rondo_status rondo_score(rondo_model *model, const rondo_options *options, const char *path,
                                   rondo_on_scored on_line, void *user, rondo_error *error);

/* Lends a language model (task lm) to a model of task transcribe, whose beam search then asks it as `lm-weight` and
 * `lm-bonus` say; NULL takes it back. It must outlive the answers. */
RONDO_API void rondo_model_language(rondo_model *model, const rondo_model *language);

typedef struct rondo_answer { /* to one record */
    uint64_t record;          /* its number in the input, from 0 */
    const char *raw; size_t raw_size; /* the record as it stood in the input */
    size_t count;             /* classify: labels, likeliest first; tag: a label a step; seq2seq, transcribe: hypotheses, best first */
    const char *const *text;  /* [count] */
    const double *prob;       /* [count] probability of each; NaN for tags of a crf, which are one path; seq2seq: its
                                 score, log p / length^A */
    const char *const *note;  /* [count] seq2seq with `--alignment`: "0-0 1-2", pairs of source and target positions; or NULL */
    int bad;                  /* 1: passed over by `--skip-bad`; everything else is 0 */
    size_t rank;              /* tag with `--n-best`: 0 for the best path of the record, 1 for the next …; else 0 */
    double score;             /* tag with `--n-best`: of the path, emissions and transitions added up; else 0 */
} rondo_answer;
/* A return other than 0 stops with RONDO_SYSTEM. */
typedef int (*rondo_on_answer)(void *user, const rondo_answer *answer);
/* One answer for each record of the files ("-" is standard input), in order; labels in them are not needed. Models of task
 * tag with a loss crf give `n-best` answers, one a path, best first (fewer when there are fewer). */
RONDO_API rondo_status rondo_predict(rondo_model *model, const rondo_options *options, const char *const *paths,
                                     size_t count, rondo_on_answer on_answer, void *user, rondo_error *error);

typedef struct rondo_forecast_row { /* one step of one series */
    const char *series;             /* value of its group, "" when there are no groups */
    const char *time_column;        /* name of the column of times; NULL: there is none */
    const char *time;               /* of this step, as times are written in the file; "" without */
    size_t step;                    /* 1, 2 … after the last row */
    size_t columns;
    const char *const *column;      /* [columns] "load", or a quantile of it: "load.q10" */
    const double *value;            /* [columns] in the units of the data */
} rondo_forecast_row;
typedef int (*rondo_on_forecast)(void *user, const rondo_forecast_row *row);
/* What comes after the last row of every series in CSV files, `--horizon` steps of each; on_row gives 0 to go on.
 * Models of task forecast. */
RONDO_API rondo_status rondo_forecast(rondo_model *model, const rondo_options *options, const char *const *paths, size_t count,
                                      rondo_on_forecast on_row, void *user, rondo_error *error);

typedef struct rondo_sampling {
    double temperature;  /* 0: the likeliest symbol, ties to the lower index */
    size_t top_k;        /* 0: all */
    double top_p;        /* 1: all */
    size_t length;       /* symbols at most, after the prompt */
    uint64_t seed;       /* counter-based; sample n uses (seed, n) */
    uint64_t number;     /* n of the sample */
    const char *condition; size_t condition_size; /* task conditional: what the sample is for; else NULL */
} rondo_sampling;
typedef struct rondo_generated {
    double logprob;      /* of the generated symbols under the model at temperature 1 */
    size_t tokens;
    int ended;           /* the end symbol was drawn */
} rondo_generated;
/* Writes prompt and continuation to the sink symbol by symbol. */
RONDO_API rondo_status rondo_generate(rondo_model *model, const char *prompt, size_t prompt_size,
                                      const rondo_sampling *sampling, rondo_sink sink, void *user,
                                      rondo_generated *generated, rondo_error *error);

/* A piece of music from a model of task frames, `sampling->length` frames from silence on; each key is drawn on its own.
 * Options: `format` (midi, or json: a list of frames, lists of pitches), for MIDI steps-per-quarter, bpm, hold and
 * instrument. The sink gets the whole file. */
RONDO_API rondo_status rondo_generate_frames(rondo_model *model, const rondo_options *options, const rondo_sampling *sampling,
                                             rondo_sink sink, void *user, rondo_generated *generated,
                                             rondo_error *error);

/* ---- 10 look ---------------------------------------------------------------------------------------- */

/* Options `what`, `notation`, `json`, `width`, `color`, `ascii` choose the picture and its medium. */
RONDO_API rondo_status rondo_inspect(rondo_model *model, const rondo_options *options, rondo_sink sink, void *user,
                                     rondo_error *error);
/* Curves from run folders or metrics.jsonl files; medium "text" or "svg". */
RONDO_API rondo_status rondo_plot(const char *const *runs, size_t count, const rondo_options *options,
                                  const char *medium, rondo_sink sink, void *user, rondo_error *error);

/* ---- 11 checks -------------------------------------------------------------------------------------- */

typedef struct rondo_gradcheck_result {
    double worst;              /* largest relative error */
    char param[160];           /* where, with its index */
    double analytic, numeric;
    size_t checked;
} rondo_gradcheck_result;
/* Analytic against central differences on a copy of the model in double. limit: numbers checked per tensor. */
RONDO_API rondo_status rondo_gradcheck(rondo_model *model, const rondo_batch *batch, size_t limit,
                                       rondo_gradcheck_result *worst, rondo_error *error);
/* The built-in checks whose name matches `filter` (a glob, NULL: all): gradients of every cell, kernels against
 * generic, thread-count bits. One line each to the sink; RONDO_NO when one fails. */
RONDO_API rondo_status rondo_selftest(const char *filter, rondo_sink sink, void *user, rondo_error *error);
typedef struct rondo_roofs {
    double fma_gflops, l1_gbps, l2_gbps, memory_gbps; /* one thread */
    double fma_gflops_all, memory_gbps_all;           /* all threads of the device */
} rondo_roofs;
RONDO_API rondo_status rondo_machine(rondo_device *device, rondo_roofs *roofs, rondo_error *error);

#ifdef __cplusplus
}
#endif
#endif

/* The program: what the commands share. It stands on rondo/rondo.h and nothing else of the library. */
#ifndef RONDO_CLI_H
#define RONDO_CLI_H

#include <rondo/rondo.h>

/* ---- commands (commands.def) */

typedef struct command command;

typedef struct invocation {
    const command *command;
    rondo_options *options; /* owned; what is in effect: environment, then --config, then the command line */
    rondo_options *given;   /* owned; only what --config and the command line say */
    const char **file;      /* owned array of what is no option */
    size_t files;
    char *list[4];          /* owned; "name=a,b,c" for the options of which the command takes several values */
    size_t lists;
    int argc;
    char **argv;            /* the whole command line, program name first */
} invocation;

struct command {
    const char *name, *group, *help;
    const char *usage;       /* lines after "usage: rondo NAME " */
    const char *examples;    /* three lines */
    int min_files, max_files;
    const char *other_names; /* what other systems call it, separated by spaces */
    const char *renames;     /* "split:valid=valid-share": after the word split --valid is --valid-share */
    const char *lists;       /* options of which several values may be given, as 64,128 */
    int (*run)(invocation *call); /* gives the exit status */
};

extern const command commands[];
extern const size_t command_count;
const command *command_find(const char *name);
/* The command that a wrong name most likely means, or NULL. */
const command *command_guess(const char *name);
/* Whether `word` is one of the words of `words`, which are separated by spaces. */
int has_word(const char *words, const char *word);
/* Levenshtein distance with transposition, or `limit` when it is at least that. */
size_t word_distance(const char *a, const char *b, size_t limit);

int run_train(invocation *call);
int run_evaluate(invocation *call);
int run_generate(invocation *call);
int run_score(invocation *call);
int run_answer(invocation *call); /* classify, tag, translate */
int run_forecast(invocation *call);
int run_quantize(invocation *call);
int run_reproduce(invocation *call);
int run_inspect(invocation *call);
int run_plot(invocation *call);
int run_bench(invocation *call);
int run_gradcheck(invocation *call);
int run_selftest(invocation *call);
int run_data(invocation *call);
int run_demo(invocation *call);
int run_help(invocation *call);
int run_completion(invocation *call);

/* ---- the command line (argv.c) and files of options (config.c) */

/* Fills call->options, given, file from argv[2..]. 0, or the status after the message was told. */
int invocation_parse(invocation *call, int argc, char **argv);
void invocation_free(invocation *call);
/* The values of a listed option, separated by commas: what was given, else the effective value. */
const char *invocation_list(const invocation *call, const char *name);
int option_find(const char *name, rondo_option_info *info); /* 1 when there is such an option */
int option_by_letter(char letter, rondo_option_info *info);
/* Tell what a wrong option most likely means (`next` stands after it), or whose option it is. Give the status. */
int option_unknown(const command *verb, const char *word, const char *next);
int option_elsewhere(const command *verb, const char *spelt, const rondo_option_info *info);
int option_applies(const rondo_option_info *info, const command *verb);

int config_environment(invocation *call);
/* Reads "name = value" lines; what `verb` does not take is checked and left out. */
int config_file(rondo_options *options, const char *path, const command *verb);
int config_dump(const invocation *call);

int flag_of(const rondo_options *options, const char *name);
double number_of(const rondo_options *options, const char *name);
uint64_t count_of(const rondo_options *options, const char *name);
const char *text_of(const rondo_options *options, const char *name);
int option_is(const rondo_options *options, const char *name, const char *choice);
/* Sets an option of the program's own making; the value is known to be sound. */
void option_put(rondo_options *options, const char *name, const char *value);
/* Seed 0 becomes a seed of the system's, which is told. */
int settle_seed(rondo_options *options);
/* Puts what was given over what the model was trained with: *both is owned by the caller. */
int options_over_model(const rondo_model *model, const invocation *call, rondo_options **both);
/* An option that was given (not by the environment) and that no model of the task reads is refused. */
int options_fit_task(const invocation *call, const char *task);
/* Colour, width and the like as they are on this terminal, for the library, which cannot know. */
void settle_pictures(rondo_options *options);

/* ---- standard output (output.c) */

int output_sink(void *user, const char *bytes, size_t size); /* a rondo_sink */
void output_text(const char *text);
void output_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_flush(void);
int output_broken(void); /* writing failed or the reader went away: go no further */
/* Flushes and closes; gives `status`, or 5 when something could not be written. */
int output_finish(int status);

typedef struct buffer {
    char *text; /* owned, ended by 0 when not NULL */
    size_t size, room;
    int failed;
} buffer;
void buffer_add(buffer *to, const char *bytes, size_t size);
void buffer_put(buffer *to, const char *text);
void buffer_format(buffer *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buffer_sink(void *user, const char *bytes, size_t size); /* a rondo_sink into the buffer `user` */
void buffer_free(buffer *of);

/* One object a line; a number that is not finite is null, and the object says so. */
typedef struct json_line {
    buffer text;
    int fields, nonfinite;
} json_line;
void json_begin(json_line *line);
void json_text(json_line *line, const char *name, const char *text, size_t size);
void json_word(json_line *line, const char *name, const char *text);
void json_number(json_line *line, const char *name, double value);
void json_count(json_line *line, const char *name, uint64_t value);
void json_raw(json_line *line, const char *name, const char *json);
void json_quote(buffer *to, const char *text, size_t size);
void json_end(json_line *line); /* to standard output; frees */

/* ---- files (outfile.c) */

/* Writes beside, syncs, renames. 0, or the status after the message was told. An existing file needs force. */
int file_save(const char *path, const char *bytes, size_t size, int force);
int picture_save(const char *path, const buffer *picture, int force); /* the same, "-" is standard output; says so */
/* The whole file, at most `limit` bytes; "-" is standard input. */
int file_load(const char *path, size_t limit, buffer *into);
int file_exists(const char *path);
int file_is_plain(const char *path); /* there, and neither a folder nor a device */
int folder_make(const char *path);
int same_file(const char *a, const char *b);

/* ---- standard error (report.c) */

void report_settle(const rondo_options *options); /* quiet, verbose, colour */
int report_quiet(void);
int report_verbose(void);
int color_on(int descriptor);
/* "rondo: message" and a hint; give the status. */
int report_error(const rondo_error *error);
int report_fail(int status, const char *hint, const char *format, ...) __attribute__((format(printf, 3, 4)));
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2))); /* "rondo: note: …" */
void report_say(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* a line, unless --quiet */
int say_sink(void *user, const char *bytes, size_t size); /* a rondo_sink to standard error, unless --quiet */
/* Outside text for a message: quoted, controls escaped, cut at 80 characters. */
typedef struct shown {
    char text[400];
} shown;
shown show(const char *text);
shown with_commas(double count); /* 1,115,394 */
shown byte_size(double bytes);   /* 61 MiB */
int terminal_width(int descriptor);

/* ---- progress (progress.c) */

typedef enum progress_mode { PROGRESS_OFF = 0, PROGRESS_PLAIN = 1, PROGRESS_BAR = 2 } progress_mode;
typedef struct progress {
    progress_mode mode;
    int ascii;
    double began, drawn;       /* seconds, monotonic */
    int shown;                 /* a line stands on the terminal */
    uint64_t next;             /* the step at which plain progress speaks next */
    char unit[16];             /* "chars" */
    char beside[64];           /* "order-2 Markov 1.94", or "" */
    double baseline;           /* nats, or 0: marked in the sparkline */
    double valid[64];          /* the last evaluations */
    size_t valids;
    rondo_metric headline;     /* of the last evaluation; name NULL: none */
    uint64_t epochs;           /* planned, or 0 */
} progress;
void progress_begin(progress *bar, const rondo_options *options);
void progress_step(progress *bar, const rondo_event *event);
void progress_eval(progress *bar, const rondo_event *event);
void progress_erase(progress *bar);
/* ▁..█ of the values, the baseline being the middle line's mark; for tests and the line. */
void sparkline(const double *value, size_t count, double baseline, int ascii, buffer *to);
double now(void);

/* ---- signals (signals.c) */

void signals_install(void);
/* From now on (1) a signal is only remembered; before and after (0) it ends the program at once. */
void signals_hold(int hold);
int signals_stop(void);  /* the signal that asks to stop, or 0 */
int signals_save(void);  /* 1 once for each SIGUSR1 */
void signals_line(int on_terminal); /* a progress line stands on the terminal and is erased when a signal ends us */

/* ---- run folders (run_folder.c) */

/* "play.run" for "play.safetensors". */
void run_folder_name(const char *output, buffer *name);
/* 0 when no living process trains there, else 5. */
int run_folder_alone(const char *run);
/* 0 when a fresh run may begin there, else the status; nothing is changed. */
int run_folder_check(const char *run, int force);
/* Makes the folder; with force what a run left there is removed. */
int run_folder_claim(const char *run, int force);
/* Writes RUN/options: options and data files, paths relative to the run. */
int run_folder_write(const char *run, const invocation *call, const rondo_options *options);
/* Reads it into options, paths relative to where we are; then what was given again is put over it. */
int run_folder_read(const char *run, const invocation *call, rondo_options *options);
int run_folder_finish(const char *run, const char *reason);
/* The items of the option `files`, backslash before a comma undone: owned array of owned texts. */
int list_split(const char *list, char ***items, size_t *count);
void list_free(char **items, size_t count);
void list_join(buffer *to, const char *item); /* adds a comma when needed, escapes */

/* ---- a model in use (session.c) */

typedef struct session {
    rondo_device *device;
    rondo_model *model;
    rondo_model *language;  /* of --lm, or NULL */
    rondo_options *options; /* owned; what was given over what the model was trained with */
} session;
int device_open(const rondo_options *options, rondo_device **device);
/* Loads `path`; 0, or the status after the message was told. */
int session_open(session *s, const invocation *call, const char *path);
/* The model of -m, or the message that it is missing ("" then). */
const char *model_path(const invocation *call);
void session_close(session *s);
/* An index into options: whether the model speaks in characters, words … */
/* Music, written as options ask (cmd_music.c). */
int generate_music(session *s, const invocation *call, const rondo_sampling *sampling);
int is_language_model(const session *s);

/* ---- training (cmd_train.c, also used by the demo) */

typedef struct training {
    const rondo_options *options; /* lent */
    const char *run;              /* the run folder, or NULL */
    int json;
    progress bar;
    uint64_t step, saved_step, best_step;
    int saved;                    /* a checkpoint was written */
    double best_loss;             /* NaN without validation */
    rondo_metric best_headline;   /* of the same evaluation; name NULL: none */
    char reason[64];              /* why it ended */
} training;
void training_begin(training *t, const rondo_options *options, const char *run);
int training_event(void *user, const rondo_event *event); /* the callback of rondo_train, `user` being a training */
typedef struct baselines {
    char text[320];      /* "unigram 3.05, markov-2 1.86", or "" when there are none */
    char best_name[40];
    double best;         /* the lowest; NaN when there is none */
} baselines;
void training_baselines(const rondo_data *train, const rondo_data *valid, const rondo_options *options, baselines *out);

/* ---- recipes (recipes.c): `name = value` lines of recipes/NAME/recipe */

enum { RECIPE_TITLE, RECIPE_DATA, RECIPE_TRAIN, RECIPE_VALID, RECIPE_TEST, RECIPE_FOLDS, RECIPE_SPLIT, RECIPE_SEEDS, RECIPE_METRIC,
       RECIPE_BETTER, RECIPE_REACH, RECIPE_PUBLISHED, RECIPE_SOURCE, RECIPE_EVALUATE, RECIPE_OPTIONS, RECIPE_WITH, RECIPE_HISTORY, RECIPE_KEYS };
typedef struct recipe {
    char *name, *folder;       /* owned, as are the values; "" where nothing is said */
    char *value[RECIPE_KEYS];
} recipe;
typedef struct recipes {
    recipe *recipe; /* [count], owned */
    size_t count;
} recipes;
/* Those that the command names, or all of the folder --recipes; 0, or the status after the message was told. */
int recipes_read(const invocation *call, recipes *found);
void recipes_free(recipes *of);

/* ---- this program run by itself (child.c) */

enum { MOST_WORDS = 256 };
typedef struct command_line { /* a command line, program name first */
    char *word[MOST_WORDS]; /* owned, ended by NULL */
    size_t count;
    int failed; /* a word too many, or no memory: told by child_run */
} command_line;
void line_add(command_line *to, const char *word); /* copies; NULL is a failure */
void line_join(command_line *to, ...) __attribute__((sentinel)); /* one word of several pieces, ended by NULL */
void line_free(command_line *of);
/* Runs the line, messages added to the file `log`, and gives its status, told unless 0; with `answer`, adds what the
 * line wrote to standard output. After a signal (signals_hold) the child is told to stop, too: 128 and its number. */
int child_run(const command_line *line, const char *log, buffer *answer);

/* ---- help (help.c, manpage.c, completion.c, topics.c) */

void help_overview(int descriptor);
void help_version(void);
int help_command(const command *verb, int full);
int help_topic(const char *name); /* 0 when there is none */
const char *topic_name(size_t i); /* NULL past the end */
const char *topic_text(size_t i);
const char *topic_help(size_t i);
void man_page(const command *verb); /* NULL: the whole program */
/* "--hidden-size N", "-m, --model FILE" */
void option_heading(const rondo_option_info *info, buffer *to);
/* The groups in the order of the table: the i-th that the command has, or NULL. */
const char *option_group(const command *verb, size_t i);

#endif

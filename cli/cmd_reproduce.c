/* rondo reproduce: recipes run as a person would run them, by this program's own train and evaluate, and what came out
 * beside what was published. A model that is there already is evaluated, an unfinished run goes on. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RECIPES = 256, MOST_WORDS = 256, MOST_FOLDS = 1000 };

typedef struct outcome { /* of all runs of a recipe */
    double sum, squares, rows;
    size_t runs;
} outcome;

typedef struct task_at_hand {
    const invocation *call;
    const recipe *of;
    const char *data, *out; /* folders */
    outcome all;
} task_at_hand;

/* ---- running this program -------------------------------------------------------------------------------------- */

typedef struct words { /* a command line */
    char *word[MOST_WORDS]; /* owned, ended by NULL */
    size_t count;
    int failed;
} words;

static void add(words *to, const char *word)
{
    char *copy = to->count + 1 < MOST_WORDS ? strdup(word) : NULL;
    to->failed |= !copy;
    if (copy) to->word[to->count++] = copy;
}

static void add_format(words *to, const char *format, const char *a, const char *b)
{
    buffer made = {0};
    buffer_format(&made, format, a, b);
    add(to, made.text ? made.text : "");
    buffer_free(&made);
}

/* Words between blanks; {data} stands for the folder of the recipe's data. */
static void add_split(words *to, const char *text, const char *data)
{
    while (*text) {
        const size_t gap = strspn(text, " \t"), size = strcspn(text + gap, " \t");
        buffer word = {0};
        const char *mark = strstr(text + gap, "{data}");
        const size_t before = mark && mark < text + gap + size ? (size_t)(mark - text) - gap : size;
        buffer_add(&word, text + gap, before);
        if (before < size) {
            buffer_put(&word, data);
            buffer_add(&word, mark + 6, size - before - 6);
        }
        if (size) add(to, word.text ? word.text : "");
        buffer_free(&word);
        text += gap + size;
    }
}

static void words_free(words *of)
{
    for (size_t i = 0; i < of->count; i++)
        free(of->word[i]);
    *of = (words){0};
}

static int wait_for(pid_t child)
{
    int state;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR) return RONDO_SYSTEM;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

/* Starts this program with its standard error added to `log` and its standard output there too, or into `output`. */
static int spawn(const words *line, const char *log, int output, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions, output >= 0 ? output : STDERR_FILENO, STDOUT_FILENO);
    int failed = posix_spawn(child, "/proc/self/exe", &actions, NULL, line->word, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? report_fail(RONDO_SYSTEM, NULL, "rondo could not be started again: %s", strerror(failed)) : RONDO_OK;
}

/* Runs the line and gives its status; what it wrote is added to *answer when it is not NULL. */
static int run_line(words *line, const char *log, buffer *answer)
{
    int ends[2] = {-1, -1}, status = RONDO_OK;
    pid_t child;
    if (line->failed) return report_fail(RONDO_LIMIT, NULL, "a command of more than %d words", MOST_WORDS);
    if (answer && pipe(ends) != 0) return report_fail(RONDO_SYSTEM, NULL, "a pipe: %s", strerror(errno));
    status = spawn(line, log, ends[1], &child);
    if (ends[1] >= 0) close(ends[1]);
    char piece[4096];
    ssize_t got;
    while (status == RONDO_OK && answer && (got = read(ends[0], piece, sizeof piece)) != 0) {
        if (got > 0) buffer_add(answer, piece, (size_t)got);
        if (got < 0 && errno != EINTR) break;
    }
    if (ends[0] >= 0) close(ends[0]);
    if (status != RONDO_OK) return status;
    status = wait_for(child);
    return status;
}

static int tell_failure(const words *line, const char *log, int status)
{
    if (status > 128) return status;
    return report_fail(status, NULL, "rondo %s ended with status %d; %s says why", line->word[1], status, log);
}

/* ---- one run --------------------------------------------------------------------------------------------------- */

/* The files of a list, each under its folder. */
static void add_files(words *to, const recipe *of, const char *folder, const char *list)
{
    static const char own[] = "recipe:"; /* a file that stands with the recipe */
    while (*list) {
        const size_t size = strcspn(list, ",");
        buffer name = {0};
        buffer_add(&name, list, size);
        const int here = name.text && strncmp(name.text, own, sizeof own - 1) == 0;
        if (size) add_format(to, "%s/%s", here ? of->folder : folder, !name.text ? "" : here ? name.text + sizeof own - 1 : name.text);
        buffer_free(&name);
        list += size + (list[size] == ',');
    }
}

typedef struct run {
    buffer base, folder; /* OUT/NAME-f1-s2 without its ending; where its files stand */
    const char *train, *valid, *test;
    buffer names[3];     /* of files that a split made */
    buffer log;
} run;

static void run_free(run *r)
{
    buffer_free(&r->base);
    buffer_free(&r->folder);
    buffer_free(&r->log);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&r->names[i]);
}

/* The parts are cut from what the recipe names as training data: once, or anew for each fold. */
static int make_parts(const task_at_hand *t, run *r, size_t folds, size_t fold)
{
    words line = {0};
    buffer prefix = {0}, number = {0};
    buffer_format(&prefix, folds ? "%s/%s.fold%zu" : "%s/%s", t->out, t->of->name, fold);
    buffer_format(&number, "%zu", fold);
    add(&line, "rondo");
    add(&line, "data");
    add(&line, "split");
    add_split(&line, t->of->value[RECIPE_SPLIT], r->folder.text);
    if (folds) add_format(&line, "--folds=%s%s", t->of->value[RECIPE_FOLDS], "");
    if (folds) add_format(&line, "--fold=%s%s", number.text ? number.text : "", "");
    add(&line, "-f");
    add(&line, "-o");
    add(&line, prefix.text ? prefix.text : "");
    add_files(&line, t->of, r->folder.text, t->of->value[RECIPE_TRAIN]);
    int status = run_line(&line, r->log.text, NULL);
    if (status != RONDO_OK) status = tell_failure(&line, r->log.text, status);
    static const char *const endings[] = {"train", "valid", "test"};
    for (size_t i = 0; i < 3; i++)
        buffer_format(&r->names[i], "%s.%s", prefix.text ? prefix.text + strlen(t->out) + 1 : "", endings[i]);
    buffer_free(&r->folder);
    buffer_put(&r->folder, t->out);
    r->train = r->names[0].text;
    r->valid = t->of->value[RECIPE_VALID][0] ? r->names[1].text : "";
    r->test = r->names[2].text;
    words_free(&line);
    buffer_free(&prefix);
    buffer_free(&number);
    return status;
}

static void train_line(const task_at_hand *t, const run *r, size_t seed, words *line)
{
    buffer text = {0};
    add(line, "rondo");
    add(line, "train");
    buffer_format(&text, "%s.run", r->base.text);
    if (file_exists(text.text)) {
        add(line, "--resume");
        add(line, text.text);
        buffer_free(&text);
        return;
    }
    buffer_free(&text);
    add_format(line, "--config=%s/%s", t->of->folder, t->of->value[RECIPE_OPTIONS][0] ? t->of->value[RECIPE_OPTIONS] : "options");
    add_split(line, t->of->value[RECIPE_WITH], r->folder.text);
    buffer_format(&text, "--seed=%zu", seed);
    add(line, text.text ? text.text : "");
    add_format(line, "--output=%s%s", r->base.text, ".safetensors");
    add_format(line, "--threads=%s%s", text_of(t->call->options, "threads"), "");
    buffer_free(&text);
    words valid = {0};
    add_files(&valid, t->of, r->folder.text, r->valid);
    for (size_t i = 0; i < valid.count; i++)
        buffer_format(&text, "%s%s", i ? "," : "--valid=", valid.word[i]);
    if (valid.count) add(line, text.text ? text.text : "");
    words_free(&valid);
    buffer_free(&text);
    add_files(line, t->of, r->folder.text, r->train);
}

/* Trains unless the model is there. */
static int make_model(const task_at_hand *t, const run *r, size_t seed)
{
    words line = {0};
    buffer model = {0};
    buffer_format(&model, "%s.safetensors", r->base.text);
    int status = RONDO_OK;
    if (!file_exists(model.text ? model.text : "")) {
        train_line(t, r, seed, &line);
        status = run_line(&line, r->log.text, NULL);
        if (status != RONDO_OK) status = tell_failure(&line, r->log.text, status);
    }
    buffer_free(&model);
    words_free(&line);
    return status;
}

/* The number of a name in a line of JSON that evaluate wrote; 1 when it is there. */
static int find_number(const char *json, const char *name, double *value)
{
    buffer key = {0};
    buffer_format(&key, "\"%s\":", name);
    const char *at = key.text ? strstr(json, key.text) : NULL;
    int found = at && (*value = strtod(at + key.size, NULL), isfinite(*value));
    buffer_free(&key);
    return found;
}

static int measure(const task_at_hand *t, const run *r, double *value, double *rows)
{
    words line = {0};
    buffer answer = {0};
    add(&line, "rondo");
    add(&line, "evaluate");
    add_format(&line, "--model=%s%s", r->base.text, ".safetensors");
    add(&line, "--json");
    add_split(&line, t->of->value[RECIPE_EVALUATE], r->folder.text);
    if (t->of->value[RECIPE_HISTORY][0])
        add_format(&line, "--history=%s/%s", r->folder.text, strcmp(t->of->value[RECIPE_HISTORY], "valid") == 0 ? r->names[1].text : r->names[0].text);
    add_files(&line, t->of, r->folder.text, r->test);
    int status = run_line(&line, r->log.text, &answer);
    if (status != RONDO_OK)
        status = tell_failure(&line, r->log.text, status);
    else if (!find_number(answer.text ? answer.text : "", t->of->value[RECIPE_METRIC], value))
        status = report_fail(RONDO_BAD_DATA, NULL, "%s/recipe: evaluate gives no metric %s: %s", t->of->folder,
                             show(t->of->value[RECIPE_METRIC]).text, answer.text ? answer.text : "");
    else if (!find_number(answer.text, "rows", rows))
        *rows = 1;
    words_free(&line);
    buffer_free(&answer);
    return status;
}

static int one_run(task_at_hand *t, size_t folds, size_t fold, size_t seed)
{
    run r = {.train = t->of->value[RECIPE_TRAIN], .valid = t->of->value[RECIPE_VALID], .test = t->of->value[RECIPE_TEST]};
    double value = 0, rows = 1, began = now();
    buffer_format(&r.folder, "%s/%s", t->data, t->of->value[RECIPE_DATA]);
    buffer_format(&r.base, "%s/%s", t->out, t->of->name);
    if (folds) buffer_format(&r.base, "-fold%zu", fold);
    buffer_format(&r.base, "-seed%zu", seed);
    buffer_format(&r.log, "%s.log", r.base.text);
    int status = r.log.failed ? report_fail(RONDO_LIMIT, NULL, "no memory for names of files") : RONDO_OK;
    if (status == RONDO_OK && (folds || t->of->value[RECIPE_SPLIT][0])) status = make_parts(t, &r, folds, fold);
    if (status == RONDO_OK) status = make_model(t, &r, seed);
    if (status == RONDO_OK) status = measure(t, &r, &value, &rows);
    if (status == RONDO_OK) {
        report_say("%s: %s %.5g, %.0f s", r.base.text, t->of->value[RECIPE_METRIC], value, now() - began);
        const double weight = folds ? rows : 1; /* folds count as they have records */
        t->all.sum += weight * value;
        t->all.squares += weight * value * value;
        t->all.rows += weight;
        t->all.runs++;
    }
    run_free(&r);
    return status;
}

/* ---- a recipe and the table ------------------------------------------------------------------------------------ */

static int all_runs(task_at_hand *t)
{
    const size_t folds = (size_t)strtoull(t->of->value[RECIPE_FOLDS], NULL, 10);
    const size_t asked = (size_t)count_of(t->call->options, "seeds"), own = (size_t)strtoull(t->of->value[RECIPE_SEEDS], NULL, 10);
    const size_t seeds = asked ? asked : own ? own : 3;
    int status = RONDO_OK;
    if (folds > MOST_FOLDS) return report_fail(RONDO_LIMIT, NULL, "%s/recipe: %zu folds, at most %d", t->of->folder, folds, MOST_FOLDS);
    for (size_t seed = 1; seed <= seeds && status == RONDO_OK; seed++)
        for (size_t fold = 1; fold <= (folds ? folds : 1) && status == RONDO_OK; fold++)
            status = one_run(t, folds, fold, seed);
    return status;
}

static int put_row(const task_at_hand *t)
{
    const recipe *of = t->of;
    const double mean = t->all.sum / t->all.rows, reach = strtod(of->value[RECIPE_REACH], NULL);
    const double spread = sqrt(fmax(t->all.squares / t->all.rows - mean * mean, 0));
    const int lower = strcmp(of->value[RECIPE_BETTER], "lower") == 0;
    const int pass = lower ? mean <= reach : mean >= reach;
    if (flag_of(t->call->options, "json")) {
        json_line line;
        json_begin(&line);
        json_word(&line, "recipe", of->name);
        json_word(&line, "metric", of->value[RECIPE_METRIC]);
        json_number(&line, "mean", mean);
        json_number(&line, "deviation", spread);
        json_count(&line, "runs", t->all.runs);
        json_number(&line, "reach", reach);
        json_word(&line, "published", of->value[RECIPE_PUBLISHED]);
        json_word(&line, "source", of->value[RECIPE_SOURCE]);
        json_word(&line, "verdict", pass ? "pass" : "short");
        json_end(&line);
    } else {
        output_format("%s\t%s\t%.5g\t%.2g\t%zu\t%s %.5g\t%s\t%s\t%s\n", of->name, of->value[RECIPE_METRIC], mean, spread, t->all.runs,
                      lower ? "<=" : ">=", reach, of->value[RECIPE_PUBLISHED], of->value[RECIPE_SOURCE], pass ? "pass" : "short");
        output_flush();
    }
    return pass ? RONDO_OK : RONDO_NO;
}

static const char *out_folder(const invocation *call)
{
    const char *asked = text_of(call->options, "out");
    return asked[0] ? asked : "reproduce";
}

static int reproduce(const invocation *call, const recipe *of)
{
    task_at_hand t = {.call = call, .of = of, .data = text_of(call->options, "data"), .out = out_folder(call)};
    buffer folder = {0};
    buffer_format(&folder, "%s/%s", t.data, of->value[RECIPE_DATA]);
    int status = RONDO_OK;
    if (!folder.text || !file_exists(folder.text))
        status = report_fail(RONDO_SYSTEM, "recipes/NAME/README.md says where the data come from; --data DIR says where they are",
                             "%s: no such folder", folder.text ? folder.text : of->value[RECIPE_DATA]);
    buffer_free(&folder);
    if (status == RONDO_OK) status = all_runs(&t);
    return status == RONDO_OK ? put_row(&t) : status;
}

static int list_recipes(const recipes *found)
{
    for (size_t i = 0; i < found->count; i++)
        output_format("%s\t%s\n", found->recipe[i].name, found->recipe[i].value[RECIPE_TITLE]);
    return RONDO_OK;
}

int run_reproduce(invocation *call)
{
    recipes found = {0};
    int status = recipes_read(call, &found), worst = RONDO_OK;
    if (status == RONDO_OK && flag_of(call->options, "list")) status = list_recipes(&found);
    else if (status == RONDO_OK) {
        status = folder_make(out_folder(call));
        if (status == RONDO_OK && !flag_of(call->options, "json"))
            output_text("recipe\tmetric\tresult\tdeviation\truns\treach\tpublished\tsource\tverdict\n");
        for (size_t i = 0; i < found.count && (status == RONDO_OK || status == RONDO_NO); i++) {
            status = reproduce(call, &found.recipe[i]);
            worst = status > worst ? status : worst;
        }
        status = worst;
    }
    recipes_free(&found);
    return status;
}

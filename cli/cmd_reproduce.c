/* rondo reproduce: recipes run as a person would run them, by this program's own train and evaluate, and what came out
 * beside what was published. A model that is there already is evaluated, an unfinished run goes on. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FOLDS = 1000 };

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

/* ---- words of a command line ---- */

/* Words between blanks; {data} stands for the folder of the recipe's data. */
static void add_split(command_line *to, const char *text, const char *data)
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
        if (size) line_add(to, word.text ? word.text : "");
        buffer_free(&word);
        text += gap + size;
    }
}

/* ---- one run --------------------------------------------------------------------------------------------------- */

/* The files of a list, each under its folder. */
static void add_files(command_line *to, const recipe *of, const char *folder, const char *list)
{
    static const char own[] = "recipe:"; /* a file that stands with the recipe */
    while (*list) {
        const size_t size = strcspn(list, ",");
        const int here = strncmp(list, own, sizeof own - 1) == 0;
        const size_t skip = here ? sizeof own - 1 : 0;
        buffer name = {0};
        buffer_add(&name, list + skip, size - skip);
        if (size) line_join(to, here ? of->folder : folder, "/", name.text ? name.text : "", NULL);
        buffer_free(&name);
        list += size + (list[size] == ',');
    }
}

typedef struct run {
    buffer base, folder; /* OUT/NAME-f1-s2 without its ending; where its files stand */
    const char *train, *valid, *test;
    buffer names[3];     /* of files that a split made */
    buffer model, going, log, made; /* OUT/NAME-f1-s2.safetensors, .run, .log, .recipe */
} run;

static void run_free(run *r)
{
    buffer_free(&r->base);
    buffer_free(&r->folder);
    buffer_free(&r->model);
    buffer_free(&r->going);
    buffer_free(&r->log);
    buffer_free(&r->made);
    for (size_t i = 0; i < 3; i++)
        buffer_free(&r->names[i]);
}

/* The parts are cut from what the recipe names as training data: once, or anew for each fold. */
static int make_parts(const task_at_hand *t, run *r, size_t folds, size_t fold)
{
    command_line line = {0};
    buffer prefix = {0}, number = {0};
    buffer_format(&prefix, folds ? "%s/%s.fold%zu" : "%s/%s", t->out, t->of->name, fold);
    buffer_format(&number, "%zu", fold);
    static const char *const begins[] = {"rondo", "data", "split", "-f", "-o"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        line_add(&line, begins[i]);
    line_add(&line, prefix.text);
    add_split(&line, t->of->value[RECIPE_SPLIT], r->folder.text);
    if (folds) line_join(&line, "--folds=", t->of->value[RECIPE_FOLDS], NULL);
    if (folds) line_join(&line, "--fold=", number.text, NULL);
    add_files(&line, t->of, r->folder.text, t->of->value[RECIPE_TRAIN]);
    int status = child_run(&line, r->log.text, NULL);
    static const char *const endings[] = {"train", "valid", "test"};
    for (size_t i = 0; i < 3; i++)
        buffer_format(&r->names[i], "%s.%s", prefix.text ? prefix.text + strlen(t->out) + 1 : "", endings[i]);
    buffer_free(&r->folder);
    buffer_put(&r->folder, t->out);
    r->train = r->names[0].text;
    r->valid = t->of->value[RECIPE_VALID][0] ? r->names[1].text : "";
    r->test = r->names[2].text;
    line_free(&line);
    buffer_free(&prefix);
    buffer_free(&number);
    return status;
}

static void train_line(const task_at_hand *t, const run *r, size_t seed, command_line *line)
{
    const char *own = t->of->value[RECIPE_OPTIONS];
    buffer text = {0};
    line_add(line, "rondo");
    line_add(line, "train");
    line_add(line, "-f"); /* over what a run left that never began */
    line_join(line, "--config=", t->of->folder, "/", own[0] ? own : "options", NULL);
    add_split(line, t->of->value[RECIPE_WITH], r->folder.text);
    buffer_format(&text, "--seed=%zu", seed);
    line_add(line, text.text);
    line_join(line, "--output=", r->model.text, NULL);
    line_join(line, "--threads=", text_of(t->call->options, "threads"), NULL);
    buffer_free(&text);
    command_line valid = {0};
    add_files(&valid, t->of, r->folder.text, r->valid);
    for (size_t i = 0; i < valid.count; i++)
        buffer_format(&text, "%s%s", i ? "," : "--valid=", valid.word[i]);
    if (valid.count) line_add(line, text.text);
    line->failed |= valid.failed;
    line_free(&valid);
    buffer_free(&text);
    add_files(line, t->of, r->folder.text, r->train);
}

/* Of a recipe, all that a model depends on; where the data stand is no part of it. */
static int recipe_text(const task_at_hand *t, buffer *text)
{
    static const struct {
        const char *name;
        int key;
    } told[] = {{"train", RECIPE_TRAIN}, {"valid", RECIPE_VALID}, {"split", RECIPE_SPLIT}, {"folds", RECIPE_FOLDS}, {"with", RECIPE_WITH}};
    enum { LIMIT = 1 << 16 };
    const char *own = t->of->value[RECIPE_OPTIONS];
    buffer path = {0}, options = {0};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        buffer_format(text, "%s = %s\n", told[i].name, t->of->value[told[i].key]);
    buffer_format(&path, "%s/%s", t->of->folder, own[0] ? own : "options");
    int status = path.text ? file_load(path.text, LIMIT, &options) : RONDO_LIMIT;
    if (status == RONDO_OK) buffer_add(text, options.text, options.size);
    if (status == RONDO_OK && text->failed) status = report_fail(RONDO_LIMIT, NULL, "no memory for a recipe");
    buffer_free(&path);
    buffer_free(&options);
    return status;
}

/* A model and a run of another recipe are removed; what they are made of stands beside them, in a file written
 * before they begin. Where that file is missing they are taken as they are. */
static int forget_other(const task_at_hand *t, const run *r)
{
    buffer wanted = {0}, made = {0}, begun = {0};
    buffer_format(&begun, "%s/options", r->going.text);
    const int known = file_exists(r->made.text), there = file_exists(r->model.text) || file_exists(begun.text);
    int status = recipe_text(t, &wanted);
    if (status == RONDO_OK && known) status = file_load(r->made.text, 1 << 20, &made);
    const int same = known && made.size == wanted.size && memcmp(made.text, wanted.text, made.size) == 0;
    if (status == RONDO_OK && there && !known)
        report_note("%s: is not there, so that what %s was made with is not known; it is taken", r->made.text, r->base.text);
    if (status == RONDO_OK && there && known && !same) {
        report_note("%s: the recipe has changed since; it is trained anew", r->base.text);
        status = run_folder_alone(r->going.text);
        if (status == RONDO_OK) (void)(unlink(r->model.text), unlink(begun.text)); /* without options it is no run */
    }
    if (status == RONDO_OK && !same) status = file_save(r->made.text, wanted.text, wanted.size, 1);
    buffer_free(&wanted);
    buffer_free(&made);
    buffer_free(&begun);
    return status;
}

static void add_resume(command_line *line, const run *r)
{
    line_add(line, "rondo");
    line_add(line, "train");
    line_join(line, "--resume=", r->going.text, NULL);
}

/* Trains unless the model is there; a run that is there goes on. */
static int make_model(const task_at_hand *t, const run *r, size_t seed)
{
    command_line line = {0};
    buffer begun = {0};
    int status = forget_other(t, r);
    buffer_format(&begun, "%s/options", r->going.text);
    if (status == RONDO_OK && !file_exists(r->model.text)) {
        if (file_exists(begun.text))
            add_resume(&line, r);
        else
            train_line(t, r, seed, &line);
        status = child_run(&line, r->log.text, NULL);
    }
    buffer_free(&begun);
    line_free(&line);
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
    command_line line = {0};
    buffer answer = {0};
    line_add(&line, "rondo");
    line_add(&line, "evaluate");
    line_join(&line, "--model=", r->model.text, NULL);
    line_add(&line, "--json");
    add_split(&line, t->of->value[RECIPE_EVALUATE], r->folder.text);
    if (t->of->value[RECIPE_HISTORY][0])
        line_join(&line, "--history=", r->folder.text, "/",
                   r->names[strcmp(t->of->value[RECIPE_HISTORY], "valid") == 0].text, NULL);
    add_files(&line, t->of, r->folder.text, r->test);
    int status = child_run(&line, r->log.text, &answer);
    if (status == RONDO_OK && !find_number(answer.text ? answer.text : "", t->of->value[RECIPE_METRIC], value))
        status = report_fail(RONDO_BAD_DATA, NULL, "%s/recipe: evaluate gives no metric %s: %s", t->of->folder,
                             show(t->of->value[RECIPE_METRIC]).text, answer.text ? answer.text : "");
    if (status == RONDO_OK && !find_number(answer.text, "rows", rows))
        *rows = 1;
    line_free(&line);
    buffer_free(&answer);
    return status;
}

static int name_files(run *r)
{
    struct {
        buffer *name;
        const char *ending;
    } all[] = {{&r->model, ".safetensors"}, {&r->going, ".run"}, {&r->log, ".log"}, {&r->made, ".recipe"}};
    int failed = r->base.failed || r->folder.failed;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        buffer_format(all[i].name, "%s%s", r->base.text ? r->base.text : "", all[i].ending);
        failed |= all[i].name->failed;
    }
    return failed ? report_fail(RONDO_LIMIT, NULL, "no memory for names of files") : RONDO_OK;
}

static int one_run(task_at_hand *t, size_t folds, size_t fold, size_t seed)
{
    run r = {.train = t->of->value[RECIPE_TRAIN], .valid = t->of->value[RECIPE_VALID], .test = t->of->value[RECIPE_TEST]};
    double value = 0, rows = 1, began = now();
    buffer_format(&r.folder, "%s/%s", t->data, t->of->value[RECIPE_DATA]);
    buffer_format(&r.base, "%s/%s", t->out, t->of->name);
    if (folds) buffer_format(&r.base, "-fold%zu", fold);
    buffer_format(&r.base, "-seed%zu", seed);
    int status = name_files(&r);
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

/* Of all runs, or of those there were before the recipe's end. */
static int put_row(const task_at_hand *t, int finished)
{
    const recipe *of = t->of;
    const double mean = t->all.sum / t->all.rows, reach = strtod(of->value[RECIPE_REACH], NULL);
    const double spread = sqrt(fmax(t->all.squares / t->all.rows - mean * mean, 0));
    const int lower = strcmp(of->value[RECIPE_BETTER], "lower") == 0;
    const int pass = lower ? mean <= reach : mean >= reach;
    const char *verdict = !finished ? "unfinished" : pass ? "pass" : "short";
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
        json_word(&line, "verdict", verdict);
        json_end(&line);
    } else {
        output_format("%s\t%s\t%.5g\t%.2g\t%zu\t%s %.5g\t%s\t%s\t%s\n", of->name, of->value[RECIPE_METRIC], mean, spread, t->all.runs,
                      lower ? "<=" : ">=", reach, of->value[RECIPE_PUBLISHED], of->value[RECIPE_SOURCE], verdict);
        output_flush();
    }
    return pass ? RONDO_OK : RONDO_NO;
}

static const char *out_folder(const invocation *call)
{
    const char *asked = text_of(call->options, "out");
    return asked[0] ? asked : "reproduce";
}

static int has_data(const invocation *call, const recipe *of)
{
    buffer folder = {0};
    buffer_format(&folder, "%s/%s", text_of(call->options, "data"), of->value[RECIPE_DATA]);
    int status = RONDO_OK;
    if (!folder.text || !file_exists(folder.text))
        status = report_fail(RONDO_SYSTEM, "recipes/NAME/README.md says where the data come from; --data DIR says where they are",
                             "%s: no such folder", folder.text ? folder.text : of->value[RECIPE_DATA]);
    buffer_free(&folder);
    return status;
}

static int reproduce(const invocation *call, const recipe *of)
{
    task_at_hand t = {.call = call, .of = of, .data = text_of(call->options, "data"), .out = out_folder(call)};
    const int status = all_runs(&t);
    if (status == RONDO_OK) return put_row(&t, 1);
    if (t.all.runs > 0) (void)put_row(&t, 0);
    return status;
}

static int list_recipes(const recipes *found)
{
    for (size_t i = 0; i < found->count; i++)
        output_format("%s\t%s\n", found->recipe[i].name, found->recipe[i].value[RECIPE_TITLE]);
    return RONDO_OK;
}

/* The largest status of all; what is neither passed nor short ends the rest. */
static int reproduce_all(const invocation *call, const recipes *found)
{
    int status = RONDO_OK, worst = RONDO_OK;
    for (size_t i = 0; i < found->count && status == RONDO_OK; i++)
        status = has_data(call, &found->recipe[i]); /* told before hours have passed */
    if (status == RONDO_OK) status = folder_make(out_folder(call));
    if (status != RONDO_OK) return status;
    if (!flag_of(call->options, "json"))
        output_text("recipe\tmetric\tresult\tdeviation\truns\treach\tpublished\tsource\tverdict\n");
    signals_hold(1);
    for (size_t i = 0; i < found->count && (status == RONDO_OK || status == RONDO_NO); i++) {
        status = reproduce(call, &found->recipe[i]);
        worst = status > worst ? status : worst;
    }
    signals_hold(0);
    if (worst > 128) report_say("stopped; the same command goes on");
    return worst;
}

int run_reproduce(invocation *call)
{
    recipes found = {0};
    int status = recipes_read(call, &found);
    if (status == RONDO_OK) status = flag_of(call->options, "list") ? list_recipes(&found) : reproduce_all(call, &found);
    recipes_free(&found);
    return status;
}

/* What an evaluation counted, as text and as pictures: each `what` is a row. */
#include "draw/matrix.h"
#include "formats/json.h"
#include "options/options.h"
#include "tasks/scores.h"

#include <inttypes.h>
#include <string.h>

typedef rondo_status (*writer)(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                               rondo_error *error);

/* The labels that training never saw have a row when there are any. */
static rd_matrix matrix_of(const rondo_scores *scores)
{
    const rd_confusion *confusion = &scores->confusion;
    int unseen = confusion->support[confusion->classes] > 0;
    return (rd_matrix){.title = "confusion",
                       .description = "how often each class, down, was taken for each, across",
                       .row_name = "truth",
                       .column_name = "guess",
                       .row = scores->name,
                       .column = scores->name,
                       .count = confusion->cell,
                       .rows = confusion->classes + (size_t)unseen,
                       .columns = confusion->classes,
                       .classes = confusion->classes};
}

static rondo_status check_matrix(const rondo_scores *scores, rondo_error *error)
{
    if (scores->classes == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "targets that are no labels have no confusion matrix");
    if (!scores->confusion.cell)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "no confusion matrix of %zu labels (at most %d)",
                       scores->classes, RD_CONFUSION_MOST);
    return RONDO_OK;
}

/* ---- the rows */

static rondo_status put_report(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                               rondo_error *error)
{
    (void)options;
    rd_scores_report(scores, out);
    return rd_text_done(out, error);
}

static rondo_status put_terminal(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                                 rondo_error *error)
{
    RD_TRY(check_matrix(scores, error));
    rd_matrix matrix = matrix_of(scores);
    rd_medium medium = {.width = (size_t)rd_option_integer(options, RD_OPT_width),
                        .ascii = rd_option_flag(options, RD_OPT_ascii),
                        .color = rd_option_is(options, RD_OPT_color, "always")};
    return rd_terminal_matrix(&matrix, &medium, out, error);
}

static rondo_status put_svg(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                            rondo_error *error)
{
    (void)options;
    RD_TRY(check_matrix(scores, error));
    rd_matrix matrix = matrix_of(scores);
    return rd_svg_matrix(&matrix, out, error);
}

/* {"schema":1,"labels":[…],"confusion":[[…],…]}: truth down, guess across; a last row of unseen labels. */
static rondo_status put_json(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                             rondo_error *error)
{
    (void)options;
    RD_TRY(check_matrix(scores, error));
    rd_matrix matrix = matrix_of(scores);
    rd_text_put(out, "{\"schema\":1,\"labels\":[");
    for (size_t i = 0; i < matrix.columns; i++) {
        rd_text_put(out, i ? "," : "");
        rd_json_string(out, matrix.row[i], strlen(matrix.row[i]));
    }
    rd_text_put(out, "],\"confusion\":[");
    for (size_t i = 0; i < matrix.rows; i++) {
        for (size_t j = 0; j < matrix.columns; j++)
            rd_text_format(out, "%s%llu",
                           j   ? ","
                           : i ? ",["
                               : "[",
                           (unsigned long long)matrix.count[i * matrix.columns + j]);
        rd_text_put(out, "]");
    }
    rd_text_put(out, "]}\n");
    return rd_text_done(out, error);
}

/* What one and the same answer would have reached: the label that is most frequent in these data. */
static rondo_status put_baseline(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                                 rondo_error *error)
{
    (void)options;
    const rd_confusion *confusion = &scores->confusion;
    size_t best = 0;
    for (size_t k = 1; k < scores->classes; k++)
        if (confusion->support[k] > confusion->support[best]) best = k;
    if (scores->classes == 0 || confusion->rows == 0) return RONDO_OK;
    rd_text_format(out, "always %s: accuracy %.4g\n", rd_quote(scores->name[best]).text,
                   (double)confusion->support[best] / (double)confusion->rows);
    return rd_text_done(out, error);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* What a reader of the numbers must know of the targets: those that no loss holds. */
static rondo_status put_notes(const rondo_scores *scores, const rondo_options *options, rd_text *out,
                              rondo_error *error)
{
    (void)options;
    const rd_confusion *confusion = &scores->confusion;
    const uint64_t unseen = scores->classes ? confusion->support[confusion->classes] : 0;
    if (unseen > 0)
        rd_text_format(out, "%" PRIu64 " of %" PRIu64 " target%s: labels not in training, counted as wrong, in no loss\n",
                       unseen, confusion->rows, plural(confusion->rows));
    if (scores->left_out > 0)
        rd_text_format(out, "%" PRIu64 " target%s: more steps needed than there are, in no loss of ctc\n",
                       scores->left_out, plural(scores->left_out));
    return rd_text_done(out, error);
}

static const struct {
    const char *what;
    writer write;
} rows[] = {{"report", put_report},
            {"confusion", put_terminal},
            {"confusion.svg", put_svg},
            {"confusion.json", put_json},
            {"baseline", put_baseline},
            {"notes", put_notes}};

rondo_status rondo_scores_write(const rondo_scores *scores, const char *what, const rondo_options *options,
                                rondo_sink sink, void *user, rondo_error *error)
{
    const char *missing = !scores ? "scores" : !what ? "what" : !options ? "options" : !sink ? "sink" : NULL;
    writer write = NULL;
    if (missing) return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_scores_write: %s is missing", missing);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rd_equal(what, rows[i].what)) write = rows[i].write;
    if (!write)
        return rd_fail(
            error, RONDO_BAD_ARGUMENT,
            "no %s of scores (expected report, baseline, notes, confusion, confusion.svg, confusion.json)",
            rd_quote(what).text);
    rd_text out = {0};
    rondo_status status = write(scores, options, &out, error);
    if (status == RONDO_OK && out.size > 0 && sink(user, out.text, out.size) != 0)
        status = rd_fail(error, RONDO_SYSTEM, "the scores could not be written");
    rd_text_free(&out);
    return status;
}

/* Sums over a matrix that is filled pair by pair. */
#include "tasks/metrics_class.h"

#include "base/memory.h"
#include "base/size.h"

#include <string.h>

rondo_status rd_confusion_new(rd_confusion *confusion, size_t classes, rondo_error *error)
{
    int pairs = classes <= RD_CONFUSION_MOST;
    size_t rows, size;
    if (!rd_add(classes, 1, &rows) || !rd_mul(rows, 3 + (pairs ? classes : 0), &size))
        return rd_fail(error, RONDO_LIMIT, "%zu classes are too many to count", classes);
    *confusion = (rd_confusion){.classes = classes};
    RD_TRY(
        rd_alloc(size, sizeof *confusion->support, "the counts of the classes", &confusion->support, error));
    confusion->found = confusion->support + rows;
    confusion->right = confusion->found + rows;
    confusion->cell = pairs ? confusion->right + rows : NULL;
    return RONDO_OK;
}

void rd_confusion_free(rd_confusion *confusion)
{
    rd_free(confusion->support);
    *confusion = (rd_confusion){0};
}

void rd_confusion_add(rd_confusion *confusion, int32_t truth, int32_t guess)
{
    size_t classes = confusion->classes;
    size_t row = truth >= 0 && (size_t)truth < classes ? (size_t)truth : classes;
    confusion->rows++;
    confusion->support[row]++;
    if (guess < 0 || (size_t)guess >= classes) return;
    confusion->found[guess]++;
    confusion->right[row] += row == (size_t)guess;
    if (confusion->cell) confusion->cell[row * classes + (size_t)guess]++;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

rd_class_score rd_confusion_score(const rd_confusion *confusion, size_t k)
{
    uint64_t right = confusion->right[k], found = confusion->found[k], support = confusion->support[k];
    return (rd_class_score){
        .precision = share(right, found),
        .recall = share(right, support),
        .f1 = share(2 * right, found + support), /* the harmonic mean of the two, without its 0/0 */
    };
}

double rd_confusion_accuracy(const rd_confusion *confusion)
{
    uint64_t right = 0;
    for (size_t k = 0; k < confusion->classes; k++)
        right += confusion->right[k];
    return share(right, confusion->rows);
}

static int occurs(const rd_confusion *confusion, size_t k)
{
    return confusion->support[k] > 0 || confusion->found[k] > 0;
}

/* The mean over the classes that occur. */
static rd_class_score macro(const rd_confusion *confusion)
{
    rd_class_score sum = {0};
    double count = 0;
    for (size_t k = 0; k <= confusion->classes; k++) {
        if (!occurs(confusion, k)) continue;
        rd_class_score one = rd_confusion_score(confusion, k);
        sum.precision += one.precision;
        sum.recall += one.recall;
        sum.f1 += one.f1;
        count++;
    }
    if (count > 0) sum = (rd_class_score){sum.precision / count, sum.recall / count, sum.f1 / count};
    return sum;
}

double rd_confusion_macro_f1(const rd_confusion *confusion)
{
    return macro(confusion).f1;
}

/* ---- the table */

static void put_row(const char *name, size_t width, rd_class_score score, uint64_t support, rd_text *out)
{
    size_t columns = rd_utf8_columns(name, strlen(name));
    rd_text_put(out, name);
    rd_text_format(out, "%*s  %9.4f  %6.4f  %6.4f  %7llu\n", (int)(width - rd_size_min(columns, width)), "",
                   score.precision, score.recall, score.f1, (unsigned long long)support);
}

void rd_confusion_table(const rd_confusion *confusion, const char *const *names, rd_text *out)
{
    static const char *const unseen = "(not in training)";
    size_t width = strlen("accuracy");
    for (size_t k = 0; k <= confusion->classes; k++) {
        const char *name = k < confusion->classes ? names[k] : unseen;
        if (occurs(confusion, k)) width = rd_size_max(width, rd_utf8_columns(name, strlen(name)));
    }
    rd_text_format(out, "%-*s  precision  recall      F1  support\n", (int)width, "class");
    for (size_t k = 0; k <= confusion->classes; k++) {
        if (occurs(confusion, k))
            put_row(k < confusion->classes ? names[k] : unseen, width, rd_confusion_score(confusion, k),
                    confusion->support[k], out);
    }
    put_row("macro", width, macro(confusion), confusion->rows, out);
    rd_text_format(out, "%-*s  %9.4f  %23llu\n", (int)width, "accuracy", rd_confusion_accuracy(confusion),
                   (unsigned long long)confusion->rows);
}

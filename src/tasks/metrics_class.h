/* Classification: how often the guess is the truth, class by class and which class is taken for which. */
#ifndef RD_METRICS_CLASS_H
#define RD_METRICS_CLASS_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum { RD_CONFUSION_MOST = 1000 }; /* classes for which every pair is counted */

/* Counts of (truth, guess). Truths are 0 … classes - 1, or anything else for a label that training never saw:
 * all these are one more class, number `classes`, which no guess can be. */
typedef struct rd_confusion {
    size_t classes;
    uint64_t rows;     /* pairs added */
    uint64_t *support; /* [classes + 1] how often each is the truth; owner of the block the others lie in */
    uint64_t *found;   /* [classes + 1] how often each is the guess */
    uint64_t *right;   /* [classes + 1] how often it is both */
    uint64_t
        *cell; /* [classes + 1][classes] truth down, guess across; NULL beyond RD_CONFUSION_MOST classes */
} rd_confusion;

rondo_status rd_confusion_new(rd_confusion *confusion, size_t classes, rondo_error *error);
void rd_confusion_free(rd_confusion *confusion);
/* A guess outside 0 … classes - 1 is no class: the truth is missed, nothing is found. */
void rd_confusion_add(rd_confusion *confusion, int32_t truth, int32_t guess);

typedef struct rd_class_score {
    double precision, recall, f1; /* 0 where the fraction is 0/0, as scikit-learn has it by default */
} rd_class_score;
/* Of class k of 0 … classes (the last: labels never seen in training). */
rd_class_score rd_confusion_score(const rd_confusion *confusion, size_t k);
/* Right guesses among all; 0 of no rows. */
double rd_confusion_accuracy(const rd_confusion *confusion);
/* The mean F1 of the classes that are the truth or the guess at least once; 0 of no rows. */
double rd_confusion_macro_f1(const rd_confusion *confusion);

/* Appends one line a class that occurs (name, precision, recall, F1, support), then "macro" and "accuracy".
 * names: [classes]. */
void rd_confusion_table(const rd_confusion *confusion, const char *const *names, rd_text *out);

#endif

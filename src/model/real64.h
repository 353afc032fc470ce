/* The door between the two cores: the float core marshals a model and a batch, the double core builds the
 * same model and compares its gradients with central differences. Plain names and plain types, since every
 * other name of the double core is another one. */
#ifndef RDCHECK_H
#define RDCHECK_H

#include <stddef.h>
#include <stdint.h>

typedef struct rdcheck_part {
    char name[32];
    size_t width; /* of the model's part: numbers a row, or the size of the vocabulary */
    int symbols;
    int given; /* 1: the batch has it */
    size_t sequences;
    const size_t *length;         /* [sequences] */
    const double *const *values;  /* [sequences] -> [length][width], or NULL */
    const int32_t *const *symbol; /* [sequences] -> [length], or NULL */
    const double *const *weight;  /* [sequences] -> [length], or NULL */
} rdcheck_part;

typedef struct rdcheck_job {
    const char *options; /* "name = value" lines */
    const char *text;    /* the node list */
    rdcheck_part part[8];
    size_t parts;
    const double *params; /* [numbers] */
    size_t numbers;
    uint64_t seed, step, first_sequence; /* of masks */
    const unsigned char *fresh;          /* [sequences] */
    size_t limit;                        /* numbers checked per tensor */
} rdcheck_job;

typedef struct rdcheck_result {
    double worst, analytic, numeric;
    char param[160];
    size_t checked;
    int status; /* as rondo_status */
    char message[1024];
} rdcheck_result;

/* Runs the job in the double core; the result says how it went. */
void rdcheck_run(const rdcheck_job *job, rdcheck_result *result);

#endif

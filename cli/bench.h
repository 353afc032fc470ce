/* rondo bench: the workloads with their names, one measured figure, and how it is told. */
#ifndef RONDO_CLI_BENCH_H
#define RONDO_CLI_BENCH_H

#include "cli.h"

typedef enum bench_kind {
    BENCH_TRAIN = 0,  /* forward and backward of bare layers, gradients by the input included */
    BENCH_SCORE = 1,  /* forward */
    BENCH_STEP = 2,   /* a whole training step: embedding, layers, softmax, clipping, update */
    BENCH_STREAM = 3, /* rondo_step, one input at a time */
    BENCH_MEMORY = 4, /* peak memory of training */
    BENCH_LOAD = 5    /* a model file read and one step made */
} bench_kind;

typedef struct workload {
    const char *name;
    bench_kind kind;
    const char *cell, *settings; /* of the layer in a model text: "lstm", "peephole=1" */
    int gates;                   /* that the input feeds */
    int recurrent;               /* gates that the layer's own state feeds; 0: a scan */
    size_t batch, steps, ragged; /* sequences, steps of each; ragged 1: lengths from steps / 8 to steps */
    size_t input, hidden, layers, directions, projection;
    size_t symbols;              /* of a whole step: the vocabulary; 0: bare layers */
    const char *optimizer;       /* of a whole step */
    const char *weights;         /* of a stream: "f32" */
    const char *help;
} workload;

extern const workload workloads[];
extern const size_t workload_count;

const char *workload_kind(const workload *w); /* "train" */
/* 1 when `pattern` (a name, a kind, or either with * and ?) means this workload. */
int workload_matches(const workload *w, const char *pattern);
/* The nearest name to a wrong one, or NULL when none is near. */
const char *workload_guess(const char *name);
/* Length of sequence i. */
size_t workload_length(const workload *w, size_t i);
double workload_tokens(const workload *w); /* of one call */
double workload_flops(const workload *w);  /* of one call, counted alike for every system */
void workload_text(const workload *w, buffer *text); /* the list of layers */
void workload_fields(const workload *w, json_line *line);

typedef struct figure {
    size_t runs;
    double median, least, most, late; /* seconds of one call; late: 99 of 100 calls are faster */
    double own;                       /* processor seconds of one call on average, all threads together */
    double bytes;                     /* what the process grew by; for memory workloads its peak */
} figure;

typedef struct bench {
    rondo_options *options; /* owned; of the row at work */
    rondo_device *device;
    rondo_roofs roofs;
    const char *format;
    double seconds;         /* for each figure; 0: as long as the workload asks */
    buffer before;          /* the file of --compare */
    const workload *last;   /* told before */
    int slower, rows;
} bench;

/* Makes the model and the batch of `w`, calls it until the time is over, frees all. */
rondo_status bench_measure(const bench *b, const workload *w, figure *out, rondo_error *error);
/* One figure in the chosen format, and beside the earlier one when there is one. */
void bench_tell(bench *b, const workload *w, const figure *f);
void bench_list(const bench *b);
/* The number of `"name":` in the line that `line` begins, or 0 when there is none. */
int bench_number_in(const char *line, const char *name, double *value);

/* bench_sweep.c */
int bench_sweep(bench *b, const invocation *call);
int bench_scan(bench *b, const invocation *call);

#endif

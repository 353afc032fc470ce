/* Readers by name: what turns files into data. A row of the table is a reader; the driver in open.c walks the
 * files once to count symbols, when the vocabulary is not known, and once to encode. */
#ifndef RD_READERS_H
#define RD_READERS_H

#include "data/bad_places.h"
#include "data/dataset.h"
#include "data/input.h"
#include "data/normalize.h"
#include "options/options.h"

enum { RD_TEXT_STATE = 16, RD_CSV_STATE = 512, RD_CONLL_STATE = 256 }; /* room for what a reader remembers */

struct rd_reader_row;

typedef struct rd_opening { /* the work of opening some files */
    const rondo_options *options;
    const struct rd_reader_row *reader;
    rd_corpus *corpus; /* being filled */
    int counting;      /* 1: the pass that counts symbols, 0: the pass that fills the stores */
    int closed[2];     /* 1: the vocabulary of the part was known, nothing is counted */
    size_t max_line;
    uint64_t max_length; /* 0: none */
    rd_bad_places bad;
    rd_normal normal;
    rd_indices indices;
    void *state; /* of the reader, zeroed before each pass */
} rd_opening;

typedef struct rd_reader_row {
    const char *name, *task;
    const char *suffixes; /* separated by spaces */
    const char *help;
    rd_data_form form;
    int vocabularies; /* 0, 1 (x) or 2 (x and y) */
    int words;        /* 1: symbols of x are words whatever --tokens says */
    size_t state_size;
    rondo_status (*read)(rd_opening *opening, rd_input *input, rondo_error *error); /* one file in one pass */
    rondo_status (*end)(rd_opening *opening, rondo_error *error); /* after the last file; or NULL */
    void (*clear)(void *state);                                   /* frees what it owns; or NULL */
} rd_reader_row;

/* The i-th reader, NULL past the end. */
const rd_reader_row *rd_reader_row_at(size_t i);
/* The reader that --reader, --lines, the task ("" or NULL: any) and the suffix of `path` name. */
rondo_status rd_reader_choose(const rondo_options *options, const char *task, const char *path,
                              const rd_reader_row **row, rondo_error *error);

/* ---- for readers */
rondo_status rd_opening_record(rd_opening *opening, uint64_t line,
                               rondo_error *error); /* begins at the next row */
/* Counts the symbols of a text that is normalised, or encodes them into `indices` after what they hold. */
rondo_status rd_opening_symbols(rd_opening *opening, int part, const char *line, size_t size,
                                rondo_error *error);
/* 1 when the line is text that symbols can be made of; else notes the bad place and gives 0. */
int rd_opening_accepts(rd_opening *opening, const rd_input *input, const char *line, size_t size);

rondo_status rd_text_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_lines_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_csv_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_csv_end(rd_opening *opening, rondo_error *error);
void rd_csv_clear(void *memory);

rondo_status rd_conll_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_conll_clear(void *memory);

#endif

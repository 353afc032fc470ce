/* Data that were read and checked: symbols or numbers, in memory or spilled to an unlinked file, shared by
 * any number of views on them. A stream is one long run of symbols; everything else is records. */
#ifndef RD_DATASET_H
#define RD_DATASET_H

#include "base/file.h"
#include "sequence/symbols.h"

typedef enum rd_data_form {
    RD_DATA_STREAM = 0,  /* lm: one run of symbols; a record is a line of it */
    RD_DATA_LINES = 1,   /* lm --lines: a record is a line; the end symbol is added by the loader */
    RD_DATA_NUMBERS = 2, /* regress: a record is a group of rows of numbers, with targets */
    RD_DATA_TAGS = 3,    /* tag: a record is a sentence, a symbol and a tag a row */
    RD_DATA_SERIES = 4   /* regress without groups, a target a row: one run of rows, used as a stream is */
} rd_data_form;

enum { RD_X = 0, RD_Y = 1 };

typedef struct rd_record {
    uint64_t first; /* its first row */
    uint64_t line;  /* 1-based, in its file */
} rd_record;

typedef struct rd_data_file {
    char *name; /* owned */
    uint64_t first_record, lines, bytes;
} rd_data_file;

typedef struct rd_columns { /* names of the columns of one part of a CSV file */
    char **name;            /* [count], owned with the names */
    size_t count, room;
} rd_columns;

/* What all views share. Written while files are read, constant after. */
typedef struct rd_corpus {
    unsigned shares; /* atomic */
    char task[16];
    const char *reader; /* name of the reader */
    rd_data_form form;
    rd_symbols *symbols[2]; /* of part x and y, or NULL */
    rd_store *index[2];     /* int32, one a row; NULL for numbers */
    rd_store *values[2];    /* float[width], one a row; a missing target is NaN */
    size_t width[2];
    int y_per_row;      /* numbers: 1 a target a row, 0 one a record, on its last row */
    rd_store *records;  /* rd_record */
    uint64_t rows;      /* in all records */
    rd_data_file *file; /* [files] */
    size_t files, files_room;
    rd_columns columns[2], unused; /* CSV only */
    uint64_t unknown[2];           /* symbols mapped to the unknown one */
    uint64_t cut;                  /* records shortened to --max-length */
    uint64_t skipped;              /* bad records left out */
    rd_text skipped_places;        /* the first ten of them */
    char hash[65];                 /* SHA-256 of all bytes read, in order */
} rd_corpus;

/* A view: part of a stream, or some records in a fixed order. */
struct rondo_data {
    rd_corpus *corpus;     /* counted */
    rd_store *pick;        /* uint64 numbers of records, or NULL: all; owned */
    uint64_t first, count; /* symbols of a stream; else records, or places in `pick` */
};

rondo_status rd_corpus_new(const char *task, rd_data_form form, const char *reader, rd_corpus **corpus,
                           rondo_error *error);
void rd_corpus_free(rd_corpus *corpus); /* drops one share */
/* A view on everything; takes over the caller's share, also when it fails. */
rondo_status rd_data_whole(rd_corpus *corpus, rondo_data **data, rondo_error *error);
/* A second view of the same things. */
rondo_status rd_data_view(const rondo_data *data, rondo_data **view, rondo_error *error);

/* ---- what it holds */
const char *rd_data_task(const rondo_data *data); /* "lm" */
rd_data_form rd_data_form_of(const rondo_data *data);
rd_symbols *rd_data_symbols(const rondo_data *data,
                            const char *part);                  /* "x" or "y"; not shared, NULL: numbers */
size_t rd_data_width(const rondo_data *data, const char *part); /* numbers a row, or symbols there are */
int rd_data_target_per_row(const rondo_data *data);             /* 0: one target a record */
int rd_data_is_stream(const rondo_data *data);                  /* one run, in which the state is carried */
uint64_t rd_data_count(const rondo_data *data);                 /* symbols of a stream, else records */
uint64_t rd_data_targets(const rondo_data *data);               /* targets of one epoch; end symbols count */
const char *rd_data_hash(const rondo_data *data);               /* SHA-256 of the bytes, 64 hex digits */
const char *rd_data_name(const rondo_data *data, size_t i);     /* i-th file, NULL past the end */
uint64_t rd_data_unknown(const rondo_data *data, const char *part); /* in all of the files */
/* Record k of the view: its first row, its rows and its line in file *name. */
typedef struct rd_record_place {
    uint64_t first, rows, line;
    const char *name;
} rd_record_place;
rondo_status rd_data_record(const rondo_data *data, uint64_t k, rd_record_place *place, rondo_error *error);
/* The line that holds symbol `at` of the stream's view. */
rondo_status rd_data_stream_line(const rondo_data *data, uint64_t at, rd_record_place *place,
                                 rondo_error *error);

#endif

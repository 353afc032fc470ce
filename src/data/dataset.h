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
    RD_DATA_SERIES = 4,  /* regress without groups, a target a row: one run of rows, used as a stream is */
    RD_DATA_CLASSES = 5, /* classify: a record is a sequence of symbols or of numbers with one label */
    RD_DATA_PAIRS = 6,   /* seq2seq, transcribe: a record is two sequences, each of its own length */
    RD_DATA_FRAMES = 7,  /* frames: a record is a sequence of numbers, each row predicted from those before */
    RD_DATA_CONDITIONS = 8, /* conditional: a record is a condition and a line as in RD_DATA_LINES */
    RD_DATA_WINDOWS = 9  /* forecast: a record is a series; a sample is a window of it and what follows */
} rd_data_form;

/* Parts of a corpus. Which of them a form has, and how many rows of each a record has, is a table (rd_part_rows). */
enum { RD_X = 0, RD_Y = 1, RD_C = 2, RD_CHARS = 3 /* characters of the words of x */, RD_CORPUS_PARTS = 4 };
typedef enum rd_rows_of {
    RD_ROWS_NONE = 0,   /* the form has no such part */
    RD_ROWS_OF_X = 1,   /* a row a row of x */
    RD_ROWS_RECORD = 2, /* one row a record */
    RD_ROWS_OWN = 3     /* rows of its own, found through corpus->first */
} rd_rows_of;
rd_rows_of rd_part_rows(rd_data_form form, int part);

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
    rd_symbols *symbols[RD_CORPUS_PARTS]; /* of each part, or NULL */
    rd_store *index[RD_CORPUS_PARTS];     /* int32, one a row; NULL for numbers */
    rd_store *values[RD_CORPUS_PARTS];    /* float[width], one a row; a missing target is NaN */
    rd_store *first[RD_CORPUS_PARTS];     /* uint64, first row of each record, where RD_ROWS_OWN; else NULL */
    uint64_t part_rows[RD_CORPUS_PARTS];  /* rows of parts with `first`, and of characters */
    rd_store *words; /* uint64, one a row of x: where its characters begin in index[RD_CHARS]; or NULL */
    size_t width[RD_CORPUS_PARTS];
    int y_per_row;      /* numbers: 1 a target a row, 0 one a record, on its last row */
    rd_store *records;  /* rd_record */
    uint64_t rows;      /* of x in all records */
    rd_store *raw;      /* char: what each record looked like, for answers that repeat it, or its target; or NULL */
    rd_store *raw_first; /* uint64, [records] where it begins in `raw` */
    rd_store *group;    /* uint64, [records]: what stands in the column --by, as a hash; or NULL */
    rd_store *bad;      /* uint64, ascending: records that --skip-bad let pass, kept as empty ones; NULL: none or left out */
    rd_data_file *file; /* [files] */
    size_t files, files_room;
    rd_columns columns[2], unused;      /* CSV only */
    struct rd_series_set *series;       /* owned: RD_DATA_WINDOWS only (series.h) */
    uint64_t unknown[RD_CORPUS_PARTS]; /* symbols mapped to the unknown one; labels never seen in training */
    uint64_t cut;                  /* records shortened to --max-length */
    rd_symbols *unseen;            /* tags that the vocabulary of y lacks, as they came: number k stands as -2 - k; NULL: none */
    unsigned schemes;              /* tags: how entities are written, see tag_schemes.h */
    uint64_t skipped;              /* bad records left out */
    rd_text skipped_places;        /* the first ten of them */
    unsigned rate;                 /* samples a second of sound; 0: there is none */
    char hash[65];                 /* SHA-256 of all bytes read, in order */
} rd_corpus;

/* A view: part of a stream, or some records in a fixed order. */
struct rondo_data {
    rd_corpus *corpus;     /* counted */
    rd_store *pick;        /* uint64 numbers of records, or NULL: all; owned */
    uint64_t first, count; /* symbols of a stream; else records, or places in `pick` */
};

/* `symbols`: the parts, as bits 1 << RD_X …, that hold symbols; the others get their store when their width is known. */
rondo_status rd_corpus_new(const char *task, rd_data_form form, unsigned symbols, const char *reader, rd_corpus **corpus,
                           rondo_error *error);
/* Rows of so many numbers in a part; a second call with the same width does nothing, with another is BAD_DATA. */
rondo_status rd_corpus_numbers(rd_corpus *corpus, int part, size_t width, rondo_error *error);
void rd_corpus_free(rd_corpus *corpus); /* drops one share */
/* A view on everything; takes over the caller's share, also when it fails. */
rondo_status rd_data_whole(rd_corpus *corpus, rondo_data **data, rondo_error *error);
/* A second view of the same things. */
rondo_status rd_data_view(const rondo_data *data, rondo_data **view, rondo_error *error);

/* ---- what it holds */
const char *rd_data_task(const rondo_data *data); /* "lm" */
rd_data_form rd_data_form_of(const rondo_data *data);
rd_symbols *rd_data_symbols(const rondo_data *data,
                            const char *part);                  /* "x", "y" or "c"; not shared, NULL: numbers */
size_t rd_data_width(const rondo_data *data, const char *part); /* numbers a row, or symbols there are */
int rd_data_target_per_row(const rondo_data *data);             /* 0: one target a record */
int rd_data_is_stream(const rondo_data *data);                  /* one run, in which the state is carried */
uint64_t rd_data_count(const rondo_data *data);                 /* symbols of a stream, windows of series, else records */
/* The number that record or window k of the view has in its corpus. */
rondo_status rd_data_number(const rondo_data *data, uint64_t k, uint64_t *number, rondo_error *error);
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
/* Its rows in one part: their first and how many. */
typedef struct rd_rows {
    uint64_t first, count;
} rd_rows;
rondo_status rd_data_rows(const rondo_data *data, uint64_t k, int part, rd_rows *rows, rondo_error *error);
/* What record k looked like, appended to `text`; nothing when the corpus keeps no raw records. Of pairs opened with a
 * model's vocabularies, but not for answers, it is the target as it stood. *bad is 1 for a record
 * that --skip-bad let pass. */
rondo_status rd_data_raw(const rondo_data *data, uint64_t k, rd_text *text, int *bad, rondo_error *error);
/* The line that holds symbol `at` of the stream's view. */
rondo_status rd_data_stream_line(const rondo_data *data, uint64_t at, rd_record_place *place,
                                 rondo_error *error);

#endif

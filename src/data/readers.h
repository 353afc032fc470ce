/* Readers by name: what turns files into data. A row of the table is a reader; the driver in open.c walks the
 * files once to count symbols, when the vocabulary is not known, and once to encode. */
#ifndef RD_READERS_H
#define RD_READERS_H

#include "data/bad_places.h"
#include "data/dataset.h"
#include "data/input.h"
#include "data/normalize.h"
#include "options/options.h"

enum { RD_TEXT_STATE = 16, RD_CSV_STATE = 512, RD_CONLL_STATE = 512, RD_RECORD_STATE = 256, RD_SERIES_STATE = 512,
       RD_SOUND_STATE = 256 }; /* room for what a reader remembers */

struct rd_reader_row;

typedef struct rd_opening { /* the work of opening some files */
    const rondo_options *options;
    const struct rd_reader_row *reader;
    rd_corpus *corpus; /* being filled */
    int counting;      /* 1: the pass that counts symbols, 0: the pass that fills the stores */
    int bare;          /* 1: for answers, not for learning: labels and targets may be missing, and records that
                          --skip-bad lets pass stay as empty ones */
    int targets;       /* 1: with `bare`, what stands beside the input of a record may not be missing */
    int closed[RD_CORPUS_PARTS]; /* 1: the vocabulary of the part was known, nothing is counted */
    rd_input *beside;  /* of readers with `beside`: the second file of a pair, walked by the reader; else NULL */
    size_t max_line;
    uint64_t max_length; /* 0: none */
    int deltas;        /* 1: --deltas */
    float *widened;    /* [steps][2 width] owned, the sequence at hand with its deltas */
    size_t widened_room;
    int skim;          /* 1: what records name (sound) is not read, they are empty */
    rd_bad_places bad;
    rd_normal normal;
    rd_indices indices;
    void *state; /* of the reader, zeroed before each pass */
} rd_opening;

/* A way to read files for one task; a reader that serves several tasks has a row for each. */
typedef struct rd_reader_row {
    const char *name, *task;
    const char *suffixes; /* separated by spaces */
    const char *help;
    rd_data_form form;
    unsigned symbols; /* parts that hold symbols, as bits 1 << RD_X … */
    unsigned labels;  /* of these, parts whose rows are labels */
    unsigned words;   /* of these, parts whose symbols are words whatever --tokens says */
    int beside;       /* 1: files come in pairs, of which `read` walks both */
    int alone;        /* of these, 1: for answers there are only the first ones of the pairs */
    int whole;        /* 1: its records are no lines of the files, so that a file cannot be split */
    int numbers;      /* 1: x is rows of numbers, beside which --deltas can stand */
    int columns;      /* 1: its records have columns, words or keys that --by can name */
    int answers;      /* 1: chosen for answers when nothing else says what the input is; read only then */
    size_t state_size;
    rondo_status (*read)(rd_opening *opening, rd_input *input, rondo_error *error); /* one file in one pass */
    rondo_status (*end)(rd_opening *opening, rondo_error *error); /* after the last file; or NULL */
    void (*clear)(void *state);                                   /* frees what it owns; or NULL */
} rd_reader_row;

/* 1: files come in pairs here. */
int rd_reader_pairs(const rd_reader_row *row, int bare);
/* The i-th reader, NULL past the end. */
const rd_reader_row *rd_reader_row_at(size_t i);
/* The reader that --reader, --lines, the task ("" or NULL: any) and the suffix of the first of `files` paths name. */
rondo_status rd_reader_choose(const rondo_options *options, const char *task, const char *path, size_t files, int bare,
                              const rd_reader_row **row, rondo_error *error);

/* The reader of the task, and of --reader, whose suffix the name has; one that --reader names without suffixes takes any. NULL:
 * none. */
const rd_reader_row *rd_reader_by_suffix(const rondo_options *options, const char *task, const char *name);

/* ---- for readers */
/* Begins a record at the next row of each part; in the counting pass nothing happens. What belongs to it follows. */
rondo_status rd_opening_record(rd_opening *opening, uint64_t line, rondo_error *error);
/* Text of a part, normalised and counted or stored as rows, cut to --max-length. */
rondo_status rd_opening_text(rd_opening *opening, int part, const char *text, size_t size, rondo_error *error);
/* The one label of the record in a part, counted or stored; NULL: it has none (−1). */
rondo_status rd_opening_label(rd_opening *opening, int part, const char *text, size_t size, rondo_error *error);
/* How wide rows of a part are kept that are so wide in the file: with --deltas those of the input are twice that. */
size_t rd_opening_width(const rd_opening *opening, int part, size_t width);
/* Rows of numbers, [count][width]; stored, with --deltas twice as wide, cut to --max-length. */
rondo_status rd_opening_numbers(rd_opening *opening, int part, const float *rows, uint64_t count, size_t width,
                                rondo_error *error);
/* Keeps what the record looked like, for answers that repeat it (only with `bare`). */
rondo_status rd_opening_raw(rd_opening *opening, const char *text, size_t size, rondo_error *error);
/* What the column --by holds in the record just begun, as it stands; without --by nothing happens. */
rondo_status rd_opening_group(rd_opening *opening, const char *text, size_t size, rondo_error *error);
/* In the place of a record that was noted as bad: an empty one when answers are wanted, else nothing. */
rondo_status rd_opening_pass_over(rd_opening *opening, uint64_t line, rondo_error *error);
/* Counts the symbols of a text that is normalised, or encodes them into `indices` after what they hold. */
rondo_status rd_opening_symbols(rd_opening *opening, int part, const char *line, size_t size,
                                rondo_error *error);
/* 1 when the line is text that symbols can be made of; else notes the bad place and gives 0. */
int rd_opening_accepts(rd_opening *opening, const rd_input *input, const char *line, size_t size);

rondo_status rd_text_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_lines_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_csv_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_csv_end(rd_opening *opening, rondo_error *error);
rondo_status rd_csv_classes_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_csv_classes_clear(void *memory);
void rd_csv_clear(void *memory);

/* Walks the lines of a text file: `one` gets each that is text, a bad one is noted and passed over. */
typedef rondo_status (*rd_one_line)(rd_opening *opening, rd_input *input, const char *line, size_t size, rondo_error *error);
rondo_status rd_opening_lines(rd_opening *opening, rd_input *input, rd_one_line one, rondo_error *error);

rondo_status rd_labelled_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_plain_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_parallel_read(rd_opening *opening, rd_input *input, rondo_error *error);

rondo_status rd_sound_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_sound_clear(void *memory);
rondo_status rd_roll_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_midi_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_ts_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_ts_clear(void *memory);
rondo_status rd_table_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_table_clear(void *memory);
rondo_status rd_fasta_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_fasta_clear(void *memory);
rondo_status rd_files_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_jsonl_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_idx_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_idx_end(rd_opening *opening, rondo_error *error);
void rd_idx_clear(void *memory);

rondo_status rd_arrays_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_series_read(rd_opening *opening, rd_input *input, rondo_error *error);
rondo_status rd_series_end(rd_opening *opening, rondo_error *error);
void rd_series_read_clear(void *memory);

rondo_status rd_conll_read(rd_opening *opening, rd_input *input, rondo_error *error);
void rd_conll_clear(void *memory);

#endif

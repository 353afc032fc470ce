/* What texts made from flags are put together from: model_flags.c has one input and one output, seq2seq_text.c an encoder
 * and a decoder, or a condition. */
#ifndef RD_FLAGS_TEXT_H
#define RD_FLAGS_TEXT_H

#include "model/model.h"

enum { RD_MAX_LEVELS = 64 };

/* The text as it grows, and the value that the next line reads. */
typedef struct rd_text_writer {
    const rondo_options *options;
    rd_text *text;
    char value[RD_NAME];
    size_t width;
    size_t level[RD_MAX_LEVELS]; /* rows of `cells` in model_flags.c */
    size_t levels;
    int both, concat, residual, dense;
    const char *start; /* levels start from NAME1, NAME2, …; NULL: as --init-state says */
} rd_text_writer;

/* Reads --cell, --num-layers and what else shapes the levels; refuses flags that no cell of the network has. */
rondo_status rd_writer_open(rd_text_writer *w, const rondo_options *options, rd_text *text, rondo_error *error);
/* From now on the next line reads the value NAME, or NAMEnumber when number > 0. */
void rd_writer_go_on(rd_text_writer *w, const char *name, size_t number, size_t width);
/* A dropout of what the option says, when it says something. */
void rd_writer_dropout(rd_text_writer *w, const char *name, size_t number, rd_option_id id);
/* The part as it is, or its embedding of that name ("embed" and more), with noise and dropout of the input. */
rondo_status rd_writer_input(rd_text_writer *w, const rondo_size *x, const char *embedding, rondo_error *error);
/* Level k, both directions of it, into "hK". */
rondo_status rd_writer_level(rd_text_writer *w, size_t k, rondo_error *error);
/* "NAMEK = KIND(value, size=…" with the settings of level k's cell; the caller goes on and closes the line. */
void rd_writer_cell(rd_text_writer *w, const char *name, const char *kind, size_t k);
const char *rd_writer_kind(const rd_text_writer *w, size_t k);
/* Numbers of the output, and of the state, of one direction of level k. */
size_t rd_writer_width(const rd_text_writer *w, size_t k);
size_t rd_writer_state(const rd_text_writer *w, size_t k);
/* 1 when every level is a recurrent cell that can start from a node: not a scan, not --cell jordan. */
int rd_writer_walks(const rd_text_writer *w);
/* Dense layers up to "out", of `outputs` numbers; --tied: to the embedding of x of that name. */
rondo_status rd_writer_head(rd_text_writer *w, const rondo_size *x, size_t outputs, const char *embedding,
                            rondo_error *error);

#endif

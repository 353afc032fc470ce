/* Opens data files for a task. The public rondo_data_open stands above and calls this. */
#ifndef RD_OPEN_H
#define RD_OPEN_H

#include "data/dataset.h"
#include "options/options.h"

/* What a model already knows: its vocabularies, or NULL for those that the files shall give. Shares are
 * taken. */
typedef struct rd_known {
    rd_symbols *part[RD_CORPUS_PARTS]; /* RD_X … */
    int bare; /* 1: the data are for answers: labels and targets may be missing, records are kept as they looked */
    int targets; /* 1: with `bare`, what a record gives beside its input is there, and readers are chosen as for learning */
    int skim; /* 1: only what stands in the files themselves is wanted: sound that a list names is not read */
} rd_known;
/* Reads `count` files ("-" is standard input) completely and checks them; nothing is given unless all is
 * well. */
rondo_status rd_data_open(const rondo_options *options, const char *task, rd_known known,
                          const char *const *paths, size_t count, rondo_data **data, rondo_error *error);
/* The same on bytes in memory, which are not needed afterwards. */
rondo_status rd_data_open_memory(const rondo_options *options, const char *task, rd_known known,
                                 const char *name, const char *bytes, size_t size, rondo_data **data,
                                 rondo_error *error);

/* The rules that options ask for; `words` 1: word symbols whatever --tokens says. */
rondo_status rd_data_rules(const rondo_options *options, int words, rd_symbols_rules *rules,
                           rondo_error *error);
/* Reads a vocabulary from a file: as rd_symbols_write makes it, or simply one symbol a line. */
rondo_status rd_data_vocabulary(const rd_symbols_rules *rules, const char *path, rd_symbols **symbols,
                                rondo_error *error);

#endif

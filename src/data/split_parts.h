/* What a split writes: up to three parts, each of one file or of a pair, that get their names together or not at all. */
#ifndef RD_SPLIT_PARTS_H
#define RD_SPLIT_PARTS_H

#include "base/file.h"
#include "base/text.h"

enum { RD_PART_TRAIN = 0, RD_PART_VALID = 1, RD_PART_TEST = 2, RD_SPLIT_PARTS = 3, RD_PART_FILES = 2 };

typedef struct rd_split_parts {
    rd_text path[RD_SPLIT_PARTS][RD_PART_FILES]; /* PREFIX.train, or PREFIX.train.en and PREFIX.train.de */
    rd_save *save[RD_SPLIT_PARTS][RD_PART_FILES];
    uint64_t count[RD_SPLIT_PARTS]; /* records */
} rd_split_parts;

/* Begins a part; `ending` is "" or what stands behind the part's name, as ".en". */
rondo_status rd_parts_open(rd_split_parts *parts, int part, int file, const char *prefix, const char *ending, rondo_error *error);
rondo_status rd_parts_write(rd_split_parts *parts, int part, int file, const char *text, size_t size, rondo_error *error);
/* All parts are checked before the first is given its name: none is empty, none is there already unless `force`. */
rondo_status rd_parts_commit(rd_split_parts *parts, int force, rondo_error *error);
rondo_status rd_parts_report(const rd_split_parts *parts, int json, rondo_sink sink, void *user, rondo_error *error);
void rd_parts_clear(rd_split_parts *parts); /* what was not committed is removed */

#endif

/* Splitting records that have a target or a condition: of one file, of several, or of a pair. */
#ifndef RD_SPLIT_RECORDS_H
#define RD_SPLIT_RECORDS_H

#include "data/readers.h"
#include "data/split_parts.h"

/* 1 for forms that are split here. */
int rd_splits_records(rd_data_form form);
/* Reads the files as the reader does, deals the records to parts, and writes their lines as they stand into `parts`, which is
 * not yet committed. */
rondo_status rd_split_records(const rondo_options *options, const rd_reader_row *reader, const char *const *paths, size_t count,
                              const char *prefix, rd_split_parts *parts, rondo_error *error);

#endif

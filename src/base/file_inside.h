/* What the files of base that touch the file system share. */
#ifndef RD_FILE_INSIDE_H
#define RD_FILE_INSIDE_H

#include "base/file.h"

#include <sys/types.h>

/* A path as messages show it: as it is, or quoted when it holds controls or bad UTF-8 or is very long. */
rd_quoted rd_path_shown(const char *path);
/* RONDO_SYSTEM "PATH: cannot VERB: reason of `number`". */
rondo_status rd_fail_system(rondo_error *error, const char *path, const char *verb, int number);
/* The same for a write, fsync or close of `descriptor`; a full disk or quota is told with the bytes that the file needs
 * and those that are free. */
rondo_status rd_fail_write(rondo_error *error, int descriptor, const char *path, const char *verb, uint64_t needed,
                           int number);
/* open, again after EINTR; closed on exec. */
int rd_open_file(const char *path, int flags, mode_t mode);
/* Writes all of it: short writes and EINTR go on. `before` counts the bytes already written, for the message. */
rondo_status rd_write_all(int descriptor, const char *path, uint64_t before, const void *bytes, size_t size,
                          rondo_error *error);
/* Reads exactly `size` bytes at `offset` into bytes, or fails. */
rondo_status rd_read_exactly(int descriptor, const char *path, uint64_t offset, void *bytes, size_t size,
                             rondo_error *error);

#endif

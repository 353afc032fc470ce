/* Files: read whole or in pieces (gzip unpacked), and saved so that a kill at any moment leaves the old or the new.
 * Every result of read, write, fsync, close and rename is looked at; EINTR and short writes go on. */
#ifndef RD_FILE_H
#define RD_FILE_H

#include "base/status.h"

/* ---- reading: plain or gzip (first two bytes 1f 8b, when built with zlib), or standard input as "-" */
typedef struct rd_reader rd_reader;
/* A directory, an unreadable or missing file is RONDO_SYSTEM with the path and the system's reason. */
rondo_status rd_reader_open(const char *path, rd_reader **reader, rondo_error *error);
/* Reads from memory that outlives the reader; `name` stands in messages. */
rondo_status rd_reader_memory(const char *name, const void *bytes, size_t size, rd_reader **reader,
                              rondo_error *error);
/* Up to `size` bytes; *got is 0 only at the end. A damaged gzip stream is RONDO_BAD_DATA with the byte. */
rondo_status rd_reader_read(rd_reader *reader, void *bytes, size_t size, size_t *got, rondo_error *error);
/* The next line without its end (\n, \r\n, or a lone \r); 1 in *more, 0 at the end of the file. The line is valid
 * until the next call and is ended by 0 (it may hold NUL bytes of its own). A last line without end counts. Longer
 * than max_line (64 MiB unless set) is RONDO_LIMIT with file:line. */
rondo_status rd_reader_line(rd_reader *reader, const char **line, size_t *size, int *more, rondo_error *error);
size_t rd_reader_number(const rd_reader *reader);      /* 1-based number of the last line given */
uint64_t rd_reader_offset(const rd_reader *reader);    /* bytes (unpacked) read so far */
const char *rd_reader_name(const rd_reader *reader);
void rd_reader_set_max_line(rd_reader *reader, size_t bytes);
void rd_reader_close(rd_reader *reader);

/* A whole file of at most `limit` bytes, with a 0 after its end; freed with rd_free. Never gunzips. */
rondo_status rd_file_read(const char *path, size_t limit, char **bytes, size_t *size, rondo_error *error);

/* ---- writing, safely: reliability.md section 3 */
typedef struct rd_save rd_save;
/* Makes PATH.tmp.PID in the same folder, exclusive and fresh (a stale one of a dead process is removed). */
rondo_status rd_save_open(const char *path, rd_save **save, rondo_error *error);
/* Asks for the space of `bytes` bytes at once, so that a full disk is told before anything is written, with all that is
 * needed. Without effect where the file system cannot. */
rondo_status rd_save_reserve(rd_save *save, uint64_t bytes, rondo_error *error);
rondo_status rd_save_write(rd_save *save, const void *bytes, size_t size, rondo_error *error);
/* fsync, read back and compare the CRC-32C of everything written, rename onto PATH (refused when it exists and
 * not `replace`: RONDO_BAD_ARGUMENT with the hint to use -f), fsync the folder. Frees save in every case. */
rondo_status rd_save_commit(rd_save *save, int replace, rondo_error *error);
void rd_save_abandon(rd_save *save); /* removes the temporary; NULL allowed */
/* Makes a file that holds no bytes but keeps the space of so many, until it is removed; a full disk is RONDO_SYSTEM. */
rondo_status rd_space_reserve(const char *path, uint64_t bytes, rondo_error *error);
/* 1 if path is PATH.tmp.PID of a save that a process which is gone did not finish. */
int rd_save_is_left_over(const char *path);

/* ---- folders */
rondo_status rd_folder_make(const char *path, rondo_error *error); /* existing is fine; parents too */
/* Names in a folder, sorted bytewise, NULL at the end; one block, freed with rd_free. */
rondo_status rd_folder_list(const char *path, char ***names, size_t *count, rondo_error *error);
rondo_status rd_file_remove(const char *path, rondo_error *error); /* missing is fine */
rondo_status rd_file_rename(const char *path, const char *to, rondo_error *error); /* replaces `to` */
int rd_file_exists(const char *path);
int rd_is_folder(const char *path);
/* Bytes free for us in the file system of path, or UINT64_MAX when unknown. */
uint64_t rd_file_free_space(const char *path);
/* Appends, used for logs: one write call per line. */
rondo_status rd_file_append(int descriptor, const char *path, const void *bytes, size_t size, rondo_error *error);

/* ---- one run, one process: RUN/lock holds the process id; held by a living process is RONDO_SYSTEM naming it */
typedef struct rd_lock rd_lock;
rondo_status rd_lock_take(const char *folder, rd_lock **lock, rondo_error *error);
void rd_lock_free(rd_lock *lock);

/* ---- numbers that do not fit in memory: an array that spills to an unlinked temporary file past `limit` bytes.
 * Append first, then read anywhere. TMPDIR or /var/tmp holds the file. */
typedef struct rd_store rd_store;
rondo_status rd_store_new(size_t item, size_t limit, rd_store **store, rondo_error *error);
rondo_status rd_store_add(rd_store *store, const void *items, size_t count, rondo_error *error);
rondo_status rd_store_read(const rd_store *store, uint64_t first, size_t count, void *items, rondo_error *error);
uint64_t rd_store_count(const rd_store *store);
void rd_store_free(rd_store *store);

#endif

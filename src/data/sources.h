/* What paths stand for: a file; a folder, which is those of its files that a reader takes by their suffix, in the order of
 * their names; a ZIP archive, which is such entries of it, in its own order. ARCHIVE.zip:NAME is an entry, ARCHIVE.zip:NAME/ those in
 * a folder of it. Files in folders of a folder, and names that begin with a dot, are passed over. */
#ifndef RD_SOURCES_H
#define RD_SOURCES_H

#include "data/input.h"
#include "options/options.h"

typedef struct rd_sources {
    rd_source *source; /* [count] */
    size_t count, room;
    int gathered; /* 1: some were found in a folder or an archive */
} rd_sources;

/* All files that the paths stand for; of none in a folder or an archive it is RONDO_BAD_DATA. */
rondo_status rd_sources_open(const rondo_options *options, const char *task, const char *const *paths, size_t count,
                             rd_sources *sources, rondo_error *error);
void rd_sources_close(rd_sources *sources);

#endif

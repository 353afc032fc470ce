/* ZIP archives in memory, read through libzip. Nothing is ever unpacked into files, so a name is only a name.
 */
#ifndef RD_ZIP_H
#define RD_ZIP_H

#include "base/status.h"

#include <stddef.h>

#define RD_ZIP_ENTRIES 100000u         /* entries of an archive */
#define RD_ZIP_NAME    1024u           /* bytes of an entry's name */
#define RD_ZIP_RATIO   1000u           /* unpacked bytes a packed byte, asked of entries over RD_ZIP_SMALL */
#define RD_ZIP_SMALL   (64u * 1048576) /* unpacked bytes that any entry may have */

typedef struct rd_zip rd_zip;

/* Opens an archive of `size` bytes that outlive it, as `origin` does, which stands in messages. One that is
 * damaged, cut or has a name twice is RONDO_BAD_DATA; past the limits above is RONDO_LIMIT; a build without
 * libzip gives RONDO_SYSTEM. */
rondo_status rd_zip_open(const void *bytes, size_t size, const char *origin, rd_zip **zip,
                         rondo_error *error);
size_t rd_zip_entries(const rd_zip *zip);
/* The name of an entry, in the order of the archive; NULL past the end. Folders end in '/'. */
const char *rd_zip_name(const rd_zip *zip, size_t i);
/* The entry of that name: 1 and *i, or 0. */
int rd_zip_find(const rd_zip *zip, const char *name, size_t *i);
/* Unpacks entry i, stored or deflated, with a 0 after its end; freed with rd_free. More than `limit` bytes is
 * RONDO_LIMIT; a length or a CRC-32 that is not as the archive says, a password, another method of packing
 * are RONDO_BAD_DATA with the entry's name. */
rondo_status rd_zip_read(rd_zip *zip, size_t i, size_t limit, char **bytes, size_t *size, rondo_error *error);
void rd_zip_close(rd_zip *zip); /* NULL allowed */

#endif

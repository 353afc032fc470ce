/* Pre-trained word vectors from a text file (--embed-file): a line `word v1 … vn` each, as GloVe, word2vec
 * and fastText write them, perhaps behind a line `count n`; gzip is unpacked. */
#ifndef RD_VECTORS_H
#define RD_VECTORS_H

#include "sequence/symbols.h"

/* How many numbers a vector of the file has. */
rondo_status rd_vectors_width(const char *path, size_t *width, rondo_error *error);
/* Copies vectors into the rows of `table`, [symbols][width], for the symbols that the file has; the others
 * stay. Of two vectors of one word the first counts. A vector of another width, a header that says another
 * count or width than the file has, or one that is used and has a
 * field that is no number, is RONDO_BAD_DATA with file:line:column; vectors that no symbol takes are only
 * cut, not read. */
rondo_status rd_vectors_read(const char *path, const rd_symbols *symbols, size_t width, float *table,
                             rondo_coverage *coverage, rondo_error *error);
/* The same from a reader at its beginning. */
rondo_status rd_vectors_take(rd_reader *reader, const rd_symbols *symbols, size_t width, float *table,
                             rondo_coverage *coverage, rondo_error *error);

#endif

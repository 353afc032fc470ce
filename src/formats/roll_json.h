/* Piano rolls as JSON: an object of parts (train, valid, test), each a list of pieces, each a list of steps,
 * each a list of the pitches that sound; or such a list of pieces alone. -1 is a voice that is silent. */
#ifndef RD_ROLL_JSON_H
#define RD_ROLL_JSON_H

#include "base/text.h"
#include "formats/roll.h"

/* A piece and the line where it begins; what is not RONDO_OK ends the walk. The roll is valid during the
 * call. */
typedef rondo_status (*rd_on_piece)(void *user, const rd_roll *roll, size_t line, rondo_error *error);
/* Gives the pieces of a part in their order; `part` "" is train. All of the text is checked, as
 * RFC 8259 has it: what is no such text, a part that is unknown or there twice, a pitch that is no whole
 * number from -1 to 127 are RONDO_BAD_DATA with "NAME:LINE:COLUMN: …"; a part that is not there is
 * RONDO_BAD_ARGUMENT. */
rondo_status rd_roll_json_read(const char *name, const char *text, size_t size, const char *part,
                               rd_on_piece on_piece, void *user, rondo_error *error);
/* Appends a piece as "[[60, 64], [], [67]]". */
void rd_roll_json_write(const rd_roll *roll, rd_text *out);

#endif

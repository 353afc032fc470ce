/* Ways to write entities as a tag a token: IOB1, IOB2 (called bio), BIOES, BILOU (its E and S are L and U). What begins and
 * ends an entity follows conlleval: https://www.clips.uantwerpen.be/conll2000/chunking/conlleval.txt */
#ifndef RD_TAG_SCHEMES_H
#define RD_TAG_SCHEMES_H

#include "data/fields.h"

typedef enum rd_scheme { RD_SCHEME_RAW = 0, RD_SCHEME_BIO = 1, RD_SCHEME_BIOES = 2, RD_SCHEME_BILOU = 3 } rd_scheme;
/* What --scheme asks for. */
rd_scheme rd_scheme_of(const rondo_options *options);
/* Appends tag i of a sentence as the scheme writes it; a tag that is no entity's stays as it is. */
void rd_scheme_put(rd_scheme scheme, const rd_field *tag, size_t count, size_t i, rd_text *text);
/* Adds to `seen` what the tags of a sentence show: RD_SEEN_ENTITY, and RD_SEEN_IOB1 when an entity begins with I after
 * none, RD_SEEN_BIOES when one ends with E or S, RD_SEEN_BILOU with L or U. */
enum { RD_SEEN_ENTITY = 1, RD_SEEN_IOB1 = 2, RD_SEEN_BIOES = 4, RD_SEEN_BILOU = 8 };
void rd_scheme_see(const rd_field *tag, size_t count, unsigned *seen);
/* "IOB1", "IOB2", "BIOES", "BILOU", "BIOES and BILOU" for letters of both, or NULL when there are no entities. */
const char *rd_scheme_name(unsigned seen);

#endif

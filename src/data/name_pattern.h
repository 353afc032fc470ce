/* What names of files say: a pattern as "{label}_{speaker}_{index}.wav" has fields in braces and other characters that stand for
 * themselves. A field is at least one character long and ends where the next other characters first stand; a pattern
 * fits the end of a path, as many folders of it as the pattern has. */
#ifndef RD_NAME_PATTERN_H
#define RD_NAME_PATTERN_H

#include "data/fields.h"

/* The field that a pattern names, in a path; its text is NULL when the path does not fit. RONDO_BAD_ARGUMENT for a pattern that
 * has no such field, or braces that do not fit together. */
rondo_status rd_name_field(const char *pattern, rd_field path, const char *name, rd_field *value, rondo_error *error);
/* The label that --label-pattern finds in a path; NULL without that option, or when the path does not fit or the label
 * is not UTF-8, which is noted as a bad place on `line` of the input (0: the path is the input). */
rondo_status rd_name_label(rd_opening *opening, const rd_input *input, size_t line, rd_field path, rd_field *label, rondo_error *error);
/* As rd_field_by, for lists whose first column is a path: --by may also name a field of --label-pattern. */
rondo_status rd_name_by(rd_opening *opening, const rd_input *input, rd_field line, rd_field path, rd_field *value, rondo_error *error);

#endif

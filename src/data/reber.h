/* The embedded Reber grammar: B, then T or P, then a Reber string, then the same T or P, then E. Whether the
 * second letter comes back after a string of any length is what a network must remember. */
#ifndef RD_REBER_H
#define RD_REBER_H

#include "base/rng.h"

/* Writes one string, not longer than `size`, and gives its length; a function of the key. 0 when size is
 * below 10. */
size_t rd_reber_write(rd_key key, char *text, size_t size);
/* 1 when the whole text is in the grammar. */
int rd_reber_check(const char *text, size_t size);
/* The letters that may follow a prefix, as a set of bits over "BTPSXVE"; 0 when the prefix is not one. */
unsigned rd_reber_next(const char *prefix, size_t size);

#endif

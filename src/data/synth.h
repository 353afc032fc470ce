/* Synthetic tasks by name, for rondo_name and for help. */
#ifndef RD_SYNTH_H
#define RD_SYNTH_H

#include <stddef.h>

const char *rd_synth_name(size_t i); /* NULL past the end */
const char *rd_synth_help(size_t i);

#endif

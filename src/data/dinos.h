/* The names that the demo learns. */
#ifndef RD_DINOS_H
#define RD_DINOS_H

enum { RD_DINOS = 1543 };
extern const char *const rd_dinos[RD_DINOS];

#endif

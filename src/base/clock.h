/* Time that never runs backwards, and the mode of the floating-point unit. */
#ifndef RD_CLOCK_H
#define RD_CLOCK_H

#include <stdint.h>

double rd_seconds(void); /* monotonic, from an arbitrary origin */
void rd_sleep(double seconds); /* returns early on a signal */

/* Flush subnormals to zero in this thread; gives the old mode for rd_float_mode_restore. */
uint64_t rd_float_mode_flush(void);
void rd_float_mode_restore(uint64_t mode);

#endif

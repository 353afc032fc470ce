/* Event files for TensorBoard: records of a length, its masked CRC-32C, a small protobuf message, and its
 * masked CRC-32C. Only what scalars need is written. */
#ifndef RD_TFEVENTS_H
#define RD_TFEVENTS_H

#include "base/status.h"

#include <stddef.h>

typedef struct rd_scalar {
    const char *tag; /* "loss/train"; at most 63 bytes */
    float value;
} rd_scalar;

enum { RD_TFEVENT_MOST = 8, RD_TFEVENT_ROOM = 1024 };

/* Each writes one record of an event file into `record` and gives its size. */
size_t rd_tfevent_version(double wall_time,
                          unsigned char record[RD_TFEVENT_ROOM]); /* the first: brain.Event:2 */
/* Session start: TensorBoard drops what earlier files of the run hold from `step` on. */
size_t rd_tfevent_restart(double wall_time, uint64_t step, unsigned char record[RD_TFEVENT_ROOM]);
/* At most RD_TFEVENT_MOST scalars. */
size_t rd_tfevent_scalars(double wall_time, uint64_t step, const rd_scalar *scalars, size_t count,
                          unsigned char record[RD_TFEVENT_ROOM]);

uint32_t rd_tfevent_mask(uint32_t crc); /* ((c >> 15) | (c << 17)) + 0xa282ead8 */

#endif

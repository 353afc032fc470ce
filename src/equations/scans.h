/* The cells whose gates read the input only, as data. Rows stand in scans.def. */
#ifndef RD_SCANS_H
#define RD_SCANS_H

enum { RD_MAX_SCAN_SLOTS = 4 };

typedef enum rd_scan_id {
#define RD_SCAN(id, ...) RD_SCAN_##id,
#include "equations/scans.def"
    RD_SCANS
} rd_scan_id;

#endif

/* Times in a file and the step between them: ISO 8601 dates and times, months, years, and seconds since 1970. */
#ifndef RD_TIMES_H
#define RD_TIMES_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* How a time was written; the next one is written in the same way. */
typedef enum rd_time_form {
    RD_TIME_YEAR = 0,   /* 1749 with --time only */
    RD_TIME_MONTH = 1,  /* 1949-01 */
    RD_TIME_DAY = 2,    /* 1981-01-01 */
    RD_TIME_MINUTE = 3, /* 2016-07-01 00:00 */
    RD_TIME_SECOND = 4, /* 2016-07-01 00:00:00 */
    RD_TIME_MILLI = 5,  /* 2016-07-01T00:00:00.250 */
    RD_TIME_EPOCH = 6,  /* 1467331200: seconds since 1970 */
    RD_TIME_EPOCH_MS = 7 /* 1467331200000 */
} rd_time_form;

typedef struct rd_time_style {
    rd_time_form form;
    char between; /* ' ' or 'T', between date and time */
    char zone[8]; /* "", "Z", "+02:00": behind the time; the clock is that zone's */
    int64_t east; /* milliseconds that its clock is ahead of that of Greenwich; 0 without a zone */
} rd_time_style;

/* Reads a time; milliseconds since 1970-01-01 of its own clock: a zone is in the style only, and who compares times of
 * different zones takes `east` off. 1 on success; 0: the text is no time. */
int rd_time_read(const char *text, size_t size, int64_t *time, rd_time_style *style);
/* Writes a time in a style, ended by 0. */
void rd_time_write(int64_t time, const rd_time_style *style, char out[40]);

/* The step from one row to the next: some months, or some milliseconds; 0 of both: not known. */
typedef struct rd_step {
    int64_t months, milliseconds;
} rd_step;
/* The step that most neighbours of `count` ascending times are apart; 0 of both when count < 2. */
rd_step rd_step_find(const int64_t *time, size_t count);
int64_t rd_step_after(int64_t time, rd_step step, int64_t steps);
/* How many steps lie between two times; 0 when it is no whole number of them. */
int64_t rd_steps_between(int64_t from, int64_t to, rd_step step);
/* "1h", "15min", "1d", "1mo", "1y" … and back; rd_step_read gives 0 when the text is no step. */
void rd_step_write(rd_step step, char out[32]);
int rd_step_read(const char *text, rd_step *step);
/* "hourly", "every 15 minutes", "monthly", for people. */
void rd_step_name(rd_step step, char out[48]);
double rd_step_seconds(rd_step step); /* a month is 365.2425 / 12 days */

/* Hour of the day, day of the week and day of the year as points on a circle: sine and cosine of each. */
enum { RD_TIME_FEATURES = 6 };
void rd_time_features(int64_t time, float out[RD_TIME_FEATURES]);
extern const char *const rd_time_feature_names[RD_TIME_FEATURES];

#endif

/* Statuses travel up, messages are written once, where the fact is known. */
#ifndef RD_STATUS_H
#define RD_STATUS_H

#include <rondo/rondo.h>

/* Writes the message (cut at a symbol's border when too long), clears the hint, gives `status` back. error may be
 * NULL. A message set earlier is replaced. */
rondo_status rd_fail(rondo_error *error, rondo_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets the hint of the message already written. */
void rd_hint(rondo_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define RD_TRY(call)                                                                                              \
    do {                                                                                                          \
        rondo_status rd_status_ = (call);                                                                         \
        if (rd_status_ != RONDO_OK)                                                                               \
            return rd_status_;                                                                                    \
    } while (0)

typedef struct rd_quoted {
    char text[512];
} rd_quoted;
/* Text from outside, safe to show: in double quotes, cut at 80 characters with an ellipsis, controls and bad
 * UTF-8 escaped as \n, \t, \x1b. */
rd_quoted rd_quote(const char *text);
rd_quoted rd_quote_n(const char *text, size_t size);

/* A broken invariant of ours: traps in builds with RD_ASSERT, nothing in release. */
#ifdef RD_ASSERT
/* NOLINTNEXTLINE(readability-identifier-naming): it reads like a call */
#define rd_assert(fact) ((fact) ? (void)0 : __builtin_trap())
#else
/* NOLINTNEXTLINE(readability-identifier-naming): it reads like a call */
#define rd_assert(fact) ((void)sizeof(fact))
#endif

#endif

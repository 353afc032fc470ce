/* Numbers are written and read in the "C" locale, whatever the program around the library has chosen. */
#ifndef RD_NUMBER_TEXT_H
#define RD_NUMBER_TEXT_H

#include <locale.h>

/* The "C" locale, made once for the process and never changed; 0 when the system refuses it. */
locale_t rd_locale_plain(void);

/* The calling thread writes numbers with a point between the two calls; its own locale comes back after. */
typedef struct rd_locale_kept {
    locale_t own;
} rd_locale_kept;
rd_locale_kept rd_locale_enter(void);
void rd_locale_leave(rd_locale_kept kept);

#endif

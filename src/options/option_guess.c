/* What did they mean: spellings of other systems, and the nearest name. */
#include "options/table.h"

#include <string.h>

enum { GUESS_SIZE = 48 };

/* The name without dashes in front, with hyphens for underscores, without hyphens at the end; 1 when it fits.
 */
static int plain_name(const char *name, char out[GUESS_SIZE])
{
    name += strspn(name, "-");
    size_t size = strlen(name);
    if (!size || size >= GUESS_SIZE) return 0;
    memcpy(out, name, size + 1);
    for (size_t i = 0; i < size; i++)
        if (out[i] == '_') out[i] = '-';
    while (size && out[size - 1] == '-')
        out[--size] = 0;
    return size > 0;
}

/* Whether one of the words of `words` is name. */
static int holds_word(const char *words, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " ");
        if (n == size && memcmp(at, name, n) == 0) return 1;
        at += n;
        at += strspn(at, " ");
    }
    return 0;
}

static const char *nearest(const char *name)
{
    size_t size = strlen(name), best = size < 4 ? 2 : 3;
    const char *found = NULL;
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        size_t distance = rd_edit_distance(rd_option_rows[i].name, name);
        if (distance < best && distance < size) {
            best = distance;
            found = rd_option_rows[i].name;
        }
    }
    return found;
}

/* The shortest name that begins with `name`. */
static const char *continued(const char *name)
{
    const char *found = NULL;
    size_t size = strlen(name);
    for (size_t i = 0; i < RD_OPTIONS; i++) {
        const char *other = rd_option_rows[i].name;
        if (strncmp(other, name, size) == 0 && (!found || strlen(other) < strlen(found))) found = other;
    }
    return found;
}

const char *rondo_option_guess(const char *name, int *exact)
{
    int ignored;
    char plain[GUESS_SIZE];
    if (!exact) exact = &ignored;
    *exact = 1;
    if (!name || !plain_name(name, plain)) return NULL;
    for (size_t i = 0; i < RD_OPTIONS; i++)
        if (rd_equal(rd_option_rows[i].name, plain) || holds_word(rd_option_rows[i].aliases, plain))
            return rd_option_rows[i].name;
    *exact = 0;
    const char *found = strlen(plain) > 1 ? nearest(plain) : NULL;
    return found || strlen(plain) < 3 ? found : continued(plain);
}

rondo_status rd_option_unknown(const char *name, rondo_error *error)
{
    int exact;
    const char *guess = rondo_option_guess(name, &exact);
    rd_fail(error, RONDO_BAD_ARGUMENT, "unknown option %s", rd_quote(name).text);
    if (guess && exact)
        rd_hint(error, "it is %s", guess);
    else if (guess)
        rd_hint(error, "did you mean %s?", guess);
    return RONDO_BAD_ARGUMENT;
}

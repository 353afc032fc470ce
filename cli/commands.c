/* The table of commands, and the nearest name to a wrong one. */
#include "cli.h"

#include <string.h>

const command commands[] = {
#define COMMAND(name, group, help, usage, examples, min, max, others, renames, lists, run)                   \
    {name, group, help, usage, examples, min, max, others, renames, lists, run},
#include "commands.def"
#undef COMMAND
};
const size_t command_count = sizeof commands / sizeof commands[0];

const command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

int has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " ");
        if (n == size && size && memcmp(at, word, n) == 0) return 1;
        at += n;
        at += strspn(at, " ");
    }
    return 0;
}

size_t word_distance(const char *a, const char *b, size_t limit)
{
    enum { LONGEST = 40 };
    size_t rows[3][LONGEST + 1], n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) return limit;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now_row = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now_row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < best) best = before[j] + 1;
            if (now_row[j - 1] + 1 < best) best = now_row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
                best = earlier[j - 2] + 1;
            now_row[j] = best;
        }
    }
    return rows[n % 3][m] < limit ? rows[n % 3][m] : limit;
}

const command *command_guess(const char *name)
{
    const command *found = NULL;
    size_t best = 3;
    for (size_t i = 0; i < command_count; i++) {
        if (has_word(commands[i].other_names, name)) return &commands[i];
        size_t distance = word_distance(commands[i].name, name, best);
        if (distance < best && distance < strlen(name)) {
            best = distance;
            found = &commands[i];
        }
    }
    return found;
}

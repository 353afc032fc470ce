/* The graph of Reber (1967) as a table: two ways out of each inner node, taken with equal chance. */
#include "data/reber.h"

#include <string.h>

static const char letters[] = "BTPSXVE";

/* Nodes 0 … 6 of the inner grammar; 7 is its end. */
enum { INNER_END = 7 };
static const struct {
    char letter;
    int to;
} ways[INNER_END][2] = {
    {{'B', 1}, {'B', 1}},
    {{'T', 2}, {'P', 3}},
    {{'S', 2}, {'X', 4}},
    {{'T', 3}, {'V', 5}},
    {{'X', 3}, {'S', 6}},
    {{'P', 4}, {'V', 6}},
    {{'E', INNER_END}, {'E', INNER_END}},
};

size_t rd_reber_write(rd_key key, char *text, size_t size)
{
    static const char outer[] = "TP";
    const size_t framed = 4; /* B and a letter before, the letter and E behind */
    const size_t tail = 6;   /* the longest way from any node to the end */
    uint64_t turn = 0;
    size_t n = 0;
    if (size < framed + tail) return 0;
    const char letter = outer[rd_random_below(key, turn++, 2)];
    text[n++] = 'B';
    text[n++] = letter;
    for (int node = 0; node != INNER_END;) {
        size_t way = (size_t)rd_random_below(key, turn++, 2);
        int hurry = n + framed + tail > size;
        if (hurry) /* the shorter way out, so that every string fits */
            way = node != 0 && node != 1;
        text[n++] = ways[node][way].letter;
        node = ways[node][way].to;
    }
    text[n++] = letter;
    text[n++] = 'E';
    return n;
}

typedef struct walk {
    int node; /* −2 before B, −1 before the outer letter, 0 … 6 inside, then the letter, then E, then done */
    char outer;
} walk;
enum { AT_B = -2, AT_OUTER = -1, AT_RETURN = INNER_END, AT_E = INNER_END + 1, DONE = INNER_END + 2 };

static unsigned bit(char letter)
{
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? 1u << (at - letters) : 0;
}

static unsigned allowed(const walk *at)
{
    if (at->node == AT_B) return bit('B');
    if (at->node == AT_OUTER) return bit('T') | bit('P');
    if (at->node < INNER_END) return bit(ways[at->node][0].letter) | bit(ways[at->node][1].letter);
    return at->node == AT_RETURN ? bit(at->outer) : at->node == AT_E ? bit('E') : 0;
}

static int step(walk *at, char letter)
{
    if (!(allowed(at) & bit(letter))) return 0;
    if (at->node == AT_OUTER) at->outer = letter;
    int inside = at->node >= 0 && at->node < INNER_END;
    at->node = !inside ? at->node + 1 : ways[at->node][ways[at->node][0].letter != letter].to;
    return 1;
}

unsigned rd_reber_next(const char *prefix, size_t size)
{
    walk at = {.node = AT_B};
    for (size_t i = 0; i < size; i++)
        if (!step(&at, prefix[i])) return 0;
    return allowed(&at);
}

int rd_reber_check(const char *text, size_t size)
{
    walk at = {.node = AT_B};
    for (size_t i = 0; i < size; i++)
        if (!step(&at, text[i])) return 0;
    return at.node == DONE;
}

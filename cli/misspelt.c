/* Options that are none, or not of this command: what was meant. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

/* The value that stands with a wrong option, for the suggestion: after = or the next word. */
static const char *value_beside(const char *word, const char *next)
{
    const char *equals = strchr(word, '=');
    return equals ? equals + 1 : next[0] != '-' ? next : "";
}

int option_elsewhere(const command *verb, const char *spelt, const rondo_option_info *info)
{
    char hint[256];
    snprintf(hint, sizeof hint, "it is an option of: %s", info->commands);
    return report_fail(RONDO_BAD_ARGUMENT, hint, "%s: not an option of rondo %s", spelt, verb->name);
}

/* The option of this command that other systems spell so, or NULL: -model is --cell to train, --model
 * elsewhere. */
static const char *spelling_here(const command *verb, const char *name)
{
    rondo_option_info info;
    char plain[64];
    snprintf(plain, sizeof plain, "%s", name + strspn(name, "-"));
    for (char *at = plain; *at; at++)
        if (*at == '_') *at = '-';
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        if (option_applies(&info, verb) && has_word(info.aliases, plain)) return info.name;
    return NULL;
}

/* The option as it was written, in quotes when there is anything odd in it. */
static shown spelt_as(const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    shown out = show(name);
    if (strcspn(name, " \"\\\n\t") == strlen(name) && strlen(out.text) == strlen(name) + 2)
        snprintf(out.text, sizeof out.text, "%s", name);
    return out;
}

/* " 256" as it would be typed, or "". */
static shown value_shown(const char *value)
{
    shown out = show(value);
    if (!value[0])
        out.text[0] = 0;
    else if (strcspn(value, " \"\\\n\t*?$'") == strlen(value) && strlen(value) < 80)
        snprintf(out.text, sizeof out.text, " %s", value);
    else
        snprintf(out.text, sizeof out.text, " %.390s", show(value).text);
    return out;
}

int option_unknown(const command *verb, const char *word, const char *next)
{
    char hint[600];
    int exact = 1;
    shown spelt = spelt_as(word);
    rondo_option_info info;
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word, "="), word);
    const char *guess = spelling_here(verb, bare);
    if (!guess) guess = rondo_option_guess(bare, &exact);
    if (strncmp(bare, "--no-", 5) == 0 && option_find(bare + 5, &info))
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: only switches have a --no- twin", spelt.text);
    if (!guess || !option_find(guess, &info))
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: unknown option", spelt.text);
    if (!option_applies(&info, verb) && exact) {
        snprintf(hint, sizeof hint, "it is an option of: %s", info.commands);
        return report_fail(RONDO_BAD_ARGUMENT, hint, "%s: it is --%s, not an option of rondo %s", spelt.text,
                           guess, verb->name);
    }
    shown value = value_shown(strcmp(info.type, "flag") ? value_beside(word, next) : "");
    if (exact)
        return report_fail(RONDO_BAD_ARGUMENT, NULL, "%s: it is --%s (did you mean --%s%s?)", spelt.text,
                           guess, guess, value.text);
    snprintf(hint, sizeof hint, "did you mean --%s%s?", guess, value.text);
    return report_fail(RONDO_BAD_ARGUMENT, option_applies(&info, verb) ? hint : NULL, "%s: unknown option",
                       spelt.text);
}

/* Settings of a node are read by name and type; every one that is asked for is remembered, so that the model
 * can say which others there are when it refuses one. */
#include "layers/layer.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static void remember(rd_node *node, const char *key)
{
    size_t used = strlen(node->asked), size = strlen(key);
    if (used + size + 2 > sizeof node->asked) return;
    memcpy(node->asked + used, key, size);
    memcpy(node->asked + used + size, " ", 2);
}

const char *rd_setting_text(rd_node *node, const char *key)
{
    remember(node, key);
    for (size_t i = 0; i < node->settings; i++)
        if (rd_equal(node->setting[i].key, key)) {
            node->setting[i].used = 1;
            return node->setting[i].value;
        }
    return NULL;
}

static rondo_status refuse(const rd_node *node, const char *key, const char *value, const char *expected,
                           rondo_error *error)
{
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "model text:%zu: setting \"%s\" of \"%s\": expected %s, found %s", node->line, key,
                   node->name, expected, rd_quote(value).text);
}

rondo_status rd_setting_number(rd_node *node, const char *key, double fallback, double low, double high,
                               double *value, rondo_error *error)
{
    const char *text = rd_setting_text(node, key);
    double found = fallback;
    if (text && (!rd_parse_number(text, strlen(text), &found) || !(found >= low && found <= high))) {
        char from[40], to[40], expected[120];
        rd_print_double(low, from);
        rd_print_double(high, to);
        (void)snprintf(expected, sizeof expected, "a number from %s to %s", from, to);
        return refuse(node, key, text, expected, error);
    }
    *value = found;
    return RONDO_OK;
}

rondo_status rd_setting_size(rd_node *node, const char *key, size_t fallback, size_t low, size_t high,
                             size_t *value, rondo_error *error)
{
    const char *text = rd_setting_text(node, key);
    int64_t found = 0;
    if (!text && fallback >= low && fallback <= high) {
        *value = fallback;
        return RONDO_OK;
    }
    if (!text)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "model text:%zu: setting \"%s\" of \"%s\" is missing",
                       node->line, key, node->name);
    if (!rd_parse_integer(text, strlen(text), &found) || found < 0 || (uint64_t)found < low ||
        (uint64_t)found > high) {
        rd_text expected = {0};
        rd_text_format(&expected, "an integer from %zu to %zu", low, high);
        rondo_status status = refuse(node, key, text, expected.failed ? "an integer" : expected.text, error);
        rd_text_free(&expected);
        return status;
    }
    *value = (size_t)found;
    return RONDO_OK;
}

rondo_status rd_setting_flag(rd_node *node, const char *key, int fallback, int *value, rondo_error *error)
{
    size_t choice;
    RD_TRY(rd_setting_choice(node, key, "0|1|off|on|no|yes", fallback ? 1 : 0, &choice, error));
    *value = (int)(choice & 1);
    return RONDO_OK;
}

rondo_status rd_setting_choice(rd_node *node, const char *key, const char *choices, size_t fallback,
                               size_t *value, rondo_error *error)
{
    const char *text = rd_setting_text(node, key), *at = choices;
    *value = fallback;
    if (!text) return RONDO_OK;
    for (size_t i = 0; at; i++) {
        const char *end = strchr(at, '|');
        size_t size = end ? (size_t)(end - at) : strlen(at);
        if (strlen(text) == size && !memcmp(text, at, size)) {
            *value = i;
            return RONDO_OK;
        }
        at = end ? end + 1 : NULL;
    }
    return refuse(node, key, text, choices, error);
}

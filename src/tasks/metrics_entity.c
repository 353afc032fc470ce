/* Phrases are found while walking: truth and guess each have at most one open, and where both end together
 * after having begun together with one type, one is right. */
#include "tasks/metrics_entity.h"

#include "base/memory.h"
#include "base/size.h"

#include <stdlib.h>
#include <string.h>

/* ---- tags */

/* The place a name stands for ('O' outside), or 0; *type becomes what follows the hyphen, "" without one. */
static char place_of(const char *name, const char **type)
{
    static const char places[] = "OBIESLU", same[] = "OBIESES";
    const char *found = name[0] ? strchr(places, name[0]) : NULL;
    if (!found || (name[1] && (name[1] != '-' || name[0] == 'O'))) return 0;
    *type = name[1] ? name + 2 : "";
    return same[found - places];
}

int rd_tags_are_chunks(const char *const *names, size_t count)
{
    size_t inside = 0;
    for (size_t i = 0; i < count; i++) {
        const char *type;
        char place = place_of(names[i], &type);
        if (!place) return 0;
        inside += place != 'O';
    }
    return inside > 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Fills type_name with every type once, sorted. */
static void list_types(rd_entities *entities, const char *const *names)
{
    size_t count = 0;
    for (size_t i = 0; i < entities->tags; i++) {
        const char *type;
        char place = place_of(names[i], &type);
        if (place && place != 'O') entities->type_name[count++] = type;
    }
    if (count > 0) qsort(entities->type_name, count, sizeof *entities->type_name, by_bytes);
    for (size_t i = 0; i < count; i++)
        if (entities->types == 0 ||
            strcmp(entities->type_name[i], entities->type_name[entities->types - 1]) != 0)
            entities->type_name[entities->types++] = entities->type_name[i];
    entities->type_name[entities->types] = "(not in training)";
}

static rd_chunk_tag tag_of(const rd_entities *entities, const char *name)
{
    const char *type, **found = NULL;
    char place = place_of(name, &type);
    if (place && place != 'O')
        found = bsearch(&type, entities->type_name, entities->types, sizeof *entities->type_name, by_bytes);
    return found ? (rd_chunk_tag){place, (uint32_t)(found - entities->type_name)} : (rd_chunk_tag){0, 0};
}

rondo_status rd_entities_new(rd_entities *entities, const char *const *names, size_t count,
                             rondo_error *error)
{
    static const char *const what = "the types of tags";
    *entities = (rd_entities){.tags = count};
    if (count >= UINT32_MAX) return rd_fail(error, RONDO_LIMIT, "%zu tags are too many to count", count);
    rondo_status status = rd_alloc(count + 1, sizeof *entities->tag, what, &entities->tag, error);
    if (status == RONDO_OK)
        status = rd_alloc(count + 1, sizeof *entities->type_name, what, &entities->type_name, error);
    if (status == RONDO_OK) list_types(entities, names);
    if (status == RONDO_OK)
        status = rd_alloc(entities->types + 1, sizeof *entities->type, what, &entities->type, error);
    if (status != RONDO_OK) {
        rd_entities_free(entities);
        return status;
    }
    for (size_t i = 0; i < count; i++)
        entities->tag[i] = tag_of(entities, names[i]);
    entities->tag[count] = (rd_chunk_tag){'I', (uint32_t)entities->types};
    return RONDO_OK;
}

void rd_entities_free(rd_entities *entities)
{
    rd_free(entities->tag);
    rd_free(entities->type_name);
    rd_free(entities->type);
    *entities = (rd_entities){0};
}

/* ---- counting */

static const rd_chunk_tag outside = {0, 0};

/* Whether two neighbouring words, if both are inside phrases, are in different ones. */
static int border(rd_chunk_tag before, rd_chunk_tag after)
{
    return before.type != after.type || after.place == 'B' || after.place == 'S' || before.place == 'E' ||
           before.place == 'S';
}

static int starts(rd_chunk_tag before, rd_chunk_tag after)
{
    return after.place && (!before.place || border(before, after));
}

static int ends(rd_chunk_tag before, rd_chunk_tag after)
{
    return before.place && (!after.place || border(before, after));
}

static void step(rd_entities *entities, rd_entity_walk *walk, rd_chunk_tag truth, rd_chunk_tag guess)
{
    int truth_ends = ends(walk->truth, truth), guess_ends = ends(walk->guess, guess);
    if (walk->together && truth_ends && guess_ends) {
        entities->all.right++;
        entities->type[walk->truth.type].right++;
    }
    if (truth_ends || guess_ends) walk->together = 0;
    int truth_starts = starts(walk->truth, truth), guess_starts = starts(walk->guess, guess);
    if (truth_starts) {
        entities->all.truth++;
        entities->type[truth.type].truth++;
    }
    if (guess_starts) {
        entities->all.found++;
        entities->type[guess.type].found++;
    }
    if (truth_starts && guess_starts && truth.type == guess.type) walk->together = 1;
    walk->truth = truth;
    walk->guess = guess;
}

void rd_entities_step(rd_entities *entities, rd_entity_walk *walk, int32_t truth, int32_t guess)
{
    int known = truth >= 0 && (size_t)truth < entities->tags;
    int sound = guess >= 0 && (size_t)guess < entities->tags;
    step(entities, walk, entities->tag[known ? (size_t)truth : entities->tags],
         sound ? entities->tag[guess] : outside);
    entities->right_tags += known && truth == guess;
    entities->tokens++;
}

void rd_entities_end(rd_entities *entities, rd_entity_walk *walk)
{
    step(entities, walk, outside, outside);
}

void rd_entities_add(rd_entities *entities, const int32_t *truth, const int32_t *guess, size_t length)
{
    rd_entity_walk walk = {0};
    for (size_t i = 0; i < length; i++)
        rd_entities_step(entities, &walk, truth[i], guess[i]);
    rd_entities_end(entities, &walk);
}

/* ---- the report */

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100 * (double)part / (double)whole : 0;
}

rd_entity_score rd_entity_score_of(const rd_entity_count *count)
{
    double precision = percent(count->right, count->found), recall = percent(count->right, count->truth);
    double sum = precision + recall;
    return (rd_entity_score){precision, recall, sum > 0 ? 2 * precision * recall / sum : 0};
}

double rd_entities_accuracy(const rd_entities *entities)
{
    return percent(entities->right_tags, entities->tokens);
}

static void put_score(const rd_entity_count *count, rd_text *out)
{
    rd_entity_score score = rd_entity_score_of(count);
    rd_text_format(out, "precision: %6.2f%%; recall: %6.2f%%; FB1: %6.2f", score.precision, score.recall,
                   score.f1);
}

void rd_entities_report(const rd_entities *entities, rd_text *out)
{
    rd_text_format(out, "processed %llu tokens with %llu phrases; found: %llu phrases; correct: %llu.\n",
                   (unsigned long long)entities->tokens, (unsigned long long)entities->all.truth,
                   (unsigned long long)entities->all.found, (unsigned long long)entities->all.right);
    if (entities->tokens == 0) return;
    rd_text_format(out, "accuracy: %6.2f%%; ", rd_entities_accuracy(entities));
    put_score(&entities->all, out);
    rd_text_put(out, "\n");
    for (size_t i = 0; i <= entities->types; i++) {
        const rd_entity_count *count = &entities->type[i];
        if (count->truth == 0 && count->found == 0) continue;
        rd_text_format(out, "%17s: ", entities->type_name[i]);
        put_score(count, out);
        rd_text_format(out, "  %llu\n", (unsigned long long)count->found);
    }
}

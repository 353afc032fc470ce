/* Phrases in tags: "B-PER I-PER O" holds one phrase of type PER. Counted and reported as conlleval does, the
 * program of the CoNLL shared tasks of 2000 to 2003 (Tjong Kim Sang and Buchholz): a phrase is right when its
 * first word, its last word and its type are.
 *
 * A tag is a place and a type, "PLACE-TYPE" split at the first hyphen, or the place alone. Places: O outside,
 * B begins, I inside, E ends, S single (L and U are E and S). So IOB1, IOB2, IOE, BIOES, BILOU are read by
 * one rule: between two words of phrases lies a border where the type changes, before B and S, and after E
 * and S. */
#ifndef RD_METRICS_ENTITY_H
#define RD_METRICS_ENTITY_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

typedef struct rd_chunk_tag {
    char place;    /* 'B', 'I', 'E', 'S'; 0 outside */
    uint32_t type; /* index into the types; of no matter outside */
} rd_chunk_tag;

typedef struct rd_entity_count {
    uint64_t truth, found, right; /* phrases */
} rd_entity_count;

typedef struct rd_entities {
    size_t tags, types;
    rd_chunk_tag *tag;      /* [tags + 1] owned; the last stands for tags that training never saw */
    const char **type_name; /* [types + 1] sorted bytewise, pointing into the names given; owned */
    rd_entity_count *type;  /* [types + 1] owned; the last is the type of unseen tags */
    rd_entity_count all;
    uint64_t tokens, right_tags;
} rd_entities;

/* Whether these names are such tags: each is O or a place with or without a type, and not all are O. */
int rd_tags_are_chunks(const char *const *names, size_t count);
/* names[count]: the tags by index; they must outlive *entities. Names that are no chunk tags count as
 * outside. */
rondo_status rd_entities_new(rd_entities *entities, const char *const *names, size_t count,
                             rondo_error *error);
void rd_entities_free(rd_entities *entities);
/* A sentence word by word: from zeros, a step a word, then the end. */
typedef struct rd_entity_walk {
    rd_chunk_tag truth, guess; /* of the word before; place 0: outside */
    int together;              /* both are in a phrase that began at one word with one type */
} rd_entity_walk;
void rd_entities_step(rd_entities *entities, rd_entity_walk *walk, int32_t truth, int32_t guess);
void rd_entities_end(rd_entities *entities, rd_entity_walk *walk);
/* One sentence of `length` words. An index outside the tags is, as truth, a word inside a phrase of a type of
 * its own, which nothing finds; as guess, outside. */
void rd_entities_add(rd_entities *entities, const int32_t *truth, const int32_t *guess, size_t length);

typedef struct rd_entity_score {
    double precision, recall, f1; /* in percent; 0 where the fraction is 0/0 */
} rd_entity_score;
rd_entity_score rd_entity_score_of(const rd_entity_count *count);
double rd_entities_accuracy(const rd_entities *entities); /* of tags, in percent; 0 of no tokens */

/* Appends conlleval's text: counts, accuracy, precision, recall, F1, then a line a type that occurs. */
void rd_entities_report(const rd_entities *entities, rd_text *out);

#endif

/* Opening files: standard input is kept, symbols are counted in a first walk, everything is stored in a
 * second, and both walks must have seen the same bytes. */
#include "data/open.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/characters.h"
#include "data/readers.h"
#include "data/sources.h"

#include <inttypes.h>
#include <string.h>

/* ---- vocabularies */

/* "bpe:N": N merges. */
static rondo_status pieces_rules(const rondo_options *options, int words, rd_symbols_rules *rules, rondo_error *error)
{
    static const char bpe[] = "bpe:";
    const char *tokens = rd_option_text(options, RD_OPT_tokens);
    int64_t merges = 0;
    if (words || strncmp(tokens, bpe, sizeof bpe - 1) != 0) return RONDO_OK;
    if (rules->max_vocab)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--max-vocab: --tokens %s has as many symbols as its merges make", tokens);
    (void)rd_parse_integer(tokens + sizeof bpe - 1, strlen(tokens) - (sizeof bpe - 1), &merges);
    rules->kind = RD_TOKENS_BPE;
    rules->merges = (size_t)merges;
    return RONDO_OK;
}

rondo_status rd_data_rules(const rondo_options *options, int words, rd_symbols_rules *rules,
                           rondo_error *error)
{
    static const char *const kinds[] = {"char", "byte", "word"};
    *rules = (rd_symbols_rules){
        .kind = RD_TOKENS_CHAR,
        .lowercase = rd_option_flag(options, RD_OPT_lowercase),
        .nfc = rd_option_is(options, RD_OPT_normalize, "nfc"),
        .min_freq = (uint64_t)rd_option_integer(options, RD_OPT_min_freq),
        .max_vocab = (size_t)rd_option_integer(options, RD_OPT_max_vocab),
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (rd_option_is(options, RD_OPT_tokens, kinds[i])) rules->kind = (rd_token_kind)i;
    if (words) rules->kind = RD_TOKENS_WORD;
    RD_TRY(pieces_rules(options, words, rules, error));
    return rd_normalize_check(rules, error);
}

static const char *kind_name(rd_token_kind kind)
{
    static const char *const names[] = {
        [RD_TOKENS_CHAR] = "char", [RD_TOKENS_BYTE] = "byte", [RD_TOKENS_WORD] = "word", [RD_TOKENS_LABEL] = "label",
        [RD_TOKENS_BPE] = "bpe"};
    return names[kind];
}

/* A list of symbols gets the header that rd_symbols_read wants; a written vocabulary has it. */
static rondo_status with_header(const rd_symbols_rules *rules, const char *bytes, size_t size, rd_text *text,
                                rondo_error *error)
{
    static const char begins[] = "tokens = ";
    if (size < sizeof begins || memcmp(bytes, begins, sizeof begins - 1) != 0) {
        size_t lines = 0;
        if (rules->kind == RD_TOKENS_BPE)
            return rd_fail(error, RONDO_BAD_DATA,
                           "a list of symbols has no merges; --vocab with --tokens bpe takes a file that begins with \"%s\"",
                           begins);
        for (size_t i = 0; i < size; i++)
            lines += bytes[i] == '\n' || i + 1 == size;
        rd_text_format(text, "tokens = %s\nlowercase = %s\nnormalize = %s\nmin-freq = 1\nmax-vocab = 0\n",
                       kind_name(rules->kind), rules->lowercase ? "yes" : "no", rules->nfc ? "nfc" : "none");
        rd_text_format(text, "symbols = %zu\n\n", lines);
    }
    rd_text_add(text, bytes, size);
    return rd_text_done(text, error);
}

rondo_status rd_data_vocabulary(const rd_symbols_rules *rules, const char *path, rd_symbols **symbols,
                                rondo_error *error)
{
    char *bytes = NULL;
    size_t size = 0;
    rd_text text = {0};
    RD_TRY(rd_file_read(path, (size_t)1 << 31, &bytes, &size, error));
    rondo_status status = with_header(rules, bytes, size, &text, error);
    if (status == RONDO_OK) status = rd_symbols_read(text.text, text.size, path, symbols, error);
    rd_text_free(&text);
    rd_free(bytes);
    if (status == RONDO_BAD_MODEL && error) error->status = RONDO_BAD_DATA;
    return status == RONDO_BAD_MODEL ? RONDO_BAD_DATA : status;
}

static rondo_status rules_of_part(const rd_opening *opening, int part, rd_symbols_rules *rules, rondo_error *error)
{
    const rd_reader_row *reader = opening->reader;
    if (part == RD_CHARS) {
        *rules = (rd_symbols_rules){
            .kind = RD_TOKENS_CHAR, .nfc = rd_option_is(opening->options, RD_OPT_normalize, "nfc"), .min_freq = 1};
        return RONDO_OK;
    }
    if (reader->labels >> part & 1) {
        *rules = (rd_symbols_rules){.kind = RD_TOKENS_LABEL, .min_freq = 1};
        return RONDO_OK;
    }
    return rd_data_rules(opening->options, reader->words >> part & 1, rules, error);
}

/* --joint-vocab: y is counted into the vocabulary of x, when that is not known and of the same kind. */
static int is_joint(const rd_opening *opening, int part, const rd_symbols_rules *rules)
{
    return part == RD_Y && rd_option_flag(opening->options, RD_OPT_joint_vocab) && opening->corpus->symbols[RD_X] &&
           !opening->closed[RD_X] && rd_symbols_rules_of(opening->corpus->symbols[RD_X])->kind == rules->kind;
}

/* Takes what is known, reads --vocab, or begins an empty vocabulary; *counting is 1 when one must be counted.
 */
static rondo_status begin_vocabularies(rd_opening *opening, const rd_known *known, int *counting, rondo_error *error)
{
    const char *path = rd_option_text(opening->options, RD_OPT_vocab);
    *counting = 0;
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++) {
        rd_symbols_rules rules;
        if (part == RD_CHARS ? !rd_characters_wanted(opening->options, known->part[RD_CHARS], known->part[RD_X])
                             : !(opening->reader->symbols >> part & 1))
            continue;
        if (part == RD_CHARS) RD_TRY(rd_characters_begin(opening, error));
        if (known->part[part]) {
            opening->corpus->symbols[part] = rd_symbols_share(known->part[part]);
            opening->closed[part] = 1;
            continue;
        }
        RD_TRY(rules_of_part(opening, part, &rules, error));
        if (part == RD_X && path && *path) {
            RD_TRY(rd_data_vocabulary(&rules, path, &opening->corpus->symbols[part], error));
            opening->closed[part] = 1;
            continue;
        }
        *counting = 1;
        if (is_joint(opening, part, &rules)) {
            opening->corpus->symbols[part] = rd_symbols_share(opening->corpus->symbols[RD_X]);
            continue;
        }
        RD_TRY(rd_symbols_new(&rules, &opening->corpus->symbols[part], error));
    }
    return RONDO_OK;
}

/* ---- one walk over all files */

static rondo_status add_file(rd_corpus *corpus, const char *name, rondo_error *error)
{
    char *copy = NULL;
    size_t size = strlen(name) + 1;
    RD_TRY(rd_grow(&corpus->file, &corpus->files_room, corpus->files + 1, sizeof *corpus->file,
                   "names of files", error));
    RD_TRY(rd_alloc(size, 1, "the name of a file", &copy, error));
    memcpy(copy, name, size);
    corpus->file[corpus->files++] =
        (rd_data_file){.name = copy, .first_record = rd_store_count(corpus->records)};
    return RONDO_OK;
}

static rondo_status read_pair(rd_opening *opening, rd_input *input, const rd_source *other, rd_sha256 *hash,
                              rondo_error *error)
{
    rd_input beside;
    RD_TRY(rd_input_open(other, opening->max_line, hash, &beside, error));
    opening->beside = &beside;
    rondo_status status = opening->reader->read(opening, input, error);
    opening->beside = NULL;
    rd_input_close(&beside);
    return status;
}

static rondo_status walk_file(rd_opening *opening, const rd_source *source, rd_sha256 *hash,
                              rondo_error *error)
{
    rd_input input;
    rd_corpus *corpus = opening->corpus;
    if (!opening->counting) RD_TRY(add_file(corpus, source->name, error));
    RD_TRY(rd_input_open(source, opening->max_line, hash, &input, error));
    if (*source->member) rd_sha256_add(hash, source->member, strlen(source->member));
    rondo_status status = rd_reader_pairs(opening->reader, opening->bare) ? read_pair(opening, &input, source + 1, hash, error)
                                                  : opening->reader->read(opening, &input, error);
    if (status == RONDO_OK && !opening->counting) {
        corpus->file[corpus->files - 1].lines = input.number;
        corpus->file[corpus->files - 1].bytes = rd_input_bytes(&input);
    }
    rd_input_close(&input);
    return status;
}

static rondo_status walk(rd_opening *opening, const rd_source *source, size_t sources, char hex[65],
                         rondo_error *error)
{
    rd_sha256 hash;
    rd_sha256_init(&hash);
    rd_bad_places_clear(&opening->bad);
    if (opening->state) memset(opening->state, 0, opening->reader->state_size);
    for (size_t i = 0; i < sources; i += rd_reader_pairs(opening->reader, opening->bare) ? 2 : 1)
        RD_TRY(walk_file(opening, &source[i], &hash, error));
    if (opening->reader->end) RD_TRY(opening->reader->end(opening, error));
    if (opening->reader->clear) opening->reader->clear(opening->state);
    rd_sha256_end(&hash, hex);
    return rd_bad_places_judge(&opening->bad, error);
}

static rondo_status settle(rd_opening *opening, rondo_error *error)
{
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++) {
        rd_symbols *symbols = opening->corpus->symbols[part];
        const int joint = part > RD_X && symbols == opening->corpus->symbols[RD_X];
        if (symbols && !joint && !opening->closed[part]) RD_TRY(rd_symbols_settle(symbols, error));
    }
    return RONDO_OK;
}

static rondo_status judge_size(const rd_opening *opening, const rd_source *source, rondo_error *error)
{
    static const char *const needed[] = {
        [RD_DATA_STREAM] = "1 symbol", [RD_DATA_LINES] = "1 line", [RD_DATA_NUMBERS] = "1 row under the header",
        [RD_DATA_TAGS] = "1 token with its tag", [RD_DATA_SERIES] = "1 row under the header",
        [RD_DATA_CLASSES] = "1 record", [RD_DATA_PAIRS] = "1 pair", [RD_DATA_FRAMES] = "1 frame",
        [RD_DATA_CONDITIONS] = "1 line", [RD_DATA_WINDOWS] = "1 row under the header"};
    const rd_corpus *corpus = opening->corpus;
    const int rows = corpus->form == RD_DATA_STREAM || corpus->form == RD_DATA_NUMBERS || corpus->form == RD_DATA_TAGS ||
                     corpus->form == RD_DATA_SERIES;
    uint64_t found = rows ? corpus->rows : rd_store_count(corpus->records);
    uint64_t bytes = 0;
    for (size_t i = 0; i < corpus->files; i++)
        bytes += corpus->file[i].bytes;
    if (found > 0 || opening->bare) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s: %s (at least %s is needed)", source->name,
                   bytes ? "there is nothing to learn from in it" : "the file is empty",
                   needed[corpus->form]);
}

static rondo_status walk_twice(rd_opening *opening, const rd_known *known, const rd_source *source, size_t sources,
                               rondo_error *error)
{
    char first[65] = "";
    RD_TRY(begin_vocabularies(opening, known, &opening->counting, error));
    if (opening->counting) {
        RD_TRY(walk(opening, source, sources, first, error));
        RD_TRY(settle(opening, error));
        opening->counting = 0;
    }
    RD_TRY(walk(opening, source, sources, opening->corpus->hash, error));
    if (first[0] && memcmp(first, opening->corpus->hash, sizeof first) != 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: the file changed while it was read", source->name);
    opening->corpus->skipped = opening->bad.count;
    rd_text_put(&opening->corpus->skipped_places, opening->bad.places.text ? opening->bad.places.text : "");
    RD_TRY(rd_text_done(&opening->corpus->skipped_places, error));
    return judge_size(opening, source, error);
}

/* For answers, what records looked like; for scores of a model that writes targets, these as they stood: its vocabulary
 * may not know all of their symbols. */
static rondo_status keep_raw(rd_opening *opening, const rd_known *known, rondo_error *error)
{
    const int targets = opening->corpus->form == RD_DATA_PAIRS && known->part[RD_Y];
    if (!opening->bare && !targets) return RONDO_OK;
    RD_TRY(rd_store_new(1, (size_t)24 << 20, &opening->corpus->raw, error));
    return rd_store_new(sizeof(uint64_t), (size_t)4 << 20, &opening->corpus->raw_first, error);
}

static rondo_status open_sources(rd_opening *opening, const rd_known *known, const rd_source *source, size_t sources,
                                 rondo_data **data, rondo_error *error)
{
    const rd_reader_row *reader = opening->reader;
    opening->bare = known->bare;
    opening->targets = known->targets;
    opening->skim = known->skim;
    opening->max_line = (size_t)rd_option_integer(opening->options, RD_OPT_max_line);
    opening->max_length = (uint64_t)rd_option_integer(opening->options, RD_OPT_max_length);
    opening->bad.allowed = (uint64_t)rd_option_integer(opening->options, RD_OPT_skip_bad);
    opening->deltas = rd_option_flag(opening->options, RD_OPT_deltas);
    if (opening->deltas && !reader->numbers)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--deltas: the reader %s for %s gives no numbers a step of which they could be made",
                       reader->name, reader->task);
    rondo_status status = rd_corpus_new(reader->task, reader->form, reader->symbols, reader->name, &opening->corpus, error);
    if (status == RONDO_OK) status = keep_raw(opening, known, error);
    if (status == RONDO_OK && *rd_option_text(opening->options, RD_OPT_by) && reader->columns)
        status = rd_store_new(sizeof(uint64_t), (size_t)4 << 20, &opening->corpus->group, error);
    if (status == RONDO_OK && reader->state_size)
        status = rd_alloc(1, reader->state_size, "a reader", &opening->state, error);
    if (status == RONDO_OK) status = walk_twice(opening, known, source, sources, error);
    if (opening->state && reader->clear) reader->clear(opening->state);
    rd_free(opening->state);
    rd_free(opening->widened);
    rd_bad_places_free(&opening->bad);
    rd_normal_free(&opening->normal);
    rd_indices_free(&opening->indices);
    if (status != RONDO_OK) {
        rd_corpus_free(opening->corpus);
        return status;
    }
    return rd_data_whole(opening->corpus, data, error);
}

/* ---- the doors */

static rondo_status open_found(rd_opening *opening, const char *task, const rd_known *known, const rd_sources *found, rondo_data **data,
                               rondo_error *error)
{
    RD_TRY(rd_reader_choose(opening->options, task, found->source[0].name, found->count, known->bare && !known->targets,
                            &opening->reader, error));
    if (known->targets && (opening->reader->answers || rd_reader_pairs(opening->reader, 0)))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--reader %s: records are not in one file with what is to be scored",
                       opening->reader->name);
    if (found->gathered && rd_reader_pairs(opening->reader, known->bare))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: --reader %s takes files in pairs, which must be named themselves, no folder or archive",
                       found->source[0].name, opening->reader->name);
    return open_sources(opening, known, found->source, found->count, data, error);
}

rondo_status rd_data_open(const rondo_options *options, const char *task, rd_known known,
                          const char *const *paths, size_t count, rondo_data **data, rondo_error *error)
{
    rd_opening opening = {.options = options};
    rd_sources found;
    if (count == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "no data file is given (\"-\" is standard input)");
    RD_TRY(rd_sources_open(options, task, paths, count, &found, error));
    const rondo_status status = open_found(&opening, task, &known, &found, data, error);
    rd_sources_close(&found);
    return status;
}

rondo_status rd_data_open_memory(const rondo_options *options, const char *task, rd_known known,
                                 const char *name, const char *bytes, size_t size, rondo_data **data,
                                 rondo_error *error)
{
    rd_opening opening = {.options = options};
    rd_source source;
    RD_TRY(rd_reader_choose(options, task, name, 1, known.bare, &opening.reader, error));
    rd_source_memory(name, bytes, size, &source);
    return open_sources(&opening, &known, &source, 1, data, error);
}

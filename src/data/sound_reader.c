/* Sound as data: a list of files with what is said in them, or sound files themselves; a row is a frame of
 * features. Files may lie in a ZIP archive, which stays open while the list goes on in it. */
#include "data/name_pattern.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/audio.h"
#include "data/features.h"
#include "formats/zip.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define LONGEST_FILE ((size_t)1 << 30)

typedef struct sound_state {
    rd_text path;          /* of the file at hand */
    rd_text archive;       /* the name of the open archive, which messages of `zip` lend */
    char *bytes;           /* of that archive, owned */
    rd_zip *zip;           /* or NULL */
    rd_audio audio;        /* of the file at hand */
    rd_features *features; /* or NULL: no sound was read yet */
    rd_features_rule rule;
    float *row; /* [frames][rule.width] */
    size_t room;
} sound_state;
_Static_assert(sizeof(sound_state) <= RD_SOUND_STATE, "the reader's state is larger than its row says");

static void close_archive(sound_state *s)
{
    rd_zip_close(s->zip);
    rd_free(s->bytes);
    s->zip = NULL;
    s->bytes = NULL;
    rd_text_clear(&s->archive);
}

void rd_sound_clear(void *memory)
{
    sound_state *s = memory;
    close_archive(s);
    rd_text_free(&s->path);
    rd_text_free(&s->archive);
    rd_audio_free(&s->audio);
    rd_features_free(s->features);
    rd_free(s->row);
    memset(s, 0, sizeof *s);
}

/* ---- the bytes of a file ---------------------------------------------------------------------------------
 */

static rondo_status open_archive(sound_state *s, size_t length, rondo_error *error)
{
    size_t size;
    if (s->zip && s->archive.size == length && memcmp(s->archive.text, s->path.text, length) == 0)
        return RONDO_OK;
    close_archive(s);
    rd_text_add(&s->archive, s->path.text, length);
    RD_TRY(rd_text_done(&s->archive, error));
    RD_TRY(rd_file_read(s->archive.text, LONGEST_FILE, &s->bytes, &size, error));
    return rd_zip_open(s->bytes, size, s->archive.text, &s->zip, error);
}

/* A list may name anything: what has no end or no bytes yet is not waited for. */
static rondo_status refuse_odd(const char *path, rondo_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0 || S_ISREG(about.st_mode))
        return RONDO_OK; /* one that is not there is told when opened */
    return rd_fail(error, RONDO_BAD_DATA, "%s: is no ordinary file", path);
}

static int is_packed(const char *name, size_t length)
{
    return length > 3 && memcmp(name + length - 3, ".gz", 3) == 0;
}

/* Whether a name ends so, behind it perhaps ".gz". */
static int ends_with(const char *name, const char *suffix)
{
    const size_t tail = strlen(suffix), whole = strlen(name), length = is_packed(name, whole) ? whole - 3 : whole;
    return length > tail && memcmp(name + length - tail, suffix, tail) == 0;
}

/* What is packed in a file. */
static rondo_status unpack(const char *path, char **bytes, size_t *size, rondo_error *error)
{
    char block[16384];
    rd_text text = {0};
    rd_reader *reader;
    size_t got = 1;
    RD_TRY(rd_reader_open(path, &reader, error));
    rondo_status status = RONDO_OK;
    while (status == RONDO_OK && got > 0) {
        status = rd_reader_read(reader, block, sizeof block, &got, error);
        if (status == RONDO_OK) rd_text_add(&text, block, got);
        if (status == RONDO_OK && text.size > LONGEST_FILE)
            status = rd_fail(error, RONDO_LIMIT, "%s: more than %zu bytes", path, LONGEST_FILE);
    }
    if (status == RONDO_OK) status = rd_text_done(&text, error);
    rd_reader_close(reader);
    if (status != RONDO_OK) rd_text_free(&text);
    *bytes = text.text;
    *size = text.size;
    return status;
}

/* All of the file s->path, or of its entry when it reads ARCHIVE:ENTRY. */
static rondo_status load(sound_state *s, char **bytes, size_t *size, rondo_error *error)
{
    const size_t length = rd_source_file(s->path.text);
    size_t entry;
    RD_TRY(refuse_odd(s->path.text, error));
    if (length == s->path.size)
        return is_packed(s->path.text, length) ? unpack(s->path.text, bytes, size, error)
                                              : rd_file_read(s->path.text, LONGEST_FILE, bytes, size, error);
    RD_TRY(open_archive(s, length, error));
    if (!rd_zip_find(s->zip, s->path.text + length + 1, &entry))
        return rd_fail(error, RONDO_BAD_DATA, "%s: there is no entry %s", s->archive.text,
                       rd_quote(s->path.text + length + 1).text);
    return rd_zip_read(s->zip, entry, LONGEST_FILE, bytes, size, error);
}

/* ---- from bytes to rows ----------------------------------------------------------------------------------
 */

/* The first file settles the rate, unless the model does; all others must have it. */
static rondo_status settle_rate(rd_opening *opening, sound_state *s, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const unsigned trained = (unsigned)rd_option_integer(opening->options, RD_OPT_sample_rate);
    const unsigned wanted = corpus->rate ? corpus->rate : trained ? trained : s->audio.rate;
    if (s->audio.rate != wanted)
        return rd_fail(error, RONDO_BAD_DATA, "%s: %u samples a second, %u are expected (as %s)",
                       s->path.text, s->audio.rate, wanted,
                       trained ? "--sample-rate says" : "in the file before");
    if (s->features) return RONDO_OK;
    RD_TRY(rd_features_new(s->rule, wanted, &s->features, error));
    corpus->rate = wanted;
    return RONDO_OK;
}

static rondo_status make_rows(rd_opening *opening, sound_state *s, const char *bytes, size_t size,
                              size_t *frames, rondo_error *error)
{
    size_t numbers;
    RD_TRY(rd_audio_decode(bytes, size, s->path.text, &s->audio, error));
    RD_TRY(settle_rate(opening, s, error));
    *frames = rd_features_frames(s->features, s->audio.count);
    if (!rd_mul(*frames, s->rule.width, &numbers))
        return rd_fail(error, RONDO_LIMIT, "%s: too many frames", s->path.text);
    RD_TRY(rd_grow(&s->row, &s->room, numbers, sizeof *s->row, "features of sound", error));
    return rd_features_make(s->features, s->audio.sample, s->audio.count, s->row, error);
}

/* Features of the file s->path; in the pass that counts symbols its bytes are only read, for the hash. */
static rondo_status take_sound(rd_opening *opening, rd_sha256 *hash, size_t *frames, rondo_error *error)
{
    sound_state *s = opening->state;
    char *bytes = NULL;
    size_t size = 0;
    *frames = 0;
    if (opening->skim) return RONDO_OK;
    RD_TRY(load(s, &bytes, &size, error));
    if (hash) rd_sha256_add(hash, bytes, size);
    const rondo_status status =
        opening->counting ? RONDO_OK : make_rows(opening, s, bytes, size, frames, error);
    rd_free(bytes);
    return status;
}

static rondo_status put_record(rd_opening *opening, size_t line, const char *text, size_t size, size_t frames,
                               rondo_error *error)
{
    const sound_state *s = opening->state;
    RD_TRY(rd_opening_record(opening, line, error));
    if (opening->corpus->form == RD_DATA_CLASSES)
        RD_TRY(rd_opening_label(opening, RD_Y, text, size, error));
    else if (text)
        RD_TRY(rd_opening_text(opening, RD_Y, text, size, error));
    return rd_opening_numbers(opening, RD_X, s->row, frames, s->rule.width, error);
}

/* The label or the text behind the tab, else what --label-pattern finds in the name; NULL: there is none. */
static rondo_status label_of(rd_opening *opening, const rd_input *input, rd_field path, rd_field behind, size_t line, rd_field *label,
                             rondo_error *error)
{
    *label = behind;
    return behind.text || opening->bare ? RONDO_OK : rd_name_label(opening, input, line, path, label, error);
}

/* ---- lists: `file TAB label` or `file TAB text` -----------------------------------------------------------
 */

/* A name in a list is relative to --sound-dir, or to the list's folder. */
static rondo_status settle_path(sound_state *s, const rondo_options *options, const char *list, const char *name, size_t size,
                                rondo_error *error)
{
    const char *slash = strrchr(list, '/'), *folder = rd_option_text(options, RD_OPT_sound_dir);
    rd_text_clear(&s->path);
    if (*folder && name[0] != '/')
        rd_text_format(&s->path, "%s/", folder);
    else if (slash && name[0] != '/')
        rd_text_add(&s->path, list, (size_t)(slash - list) + 1);
    rd_text_add(&s->path, name, size);
    return rd_text_done(&s->path, error);
}

static rondo_status one_line(rd_opening *opening, rd_input *input, const char *line, size_t size,
                             rondo_error *error)
{
    const char *tab = memchr(line, '\t', size), *list = input->source->name;
    const size_t name = tab ? (size_t)(tab - line) : size;
    rondo_error fault = {0};
    const rd_field path = {line, name}, behind = {tab ? tab + 1 : NULL, tab ? size - name - 1 : 0};
    rd_field by, label;
    size_t frames = 0;
    if (name == 0 || (!tab && !opening->bare && !*rd_option_text(opening->options, RD_OPT_label_pattern))) {
        static const char *const beside[] = {", a tab and a text", ", a tab and a label", ""};
        const int which = opening->bare ? 2 : opening->corpus->form == RD_DATA_CLASSES;
        rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a file%s, found %s", list, input->number, name + 1, beside[which],
                     name ? "no tab" : "no file");
        return rd_opening_pass_over(opening, input->number, error);
    }
    RD_TRY(label_of(opening, input, path, behind, input->number, &label, error));
    if (!label.text && !opening->bare) return rd_opening_pass_over(opening, input->number, error);
    RD_TRY(rd_name_by(opening, input, (rd_field){line, size}, path, &by, error));
    if (!by.text) return rd_opening_pass_over(opening, input->number, error);
    RD_TRY(settle_path(opening->state, opening->options, list, line, name, error));
    const rondo_status status = take_sound(opening, input->hash, &frames, &fault);
    if (status == RONDO_BAD_DATA || (status == RONDO_SYSTEM && opening->bad.allowed > 0)) { /* a file that is not there, too */
        rd_bad_place(&opening->bad, "%s:%zu:1: %s", list, input->number, fault.message);
        return rd_opening_pass_over(opening, input->number, error);
    }
    if (status != RONDO_OK) {
        (void)rd_fail(error, status, "%s:%zu:1: %s", list, input->number, fault.message);
        if (*fault.hint) rd_hint(error, "%s", fault.hint);
        return status;
    }
    RD_TRY(put_record(opening, input->number, label.text, label.size, frames, error));
    RD_TRY(rd_opening_group(opening, by.text, by.size, error));
    return rd_opening_raw(opening, line, size, error);
}

/* ---- a sound file itself, its label in its name or wanted ---------------------------------------------------------------------
 */

static rondo_status put_file(rd_opening *opening, const char *name, const rd_text *text, rd_field label, rondo_error *error)
{
    rondo_error fault = {0};
    size_t frames = 0;
    const char *bytes = text->text ? text->text : "";
    const rondo_status status =
        opening->counting || opening->skim ? RONDO_OK : make_rows(opening, opening->state, bytes, text->size, &frames, &fault);
    if (status == RONDO_OK) {
        RD_TRY(put_record(opening, 1, label.text, label.size, frames, error));
        return rd_opening_raw(opening, name, strlen(name), error);
    }
    if (status != RONDO_BAD_DATA) return rd_fail(error, status, "%s", fault.message);
    rd_bad_place(&opening->bad, "%s", fault.message);
    return rd_opening_pass_over(opening, 1, error);
}

static rondo_status read_file(rd_opening *opening, rd_input *input, rondo_error *error)
{
    const char *name = input->source->name;
    rd_text text = {0};
    rd_field label;
    if (!opening->bare && !*rd_option_text(opening->options, RD_OPT_label_pattern)) {
        (void)rd_fail(error, RONDO_BAD_ARGUMENT, "%s: a sound file without a label or a text", name);
        rd_hint(error, "give a list: a line is the file, a tab, and what it is or says; or --label-pattern");
        return RONDO_BAD_ARGUMENT;
    }
    RD_TRY(label_of(opening, input, (rd_field){name, strlen(name)}, (rd_field){0}, 0, &label, error));
    if (!label.text && !opening->bare) return rd_opening_pass_over(opening, 1, error);
    sound_state *state = opening->state;
    rd_text_clear(&state->path);
    rd_text_put(&state->path, name);
    RD_TRY(rd_text_done(&state->path, error));
    rondo_status status = rd_input_whole(input, LONGEST_FILE, &text, error);
    if (status == RONDO_OK) status = put_file(opening, name, &text, label, error);
    rd_text_free(&text);
    return status;
}

static int is_sound(const char *name)
{
    static const char *const suffixes[] = {".wav", ".WAV", ".flac", ".FLAC"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (ends_with(name, suffixes[i])) return 1;
    return 0;
}

rondo_status rd_sound_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    sound_state *s = opening->state;
    const char *text = rd_option_text(opening->options, RD_OPT_features);
    RD_TRY(rd_features_read(*text ? text : "logmel:40", &s->rule, error));
    if (!opening->counting) RD_TRY(rd_corpus_numbers(opening->corpus, RD_X, rd_opening_width(opening, RD_X, s->rule.width), error));
    return is_sound(input->source->name) ? read_file(opening, input, error)
                                         : rd_opening_lines(opening, input, one_line, error);
}

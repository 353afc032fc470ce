/* idx files (MNIST): big-endian sizes, then bytes. An image becomes a sequence of its rows, or of its pixels, from 0 to 1;
 * with --permute all images have their pixels moved in the same way. Labels come from the file that is given next, or from
 * the one whose name has labels-idx1 where that of the images has images-idx3. */
#include "data/fields.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BYTES = 8, IMAGES = 3, LABELS = 1 }; /* type of the numbers; dimensions */

typedef struct idx_state {
    size_t height, width; /* of every image, 0: not known yet */
    size_t *place;        /* [height][width] where each pixel of a sequence comes from, or NULL: from its own place */
    unsigned char *image; /* [height][width] */
    float *row;           /* the same from 0 to 1, as a sequence */
    char *pending;        /* path of images that wait for their labels, or NULL */
    uint64_t images;      /* so many */
    size_t max_line;
    rd_sha256 *hash; /* lent; of the walk */
} idx_state;
_Static_assert(sizeof(idx_state) <= RD_RECORD_STATE, "the reader's state is larger than its row says");

void rd_idx_clear(void *memory)
{
    idx_state *state = memory;
    rd_free(state->place);
    rd_free(state->image);
    rd_free(state->row);
    rd_free(state->pending);
    memset(state, 0, sizeof *state);
}

/* ---- bytes ----------------------------------------------------------------------------------------------- */

typedef struct bytes { /* of a file, in blocks */
    rd_input *input;
    const char *block;
    size_t left;
    uint64_t taken;
} bytes;

/* Up to `size` bytes; *got is less only at the end of the file. */
static rondo_status take(bytes *from, void *to, size_t size, size_t *got, rondo_error *error)
{
    for (*got = 0; *got < size;) {
        if (from->left == 0) RD_TRY(rd_input_block(from->input, &from->block, &from->left, error));
        if (from->left == 0) return RONDO_OK;
        const size_t n = rd_size_min(from->left, size - *got);
        memcpy((char *)to + *got, from->block, n);
        from->block += n;
        from->left -= n;
        from->taken += n;
        *got += n;
    }
    return RONDO_OK;
}

static rondo_status ends_early(const bytes *from, const char *what, uint64_t number, uint64_t count, rondo_error *error)
{
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %" PRIu64 ": the file ends in %s %" PRIu64 " of %" PRIu64,
                   from->input->source->name, from->taken, what, number, count);
}

static rondo_status no_more(bytes *from, uint64_t count, const char *what, rondo_error *error)
{
    char byte;
    size_t got;
    RD_TRY(take(from, &byte, 1, &got, error));
    if (got == 0) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %" PRIu64 ": the file goes on after %" PRIu64 " %s",
                   from->input->source->name, from->taken - 1, count, what);
}

/* ---- headers --------------------------------------------------------------------------------------------- */

/* The magic number and the sizes of the dimensions, of which there may be `most`; *dimensions 0: an empty file. */
static rondo_status read_header(bytes *from, size_t *dimensions, uint32_t size[IMAGES], rondo_error *error)
{
    unsigned char magic[4], number[4];
    size_t got;
    const char *name = from->input->source->name;
    *dimensions = 0;
    from->input->keep_bom = 1;
    RD_TRY(take(from, magic, sizeof magic, &got, error));
    if (got == 0) return RONDO_OK;
    if (got < sizeof magic || magic[0] || magic[1])
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 0: this is no idx file (expected 00 00 08 03 or 00 00 08 01)", name);
    if (magic[2] != BYTES)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 2: numbers of type 0x%02x are not read (expected 0x08, bytes)", name,
                       magic[2]);
    if (magic[3] != IMAGES && magic[3] != LABELS)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 3: %u dimensions (expected 3 for images, 1 for labels)", name, magic[3]);
    for (size_t i = 0; i < magic[3]; i++) {
        RD_TRY(take(from, number, sizeof number, &got, error));
        if (got < sizeof number) return ends_early(from, "size", i + 1, magic[3], error);
        size[i] = (uint32_t)number[0] << 24 | (uint32_t)number[1] << 16 | (uint32_t)number[2] << 8 | number[3];
    }
    *dimensions = magic[3];
    return RONDO_OK;
}

/* ---- labels ---------------------------------------------------------------------------------------------- */

/* Labels of the images that wait for them. */
static rondo_status read_labels(rd_opening *opening, idx_state *state, bytes *from, uint32_t count, rondo_error *error)
{
    if (count != state->images)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 4: %" PRIu32 " labels for %" PRIu64 " images of %s", from->input->source->name,
                       count, state->images, state->pending);
    for (uint32_t i = 0; i < count; i++) {
        unsigned char label;
        char text[8];
        size_t got;
        RD_TRY(take(from, &label, 1, &got, error));
        if (got == 0) return ends_early(from, "label", i + 1, count, error);
        const int length = snprintf(text, sizeof text, "%u", label);
        RD_TRY(rd_opening_label(opening, RD_Y, text, (size_t)length, error));
    }
    rd_free(state->pending);
    state->pending = NULL;
    return no_more(from, count, "labels", error);
}

/* The path of the labels that belong to images, or "" when the name says nothing. */
static void labels_beside(const char *images, rd_text *path)
{
    static const char part[] = "images-idx3";
    const char *at = strstr(images, part);
    if (!at) return;
    rd_text_add(path, images, (size_t)(at - images));
    rd_text_put(path, "labels-idx1");
    rd_text_put(path, at + sizeof part - 1);
}

static rondo_status open_labels(rd_opening *opening, idx_state *state, const char *path, rondo_error *error)
{
    rd_source source;
    rd_input input;
    uint32_t size[IMAGES];
    size_t dimensions;
    RD_TRY(rd_source_path(path, &source, error));
    rondo_status status = rd_input_open(&source, state->max_line, state->hash, &input, error);
    bytes from = {.input = &input};
    if (status == RONDO_OK) status = read_header(&from, &dimensions, size, error);
    if (status == RONDO_OK && dimensions != LABELS)
        status = rd_fail(error, RONDO_BAD_DATA, "%s: byte 3: %zu dimensions (expected 1, labels)", path, dimensions);
    if (status == RONDO_OK) status = read_labels(opening, state, &from, size[0], error);
    rd_input_close(&input);
    rd_source_close(&source);
    return status;
}

/* Images without a file of labels after them: it stands beside, or there are no labels. */
static rondo_status settle(rd_opening *opening, idx_state *state, rondo_error *error)
{
    rd_text path = {0};
    if (!state->pending) return RONDO_OK;
    labels_beside(state->pending, &path);
    rondo_status status = rd_text_done(&path, error);
    if (status == RONDO_OK && path.size && rd_file_exists(path.text)) {
        status = open_labels(opening, state, path.text, error);
    } else if (status == RONDO_OK && !opening->bare) {
        status = rd_fail(error, RONDO_BAD_DATA, "%s: there are no labels to learn (%s%s)", state->pending,
                         path.size ? "expected them in " : "give the file of labels after it", path.size ? path.text : "");
    } else {
        for (uint64_t i = 0; i < state->images && status == RONDO_OK; i++)
            status = rd_opening_label(opening, RD_Y, NULL, 0, error);
        rd_free(state->pending);
        state->pending = NULL;
    }
    rd_text_free(&path);
    return status;
}

rondo_status rd_idx_end(rd_opening *opening, rondo_error *error)
{
    return settle(opening, opening->state, error);
}

/* ---- images ---------------------------------------------------------------------------------------------- */

/* Settles the size of all images, the way their pixels move, and room for one. */
static rondo_status begin_images(rd_opening *opening, idx_state *state, const rd_input *input, const uint32_t size[IMAGES],
                                 rondo_error *error)
{
    const char *name = input->source->name;
    const uint64_t seed = (uint64_t)rd_option_integer(opening->options, RD_OPT_permute), pixels = (uint64_t)size[1] * size[2];
    const rd_key key = rd_key_of(seed, RD_STREAM_SHUFFLE, 0, 1);
    if (size[1] == 0 || size[2] == 0 || pixels > input->max_line)
        return rd_fail(error, pixels ? RONDO_LIMIT : RONDO_BAD_DATA, "%s: byte 8: images of %" PRIu32 " x %" PRIu32 " pixels (1 to %zu are read)",
                       name, size[1], size[2], input->max_line);
    if (state->height)
        return size[1] == state->height && size[2] == state->width
                   ? RONDO_OK
                   : rd_fail(error, RONDO_BAD_DATA, "%s: byte 8: images of %" PRIu32 " x %" PRIu32 " pixels, %zu x %zu before", name,
                             size[1], size[2], state->height, state->width);
    state->height = size[1];
    state->width = size[2];
    RD_TRY(rd_alloc((size_t)pixels, sizeof *state->image, "an image", &state->image, error));
    RD_TRY(rd_alloc((size_t)pixels, sizeof *state->row, "an image", &state->row, error));
    if (seed) RD_TRY(rd_alloc((size_t)pixels, sizeof *state->place, "an image", &state->place, error));
    for (uint64_t i = 0; seed && i < pixels; i++)
        state->place[i] = (size_t)rd_permute(key, i, pixels);
    return RONDO_OK;
}

static rondo_status put_image(rd_opening *opening, const idx_state *state, uint64_t number, rondo_error *error)
{
    const size_t pixels = state->height * state->width;
    const int by_row = rd_option_is(opening->options, RD_OPT_scan, "row");
    if (opening->counting) return RONDO_OK;
    for (size_t i = 0; i < pixels; i++)
        state->row[i] = (float)state->image[state->place ? state->place[i] : i] / 255.0F;
    RD_TRY(rd_opening_record(opening, number, error));
    return rd_opening_numbers(opening, RD_X, state->row, by_row ? state->height : pixels, by_row ? state->width : 1, error);
}

static rondo_status read_images(rd_opening *opening, idx_state *state, bytes *from, const uint32_t size[IMAGES], rondo_error *error)
{
    const char *name = from->input->source->name;
    RD_TRY(settle(opening, state, error));
    RD_TRY(begin_images(opening, state, from->input, size, error));
    for (uint32_t k = 0; k < size[0]; k++) {
        size_t got;
        RD_TRY(take(from, state->image, state->height * state->width, &got, error));
        if (got < state->height * state->width) return ends_early(from, "image", k + 1, size[0], error);
        RD_TRY(put_image(opening, state, k + 1, error));
    }
    RD_TRY(rd_alloc(strlen(name) + 1, 1, "the name of a file", &state->pending, error));
    memcpy(state->pending, name, strlen(name));
    state->images = size[0];
    return no_more(from, size[0], "images", error);
}

rondo_status rd_idx_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    idx_state *state = opening->state;
    bytes from = {.input = input};
    uint32_t size[IMAGES];
    size_t dimensions;
    state->max_line = input->max_line;
    state->hash = input->hash;
    RD_TRY(read_header(&from, &dimensions, size, error));
    if (dimensions == 0) return RONDO_OK;
    if (dimensions == IMAGES) return read_images(opening, state, &from, size, error);
    if (state->pending) return read_labels(opening, state, &from, size[0], error);
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte 3: labels without images before them", input->source->name);
}

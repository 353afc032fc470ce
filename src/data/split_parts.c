/* Files of a split: written beside their names, and renamed when all of them are whole. */
#include "data/split_parts.h"

#include <inttypes.h>

static const char *const part_names[RD_SPLIT_PARTS] = {"train", "valid", "test"};

rondo_status rd_parts_open(rd_split_parts *parts, int part, int file, const char *prefix, const char *ending, rondo_error *error)
{
    rd_text *path = &parts->path[part][file];
    rd_text_format(path, "%s.%s%s", prefix, part_names[part], ending);
    RD_TRY(rd_text_done(path, error));
    return rd_save_open(path->text, &parts->save[part][file], error);
}

rondo_status rd_parts_write(rd_split_parts *parts, int part, int file, const char *text, size_t size, rondo_error *error)
{
    rd_save *save = parts->save[part][file];
    return save && size ? rd_save_write(save, text, size, error) : RONDO_OK;
}

static rondo_status judge(const rd_split_parts *parts, int part, int file, uint64_t records, int force, rondo_error *error)
{
    if (!parts->save[part][file]) return RONDO_OK;
    if (parts->count[part] == 0)
        return rd_fail(error, RONDO_BAD_DATA, "the %s part would be empty (%" PRIu64 " records in all)", part_names[part],
                       records);
    if (force || !rd_file_exists(parts->path[part][file].text)) return RONDO_OK;
    rd_fail(error, RONDO_BAD_ARGUMENT, "%s exists", parts->path[part][file].text);
    rd_hint(error, "use -f to replace it");
    return RONDO_BAD_ARGUMENT;
}

rondo_status rd_parts_commit(rd_split_parts *parts, int force, rondo_error *error)
{
    uint64_t records = 0;
    for (int part = 0; part < RD_SPLIT_PARTS; part++)
        records += parts->count[part];
    for (int i = 0; i < RD_SPLIT_PARTS * RD_PART_FILES; i++)
        RD_TRY(judge(parts, i / RD_PART_FILES, i % RD_PART_FILES, records, force, error));
    for (int i = 0; i < RD_SPLIT_PARTS * RD_PART_FILES; i++) {
        rd_save *save = parts->save[i / RD_PART_FILES][i % RD_PART_FILES];
        parts->save[i / RD_PART_FILES][i % RD_PART_FILES] = NULL;
        if (save) RD_TRY(rd_save_commit(save, force, error));
    }
    return RONDO_OK;
}

rondo_status rd_parts_report(const rd_split_parts *parts, int json, rondo_sink sink, void *user, rondo_error *error)
{
    rd_text text = {0};
    for (int part = 0; part < RD_SPLIT_PARTS; part++)
        for (int file = 0; file < RD_PART_FILES; file++) {
            if (!parts->path[part][file].size || (json && file)) continue;
            if (json)
                rd_text_format(&text, "{\"schema\":1,\"part\":\"%s\",\"records\":%" PRIu64 "}\n", part_names[part],
                               parts->count[part]);
            else
                rd_text_format(&text, "%s\t%" PRIu64 "\n", parts->path[part][file].text, parts->count[part]);
        }
    rondo_status status = rd_text_done(&text, error);
    if (status == RONDO_OK && sink && sink(user, text.text, text.size) != 0)
        status = rd_fail(error, RONDO_SYSTEM, "the report could not be written");
    rd_text_free(&text);
    return status;
}

void rd_parts_clear(rd_split_parts *parts)
{
    for (int part = 0; part < RD_SPLIT_PARTS; part++)
        for (int file = 0; file < RD_PART_FILES; file++) {
            rd_save_abandon(parts->save[part][file]);
            rd_text_free(&parts->path[part][file]);
        }
}

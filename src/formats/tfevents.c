/* The few protobuf fields that scalars need (Event: 1 wall_time, 2 step, 3 file_version, 5 summary, 7
 * session_log; Summary: 1 value; Value: 1 tag, 2 simple_value; SessionLog: 1 status), byte by byte, so
 * little-endian anywhere. */
#include "formats/tfevents.h"

#include "base/hash.h"

#include <string.h>

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5, HEAD = 12, MOST_TAG = 63 };

typedef struct message {
    unsigned char bytes[RD_TFEVENT_ROOM - HEAD - 4];
    size_t size;
} message;

uint32_t rd_tfevent_mask(uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static size_t put_little(unsigned char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
    return bytes;
}

static void put_varint(message *m, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        m->bytes[m->size++] = (unsigned char)(value | 0x80);
    m->bytes[m->size++] = (unsigned char)value;
}

static void put_field(message *m, unsigned field, unsigned wire)
{
    put_varint(m, field << 3 | wire);
}

static void put_bytes(message *m, unsigned field, const void *bytes, size_t size)
{
    put_field(m, field, BYTES);
    put_varint(m, size);
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

static message new_event(double wall_time, uint64_t step)
{
    message m = {.size = 0};
    uint64_t bits;
    memcpy(&bits, &wall_time, sizeof bits);
    put_field(&m, 1, FIXED64);
    m.size += put_little(m.bytes + m.size, bits, 8);
    if (step > 0) {
        put_field(&m, 2, VARINT);
        put_varint(&m, step);
    }
    return m;
}

static size_t to_record(const message *m, unsigned char *record)
{
    put_little(record, m->size, 8);
    put_little(record + 8, rd_tfevent_mask(rd_crc32c(0, record, 8)), 4);
    memcpy(record + HEAD, m->bytes, m->size);
    put_little(record + HEAD + m->size, rd_tfevent_mask(rd_crc32c(0, m->bytes, m->size)), 4);
    return HEAD + m->size + 4;
}

size_t rd_tfevent_version(double wall_time, unsigned char record[RD_TFEVENT_ROOM])
{
    static const char version[] = "brain.Event:2";
    message m = new_event(wall_time, 0);
    put_bytes(&m, 3, version, sizeof version - 1);
    return to_record(&m, record);
}

size_t rd_tfevent_restart(double wall_time, uint64_t step, unsigned char record[RD_TFEVENT_ROOM])
{
    static const unsigned char start[] = {1 << 3 | VARINT, 1};
    message m = new_event(wall_time, step);
    put_bytes(&m, 7, start, sizeof start);
    return to_record(&m, record);
}

size_t rd_tfevent_scalars(double wall_time, uint64_t step, const rd_scalar *scalars, size_t count,
                          unsigned char record[RD_TFEVENT_ROOM])
{
    message m = new_event(wall_time, step), summary = {.size = 0};
    for (size_t i = 0; i < count && i < RD_TFEVENT_MOST; i++) {
        message value = {.size = 0};
        size_t tag = strlen(scalars[i].tag);
        uint32_t bits;
        memcpy(&bits, &scalars[i].value, sizeof bits);
        put_bytes(&value, 1, scalars[i].tag, tag > MOST_TAG ? MOST_TAG : tag);
        put_field(&value, 2, FIXED32);
        value.size += put_little(value.bytes + value.size, bits, 4);
        put_bytes(&summary, 1, value.bytes, value.size);
    }
    put_bytes(&m, 5, summary.bytes, summary.size);
    return to_record(&m, record);
}

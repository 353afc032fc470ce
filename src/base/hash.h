/* CRC-32C (Castagnoli, reflected 0x82F63B78) for files, FNV-1a for tables, SHA-256 for what data a run saw. */
#ifndef RD_HASH_H
#define RD_HASH_H

#include <stddef.h>
#include <stdint.h>

uint32_t rd_crc32c(uint32_t crc, const void *bytes, size_t size); /* start with 0; "123456789" gives e3069283 */
uint32_t rd_crc32c_table(uint32_t crc, const void *bytes, size_t size); /* the same without the processor's help */
uint64_t rd_fnv1a(const void *bytes, size_t size);

typedef struct rd_sha256 {
    uint32_t h[8];
    uint64_t size;
    unsigned char block[64];
} rd_sha256;
void rd_sha256_init(rd_sha256 *hash);
void rd_sha256_add(rd_sha256 *hash, const void *bytes, size_t size);
void rd_sha256_end(rd_sha256 *hash, char hex[65]);

#endif

/* Three hashes. CRC-32C runs in the processor where SSE 4.2 is found, else eight bytes a turn through tables
 * (M. Kounavis, F. Berry 2008). CRC is linear, so a table is written as its eight entries of one bit. */
#include "base/hash.h"
#include "base/size.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
#define BIT(n, b, value) (((n) >> (b) & 1u) ? (value) : 0u)
#define CELL(n, a, b, c, d, e, f, g, h) \
    (BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^ BIT(n, 4, e) ^ BIT(n, 5, f) ^ BIT(n, 6, g) ^ BIT(n, 7, h))
#define CELLS4(n, ...) CELL(n, __VA_ARGS__), CELL(n + 1u, __VA_ARGS__), CELL(n + 2u, __VA_ARGS__), CELL(n + 3u, __VA_ARGS__)
#define CELLS16(n, ...) CELLS4(n, __VA_ARGS__), CELLS4(n + 4u, __VA_ARGS__), CELLS4(n + 8u, __VA_ARGS__), CELLS4(n + 12u, __VA_ARGS__)
#define CELLS64(n, ...) CELLS16(n, __VA_ARGS__), CELLS16(n + 16u, __VA_ARGS__), CELLS16(n + 32u, __VA_ARGS__), CELLS16(n + 48u, __VA_ARGS__)
#define ROW(...) {CELLS64(0u, __VA_ARGS__), CELLS64(64u, __VA_ARGS__), CELLS64(128u, __VA_ARGS__), CELLS64(192u, __VA_ARGS__)}

/* slice[k][n]: what byte n does to the sum when k zero bytes follow it. */
static const uint32_t slice[8][256] = {
    ROW(0xF26B8303u, 0xE13B70F7u, 0xC79A971Fu, 0x8AD958CFu, 0x105EC76Fu, 0x20BD8EDEu, 0x417B1DBCu, 0x82F63B78u),
    ROW(0x13A29877u, 0x274530EEu, 0x4E8A61DCu, 0x9D14C3B8u, 0x3FC5F181u, 0x7F8BE302u, 0xFF17C604u, 0xFBC3FAF9u),
    ROW(0xA541927Eu, 0x4F6F520Du, 0x9EDEA41Au, 0x38513EC5u, 0x70A27D8Au, 0xE144FB14u, 0xC76580D9u, 0x8B277743u),
    ROW(0xDD45AAB8u, 0xBF672381u, 0x7B2231F3u, 0xF64463E6u, 0xE964B13Du, 0xD725148Bu, 0xABA65FE7u, 0x52A0C93Fu),
    ROW(0x38116FACu, 0x7022DF58u, 0xE045BEB0u, 0xC5670B91u, 0x8F2261D3u, 0x1BA8B557u, 0x37516AAEu, 0x6EA2D55Cu),
    ROW(0xEF306B19u, 0xDB8CA0C3u, 0xB2F53777u, 0x6006181Fu, 0xC00C303Eu, 0x85F4168Du, 0x0E045BEBu, 0x1C08B7D6u),
    ROW(0x68032CC8u, 0xD0065990u, 0xA5E0C5D1u, 0x4E2DFD53u, 0x9C5BFAA6u, 0x3D5B83BDu, 0x7AB7077Au, 0xF56E0EF4u),
    ROW(0x493C7D27u, 0x9278FA4Eu, 0x211D826Du, 0x423B04DAu, 0x847609B4u, 0x0D006599u, 0x1A00CB32u, 0x34019664u),
};
/* clang-format on */

uint32_t rd_crc32c_table(uint32_t crc, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    crc = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        const uint32_t low =
            crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
        crc = slice[7][low & 255] ^ slice[6][low >> 8 & 255] ^ slice[5][low >> 16 & 255] ^
              slice[4][low >> 24] ^ slice[3][at[4]] ^ slice[2][at[5]] ^ slice[1][at[6]] ^ slice[0][at[7]];
    }
    for (; size > 0; size--, at++)
        crc = crc >> 8 ^ slice[0][(crc ^ *at) & 255];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_processor(uint32_t crc, const void *bytes,
                                                                   size_t size)
{
    const unsigned char *at = bytes;
    uint64_t sum = ~crc;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        sum = __builtin_ia32_crc32di(sum, word);
    }
    crc = (uint32_t)sum;
    for (; size > 0; size--, at++)
        crc = __builtin_ia32_crc32qi(crc, *at);
    return ~crc;
}

uint32_t rd_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_processor(crc, bytes, size)
                                            : rd_crc32c_table(crc, bytes, size);
}

#else

uint32_t rd_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return rd_crc32c_table(crc, bytes, size);
}

#endif

uint64_t rd_fnv1a(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* ---- SHA-256, FIPS 180-4 */

/* clang-format off */
static const uint32_t sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void sha_schedule(uint32_t w[64], const unsigned char *block)
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

/* The eight words stay in registers: a round writes two of them, and the others change their names. */
static void sha_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    sha_schedule(w, block);
    for (size_t i = 0; i < 64; i++) {
        const uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
        const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + sha_k[i] + w[i];
        const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t end[8] = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; i++)
        state[i] += end[i];
}

void rd_sha256_init(rd_sha256 *hash)
{
    *hash = (rd_sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                              0x1f83d9ab, 0x5be0cd19}};
}

void rd_sha256_add(rd_sha256 *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t held = (size_t)(hash->size % 64);
    hash->size += size;
    if (held > 0) {
        const size_t part = rd_size_min(size, 64 - held);
        if (part > 0) memcpy(hash->block + held, at, part);
        if (held + part < 64) return;
        sha_block(hash->h, hash->block);
        at += part;
        size -= part;
    }
    for (; size >= 64; size -= 64, at += 64)
        sha_block(hash->h, at);
    if (size > 0) memcpy(hash->block, at, size);
}

void rd_sha256_end(rd_sha256 *hash, char hex[65])
{
    static const unsigned char padding[64] = {0x80};
    unsigned char length[8];
    for (unsigned i = 0; i < 8; i++)
        length[i] = (unsigned char)(hash->size * 8 >> (56 - 8 * i));
    rd_sha256_add(hash, padding, 1 + (size_t)((119 - hash->size % 64) % 64));
    rd_sha256_add(hash, length, sizeof length);
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(hex + 8 * i, 9, "%08x", hash->h[i]);
}

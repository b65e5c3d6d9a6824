#define _GNU_SOURCE
#include "swiftwater_kernels.h"
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

size_t sw_count_byte(const uint8_t *base, size_t count, uint8_t byte) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += base[i] == byte;  // vectorised by the compiler
    return total;
}

size_t sw_line_starts(const uint8_t *base, size_t count, uint32_t *starts) {
    size_t found = 0;
    const uint8_t *at = base, *end = base + count;
    while (at < end) {
        const uint8_t *hit = memchr(at, '\n', (size_t)(end - at));
        if (!hit) break;
        at = hit + 1;
        starts[found++] = (uint32_t)(at - base);
    }
    return found;
}

// Tables for the bitwise-reflected polynomial 0x82F63B78, made at first use: eight bytes a step ("slicing by 8").
static uint32_t table[8][256];

__attribute__((constructor)) static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 8; k++) table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xFF];
}

uint32_t sw_crc32c(uint32_t crc, const void *base, size_t count) {
    const uint8_t *at = base;
    crc = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= crc;
        crc = table[7][word & 0xFF] ^ table[6][(word >> 8) & 0xFF] ^ table[5][(word >> 16) & 0xFF] ^
              table[4][(word >> 24) & 0xFF] ^ table[3][(word >> 32) & 0xFF] ^ table[2][(word >> 40) & 0xFF] ^
              table[1][(word >> 48) & 0xFF] ^ table[0][word >> 56];
        at += 8;
        count -= 8;
    }
    while (count--) crc = (crc >> 8) ^ table[0][(crc ^ *at++) & 0xFF];
    return ~crc;
}

ptrdiff_t sw_find_bytes(const uint8_t *base, size_t count, const uint8_t *wanted, size_t wanted_count) {
    const uint8_t *hit = memmem(base, count, wanted, wanted_count);
    return hit ? hit - base : -1;
}

int sw_core_count(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

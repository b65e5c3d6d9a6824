#define _GNU_SOURCE
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include "swiftwater_kernels.h"
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

size_t sw_count_byte(const uint8_t *base, size_t count, uint8_t byte) {
#if defined(__SSE2__)
    // Sixteen at a time; each lane counts up to 255 before the lanes are summed.
    size_t found = 0, index = 0;
    const __m128i wanted = _mm_set1_epi8((char)byte);
    while (index + 16 <= count) {
        size_t rounds = (count - index) / 16;
        if (rounds > 255) rounds = 255;
        __m128i lanes = _mm_setzero_si128();
        for (size_t round = 0; round < rounds; round++, index += 16)
            lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(base + index)), wanted));
        const __m128i sums = _mm_sad_epu8(lanes, _mm_setzero_si128());
        found += (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
    }
    for (; index < count; index++) found += base[index] == byte;
    return found;
#else
    size_t total = 0;
    for (size_t i = 0; i < count; i++) total += base[i] == byte;  // vectorised by the compiler
    return total;
#endif
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

#if defined(__x86_64__)
// The processor's own instruction for this polynomial.
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *at, size_t count) {
    uint64_t sum = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sum = __builtin_ia32_crc32di(sum, word);
        at += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)sum;
    while (count--) rest = __builtin_ia32_crc32qi(rest, *at++);
    return ~rest;
}
#endif

uint32_t sw_crc32c(uint32_t crc, const void *base, size_t count) {
    const uint8_t *at = base;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(crc, at, count);
#endif
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

int sw_is_utf8(const uint8_t *bytes, size_t count)
{
    size_t at = 0;
    while (at < count) {
        if (at + 16 <= count) {
            uint64_t first, second;
            memcpy(&first, bytes + at, 8);
            memcpy(&second, bytes + at + 8, 8);
            if (((first | second) & 0x8080808080808080ull) == 0) {
                at += 16;
                continue;
            }
        }
        const uint8_t lead = bytes[at];
        if (lead < 0x80) {
            at += 1;
        } else if (lead >= 0xC2 && lead <= 0xDF) {
            if (at + 1 >= count || (bytes[at + 1] & 0xC0) != 0x80) return 0;
            at += 2;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            if (at + 2 >= count || (bytes[at + 1] & 0xC0) != 0x80 || (bytes[at + 2] & 0xC0) != 0x80) return 0;
            if (lead == 0xE0 && bytes[at + 1] < 0xA0) return 0;
            if (lead == 0xED && bytes[at + 1] > 0x9F) return 0;
            at += 3;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            if (at + 3 >= count || (bytes[at + 1] & 0xC0) != 0x80 || (bytes[at + 2] & 0xC0) != 0x80
                || (bytes[at + 3] & 0xC0) != 0x80)
                return 0;
            if (lead == 0xF0 && bytes[at + 1] < 0x90) return 0;
            if (lead == 0xF4 && bytes[at + 1] > 0x8F) return 0;
            at += 4;
        } else {
            return 0;
        }
    }
    return 1;
}

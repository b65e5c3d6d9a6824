#define _GNU_SOURCE
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "swiftwater_kernels.h"
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t count_byte_avx2(const uint8_t *base, size_t count, uint8_t byte, size_t *done) {
    // Each 8-bit lane counts up to 255 before the lanes are summed.
    size_t index = 0;
    const __m256i wanted = _mm256_set1_epi8((char)byte);
    __m256i found = _mm256_setzero_si256();
    while (index + 32 <= count) {
        size_t rounds = (count - index) / 32;
        if (rounds > 255) rounds = 255;
        __m256i lanes = _mm256_setzero_si256();
        for (size_t round = 0; round < rounds; round++, index += 32)
            lanes = _mm256_sub_epi8(lanes, _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(base + index)), wanted));
        found = _mm256_add_epi64(found, _mm256_sad_epu8(lanes, _mm256_setzero_si256()));
    }
    *done = index;
    uint64_t sums[4];
    _mm256_storeu_si256((__m256i *)sums, found);
    return (size_t)(sums[0] + sums[1] + sums[2] + sums[3]);
}
#endif

size_t sw_count_byte(const uint8_t *base, size_t count, uint8_t byte) {
    size_t total = 0, index = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) total = count_byte_avx2(base, count, byte, &index);
#endif
    for (; index < count; index++) total += base[index] == byte;  // vectorized by the compiler
    return total;
}

// Tables for the bit-reflected polynomial 0x82F63B78, filled when the program is loaded: eight bytes per step ("slicing
// by 8").
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
// SSE 4.2 has an instruction for this polynomial.
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

// Whether the line that begins at a byte may be empty, be indented or hold JSON.
// A line that may be JSON, blank, a comment of a stream of events, or begin with a byte order mark.
static inline bool is_unusual_start(uint8_t byte) {
    return byte <= 0x20 || byte == '{' || byte == '[' || byte == ':' || byte == 0xEF;
}

#if defined(__x86_64__)
__attribute__((target("avx2")))
static bool has_unusual_line_start_avx2(const uint8_t *base, size_t count, size_t *index) {
    const __m256i newline = _mm256_set1_epi8('\n'), space = _mm256_set1_epi8(0x20), brace = _mm256_set1_epi8('{');
    const __m256i bracket = _mm256_set1_epi8('['), colon = _mm256_set1_epi8(':'), mark = _mm256_set1_epi8((char)0xEF);
    size_t i = *index;
    for (; i + 32 <= count; i += 32) {
        __m256i before = _mm256_loadu_si256((const __m256i *)(base + i - 1));
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(base + i));
        // A byte is at most 0x20 where its minimum with 0x20 is itself.
        __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, space), bytes);
        __m256i unusual = _mm256_or_si256(low, _mm256_cmpeq_epi8(bytes, brace));
        unusual = _mm256_or_si256(unusual, _mm256_cmpeq_epi8(bytes, bracket));
        unusual = _mm256_or_si256(unusual, _mm256_cmpeq_epi8(bytes, colon));
        unusual = _mm256_or_si256(unusual, _mm256_cmpeq_epi8(bytes, mark));
        if (!_mm256_testz_si256(_mm256_cmpeq_epi8(before, newline), unusual)) return true;
    }
    *index = i;
    return false;
}
#endif

bool sw_has_unusual_line_start(const uint8_t *base, size_t count) {
    if (count == 0) return false;
    if (is_unusual_start(base[0])) return true;
    size_t index = 1;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && has_unusual_line_start_avx2(base, count, &index)) return true;
#endif
    for (; index < count; index++)
        if (base[index - 1] == '\n' && is_unusual_start(base[index])) return true;
    return false;
}

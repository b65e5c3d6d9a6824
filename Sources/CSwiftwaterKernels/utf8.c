#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "swiftwater_kernels.h"
#include <string.h>

static int is_utf8_portable(const uint8_t *bytes, size_t count) {
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

#if defined(__x86_64__)
// Three table lookups for each pair of bytes: Keiser and Lemire, "Validating UTF-8 in less than one instruction per
// byte", 2021. A bit that is set in all three marks that fault in the pair.
enum {
    TOO_SHORT = 1 << 0,       // a lead or ASCII byte where a continuation is due
    TOO_LONG = 1 << 1,        // a continuation after ASCII
    OVERLONG_3 = 1 << 2,      // E0 80...9F
    TOO_LARGE = 1 << 3,       // F4 90... and above
    SURROGATE = 1 << 4,       // ED A0...
    OVERLONG_2 = 1 << 5,      // C0, C1
    OVERLONG_4 = 1 << 6,      // F0 80...8F
    TOO_LARGE_1000 = 1 << 6,  // F5... 80...8F
    TWO_CONTINUATIONS = 1 << 7,
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
};

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

__attribute__((target("avx2"))) static inline __m256i pair_faults(__m256i bytes, __m256i before1) {
    const __m256i high_of_first = TWICE(
        TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, (char)TWO_CONTINUATIONS,
        (char)TWO_CONTINUATIONS, (char)TWO_CONTINUATIONS, (char)TWO_CONTINUATIONS, TOO_SHORT | OVERLONG_2, TOO_SHORT,
        TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4);
    const char above_f4 = (char)(ANY_LOW | TOO_LARGE | TOO_LARGE_1000);
    const __m256i low_of_first = TWICE(
        (char)(ANY_LOW | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), (char)(ANY_LOW | OVERLONG_2), (char)ANY_LOW,
        (char)ANY_LOW, (char)(ANY_LOW | TOO_LARGE), above_f4, above_f4, above_f4, above_f4, above_f4, above_f4, above_f4,
        above_f4, (char)(ANY_LOW | TOO_LARGE | TOO_LARGE_1000 | SURROGATE), above_f4, above_f4);
    const char any_second = (char)(TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS);
    const __m256i high_of_second = TWICE(
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
        (char)(any_second | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4), (char)(any_second | OVERLONG_3 | TOO_LARGE),
        (char)(any_second | SURROGATE | TOO_LARGE), (char)(any_second | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT,
        TOO_SHORT, TOO_SHORT);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i first_high = _mm256_and_si256(_mm256_srli_epi16(before1, 4), nibble);
    const __m256i first_low = _mm256_and_si256(before1, nibble);
    const __m256i second_high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    return _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(high_of_first, first_high), _mm256_shuffle_epi8(low_of_first, first_low)),
        _mm256_shuffle_epi8(high_of_second, second_high));
}

// Returns the faults of 32 bytes, given the 32 before them.
__attribute__((target("avx2"))) static inline __m256i block_faults(__m256i bytes, __m256i before) {
    const __m256i across = _mm256_permute2x128_si256(before, bytes, 0x21);
    const __m256i pairs = pair_faults(bytes, _mm256_alignr_epi8(bytes, across, 15));
    // Third and fourth bytes must be continuations. There, and only there, two in a row are valid.
    const __m256i third = _mm256_subs_epu8(_mm256_alignr_epi8(bytes, across, 14), _mm256_set1_epi8((char)(0xE0 - 0x80)));
    const __m256i fourth = _mm256_subs_epu8(_mm256_alignr_epi8(bytes, across, 13), _mm256_set1_epi8((char)(0xF0 - 0x80)));
    const __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(due, pairs);
}

__attribute__((target("avx2"))) static int is_utf8_avx2(const uint8_t *bytes, size_t count) {
    __m256i faults = _mm256_setzero_si256(), before = _mm256_setzero_si256();
    // Nonzero if a character that begins in the last three bytes of the previous 32 is incomplete there.
    __m256i open = _mm256_setzero_si256();
    const __m256i most_at_end = _mm256_setr_epi8(
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        (char)(0xF0 - 1), (char)(0xE0 - 1), (char)(0xC0 - 1));
    size_t at = 0;
    while (at < count) {
        __m256i block;
        if (at + 32 <= count) {
            block = _mm256_loadu_si256((const __m256i *)(bytes + at));
        } else {
            uint8_t rest[32] = {0};
            memcpy(rest, bytes + at, count - at);
            block = _mm256_loadu_si256((const __m256i *)rest);
        }
        at += 32;
        if (_mm256_movemask_epi8(block) == 0) {
            faults = _mm256_or_si256(faults, open);
        } else {
            faults = _mm256_or_si256(faults, block_faults(block, before));
        }
        open = _mm256_subs_epu8(block, most_at_end);
        before = block;
    }
    faults = _mm256_or_si256(faults, open);
    return _mm256_testz_si256(faults, faults);
}
#endif

int sw_is_utf8(const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
    if (count >= 32 && __builtin_cpu_supports("avx2")) return is_utf8_avx2(bytes, count);
#endif
    return is_utf8_portable(bytes, count);
}

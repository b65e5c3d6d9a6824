#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "swiftwater_kernels.h"

#if defined(__x86_64__)
// Skips escapes within the vector. If the escaped byte is in the next vector, the next round starts after it.
__attribute__((target("avx2"))) static size_t string_end_avx2(const uint8_t *base, size_t count, size_t at, int *escaped,
                                                              int *done) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    while (at + 32 <= count) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(base + at));
        uint32_t quotes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote));
        uint32_t slashes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, backslash));
        size_t next = at + 32;
        // Only backslashes before the first unescaped quote matter.
        while (slashes && (!quotes || (slashes & -slashes) < (quotes & -quotes))) {
            uint32_t place = (uint32_t)__builtin_ctz(slashes);
            *escaped = 1;
            if (place == 31) {
                next = at + 33;
                slashes = 0;
            } else {
                slashes &= ~(3u << place);
                quotes &= ~(2u << place);
            }
        }
        if (quotes) {
            *done = 1;
            return at + (size_t)__builtin_ctz(quotes);
        }
        at = next;
    }
    return at;
}

// Looks at the quotes, backslashes and brackets of 32 bytes. Setting bit 5 maps [ and ] to { and }.
__attribute__((target("avx2"))) static size_t skip_nested_avx2(const uint8_t *base, size_t count, size_t at, long *depth,
                                                               int *in_string) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), bit = _mm256_set1_epi8(0x20);
    const __m256i open = _mm256_set1_epi8('{'), close = _mm256_set1_epi8('}');
    while (at + 32 <= count) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(base + at));
        __m256i lowered = _mm256_or_si256(bytes, bit);
        uint32_t quotes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote));
        uint32_t slashes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, backslash));
        uint32_t opens = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(lowered, open));
        uint32_t closes = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(lowered, close));
        uint32_t marks = quotes | slashes | opens | closes;
        size_t next = at + 32;
        while (marks) {
            uint32_t place = (uint32_t)__builtin_ctz(marks), one = 1u << place;
            marks &= marks - 1;
            if (*in_string) {
                if (slashes & one) {
                    // Skip the escaped byte, which may be in the next vector.
                    if (place == 31) next = at + 33;
                    else marks &= ~(one << 1);
                } else if (quotes & one) {
                    *in_string = 0;
                }
            } else if (quotes & one) {
                *in_string = 1;
            } else if (opens & one) {
                *depth += 1;
            } else if (closes & one) {
                *depth -= 1;
                if (*depth <= 0) return at + place + 1;
            }
        }
        at = next;
    }
    return at;
}
#endif

size_t sw_json_string_end(const uint8_t *base, size_t count, size_t from, int *escaped) {
    size_t at = from;
    *escaped = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        int done = 0;
        at = string_end_avx2(base, count, at, escaped, &done);
        if (done) return at;
    }
#endif
    for (; at < count && base[at] != '"'; at++) {
        if (base[at] != '\\') continue;
        *escaped = 1;
        at++;
    }
    return at < count ? at : count;
}

size_t sw_json_skip_nested(const uint8_t *base, size_t count, size_t from) {
    long depth = 0;
    int in_string = 0;
    size_t at = from;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        at = skip_nested_avx2(base, count, at, &depth, &in_string);
        if (depth <= 0 && at > from && !in_string && at <= count && (base[at - 1] == '}' || base[at - 1] == ']')) return at;
    }
#endif
    for (; at < count; at++) {
        uint8_t byte = base[at];
        if (in_string) {
            if (byte == '\\') at++;
            else if (byte == '"') in_string = 0;
        } else if (byte == '"') {
            in_string = 1;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            if (--depth <= 0) return at + 1;
        }
    }
    return count;
}

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "swiftwater_kernels.h"

// The wide sign is EF BC 83. The search is for its last byte, since the first is far more frequent; the two bytes
// before are checked when that is found.
static inline int is_wide(const uint8_t *base, size_t last) {
    return last >= 2 && base[last] == 0x83 && base[last - 1] == 0xBC && base[last - 2] == 0xEF;
}

typedef struct {
    const uint8_t *base;
    uint32_t *found;
    size_t capacity, used;
} Search;

// Takes the candidates of one vector. Returns 0 if there is no room left; the vector must then be searched again.
static inline int take(Search *search, size_t at, uint64_t candidates, size_t from) {
    if (search->used + 64 > search->capacity) return 0;
    while (candidates) {
        size_t place = at + (size_t)__builtin_ctzll(candidates);
        candidates &= candidates - 1;
        if (search->base[place] == '#') {
            search->found[search->used++] = (uint32_t)place;
        } else if (is_wide(search->base, place) && place - 2 >= from) {
            search->found[search->used++] = (uint32_t)(place - 2);
        }
    }
    return 1;
}

#if defined(__x86_64__)
__attribute__((target("avx512bw"))) static size_t search_avx512(Search *search, size_t at, size_t count, size_t from) {
    const __m512i sign = _mm512_set1_epi8('#'), wide = _mm512_set1_epi8((char)0x83);
    for (; at + 64 <= count; at += 64) {
        __m512i bytes = _mm512_loadu_si512(search->base + at);
        uint64_t found = _mm512_cmpeq_epi8_mask(bytes, sign) | _mm512_cmpeq_epi8_mask(bytes, wide);
        if (found && !take(search, at, found, from)) break;
    }
    return at;
}

__attribute__((target("avx2"))) static size_t search_avx2(Search *search, size_t at, size_t count, size_t from) {
    const __m256i sign = _mm256_set1_epi8('#'), wide = _mm256_set1_epi8((char)0x83);
    for (; at + 32 <= count; at += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(search->base + at));
        __m256i equal = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, sign), _mm256_cmpeq_epi8(bytes, wide));
        uint64_t found = (uint32_t)_mm256_movemask_epi8(equal);
        if (found && !take(search, at, found, from)) break;
    }
    return at;
}
#endif

size_t sw_find_signs(const uint8_t *base, size_t count, size_t from, uint32_t *found, size_t capacity, size_t *next) {
    Search search = {base, found, capacity, 0};
    size_t at = from;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw")) at = search_avx512(&search, at, count, from);
    else if (__builtin_cpu_supports("avx2")) at = search_avx2(&search, at, count, from);
    if (at + 64 <= count && search.used + 64 > capacity) {
        *next = at;
        return search.used;
    }
#endif
    for (; at < count; at++) {
        uint64_t hit = base[at] == '#' || base[at] == 0x83;
        if (hit && !take(&search, at, 1, from)) break;
    }
    *next = at;
    return search.used;
}

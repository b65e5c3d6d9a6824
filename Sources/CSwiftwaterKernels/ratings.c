// Reads ratings in their usual form. Separators are found 64 bytes at a time, so that no number waits for the one
// before it, and digits are read eight at a time.

#include "swiftwater_kernels.h"
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const int64_t powers_of_ten[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000,
};

/// Separators and line ends of a file, in order.
struct delimiters {
    const uint8_t *block;
    /// The ones of the block that are left, a bit each.
    uint64_t left;
    uint8_t separator;
};

static inline uint64_t find(const uint8_t *block, uint8_t separator) {
    uint64_t found = 0;
#ifdef __SSE2__
    const __m128i separators = _mm_set1_epi8((char)separator), ends = _mm_set1_epi8('\n');
    for (int part = 0; part < 4; part++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(block + 16 * part));
        __m128i equal = _mm_or_si128(_mm_cmpeq_epi8(bytes, separators), _mm_cmpeq_epi8(bytes, ends));
        found |= (uint64_t)(uint32_t)_mm_movemask_epi8(equal) << (16 * part);
    }
#else
    for (int byte = 0; byte < 64; byte++)
        found |= (uint64_t)(block[byte] == separator || block[byte] == '\n') << byte;
#endif
    return found;
}

/// Returns the next one, or NULL if it may be more than 128 bytes after `begin`.
static inline const uint8_t *next_delimiter(struct delimiters *all, const uint8_t *begin) {
    while (all->left == 0) {
        if (all->block > begin) return NULL;
        all->block += 64;
        all->left = find(all->block, all->separator);
    }
    const uint8_t *found = all->block + __builtin_ctzll(all->left);
    all->left &= all->left - 1;
    return found;
}

static inline uint64_t load(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word ^ 0x3030303030303030;
}

/// Returns the value of 1 to 8 digits; `bad` becomes nonzero if one of the bytes is not a digit.
static inline int64_t eight(const uint8_t *p, size_t count, uint64_t *bad) {
    // Pads with leading zeros to eight digits, then combines them into pairs, fours and eight.
    uint64_t digits = load(p) << (64 - 8 * count);
    *bad |= ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
    digits = ((digits & 0x0F0F0F0F0F0F0F0F) * 2561) >> 8;
    digits = ((digits & 0x00FF00FF00FF00FF) * 6553601) >> 16;
    return (int64_t)(((digits & 0x0000FFFF0000FFFF) * 42949672960001) >> 32);
}

/// Returns the value of the digits from `p` to `end`; `bad` becomes nonzero unless they are 1 to 16 digits.
static inline int64_t digits(const uint8_t *p, const uint8_t *end, uint64_t *bad) {
    size_t count = (size_t)(end - p);
    if (count - 1 < 8) return eight(p, count, bad);
    if (count - 1 >= 16) {
        *bad = 1;
        return 0;
    }
    return eight(p, 8, bad) * powers_of_ten[count - 8] + eight(p + 8, count - 8, bad);
}

/// The same, where a leading zero is bad, too.
static inline int64_t integer(const uint8_t *p, const uint8_t *end, uint64_t *bad) {
    *bad |= end - p > 1 && *p == '0';
    return digits(p, end, bad);
}

/// Reads digits, or digits, a point and digits: at most 15. Both parts are exact in a double, so their quotient is
/// correctly rounded.
static __attribute__((noinline)) float decimal(
    const uint8_t *p, const uint8_t *end, struct sw_ratings_form *form, uint64_t *bad) {
    if (end - p > 16) {
        *bad = 1;
        return 0;
    }
    const uint8_t *point = memchr(p, '.', (size_t)(end - p));
    int64_t whole = digits(p, point ? point : end, bad);
    double number = (double)whole;
    if (point) {
        int64_t fraction = digits(point + 1, end, bad);
        if (*bad) return 0;
        int64_t power = powers_of_ten[end - point - 1];
        number = (double)(whole * power + fraction) / (double)power;
        form->has_point = true;
    } else if (end - p > 15) {
        *bad = 1;
    }
    form->is_changed |= (double)(float)number != number || (end - p > 1 && p[0] == '0' && p[1] != '.');
    return (float)number;
}

/// Most ratings are `4`, `4.0` or `4.5`.
static inline float rating(const uint8_t *p, const uint8_t *end, struct sw_ratings_form *form, uint64_t *bad) {
    uint8_t whole = p[0] - '0';
    if (whole < 10 && end - p == 3 && p[1] == '.' && (p[2] == '5' || p[2] == '0')) {
        form->has_point = true;
        return (float)whole + (p[2] == '5' ? 0.5f : 0.0f);
    }
    if (whole < 10 && end - p == 1) return (float)whole;
    return decimal(p, end, form, bad);
}

size_t sw_read_ratings(
    const uint8_t **next, const uint8_t *end, uint8_t separator, bool has_time, struct sw_rating *rows, size_t capacity,
    struct sw_ratings_form *form) {
    const uint8_t *p = *next;
    struct delimiters all = {p, find(p, separator), separator};
    size_t count = 0;
    for (; count < capacity && p < end; count++) {
        struct sw_rating *row = &rows[count];
        const uint8_t *user = next_delimiter(&all, p);
        const uint8_t *item = user ? next_delimiter(&all, p) : NULL;
        const uint8_t *value = item && has_time ? next_delimiter(&all, p) : item;
        const uint8_t *line = value ? next_delimiter(&all, p) : NULL;
        if (!line || *user != separator || *item != separator || *value != separator || *line != '\n') break;
        uint64_t bad = 0;
        const uint8_t *last = line[-1] == '\r' ? line - 1 : line;
        row->user = integer(p, user, &bad);
        row->item = integer(user + 1, item, &bad);
        row->value = rating(item + 1, has_time ? value : last, form, &bad);
        row->time = has_time ? integer(value + 1, last, &bad) : 0;
        if (bad) break;
        p = line + 1;
    }
    *next = p;
    return count;
}

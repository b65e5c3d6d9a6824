// SIMD kernels of Swiftwater. Each ALS kernel has one source, compiled for several instruction sets. The caller chooses
// the one that runs; sw_best_isa() names the best.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction sets, in ascending order.
enum {
    SW_ISA_PORTABLE = 0,
    SW_ISA_AVX2 = 1,
    SW_ISA_AVX512 = 2,
};

/// Returns the best instruction set of this processor.
int sw_best_isa(void);

/// Returns 1 if a time service keeps the clock, 0 if none does, and -1 if the system does not say.
int sw_clock_is_synchronized(void);

/// Returns how many of `count` bytes at `base` equal `byte`.
size_t sw_count_byte(const uint8_t *base, size_t count, uint8_t byte);

/// Returns whether a line in `base` begins with white space, another control character or `{`, or is empty: whether it
/// may be anything but a plain post.
bool sw_has_unusual_line_start(const uint8_t *base, size_t count);

/// Returns the offset of the first occurrence of `wanted` in `base`, or -1.
ptrdiff_t sw_find_bytes(const uint8_t *base, size_t count, const uint8_t *wanted, size_t wanted_count);

/// Writes the offsets of up to `capacity` hash signs at or after `from` to `found`, in order, and returns their number.
/// Signs are `#` and the wide one, U+FF03, whose offset is that of its first byte. `next` receives the offset at which
/// to continue, which is `count` at the end.
size_t sw_find_signs(const uint8_t *base, size_t count, size_t from, uint32_t *found, size_t capacity, size_t *next);

/// Returns the offset of the closing quote of the JSON string whose first byte after the opening quote is at `from`, or
/// `count` if it has none. `escaped` receives 1 if the string contains backslashes, and 0 otherwise.
size_t sw_json_string_end(const uint8_t *base, size_t count, size_t from, int *escaped);

/// Returns the offset after the closing bracket of the array or object that begins at `from`, or `count` if it has
/// none. Brackets are counted, but not matched by kind.
size_t sw_json_skip_nested(const uint8_t *base, size_t count, size_t from);

struct sw_rating {
    int64_t user, item, time;
    float value;
};

/// What the ratings of a file look like.
struct sw_ratings_form {
    /// Whether one has a decimal point.
    bool has_point;
    /// Whether one has other digits than its value as a float: 4.1, or 04.
    bool is_changed;
};

/// Reads rows in the usual form, `user,item,rating[,time]`: integers without leading zeros, of at most 16 digits, and a
/// decimal of at most 15. Stops at the first row in another form, at `end` and after `capacity` rows. `next` is the
/// start of the first row and receives the start of the next. 128 bytes beyond `end` must be readable. Returns the
/// number of rows.
size_t sw_read_ratings(const uint8_t **next, const uint8_t *end, uint8_t separator, bool has_time,
                       struct sw_rating *rows, size_t capacity, struct sw_ratings_form *form);

/// Returns the number of processors this process may run on (respects taskset and container masks).
int sw_core_count(void);

/// Returns the CRC-32C (Castagnoli) of `count` bytes, continued from `crc` (0 at the start).
uint32_t sw_crc32c(uint32_t crc, const void *base, size_t count);

/// Methods of solving a row's system.
enum {
    /// Exact, by Cholesky factorization.
    SW_SOLVE_CHOLESKY = 0,
    /// Three steps of conjugate gradient, without forming the matrix.
    SW_SOLVE_CONJUGATE_GRADIENT = 1,
    /// The best x without negative components, by coordinate descent.
    SW_SOLVE_NON_NEGATIVE = 2,
};

/// Solves one row of an ALS half-step:
///     (sum_j w_j q_j q_j^T + lambda I + shared) x = sum_j b_j q_j
/// over the row's `count` ratings, where q_j is row `columns[j]` of `factors` (`rank` floats each, row-major).
/// `columns` is readable up to `available` (at least `count`); the entries after `count` are used to prefetch factors
/// of the rows that follow.
/// `weights` may be null (all 1). `shared` may be null (zero), else rank x rank. `x` receives the solution.
/// `scratch` has room for sw_als_scratch_floats(rank) floats.
/// `method` is one of SW_SOLVE_...; conjugate gradient and non-negative descent start from the initial value of `x`.
/// Returns 0, or 1 if the matrix is not positive definite.
int sw_als_solve_row(int isa, int method, size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                     const float *targets, size_t count, size_t available, float lambda, const float *shared,
                     float *scratch, float *x);

/// Returns the size of the scratch buffer of sw_als_solve_row and sw_gram, in floats.
size_t sw_als_scratch_floats(size_t rank);

/// Adds the sum of q q^T over `rows` rows of `factors` to `gram` (rank x rank, full). Sums of a few thousand rows are
/// accurate to float32 precision; add up larger ones in pieces. `scratch` as for a row; it holds zeros initially.
void sw_gram(int isa, size_t rank, const float *factors, size_t rows, float *scratch, double *gram);

/// Asks the system for large pages for memory that is about to be written and then read in random order. The contents
/// do not change. Has no effect if the system has no such pages.
void sw_advise_large_pages(void *base, size_t bytes);

/// Returns the dot product of two rows.
float sw_dot(const float *a, const float *b, size_t count);

/// scores[i] = dot(row, factors[i]) for `rows` rows of `rank` floats.
void sw_scores(int isa, size_t rank, const float *row, const float *factors, size_t rows, float *scores);

/// The maximum number of rows in one call of sw_top.
#define SW_TOP_ROWS_MAX 128

/// Rows in a panel of packed rows.
#define SW_PACKED 32

/// Packs the rows `ids[0..<count]` of `factors` for sw_top into sw_packed_floats(depth, count) floats. `depth` is rank,
/// or rank + 1 with `extra`, which gives each row one more component (a bias).
void sw_pack(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count, float *packed);

/// Returns the number of floats of `count` packed rows.
size_t sw_packed_floats(size_t depth, size_t count);

/// Bounds on the packed rows of a panel and all panels after it: the maximum length (over the rank), and the maximum
/// that the component of `extra` adds (0 without), including rounding.
struct sw_panel_bound {
    double length, extra;
};

/// Rows packed by sw_pack.
struct sw_packed {
    /// Floats in a row: rank, or rank + 1 if `has_extra`.
    size_t depth;
    int has_extra;
    size_t count;
    const float *values;
    /// The ids of the rows, in any order. With the longest rows first, searches end early.
    const uint32_t *ids;
    /// One for each panel of SW_PACKED rows.
    const struct sw_panel_bound *bounds;
};

/// Writes the bounds of the rows that sw_pack packs in the order of `ids`: (count + SW_PACKED - 1) / SW_PACKED of them.
void sw_pack_bounds(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count,
                    struct sw_panel_bound *bounds);

/// Finds, for each of `row_count` rows (at most SW_TOP_ROWS_MAX), the `limit` packed rows with the highest products. A
/// row has `packed->depth` floats; the last is 1 if there is an extra component. The results are best first and, of
/// equal products, the lower id first: `best_counts[r]` of them, at `best_ids + r limit` and `best_scores + r limit`.
/// `excluded` is null, or holds for each row null or a bit for each id, set if it is excluded. `limit` is at least 1.
///
/// The result is exact. The search for a row ends when no later packed row is long enough (by the Cauchy-Schwarz
/// inequality) for a product as high as the worst of the best. The cost is O(count x depth) per row at most.
void sw_top(int isa, const struct sw_packed *packed, const float *rows, size_t row_count, const uint64_t *const *excluded,
            size_t limit, uint32_t *best_ids, float *best_scores, size_t *best_counts);

/// Returns 1 if the bytes are valid UTF-8 (Unicode 15, table 3-7), and 0 otherwise.
int sw_is_utf8(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif

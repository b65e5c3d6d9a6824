// SIMD kernels of Swiftwater. Every kernel has one source that is compiled for several instruction sets; which one runs
// is decided at run time and can be forced.
#pragma once
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

/// The best instruction set of this processor.
int sw_best_isa(void);

/// How many of `count` bytes at `base` equal `byte`.
size_t sw_count_byte(const uint8_t *base, size_t count, uint8_t byte);

/// Offset of the first occurrence of `wanted` in `base`, or -1.
ptrdiff_t sw_find_bytes(const uint8_t *base, size_t count, const uint8_t *wanted, size_t wanted_count);

/// Writes the offsets of up to `capacity` hash signs (`#`, or the wide one, U+FF03, by its first byte) at or after `from` to `found`, in
/// order, and returns how many. `next` gets where to go on; it is `count` at the end.
size_t sw_find_signs(const uint8_t *base, size_t count, size_t from, uint32_t *found, size_t capacity, size_t *next);

/// The offset of the quote that ends the JSON string whose first byte behind its opening quote is at `from`, or `count` where it does not end.
/// `escaped` tells whether there are backslashes in it.
size_t sw_json_string_end(const uint8_t *base, size_t count, size_t from, int *escaped);

/// Where the array or object that begins at `from` ends: the offset behind its closing bracket, or `count` where it has none. Brackets are
/// counted and not compared with each other.
size_t sw_json_skip_nested(const uint8_t *base, size_t count, size_t from);

/// How many processors this process may run on (respects taskset and container masks).
int sw_core_count(void);

/// CRC-32C (Castagnoli) of `count` bytes, continued from `crc` (0 to begin with).
uint32_t sw_crc32c(uint32_t crc, const void *base, size_t count);

/// How a row's system is solved.
enum {
    /// Exactly, by Cholesky factorisation.
    SW_SOLVE_CHOLESKY = 0,
    /// Three steps of conjugate gradient, without forming the matrix.
    SW_SOLVE_CONJUGATE_GRADIENT = 1,
    /// The best x without negative components, by coordinate descent.
    SW_SOLVE_NON_NEGATIVE = 2,
};

/// One row of an ALS half-step. Solves
///     (sum_j w_j q_j q_j^T + lambda I + shared) x = sum_j b_j q_j
/// over the row's `count` ratings, where q_j is row `columns[j]` of `factors` (`rank` floats each, row-major).
/// `columns` may be read up to `available` (at least `count`): what is behind them is fetched ahead for the rows that follow.
/// `weights` may be null (all 1). `shared` may be null (zero), else rank x rank. `x` gets the solution.
/// `scratch` has room for sw_als_scratch_floats(rank) floats.
/// `method` is one of SW_SOLVE_...; conjugate gradient and non-negative descent start from what `x` holds.
/// Returns 0, or 1 when the matrix is not positive definite.
int sw_als_solve_row(int isa, int method, size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                     const float *targets, size_t count, size_t available, float lambda, const float *shared,
                     float *scratch, float *x);

size_t sw_als_scratch_floats(size_t rank);

/// Adds the sum of q q^T over `rows` rows of `factors` to `gram` (rank x rank, full). Sums of a few thousand rows are good to float32's
/// digits; add larger ones up in pieces. `scratch` as for a row; it holds zeros at first.
void sw_gram(int isa, size_t rank, const float *factors, size_t rows, float *scratch, double *gram);

/// Asks the system for large pages for memory that is about to be written and then read here and there. Has no effect on what is
/// there, and none at all where the system has no such pages.
void sw_advise_large_pages(void *base, size_t bytes);

/// The dot product of two rows.
float sw_dot(const float *a, const float *b, size_t count);

/// scores[i] = dot(row, factors[i]) for `rows` rows of `rank` floats.
void sw_scores(int isa, size_t rank, const float *row, const float *factors, size_t rows, float *scores);

/// The most rows that sw_top takes at once.
#define SW_TOP_ROWS_MAX 128

/// Rows in a panel of packed rows.
#define SW_PACKED 32

/// Packs the rows `ids[0...count]` of `factors` for sw_top: sw_packed_floats(depth, count) floats, where depth is rank, or rank + 1 with
/// `extra`, which gives each row one more component (a bias).
void sw_pack(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count, float *packed);

size_t sw_packed_floats(size_t depth, size_t count);

/// Of the packed rows of a panel and of all panels after it: the greatest length (over the rank), and the most that the component of `extra`
/// adds (0 without), with what rounding may add.
struct sw_panel_bound {
    double length, extra;
};

/// Rows packed by sw_pack.
struct sw_packed {
    /// Floats in a row: rank, or rank + 1 where `has_extra`.
    size_t depth;
    int has_extra;
    size_t count;
    const float *values;
    /// Names the rows, in any order; the longest first makes for early ends.
    const uint32_t *ids;
    /// One for each SW_PACKED rows.
    const struct sw_panel_bound *bounds;
};

/// Writes the bounds of rows that sw_pack packs in the order of `ids`: (count + SW_PACKED - 1) / SW_PACKED of them.
void sw_pack_bounds(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count,
                    struct sw_panel_bound *bounds);

/// For each of `row_count` (at most SW_TOP_ROWS_MAX) rows of `packed->depth` floats (the last is 1 where there is an extra component) the `limit`
/// packed rows with the highest products, best first, of equal ones the lower id: `best_counts[r]` of them, at `best_ids + r limit` and
/// `best_scores + r limit`. `excluded` may be null, else holds for each row a bit for each id (or null), set where it is left out.
/// `limit` is at least 1.
///
/// Exact, and ends for a row where no packed row further on is long enough (Cauchy and Schwarz) for a product like the worst of the best; so the
/// cost is O(count x depth) at most.
void sw_top(int isa, const struct sw_packed *packed, const float *rows, size_t row_count, const uint64_t *const *excluded,
            size_t limit, uint32_t *best_ids, float *best_scores, size_t *best_counts);

/// Whether the bytes are valid UTF-8 (Unicode 15, table 3-7). 1 or 0.
int sw_is_utf8(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif

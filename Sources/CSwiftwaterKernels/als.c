#define _GNU_SOURCE
#include "swiftwater_kernels.h"
#include "best.h"
#include <float.h>
#include <math.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define SW_INLINE static inline __attribute__((always_inline))
/// The largest supported rank.
#define SW_RANK_MAX 512
/// Ratings in a panel.
#define SW_PANEL 64
/// Ratings that a register sums at a small rank before it is added to the matrix.
#define SW_FLUSH 256
/// Rows that a factorization finishes at a time.
#define SW_BLOCK 8
/// The rounding error bound of a dot product, relative to the product of the lengths: twice the theoretical bound.
#define SW_ROUNDING(rank) ((double)((rank) + 4) * 0x1p-23)
/// The part of the packed factors that stays in the cache while all rows pass over it.
#define SW_PIECE_BYTES (256 << 10)

#define SW_NAME(name) portable_##name
#define SW_LANES 4
#define SW_ROWS 4
#define SW_WIDTH 2
#include "als_kernels.inc.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SW_NAME(name) avx2_##name
#define SW_LANES 8
#define SW_ROWS 4
#define SW_WIDTH 2
#include "als_kernels.inc.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define SW_NAME(name) avx512_##name
#define SW_LANES 16
#define SW_ROWS 8
#define SW_WIDTH 3
#include "als_kernels.inc.h"
#pragma clang attribute pop

#define SW_DISPATCH(call)                                                                                              \
    if (isa >= SW_ISA_AVX512) return avx512_##call;                                                                    \
    if (isa == SW_ISA_AVX2) return avx2_##call;                                                                        \
    return portable_##call
#else
#define SW_DISPATCH(call) return portable_##call
#endif

int sw_best_isa(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        return SW_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return SW_ISA_AVX2;
#endif
    return SW_ISA_PORTABLE;
}

size_t sw_als_scratch_floats(size_t rank) {
    const size_t stride = (rank + 15) & ~(size_t)15;
    return stride * (stride + 3 + SW_BLOCK + SW_PANEL);
}

int sw_als_solve_row(int isa, int method, size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                     const float *targets, size_t count, size_t available, float lambda, const float *shared,
                     float *scratch, float *x) {
    SW_DISPATCH(solve_row(method, rank, factors, columns, weights, targets, count, available, lambda, shared,
                          scratch, x));
}

void sw_scores(int isa, size_t rank, const float *row, const float *factors, size_t rows, float *scores) {
    SW_DISPATCH(scores(rank, row, factors, rows, scores));
}

void sw_pack(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count, float *packed) {
    const size_t depth = rank + (extra ? 1 : 0);
    for (size_t start = 0; start < count; start += SW_PACKED, packed += depth * SW_PACKED) {
        memset(packed, 0, depth * SW_PACKED * sizeof(float));
        for (size_t i = 0; i < SW_PACKED && start + i < count; i++) {
            const size_t id = ids[start + i];
            for (size_t k = 0; k < rank; k++) packed[k * SW_PACKED + i] = factors[id * rank + k];
            if (extra) packed[rank * SW_PACKED + i] = extra[id];
        }
    }
}

size_t sw_packed_floats(size_t depth, size_t count) { return (count + SW_PACKED - 1) / SW_PACKED * SW_PACKED * depth; }

static double length_of(size_t rank, const float *row) {
    double sum = 0;
    for (size_t k = 0; k < rank; k++) sum += (double)row[k] * row[k];
    return sqrt(sum);
}

void sw_pack_bounds(size_t rank, const float *factors, const float *extra, const uint32_t *ids, size_t count,
                    struct sw_panel_bound *bounds) {
    // The error that underflow may add.
    const double least = (double)(rank + 1) * 0x1p-148;
    struct sw_panel_bound bound = {0, extra ? -__builtin_inf() : least};
    for (size_t i = count; i-- > 0;) {
        const double length = length_of(rank, factors + (size_t)ids[i] * rank);
        // A NaN bounds nothing, so the bound becomes infinite.
        if (!(length <= bound.length)) bound.length = length == length ? length : __builtin_inf();
        if (extra) {
            const double bias = extra[ids[i]], most = bias + SW_ROUNDING(rank) * fabs(bias) + least;
            if (!(most <= bound.extra)) bound.extra = most == most ? most : __builtin_inf();
        }
        if (i % SW_PACKED == 0) bounds[i / SW_PACKED] = bound;
    }
}

static void top(int isa, const struct sw_packed *packed, const float *rows, size_t row_count, struct sw_best *best) {
    SW_DISPATCH(top(packed->depth, rows, row_count, packed, best));
}

void sw_top(int isa, const struct sw_packed *packed, const float *rows, size_t row_count, const uint64_t *const *excluded,
            size_t limit, uint32_t *best_ids, float *best_scores, size_t *best_counts) {
    const size_t rank = packed->depth - (packed->has_extra ? 1 : 0);
    struct sw_best best[SW_TOP_ROWS_MAX];
    for (size_t r = 0; r < row_count; r++) {
        best[r] = (struct sw_best){
            .limit = -__builtin_inff(),
            .reach = length_of(rank, rows + r * packed->depth) * (1 + SW_ROUNDING(rank)),
            .capacity = limit,
            .ids = best_ids + r * limit,
            .scores = best_scores + r * limit,
            .excluded = excluded ? excluded[r] : NULL,
        };
    }
    top(isa, packed, rows, row_count, best);
    for (size_t r = 0; r < row_count; r++) {
        sw_best_sort(&best[r]);
        best_counts[r] = best[r].count;
    }
}

void sw_gram(int isa, size_t rank, const float *factors, size_t rows, float *scratch, double *gram) {
    SW_DISPATCH(gram(rank, factors, rows, scratch, gram));
}

void sw_advise_large_pages(void *base, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = 4096, first = ((uintptr_t)base + page - 1) & ~(page - 1);
    const uintptr_t end = ((uintptr_t)base + bytes) & ~(page - 1);
    if (end > first && end - first >= (4u << 20)) madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)base;
    (void)bytes;
#endif
}

float sw_dot(const float *a, const float *b, size_t count) {
    float score;
    sw_scores(SW_ISA_PORTABLE, count, a, b, 1, &score);
    return score;
}

#include "swiftwater_kernels.h"
#include <string.h>

#define SW_NAME(name) portable_##name
#include "als_row.inc.h"
#undef SW_NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SW_NAME(name) avx2_##name
#include "als_row.inc.h"
#undef SW_NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,prefer-256-bit"))), \
                             apply_to = function)
#define SW_NAME(name) avx512_##name
#include "als_row.inc.h"
#undef SW_NAME
#pragma clang attribute pop
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
    return 2 * (rank * stride + stride);
}

int sw_als_solve_row(int isa, int method, size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                     const float *targets, size_t count, float lambda, const float *shared, float *scratch, float *x) {
#if defined(__x86_64__)
    if (isa >= SW_ISA_AVX512)
        return avx512_solve_row(method, rank, factors, columns, weights, targets, count, lambda, shared, scratch, x);
    if (isa == SW_ISA_AVX2)
        return avx2_solve_row(method, rank, factors, columns, weights, targets, count, lambda, shared, scratch, x);
#endif
    return portable_solve_row(method, rank, factors, columns, weights, targets, count, lambda, shared, scratch, x);
}

void sw_scores(int isa, size_t rank, const float *row, const float *factors, size_t rows, float *scores) {
#if defined(__x86_64__)
    if (isa >= SW_ISA_AVX512) {
        avx512_scores(rank, row, factors, rows, scores);
        return;
    }
    if (isa == SW_ISA_AVX2) {
        avx2_scores(rank, row, factors, rows, scores);
        return;
    }
#endif
    portable_scores(rank, row, factors, rows, scores);
}

void sw_gram(size_t rank, const float *factors, size_t from, size_t to, double *gram) {
    for (size_t i = from; i < to; i++) {
        const float *q = factors + i * rank;
        for (size_t r = 0; r < rank; r++)
            for (size_t c = 0; c < rank; c++) gram[r * rank + c] += (double)q[r] * q[c];
    }
}

float sw_dot(const float *a, const float *b, size_t count) {
    float score;
    sw_scores(SW_ISA_PORTABLE, count, a, b, 1, &score);
    return score;
}

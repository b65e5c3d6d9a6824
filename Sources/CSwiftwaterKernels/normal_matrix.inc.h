// The normal matrix of a row, the sum of w q q^T, and its right-hand side, the sum of t q: the rank-k update of ALS.
//
// The matrix is stored as its upper triangle in rows of `stride` floats (rank rounded up to a multiple of 16); the
// values below the diagonal are meaningless. Ranks up to SW_LANES keep the whole matrix in registers, one vector per
// row. Larger ranks gather SW_PANEL ratings at a time into a panel and add the panel's part tile by tile, each tile in
// registers:
//
//      columns  0       16      32      48         tiles of SW_ROWS rows and 1 to 3 vectors;
//     row  0    [   tile       ][   tile       ]   those left of the diagonal are omitted
//     row  8    [   tile       ][   tile       ]
//     row 16            [       tile           ]   panel:  q of rating 0 (times the root of its weight)
//     row 24            [       tile           ]           q of rating 1
//     ...                                                  ...
//
// A register sums at most SW_FLUSH or SW_PANEL ratings before it is added to the matrix. The rounding error therefore
// grows with the number of such pieces, not with the number of ratings: float32 suffices for rows of many thousands.

/// Accumulates ranks up to SW_LANES in registers. `rank` is a constant where this is inlined.
SW_INLINE void SW_NAME(accumulate_small)(const size_t rank, size_t stride, const float *factors,
                                         const uint32_t *columns, const float *weights, const float *targets,
                                         size_t count, size_t available, float *a, float *b) {
    for (size_t start = 0; start < count; start += SW_FLUSH) {
        const size_t end = count - start < SW_FLUSH ? count : start + SW_FLUSH;
        SW_NAME(vector) rows[SW_LANES], right = 0;
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rank; r++) rows[r] = 0;
        for (size_t j = start; j < end; j++) {
            const float *q = factors + (size_t)columns[j] * rank;
            if (j + 12 < available) __builtin_prefetch(factors + (size_t)columns[j + 12] * rank);
            const SW_NAME(vector) whole = SW_NAME(load_part)(q, rank);
            const SW_NAME(vector) weighted = weights ? whole * weights[j] : whole;
            right += whole * targets[j];
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rank; r++) rows[r] += weighted * q[r];
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rank; r++)
            SW_NAME(store)(a + r * stride, SW_NAME(load)(a + r * stride) + rows[r]);
        SW_NAME(store)(b, SW_NAME(load)(b) + right);
    }
}

/// Adds a panel's part to SW_ROWS rows starting at `row` and `width` vectors starting at `column`. `width` is a
/// constant.
SW_INLINE void SW_NAME(tile)(const float *panel, size_t stride, size_t count, size_t row, size_t column,
                             const size_t width, float *a) {
    SW_NAME(vector) sums[SW_ROWS][3];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < SW_ROWS; r++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) sums[r][v] = 0;
    for (size_t j = 0; j < count; j++, panel += stride) {
        SW_NAME(vector) q[3];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) q[v] = SW_NAME(load)(panel + column + v * SW_LANES);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < SW_ROWS; r++) {
            const SW_NAME(vector) factor = (SW_NAME(vector))panel[row + r];
#pragma clang loop unroll(full)
            for (size_t v = 0; v < width; v++) sums[r][v] += factor * q[v];
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < SW_ROWS; r++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) {
            float *p = a + (row + r) * stride + column + v * SW_LANES;
            SW_NAME(store)(p, SW_NAME(load)(p) + sums[r][v]);
        }
}

#if SW_LANES == 16
/// Adds a panel's part to a tile half a vector wide: every second group of rows needs only the right half of the vector
/// that holds the diagonal.
SW_INLINE void SW_NAME(half_tile)(const float *panel, size_t stride, size_t count, size_t row, float *a) {
    typedef float half __attribute__((ext_vector_type(8)));
    typedef half unaligned_half __attribute__((aligned(4), may_alias));
    half sums[SW_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < SW_ROWS; r++) sums[r] = 0;
    for (size_t j = 0; j < count; j++, panel += stride) {
        const half q = *(const unaligned_half *)(panel + row);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < SW_ROWS; r++) sums[r] += q * panel[row + r];
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < SW_ROWS; r++) *(unaligned_half *)(a + (row + r) * stride + row) += sums[r];
}
#endif

static void SW_NAME(add_panel)(const float *panel, size_t rank, size_t stride, size_t count, float *a) {
    for (size_t row = 0; row < rank; row += SW_ROWS) {
        size_t column = row / SW_LANES * SW_LANES;
#if SW_LANES == 16
        if (row != column) {
            SW_NAME(half_tile)(panel, stride, count, row, a);
            column += SW_LANES;
        }
#endif
        while (column < rank) {
            const size_t left = (rank - column + SW_LANES - 1) / SW_LANES;
            if (SW_WIDTH >= 3 && (left == 3 || left > 4)) {
                SW_NAME(tile)(panel, stride, count, row, column, 3, a);
                column += 3 * SW_LANES;
            } else if (left >= 2) {
                SW_NAME(tile)(panel, stride, count, row, column, 2, a);
                column += 2 * SW_LANES;
            } else {
                SW_NAME(tile)(panel, stride, count, row, column, 1, a);
                column += SW_LANES;
            }
        }
    }
}

/// Copies the rows of `size` ratings into the panel and adds their part to b. `vectors` must be a constant, so that the
/// part stays in registers.
SW_INLINE void SW_NAME(gather)(size_t rank, const size_t vectors, size_t stride, const float *factors,
                               const uint32_t *columns, const float *weights, const float *targets, size_t size,
                               size_t available, float *panel, float *b) {
    SW_NAME(vector) part[8];
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++) part[v] = 0;
    for (size_t j = 0; j < size; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        if (j + SW_PANEL < available) {
            // Prefetches the next panel, often another row's, while this one is processed.
            const char *next = (const char *)(factors + (size_t)columns[j + SW_PANEL] * rank);
#pragma clang loop unroll(full)
            for (size_t line = 0; line < vectors * SW_LANES * sizeof(float); line += 64)
                __builtin_prefetch(next + line, 0, 2);
        }
        const float root = weights ? __builtin_sqrtf(weights[j]) : 1.0f, target = targets[j];
        float *copy = panel + j * stride;
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) {
            const SW_NAME(vector) whole =
                v + 1 < vectors ? SW_NAME(load)(q + v * SW_LANES) : SW_NAME(load_row)(q, v, rank);
            part[v] += whole * target;
            SW_NAME(store)(copy + v * SW_LANES, weights ? whole * root : whole);
        }
    }
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v++)
        SW_NAME(store)(b + v * SW_LANES, SW_NAME(load)(b + v * SW_LANES) + part[v]);
}

#define SW_GATHER(vectors)                                                                                             \
    case vectors:                                                                                                      \
        SW_NAME(gather)(rank, vectors, stride, factors, columns, weights, targets, size, available, panel, b);         \
        return;

static void SW_NAME(gather_panel)(size_t rank, size_t stride, const float *factors, const uint32_t *columns,
                                  const float *weights, const float *targets, size_t size, size_t available,
                                  float *panel, float *b) {
    const size_t vectors = (rank + SW_LANES - 1) / SW_LANES;
    switch (vectors) { SW_GATHER(1) SW_GATHER(2) SW_GATHER(3) SW_GATHER(4) SW_GATHER(5) SW_GATHER(6) SW_GATHER(7) SW_GATHER(8) }
    float part[SW_RANK_MAX];
    for (size_t v = 0; v < vectors; v++) SW_NAME(store)(part + v * SW_LANES, 0);
    for (size_t j = 0; j < size; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        if (j + SW_PANEL < available) {
            const char *next = (const char *)(factors + (size_t)columns[j + SW_PANEL] * rank);
            for (size_t line = 0; line < rank * sizeof(float); line += 64) __builtin_prefetch(next + line, 0, 2);
        }
        const float root = weights ? __builtin_sqrtf(weights[j]) : 1.0f, target = targets[j];
        float *copy = panel + j * stride;
        for (size_t v = 0; v < vectors; v++) {
            const SW_NAME(vector) whole = SW_NAME(load_row)(q, v, rank);
            SW_NAME(store)(part + v * SW_LANES, SW_NAME(load)(part + v * SW_LANES) + whole * target);
            SW_NAME(store)(copy + v * SW_LANES, whole * root);
        }
    }
    for (size_t v = 0; v < vectors; v++)
        SW_NAME(store)(b + v * SW_LANES, SW_NAME(load)(b + v * SW_LANES) + SW_NAME(load)(part + v * SW_LANES));
}

static void SW_NAME(accumulate_panels)(size_t rank, size_t stride, const float *factors, const uint32_t *columns,
                                       const float *weights, const float *targets, size_t count, size_t available,
                                       float *panel, float *a, float *b) {
    for (size_t start = 0; start < count; start += SW_PANEL) {
        const size_t size = count - start < SW_PANEL ? count - start : SW_PANEL;
        SW_NAME(gather_panel)
        (rank, stride, factors, columns + start, weights ? weights + start : NULL, targets + start, size,
         available - start, panel, b);
        SW_NAME(add_panel)(panel, rank, stride, size, a);
    }
}

#define SW_SMALL(rank)                                                                                                \
    case rank:                                                                                                        \
        SW_NAME(accumulate_small)(rank, stride, factors, columns, weights, targets, count, available, a, b);          \
        return;

/// Adds the ratings' part to `a` (upper triangle) and `b`. `panel` has room for SW_PANEL rows of `stride` floats, with
/// zeros after the first `rank`.
static void SW_NAME(accumulate)(size_t rank, size_t stride, const float *factors, const uint32_t *columns,
                                const float *weights, const float *targets, size_t count, size_t available,
                                float *panel, float *a, float *b) {
    switch (rank) {
        SW_SMALL(1) SW_SMALL(2) SW_SMALL(3) SW_SMALL(4)
#if SW_LANES >= 8
        SW_SMALL(5) SW_SMALL(6) SW_SMALL(7) SW_SMALL(8)
#endif
#if SW_LANES >= 16
        SW_SMALL(9) SW_SMALL(10) SW_SMALL(11) SW_SMALL(12) SW_SMALL(13) SW_SMALL(14) SW_SMALL(15) SW_SMALL(16)
#endif
    default: SW_NAME(accumulate_panels)(rank, stride, factors, columns, weights, targets, count, available, panel, a, b);
    }
}

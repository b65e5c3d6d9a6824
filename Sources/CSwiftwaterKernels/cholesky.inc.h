// The solution of A x = b by A = U^T D^-1 U, the root-free form of Cholesky factorization, in place in A's upper
// triangle. D holds the pivots, which are U's diagonal, so that there is no square root between one pivot and the next.
//
// Rows are finished SW_BLOCK at a time. The block's own columns stay in registers while its pivots are computed one
// after the other. The columns to the right then take the same steps without waiting. Finally the block's part is
// subtracted from all rows below at once, in tiles of four rows and two vectors:
//
//     finished   U U U U U U
//     block      . u u u u u    zeros left of the diagonal
//     below      . . a a a a    a -= (u / pivot)^T u        scaled: the rows u / pivot of the block
//
// b is one more column: after each block, its part is subtracted from b as well.

#define SW_OWN ((SW_BLOCK + SW_LANES - 1) / SW_LANES)

/// Finishes a block within its own columns, which begin at lane `offset` (a constant) of their first vector. Writes the
/// multipliers to `scaled` and 1 / pivot to `inverses`. Returns 1 if a pivot is not positive.
SW_INLINE int SW_NAME(finish_block)(size_t block, const size_t offset, size_t stride, float *a, float *scaled,
                                    float *inverses) {
    const size_t first = block - offset;
    int isSingular = 0;
    SW_NAME(lanes) positions;
    for (int i = 0; i < SW_LANES; i++) positions[i] = i;
    SW_NAME(vector) rows[SW_BLOCK][SW_OWN];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < SW_BLOCK; r++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < SW_OWN; v++) rows[r][v] = SW_NAME(load)(a + (block + r) * stride + first + v * SW_LANES);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < SW_BLOCK; k++) {
        const float pivot = rows[k][(offset + k) / SW_LANES][(offset + k) % SW_LANES];
        isSingular |= !(pivot > 0.0f) | !(pivot < __builtin_inff());
        const float inverse = 1.0f / pivot;
        inverses[block + k] = inverse;
        SW_NAME(vector) multipliers[SW_OWN];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < SW_OWN; v++) multipliers[v] = rows[k][v] * inverse;
#pragma clang loop unroll(full)
        for (size_t r = 1; r < SW_BLOCK; r++) {
            if (r <= k) continue;
            const float multiplier = multipliers[(offset + r) / SW_LANES][(offset + r) % SW_LANES];
#pragma clang loop unroll(full)
            for (size_t v = 0; v < SW_OWN; v++) rows[r][v] -= rows[k][v] * multiplier;
        }
#pragma clang loop unroll(full)
        for (size_t v = 0; v < SW_OWN; v++) {
            const SW_NAME(lanes) isLeft = positions < (SW_NAME(lanes))((int)(offset + k) - (int)(v * SW_LANES));
            const SW_NAME(vector) row = (SW_NAME(vector))((SW_NAME(lanes))rows[k][v] & ~isLeft);
            SW_NAME(store)(a + (block + k) * stride + first + v * SW_LANES, row);
            SW_NAME(store)(scaled + k * stride + first + v * SW_LANES, multipliers[v]);
        }
    }
    return isSingular;
}

/// Applies the same steps to the columns right of the block's own.
SW_INLINE void SW_NAME(finish_right)(size_t block, size_t column, size_t stride, size_t width, float *a,
                                     float *scaled, const float *inverses) {
    for (size_t c = column; c < width; c += SW_LANES) {
        SW_NAME(vector) rows[SW_BLOCK];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < SW_BLOCK; r++) rows[r] = SW_NAME(load)(a + (block + r) * stride + c);
#pragma clang loop unroll(full)
        for (size_t k = 0; k < SW_BLOCK; k++) {
#pragma clang loop unroll(full)
            for (size_t r = 1; r < SW_BLOCK; r++)
                if (r > k) rows[r] -= rows[k] * scaled[k * stride + block + r];
            SW_NAME(store)(a + (block + k) * stride + c, rows[k]);
            SW_NAME(store)(scaled + k * stride + c, rows[k] * inverses[block + k]);
        }
    }
}

/// Subtracts a finished block's part from `count` rows starting at `row` and `width` vectors starting at `column`.
/// `count` and `width` are constants.
SW_INLINE void SW_NAME(take_tile)(size_t block, size_t row, const size_t count, size_t column, const size_t width,
                                  size_t stride, float *a, const float *scaled) {
    SW_NAME(vector) rows[4][2];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < count; r++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) rows[r][v] = SW_NAME(load)(a + (row + r) * stride + column + v * SW_LANES);
#pragma clang loop unroll(full)
    for (size_t k = 0; k < SW_BLOCK; k++) {
        const float *u = a + (block + k) * stride + column, *multipliers = scaled + k * stride + row;
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) {
            const SW_NAME(vector) part = SW_NAME(load)(u + v * SW_LANES);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < count; r++) rows[r][v] -= part * multipliers[r];
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < count; r++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < width; v++) SW_NAME(store)(a + (row + r) * stride + column + v * SW_LANES, rows[r][v]);
}

static void SW_NAME(take_block)(size_t block, size_t rank, size_t stride, size_t width, float *a,
                                const float *scaled) {
    // Four rows at a time, even if the last of them are beyond the rank: those are zeros and stay zeros.
    for (size_t row = block + SW_BLOCK; row < rank; row += 4) {
        size_t c = row / SW_LANES * SW_LANES;
        for (; c + 2 * SW_LANES <= width; c += 2 * SW_LANES)
            SW_NAME(take_tile)(block, row, 4, c, 2, stride, a, scaled);
        if (c < width) SW_NAME(take_tile)(block, row, 4, c, 1, stride, a, scaled);
    }
}

/// Subtracts a finished block's part from b.
SW_INLINE void SW_NAME(take_right_side)(size_t block, size_t stride, size_t width, const float *scaled,
                                        float *b) {
    float known[SW_BLOCK];
    for (size_t k = 0; k < SW_BLOCK; k++) known[k] = b[block + k];
    for (size_t k = 0; k < SW_BLOCK; k++)
        for (size_t r = k + 1; r < SW_BLOCK; r++) known[r] -= scaled[k * stride + block + r] * known[k];
    for (size_t k = 0; k < SW_BLOCK; k++) b[block + k] = known[k];
    size_t c = block + SW_BLOCK;
    // The rest of the block's last vector, then whole vectors.
    for (; c % SW_LANES != 0; c++)
        for (size_t k = 0; k < SW_BLOCK; k++) b[c] -= scaled[k * stride + c] * known[k];
    for (; c < width; c += SW_LANES) {
        SW_NAME(vector) rest = SW_NAME(load)(b + c);
        for (size_t k = 0; k < SW_BLOCK; k++) rest -= SW_NAME(load)(scaled + k * stride + c) * known[k];
        SW_NAME(store)(b + c, rest);
    }
}

/// Factors `a` and transforms `b` with it, so that U x = b. `scaled` has room for SW_BLOCK rows. Returns 1 if `a` is
/// not positive definite.
static int SW_NAME(factor)(size_t rank, size_t stride, float *a, float *b, float *scaled, float *inverses) {
    const size_t width = (rank + SW_OWN * SW_LANES - 1) / (SW_OWN * SW_LANES) * (SW_OWN * SW_LANES);
    // The last block is padded with unknowns that are 0.
    for (size_t r = rank; r % SW_BLOCK != 0; r++) a[r * stride + r] = 1.0f;
    for (size_t block = 0; block < rank; block += SW_BLOCK) {
#if SW_LANES > SW_BLOCK
        const int isSingular = block % SW_LANES
                                   ? SW_NAME(finish_block)(block, SW_BLOCK, stride, a, scaled, inverses)
                                   : SW_NAME(finish_block)(block, 0, stride, a, scaled, inverses);
#else
        const int isSingular = SW_NAME(finish_block)(block, 0, stride, a, scaled, inverses);
#endif
        if (isSingular) return 1;
        const size_t right = block / SW_LANES * SW_LANES + SW_OWN * SW_LANES;
        SW_NAME(finish_right)(block, right, stride, width, a, scaled, inverses);
        SW_NAME(take_right_side)(block, stride, width, scaled, b);
        SW_NAME(take_block)(block, rank, stride, width, a, scaled);
    }
    return 0;
}

/// Solves U x = b, SW_BLOCK unknowns at a time. `x` has room for whole vectors and holds zeros.
static void SW_NAME(substitute)(size_t rank, size_t stride, const float *a, const float *b, const float *inverses,
                                float *x) {
    const size_t width = (rank + SW_LANES - 1) / SW_LANES * SW_LANES;
    for (size_t block = (rank - 1) / SW_BLOCK * SW_BLOCK + SW_BLOCK; block > 0;) {
        block -= SW_BLOCK;
        const size_t count = rank - block < SW_BLOCK ? rank - block : SW_BLOCK;
        float left[SW_BLOCK];
        // x is still zero in this block and left of it.
        for (size_t k = 0; k < count; k++) {
            const float *row = a + (block + k) * stride;
            SW_NAME(vector) sum = 0;
            for (size_t c = (block + SW_BLOCK) / SW_LANES * SW_LANES; c < width; c += SW_LANES)
                sum += SW_NAME(load)(row + c) * SW_NAME(load)(x + c);
            left[k] = b[block + k] - SW_NAME(sum)(sum);
        }
        for (size_t k = count; k-- > 0;) {
            const float value = left[k] * inverses[block + k];
            x[block + k] = value;
            for (size_t i = 0; i < k; i++) left[i] -= a[(block + i) * stride + block + k] * value;
        }
    }
}

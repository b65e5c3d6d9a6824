// A = U^T U in place of A's upper triangle, and the solution of A x = b.
//
// Rows are finished SW_BLOCK at a time: within the block one after the other, then all rows below take the block's part at once, in tiles of four
// rows, so that each of their elements is loaded and stored once a block.
//
//     finished   U U U U U U
//     block      . u u u u u    scaled by 1 / root of the pivot, zeros left of the diagonal
//     below      . . a a a a    a -= u^T u

#define SW_BLOCK 8

/// Row `k` of U from a row that all rows above have been taken from. 0 where the pivot is not positive.
SW_INLINE float SW_NAME(finish_row)(size_t k, size_t width, float *row, const SW_NAME(lanes) positions) {
    const float pivot = row[k];
    if (!(pivot > 0.0f) || !(pivot < __builtin_inff())) return 0.0f;
    const float inverse = 1.0f / __builtin_sqrtf(pivot);
    const size_t first = k / SW_LANES * SW_LANES;
    const SW_NAME(lanes) isLeft = positions < (SW_NAME(lanes))(int)(k - first);
    const SW_NAME(vector) diagonal = SW_NAME(load)(row + first) * inverse;
    SW_NAME(store)(row + first, (SW_NAME(vector))((SW_NAME(lanes))diagonal & ~isLeft));
    for (size_t c = first + SW_LANES; c < width; c += SW_LANES)
        SW_NAME(store)(row + c, SW_NAME(load)(row + c) * inverse);
    return inverse;
}

/// Takes the finished rows `block`...`block` + SW_BLOCK from `count` (a constant) rows from `row` on, in all columns that matter.
SW_INLINE void SW_NAME(take_block)(size_t block, size_t row, const size_t count, size_t stride, size_t width,
                                   float *a) {
    for (size_t c = row / SW_LANES * SW_LANES; c < width; c += SW_LANES) {
        SW_NAME(vector) rows[4];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < count; r++) rows[r] = SW_NAME(load)(a + (row + r) * stride + c);
#pragma clang loop unroll(full)
        for (size_t k = 0; k < SW_BLOCK; k++) {
            const float *u = a + (block + k) * stride;
            const SW_NAME(vector) v = SW_NAME(load)(u + c);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < count; r++) rows[r] -= v * u[row + r];
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < count; r++) SW_NAME(store)(a + (row + r) * stride + c, rows[r]);
    }
}

/// Factors `a`; `inverses` gets 1 / U[k][k]. 1 where `a` is not positive definite.
static int SW_NAME(factor)(size_t rank, size_t stride, float *a, float *inverses) {
    SW_NAME(lanes) positions;
    for (int i = 0; i < SW_LANES; i++) positions[i] = i;
    const size_t width = (rank + SW_LANES - 1) / SW_LANES * SW_LANES;
    for (size_t block = 0; block < rank; block += SW_BLOCK) {
        const size_t end = rank - block < SW_BLOCK ? rank : block + SW_BLOCK;
        for (size_t k = block; k < end; k++) {
            float *row = a + k * stride;
            inverses[k] = SW_NAME(finish_row)(k, width, row, positions);
            if (inverses[k] == 0.0f) return 1;
            for (size_t i = k + 1; i < end; i++) {
                const SW_NAME(vector) factor = (SW_NAME(vector))row[i];
                for (size_t c = i / SW_LANES * SW_LANES; c < width; c += SW_LANES) {
                    float *p = a + i * stride + c;
                    SW_NAME(store)(p, SW_NAME(load)(p) - factor * SW_NAME(load)(row + c));
                }
            }
        }
        size_t row = end;
        for (; row + 4 <= rank; row += 4) SW_NAME(take_block)(block, row, 4, stride, width, a);
        for (; row < rank; row++) SW_NAME(take_block)(block, row, 1, stride, width, a);
    }
    return 0;
}

/// Solves U^T U x = b. `b` is used up; `x` has room for `stride` floats.
static void SW_NAME(substitute)(size_t rank, size_t stride, const float *a, const float *inverses, float *b,
                                float *x) {
    const size_t width = (rank + SW_LANES - 1) / SW_LANES * SW_LANES;
    // U^T y = b: y takes x's place.
    for (size_t k = 0; k < rank; k++) {
        const float y = b[k] * inverses[k];
        const float *row = a + k * stride;
        x[k] = y;
        for (size_t c = k / SW_LANES * SW_LANES; c < width; c += SW_LANES)
            SW_NAME(store)(b + c, SW_NAME(load)(b + c) - SW_NAME(load)(row + c) * y);
    }
    // U x = y, four rows at a time; b holds the components that are known, zeros elsewhere.
    for (size_t c = 0; c < width; c += SW_LANES) SW_NAME(store)(b + c, 0);
    for (size_t top = rank; top > 0;) {
        const size_t bottom = top;
        top = top % 4 ? top / 4 * 4 : top - 4;
        float known[4] = {0, 0, 0, 0};
        for (size_t k = top; k < bottom; k++) {
            const float *row = a + k * stride;
            SW_NAME(vector) sum = 0;
            for (size_t c = bottom / SW_LANES * SW_LANES; c < width; c += SW_LANES)
                sum += SW_NAME(load)(row + c) * SW_NAME(load)(b + c);
            known[k - top] = SW_NAME(sum)(sum);
        }
        for (size_t k = bottom; k-- > top;) {
            float value = x[k] - known[k - top];
            for (size_t i = k + 1; i < bottom; i++) value -= a[k * stride + i] * x[i];
            x[k] = b[k] = value * inverses[k];
        }
    }
}

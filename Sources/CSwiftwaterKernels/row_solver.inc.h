// One row of an ALS half-step: its system, solved exactly, without negative components, or by a few steps of conjugate
// gradient.

/// Minimizes x'Ax/2 - b'x over x >= 0 by coordinate descent from the initial value of x: each component in turn gets
/// its best value with the others fixed. Stops when a sweep changes x by at most 1e-6, relatively. Returns 1 if the
/// diagonal is not positive.
static int SW_NAME(non_negative_solve)(size_t rank, size_t stride, float *a, const float *b, float *x) {
    for (size_t r = 0; r < rank; r++) {
        if (!(a[r * stride + r] > 0.0f)) return 1;
        for (size_t c = 0; c < r; c++) a[r * stride + c] = a[c * stride + r];
        if (x[r] < 0.0f) x[r] = 0.0f;
    }
    for (int sweep = 0; sweep < 200; sweep++) {
        float change = 0.0f, size = 0.0f;
        for (size_t r = 0; r < rank; r++) {
            const float *row = a + r * stride;
            const float gradient = SW_NAME(dot)(row, x, rank) - b[r];
            float value = x[r] - gradient / row[r];
            if (value < 0.0f) value = 0.0f;
            const float step = value > x[r] ? value - x[r] : x[r] - value;
            if (step > change) change = step;
            if (value > size) size = value;
            x[r] = value;
        }
        if (change <= 1e-6f * size) break;
    }
    return 0;
}

/// y += factor q, for rows of `rank` floats. y has room for whole vectors.
SW_INLINE void SW_NAME(add_scaled)(float *y, const float *q, float factor, size_t rank) {
    for (size_t v = 0; v * SW_LANES < rank; v++)
        SW_NAME(store)(y + v * SW_LANES, SW_NAME(load)(y + v * SW_LANES) + SW_NAME(load_row)(q, v, rank) * factor);
}

/// y = (sum w q q^T + lambda I + shared) p, without forming the matrix.
static void SW_NAME(apply)(size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                           size_t count, float lambda, const float *shared, const float *p, float *y) {
    for (size_t c = 0; c < rank; c++) y[c] = lambda * p[c];
    if (shared)
        for (size_t r = 0; r < rank; r++) SW_NAME(add_scaled)(y, shared + r * rank, p[r], rank);
    for (size_t j = 0; j < count; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        if (j + 8 < count) __builtin_prefetch(factors + (size_t)columns[j + 8] * rank);
        const float dot = SW_NAME(dot)(q, p, rank);
        SW_NAME(add_scaled)(y, q, weights ? weights[j] * dot : dot, rank);
    }
}

/// Three steps of conjugate gradient from the initial value of x (Takacs, Pilaszy and Tikk, 2011). Scratch: 3 rows of
/// `stride` floats.
static void SW_NAME(conjugate_gradient)(size_t rank, size_t stride, const float *factors, const uint32_t *columns,
                                        const float *weights, const float *targets, size_t count, float lambda,
                                        const float *shared, float *scratch, float *x) {
    float *residual = scratch, *direction = scratch + stride, *image = scratch + 2 * stride;
    memset(scratch, 0, 3 * stride * sizeof(float));
    SW_NAME(apply)(rank, factors, columns, weights, count, lambda, shared, x, image);
    for (size_t c = 0; c < rank; c++) residual[c] = -image[c];
    for (size_t j = 0; j < count; j++)
        SW_NAME(add_scaled)(residual, factors + (size_t)columns[j] * rank, targets[j], rank);
    memcpy(direction, residual, rank * sizeof(float));
    float length = SW_NAME(dot)(residual, residual, rank);
    for (int step = 0; step < 3 && length > 1e-20f; step++) {
        SW_NAME(apply)(rank, factors, columns, weights, count, lambda, shared, direction, image);
        const float curvature = SW_NAME(dot)(direction, image, rank);
        if (!(curvature > 0.0f)) return;
        const float along = length / curvature;
        for (size_t c = 0; c < rank; c++) {
            x[c] += along * direction[c];
            residual[c] -= along * image[c];
        }
        const float next = SW_NAME(dot)(residual, residual, rank);
        for (size_t c = 0; c < rank; c++) direction[c] = residual[c] + next / length * direction[c];
        length = next;
    }
}

/// Solves one row. Scratch: a (stride x stride), b, solution, inverses (stride each), scaled (SW_BLOCK x stride), panel
/// (SW_PANEL x stride).
static int SW_NAME(solve_row)(int method, size_t rank, const float *factors, const uint32_t *columns,
                              const float *weights, const float *targets, size_t count, size_t available, float lambda,
                              const float *shared, float *scratch, float *x) {
    const size_t stride = (rank + 15) & ~(size_t)15;
    if (method == SW_SOLVE_CONJUGATE_GRADIENT) {
        SW_NAME(conjugate_gradient)
        (rank, stride, factors, columns, weights, targets, count, lambda, shared, scratch, x);
        return 0;
    }
    float *a = scratch, *b = a + stride * stride, *solution = b + stride, *inverses = solution + stride;
    float *scaled = inverses + stride, *panel = scaled + SW_BLOCK * stride;
    memset(a, 0, (stride * stride + 2 * stride) * sizeof(float));
    SW_NAME(accumulate)(rank, stride, factors, columns, weights, targets, count, available, panel, a, b);
    if (shared)
        for (size_t r = 0; r < rank; r++)
            for (size_t v = r / SW_LANES; v * SW_LANES < rank; v++) {
                float *p = a + r * stride + v * SW_LANES;
                SW_NAME(store)(p, SW_NAME(load)(p) + SW_NAME(load_row)(shared + r * rank, v, rank));
            }
    for (size_t r = 0; r < rank; r++) a[r * stride + r] += lambda;
    if (method == SW_SOLVE_NON_NEGATIVE) return SW_NAME(non_negative_solve)(rank, stride, a, b, x);
    if (SW_NAME(factor)(rank, stride, a, b, scaled, inverses)) return 1;
    SW_NAME(substitute)(rank, stride, a, b, inverses, solution);
    memcpy(x, solution, rank * sizeof(float));
    return 0;
}

/// Adds the sum of q q^T over rows of `factors` to `gram` (rank x rank, full). Scratch as above.
static void SW_NAME(gram)(size_t rank, const float *factors, size_t rows, float *scratch, double *gram) {
    const size_t stride = (rank + 15) & ~(size_t)15;
    float *a = scratch, *b = a + stride * stride, *panel = b + (3 + SW_BLOCK) * stride;
    uint32_t columns[SW_PANEL];
    float targets[SW_PANEL] = {0};
    for (uint32_t j = 0; j < SW_PANEL; j++) columns[j] = j;
    memset(a, 0, (stride * stride + stride) * sizeof(float));
    for (size_t start = 0; start < rows; start += SW_PANEL) {
        const size_t size = rows - start < SW_PANEL ? rows - start : SW_PANEL;
        SW_NAME(accumulate)(rank, stride, factors + start * rank, columns, NULL, targets, size, size, panel, a, b);
    }
    for (size_t r = 0; r < rank; r++)
        for (size_t c = 0; c < rank; c++) gram[r * rank + c] += a[r <= c ? r * stride + c : c * stride + r];
}

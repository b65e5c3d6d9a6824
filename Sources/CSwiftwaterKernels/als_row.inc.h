// The body of the ALS row solver and the scorer, included once for each instruction set with SW_NAME(name) set.
//
// The normal matrix is kept as its lower triangle in rows of `stride` floats (rank rounded up to 16), so that every row
// starts aligned and the inner loops have whole vectors:
//
//     a[0] . . .          scratch: a (rank x stride), b (stride), q (stride, one gathered row with zeros behind it)
//     a[1] a[1] . .
//     a[2] a[2] a[2] .
//
// Whole rows are updated, not only the triangle: the extra products cost less than ragged loops.

static void SW_NAME(accumulate)(size_t rank, size_t stride, const float *factors, const uint32_t *columns,
                                const float *weights, const float *targets, size_t count, float *a, float *b) {
    for (size_t j = 0; j < count; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        if (j + 8 < count) __builtin_prefetch(factors + (size_t)columns[j + 8] * rank);
        const float weight = weights ? weights[j] : 1.0f, target = targets[j];
        for (size_t r = 0; r < rank; r++) {
            const float factor = weight * q[r];
            float *row = a + r * stride;
            for (size_t c = 0; c <= r; c++) row[c] += factor * q[c];
        }
        for (size_t c = 0; c < rank; c++) b[c] += target * q[c];
    }
}

/// Cholesky factorisation in place of the lower triangle, then both triangular solves into b. 1 when not positive.
static int SW_NAME(cholesky_solve)(size_t rank, size_t stride, float *a, float *b) {
    for (size_t j = 0; j < rank; j++) {
        float *row = a + j * stride;
        float diagonal = row[j];
        for (size_t k = 0; k < j; k++) diagonal -= row[k] * row[k];
        if (!(diagonal > 0.0f)) return 1;
        diagonal = __builtin_sqrtf(diagonal);
        row[j] = diagonal;
        const float inverse = 1.0f / diagonal;
        for (size_t i = j + 1; i < rank; i++) {
            float *below = a + i * stride;
            float sum = below[j];
            for (size_t k = 0; k < j; k++) sum -= below[k] * row[k];
            below[j] = sum * inverse;
        }
    }
    for (size_t i = 0; i < rank; i++) {
        float sum = b[i];
        for (size_t k = 0; k < i; k++) sum -= a[i * stride + k] * b[k];
        b[i] = sum / a[i * stride + i];
    }
    for (size_t i = rank; i-- > 0;) {
        float sum = b[i];
        for (size_t k = i + 1; k < rank; k++) sum -= a[k * stride + i] * b[k];
        b[i] = sum / a[i * stride + i];
    }
    return 0;
}

/// Minimises x'Ax/2 - b'x over x >= 0 by coordinate descent from what x holds: each component in turn gets its best
/// value with the others fixed. Stops when a sweep changes nothing worth mentioning. 1 when the diagonal is not positive.
static int SW_NAME(non_negative_solve)(size_t rank, size_t stride, float *a, const float *b, float *x) {
    for (size_t r = 0; r < rank; r++) {
        if (!(a[r * stride + r] > 0.0f)) return 1;
        for (size_t c = 0; c < r; c++) a[c * stride + r] = a[r * stride + c];
        if (x[r] < 0.0f) x[r] = 0.0f;
    }
    for (int sweep = 0; sweep < 200; sweep++) {
        float change = 0.0f, size = 0.0f;
        for (size_t r = 0; r < rank; r++) {
            const float *row = a + r * stride;
            float gradient = -b[r];
            for (size_t c = 0; c < rank; c++) gradient += row[c] * x[c];
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

/// y = (sum w q q^T + lambda I + shared) p, without forming the matrix.
static void SW_NAME(apply)(size_t rank, const float *factors, const uint32_t *columns, const float *weights,
                           size_t count, float lambda, const float *shared, const float *p, float *y) {
    for (size_t c = 0; c < rank; c++) y[c] = lambda * p[c];
    if (shared)
        for (size_t r = 0; r < rank; r++)
            for (size_t c = 0; c < rank; c++) y[r] += shared[r * rank + c] * p[c];
    for (size_t j = 0; j < count; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        float dot = 0.0f;
        for (size_t c = 0; c < rank; c++) dot += q[c] * p[c];
        const float factor = weights ? weights[j] * dot : dot;
        for (size_t c = 0; c < rank; c++) y[c] += factor * q[c];
    }
}

/// Three steps of conjugate gradient from what x holds (Takacs, Pilaszy and Tikk, 2011). Scratch: 3 rank floats.
static void SW_NAME(conjugate_gradient)(size_t rank, const float *factors, const uint32_t *columns,
                                        const float *weights, const float *targets, size_t count, float lambda,
                                        const float *shared, float *scratch, float *x) {
    float *residual = scratch, *direction = scratch + rank, *image = scratch + 2 * rank;
    SW_NAME(apply)(rank, factors, columns, weights, count, lambda, shared, x, image);
    for (size_t c = 0; c < rank; c++) residual[c] = -image[c];
    for (size_t j = 0; j < count; j++) {
        const float *q = factors + (size_t)columns[j] * rank;
        for (size_t c = 0; c < rank; c++) residual[c] += targets[j] * q[c];
    }
    float length = 0.0f;
    for (size_t c = 0; c < rank; c++) {
        direction[c] = residual[c];
        length += residual[c] * residual[c];
    }
    for (int step = 0; step < 3 && length > 1e-20f; step++) {
        SW_NAME(apply)(rank, factors, columns, weights, count, lambda, shared, direction, image);
        float curvature = 0.0f, next = 0.0f;
        for (size_t c = 0; c < rank; c++) curvature += direction[c] * image[c];
        if (!(curvature > 0.0f)) return;
        const float along = length / curvature;
        for (size_t c = 0; c < rank; c++) {
            x[c] += along * direction[c];
            residual[c] -= along * image[c];
            next += residual[c] * residual[c];
        }
        for (size_t c = 0; c < rank; c++) direction[c] = residual[c] + next / length * direction[c];
        length = next;
    }
}

/// Sums of a long row are taken in pieces of 256 ratings, and the pieces added in turn: the error then grows with the
/// number of pieces, not of ratings, which keeps float32 good for rows of many thousand ratings.
static int SW_NAME(solve_row)(int method, size_t rank, const float *factors, const uint32_t *columns,
                              const float *weights, const float *targets, size_t count, float lambda,
                              const float *shared, float *scratch, float *x) {
    if (method == SW_SOLVE_CONJUGATE_GRADIENT) {
        SW_NAME(conjugate_gradient)(rank, factors, columns, weights, targets, count, lambda, shared, scratch, x);
        return 0;
    }
    const size_t stride = (rank + 15) & ~(size_t)15;
    float *a = scratch, *b = a + rank * stride, *piece_a = b + stride, *piece_b = piece_a + rank * stride;
    memset(a, 0, (rank * stride + stride) * sizeof(float));
    for (size_t start = 0; start < count; start += 256) {
        const size_t size = count - start < 256 ? count - start : 256;
        const float *piece_weights = weights ? weights + start : NULL;
        if (count <= 256) {
            SW_NAME(accumulate)(rank, stride, factors, columns, piece_weights, targets, size, a, b);
            break;
        }
        memset(piece_a, 0, (rank * stride + stride) * sizeof(float));
        SW_NAME(accumulate)
        (rank, stride, factors, columns + start, piece_weights, targets + start, size, piece_a, piece_b);
        for (size_t i = 0; i < rank * stride; i++) a[i] += piece_a[i];
        for (size_t i = 0; i < rank; i++) b[i] += piece_b[i];
    }
    if (shared)
        for (size_t r = 0; r < rank; r++)
            for (size_t c = 0; c <= r; c++) a[r * stride + c] += shared[r * rank + c];
    for (size_t r = 0; r < rank; r++) a[r * stride + r] += lambda;
    if (method == SW_SOLVE_NON_NEGATIVE) return SW_NAME(non_negative_solve)(rank, stride, a, b, x);
    if (SW_NAME(cholesky_solve)(rank, stride, a, b)) return 1;
    memcpy(x, b, rank * sizeof(float));
    return 0;
}

static void SW_NAME(scores)(size_t rank, const float *row, const float *factors, size_t rows, float *scores) {
    for (size_t i = 0; i < rows; i++) {
        const float *q = factors + i * rank;
        float lanes[16] = {0};
        size_t k = 0;
        for (; k + 16 <= rank; k += 16)
            for (size_t l = 0; l < 16; l++) lanes[l] += row[k + l] * q[k + l];
        for (size_t l = 0; k + l < rank; l++) lanes[l] += row[k + l] * q[k + l];
        for (size_t half = 8; half > 0; half /= 2)
            for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
        scores[i] = lanes[0];
    }
}

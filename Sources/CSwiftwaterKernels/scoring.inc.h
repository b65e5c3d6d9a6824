// Scores of rows against many others, and the best of them: a matrix product with a short inner dimension whose results
// are examined in registers.
//
// The other side is packed in panels of 32 rows, so that a vector holds one component of many rows:
//
//     panel 0:  component 0 of rows 0...31 | component 1 of rows 0...31 | ...      panel 1: ...

static void SW_NAME(scores)(size_t rank, const float *row, const float *factors, size_t rows, float *scores) {
    for (size_t i = 0; i < rows; i++) scores[i] = SW_NAME(dot)(row, factors + i * rank, rank);
}

/// Returns a bit for each lane of `v`, set if the lane is at least `limit`.
SW_INLINE uint32_t SW_NAME(reaches)(SW_NAME(vector) v, float limit) {
#if SW_LANES == 16
    return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(limit), _CMP_GE_OQ);
#elif SW_LANES == 8
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_set1_ps(limit), _CMP_GE_OQ));
#else
    uint32_t bits = 0;
    for (int i = 0; i < SW_LANES; i++) bits |= (uint32_t)(v[i] >= limit) << i;
    return bits;
#endif
}

/// Offers the packed rows of one panel, starting at lane `lane`, to `row_count` rows (a constant, at most SW_ROWS).
SW_INLINE void SW_NAME(offer_panel)(size_t depth, const float *const *rows, const size_t row_count,
                                    const float *panel, size_t lane, const uint32_t *ids, size_t count,
                                    struct sw_best *best) {
    SW_NAME(vector) sums[SW_ROWS][2];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < row_count; r++) sums[r][0] = sums[r][1] = 0;
    for (size_t k = 0; k < depth; k++) {
        const float *component = panel + k * SW_PACKED + lane;
        const SW_NAME(vector) low = SW_NAME(load)(component), high = SW_NAME(load)(component + SW_LANES);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < row_count; r++) {
            const float factor = rows[r][k];
            sums[r][0] += low * factor;
            sums[r][1] += high * factor;
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < row_count; r++) {
        uint32_t bits = SW_NAME(reaches)(sums[r][0], best[r].limit)
                        | SW_NAME(reaches)(sums[r][1], best[r].limit) << SW_LANES;
        if (__builtin_expect(bits == 0, 1)) continue;
        float scores[2 * SW_LANES];
        SW_NAME(store)(scores, sums[r][0]);
        SW_NAME(store)(scores + SW_LANES, sums[r][1]);
        for (; bits; bits &= bits - 1) {
            const size_t position = (size_t)__builtin_ctz(bits);
            if (lane + position < count) sw_best_offer(&best[r], ids[lane + position], scores[position]);
        }
    }
}

/// Returns whether no packed row from this panel on can be among the best of any of the rows. If a limit is infinite,
/// scores whose bound is just below may be infinite too.
SW_INLINE int SW_NAME(is_over)(const struct sw_panel_bound *bound, const size_t row_count, const struct sw_best *best) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < row_count; r++)
        if (!(best[r].reach * bound->length + bound->extra < best[r].limit && best[r].limit <= FLT_MAX)) return 0;
    return 1;
}

SW_INLINE void SW_NAME(offer)(size_t depth, const float *const *rows, const size_t row_count,
                              const struct sw_packed *packed, size_t from, size_t to, struct sw_best *best) {
    for (size_t start = from; start < to; start += SW_PACKED) {
        if (SW_NAME(is_over)(&packed->bounds[start / SW_PACKED], row_count, best)) return;
        const size_t count = to - start < SW_PACKED ? to - start : SW_PACKED;
        for (size_t lane = 0; lane < count; lane += 2 * SW_LANES)
            SW_NAME(offer_panel)(depth, rows, row_count, packed->values + start * depth, lane, packed->ids + start, count,
                                 best);
    }
}

static void SW_NAME(offer_group)(size_t depth, const float *const *rows, const struct sw_packed *packed, size_t from,
                                 size_t to, struct sw_best *best) {
    SW_NAME(offer)(depth, rows, SW_ROWS, packed, from, to, best);
}

static void SW_NAME(offer_one)(size_t depth, const float *const *rows, const struct sw_packed *packed, size_t from,
                               size_t to, struct sw_best *best) {
    SW_NAME(offer)(depth, rows, 1, packed, from, to, best);
}

/// Finds the best packed rows of each row. Processes rows in groups of SW_ROWS, and packed rows in pieces that stay in
/// the cache while all groups pass over them.
static void SW_NAME(top)(size_t depth, const float *rows, size_t row_count, const struct sw_packed *packed,
                         struct sw_best *best) {
    const size_t piece = (SW_PIECE_BYTES / sizeof(float) / depth + SW_PACKED - 1) / SW_PACKED * SW_PACKED;
    for (size_t from = 0; from < packed->count; from += piece) {
        const size_t to = packed->count - from < piece ? packed->count : from + piece;
        size_t row = 0;
        for (; row + SW_ROWS <= row_count; row += SW_ROWS) {
            const float *pointers[SW_ROWS];
            for (size_t r = 0; r < SW_ROWS; r++) pointers[r] = rows + (row + r) * depth;
            SW_NAME(offer_group)(depth, pointers, packed, from, to, best + row);
        }
        for (; row < row_count; row++) {
            const float *pointer = rows + row * depth;
            SW_NAME(offer_one)(depth, &pointer, packed, from, to, best + row);
        }
    }
}

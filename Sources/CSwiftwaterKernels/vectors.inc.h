// Vectors of SW_LANES floats for one instruction set. Included before the kernels, with SW_NAME defined for that set.

typedef float SW_NAME(vector) __attribute__((ext_vector_type(SW_LANES)));
typedef int32_t SW_NAME(lanes) __attribute__((ext_vector_type(SW_LANES)));
typedef SW_NAME(vector) SW_NAME(unaligned) __attribute__((aligned(4), may_alias));

SW_INLINE SW_NAME(vector) SW_NAME(load)(const float *p) { return *(const SW_NAME(unaligned) *)p; }

SW_INLINE void SW_NAME(store)(float *p, SW_NAME(vector) v) { *(SW_NAME(unaligned) *)p = v; }

/// Returns the first `count` (1 to SW_LANES) floats at `p`, followed by zeros. Reads nothing beyond them.
SW_INLINE SW_NAME(vector) SW_NAME(load_part)(const float *p, size_t count) {
#if SW_LANES == 16
    return (SW_NAME(vector))_mm512_maskz_loadu_ps((__mmask16)(0xFFFFu >> (16 - count)), p);
#elif SW_LANES == 8
    const __m256i positions = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (SW_NAME(vector))_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), positions));
#else
    SW_NAME(vector) v = 0;
    for (size_t i = 0; i < count; i++) v[i] = p[i];
    return v;
#endif
}

/// Returns vector number `index` of a row of `count` floats, padded with zeros at the end of the row.
SW_INLINE SW_NAME(vector) SW_NAME(load_row)(const float *row, size_t index, size_t count) {
    const size_t left = count - index * SW_LANES;
    return left >= SW_LANES ? SW_NAME(load)(row + index * SW_LANES) : SW_NAME(load_part)(row + index * SW_LANES, left);
}

/// Returns the sum of the lanes, added by halves.
SW_INLINE float SW_NAME(sum)(SW_NAME(vector) v) {
#if SW_LANES == 16
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256((__m512)v), _mm512_extractf32x8_ps((__m512)v, 1));
#elif SW_LANES == 8
    __m256 half = (__m256)v;
#endif
#if SW_LANES >= 8
    __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(quarter) + _mm_cvtss_f32(_mm_shuffle_ps(quarter, quarter, 1));
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

/// Returns the dot product of two rows of `count` floats.
SW_INLINE float SW_NAME(dot)(const float *left, const float *right, size_t count) {
    SW_NAME(vector) sum = 0;
    for (size_t i = 0; i * SW_LANES < count; i++)
        sum += SW_NAME(load_row)(left, i, count) * SW_NAME(load_row)(right, i, count);
    return SW_NAME(sum)(sum);
}

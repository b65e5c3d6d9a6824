// The best of the offered scores: a heap with the worst on top. Of equal scores, the lower id is better.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sw_best {
    /// The minimum score worth offering.
    float limit;
    /// The factor that turns the length of a packed row into a bound on its product with this row.
    double reach;
    size_t capacity, count;
    uint32_t *ids;
    float *scores;
    /// A bit for each id, set if it is excluded; null if none is.
    const uint64_t *excluded;
};

static inline int sw_best_is_worse(const struct sw_best *best, size_t i, size_t j) {
    return best->scores[i] != best->scores[j] ? best->scores[i] < best->scores[j] : best->ids[i] > best->ids[j];
}

static inline void sw_best_swap(struct sw_best *best, size_t i, size_t j) {
    const float score = best->scores[i];
    const uint32_t id = best->ids[i];
    best->scores[i] = best->scores[j];
    best->ids[i] = best->ids[j];
    best->scores[j] = score;
    best->ids[j] = id;
}

static inline void sw_best_sink(struct sw_best *best, size_t parent, size_t count) {
    while (1) {
        size_t worst = parent;
        for (size_t child = 2 * parent + 1; child <= 2 * parent + 2 && child < count; child++)
            if (sw_best_is_worse(best, child, worst)) worst = child;
        if (worst == parent) return;
        sw_best_swap(best, parent, worst);
        parent = worst;
    }
}

/// Offers a score. The result does not depend on the order of the offers.
static inline void sw_best_offer(struct sw_best *best, uint32_t id, float score) {
    if (!(score >= best->limit)) return;
    if (best->count == best->capacity && score == best->scores[0] && id > best->ids[0]) return;
    if (best->excluded && best->excluded[id >> 6] >> (id & 63) & 1) return;
    if (best->count < best->capacity) {
        size_t child = best->count++;
        best->scores[child] = score;
        best->ids[child] = id;
        while (child > 0 && sw_best_is_worse(best, child, (child - 1) / 2)) {
            sw_best_swap(best, child, (child - 1) / 2);
            child = (child - 1) / 2;
        }
    } else {
        best->scores[0] = score;
        best->ids[0] = id;
        sw_best_sink(best, 0, best->count);
    }
    if (best->count == best->capacity) best->limit = best->scores[0];
}

/// Sorts the heap, best first.
static inline void sw_best_sort(struct sw_best *best) {
    for (size_t left = best->count; left > 1; left--) {
        sw_best_swap(best, 0, left - 1);
        sw_best_sink(best, 0, left - 1);
    }
}

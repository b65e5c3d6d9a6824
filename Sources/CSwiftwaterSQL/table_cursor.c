#include "table_cursor.h"

#include <math.h>
#include <sqlite3.h>
#include <stddef.h>

_Static_assert(sizeof(sqlite3_vtab_cursor) == sizeof(void *), "a cursor begins with the table");

// Rows in the order of another column lie anywhere in memory: they are fetched this many rows ahead.
enum { ahead = 24 };

static inline size_t width(sw_column_kind kind) { return kind == sw_column_float ? 4 : 8; }

static void fetch(const sw_cursor *cursor, int64_t row) {
    uint64_t used = cursor->used;
    while (used != 0) {
        const sw_column *column = &cursor->table->columns[__builtin_ctzll(used)];
        used &= used - 1;
        if (column->numbers) __builtin_prefetch(column->numbers + row);
        else if (column->values) __builtin_prefetch((const char *)column->values + (size_t)row * width(column->kind));
    }
}

int sw_cursor_next(void *base) {
    sw_cursor *cursor = base;
    cursor->position += cursor->step;
    cursor->left--;
    if (cursor->scattered && cursor->left > ahead)
        fetch(cursor, cursor->rows[cursor->position + ahead * cursor->step]);
    return SQLITE_OK;
}

int sw_cursor_eof(void *base) {
    const sw_cursor *cursor = base;
    return cursor->left <= 0;
}

static inline int64_t row_of(const sw_cursor *cursor) {
    return cursor->rows ? cursor->rows[cursor->position] : cursor->position;
}

int sw_cursor_rowid(void *base, int64_t *rowid) {
    *rowid = row_of(base) + 1;
    return SQLITE_OK;
}

// A float as the double with the same decimal notation, if four decimals suffice: 4.1, not 4.0999999.
static __attribute__((noinline)) double decimal(float value) {
    double rounded = round((double)value * 1e4) / 1e4;
    return (float)rounded == value ? rounded : (double)value;
}

int sw_cursor_column(void *base, void *result, int number) {
    const sw_cursor *cursor = base;
    const sw_column *column = &cursor->table->columns[number];
    // The row in the columns of the table.
    int64_t row = cursor->scattered ? cursor->rows[cursor->position] : cursor->position;
    if (column->nulls && column->nulls[row]) {
        sqlite3_result_null(result);
        return SQLITE_OK;
    }
    int64_t place = column->numbers ? column->numbers[row] : row;
    if (column->kind == sw_column_int64) {
        sqlite3_result_int64(result, ((const int64_t *)column->values)[place]);
    } else if (column->kind == sw_column_float) {
        float value = ((const float *)column->values)[place];
        // Most ratings are whole or half stars. SQLite makes NULL of NaN.
        bool is_half = fabsf(value) < 1e6f && (float)(int)(value * 2) == value * 2;
        sqlite3_result_double(result, is_half ? value : decimal(value));
    } else if (column->kind == sw_column_double) {
        sqlite3_result_double(result, ((const double *)column->values)[place]);
    } else if (column->kind == sw_column_text) {
        int64_t start = place == 0 ? 0 : column->ends[place - 1];
        sqlite3_result_text64(
            result, (const char *)column->values + start, (sqlite3_uint64)(column->ends[place] - start),
            SQLITE_TRANSIENT, SQLITE_UTF8);
    } else {
        cursor->table->value(cursor->table->context, row_of(cursor), number, result);
    }
    return SQLITE_OK;
}

int sw_cursor_filter(void *base, int plan, const char *used, int count, void **values) {
    sw_cursor *cursor = base;
    if (plan == cursor->plan && count == 1 && sqlite3_value_type(values[0]) == SQLITE_INTEGER
        && sqlite3_value_int64(values[0]) == cursor->key) {
        cursor->position = cursor->begin;
        cursor->left = cursor->count;
        return SQLITE_OK;
    }
    return cursor->start(cursor, plan, used, count, values);
}

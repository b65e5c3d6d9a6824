#ifndef SWIFTWATER_TABLE_CURSOR_H
#define SWIFTWATER_TABLE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

// The calls that SQLite makes for each row of a virtual table (sqlite.org/vtab.html), over columns in memory.
//
// SQLite's own types are `void` here: its header belongs to the module of GRDB.

/// How the values of a column lie in memory.
typedef enum {
    /// Read by `sw_table.value`.
    sw_column_other,
    sw_column_int64,
    sw_column_float,
    sw_column_double,
    /// UTF-8 bytes, concatenated, with the offset of the end of each value.
    sw_column_text,
} sw_column_kind;

typedef struct {
    sw_column_kind kind;
    const void *values;
    /// With text: the ends of the values.
    const int64_t *ends;
    /// The number of each row's value among `values`; NULL if each row has its own.
    const uint32_t *numbers;
    /// Whether a row is NULL, a byte each; NULL if none is.
    const uint8_t *nulls;
} sw_column;

/// A table, which outlives its cursors.
typedef struct {
    const sw_column *columns;
    /// Reports a value of a column of another kind.
    void (*value)(void *context, int64_t row, int column, void *result);
    void *context;
} sw_table;

/// A cursor, which begins as an sqlite3_vtab_cursor does.
typedef struct sw_cursor {
    void *virtual_table;
    /// Chooses the rows of a lookup. `values` are sqlite3_values.
    int (*start)(struct sw_cursor *cursor, int plan, const char *used, int count, void **values);
    const sw_table *table;
    /// The rows to read, in order; NULL for all.
    const uint32_t *rows;
    /// Whether the columns of `table` do not lie in the order of `rows`.
    bool scattered;
    /// The place of the row in `rows`, or its number; the number of rows that are left; and 1, or -1 to read backwards.
    int64_t position;
    int64_t left;
    int64_t step;
    /// The columns that the query reads, a bit each; the last bit stands for all beyond it.
    uint64_t used;
    /// The number of the last lookup by an integer, and the integer, so that a row of a join that looks up the same
    /// value as the row before costs nothing; -1 for none.
    int32_t plan;
    int64_t key;
    int64_t begin;
    int64_t count;
} sw_cursor;

int sw_cursor_next(void *cursor);
int sw_cursor_eof(void *cursor);
/// `result` is an sqlite3_context.
int sw_cursor_column(void *cursor, void *result, int column);
int sw_cursor_rowid(void *cursor, int64_t *rowid);

/// Starts a lookup: the last one again if it is the same.
int sw_cursor_filter(void *cursor, int plan, const char *used, int count, void **values);

#endif

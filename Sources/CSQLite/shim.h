// shim.h — what SQLite takes for the whole process only by a variadic function.
#pragma once
#include <sqlite3.h>

// Without statistics of memory, which nobody reads, no allocation takes the mutex that guards them.
// SQLITE_MISUSE when SQLite has been used already.
static inline int pr_sqlite_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

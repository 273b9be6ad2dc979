/* What options.c (reading) and options_help.c (help, suggestions) share of the table. */
#ifndef MPC_OS_OPTIONS_TABLE_H
#define MPC_OS_OPTIONS_TABLE_H

#include "common/os/options.h"

enum { COMMON_HELP, COMMON_VERSION, COMMON_LOG_FORMAT, COMMON_LOG_LEVEL };

/* All rows: the program's, then those of every program. */
static inline size_t options_row_count(const struct program *program)
{
    return program->row_count + OPTIONS_COMMON_ROWS;
}
const struct option_row *options_row(const struct program *program, size_t index);

/* Whether the row may be given with this command. */
static inline bool options_row_applies(const struct option_row *row, size_t command)
{
    return row->commands == 0 || (row->commands >> command & 1) != 0;
}

/* USAGE: no such word, with the nearest valid one where one is near. Of an option's word as it stands in argv
 * what is behind the `=` is not shown. */
MUST_USE result_t options_unknown_option(const struct program *program, const char *word, struct error *err);
MUST_USE result_t options_unknown_command(const struct program *program, const char *const *words,
                                          size_t count, struct error *err);

/* A word of the command line as a message may show it: one that is long enough for a key (32 digits are
 * 128 bits) is not repeated into logs. */
const char *options_shown(const char *word);

#endif

/* What a command has to say: lines for a person, members of one JSON object for a
 * machine, and the outcome for both. */
#ifndef MPC_BACKUP_REPORT_H
#define MPC_BACKUP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Zero-initialised is empty. */
struct report {
    struct bytes lines;
    struct bytes members;
};

/* A line for the person. NO_MEMORY. */
MUST_USE result_t report_line(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);
/* A member for the machine. `value` is UTF-8. NO_MEMORY. */
MUST_USE result_t report_text(struct report *report, const char *name, const char *value);
MUST_USE result_t report_u64(struct report *report, const char *name, uint64_t value);

/* Append what goes to stdout. For a person: the lines and, where it went well, "<code>: <meaning>" (errors go
 * to the log). For a machine, always one object: {"command","outcome","text", members}. NO_MEMORY. */
MUST_USE result_t report_print(const struct report *report, bool json, const char *command, result_t outcome,
                               const struct error *err, struct bytes *out);
void report_free(struct report *report);

#endif

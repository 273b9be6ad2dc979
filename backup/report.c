#include "backup/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"

/* A line may name a path and a key, and show a shell command of ten lines. */
#define LINE_LEN_MAX 4096

result_t report_line(struct report *report, const char *format, ...)
{
    char line[LINE_LEN_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    TRY(bytes_append_text(&report->lines, line));
    return bytes_append_text(&report->lines, "\n");
}

result_t report_text(struct report *report, const char *name, const char *value)
{
    TRY(bytes_append_format(&report->members, ",\"%s\":", name));
    return json_write_text(value, strlen(value), &report->members);
}

result_t report_u64(struct report *report, const char *name, uint64_t value)
{
    return bytes_append_format(&report->members, ",\"%s\":%" PRIu64, name, value);
}

static result_t print_json(const struct report *report, const char *command, result_t outcome,
                           const char *text, struct bytes *out)
{
    TRY(bytes_append_format(out, "{\"command\":\"%s\",\"outcome\":\"%s\",\"text\":", command,
                            outcome_of(outcome)->name));
    TRY(json_write_text(text, strlen(text), out));
    TRY(bytes_append(out, report->members.data, report->members.len));
    return bytes_append_text(out, "}\n");
}

result_t report_print(const struct report *report, bool json, const char *command, result_t outcome,
                      const struct error *err, struct bytes *out)
{
    const char *meaning = outcome_of(outcome)->text;
    bool good = outcome_ok(outcome);
    if (json)
        return print_json(report, command, outcome, good || !err->text[0] ? meaning : err->text, out);
    TRY(bytes_append(out, report->lines.data, report->lines.len));
    return good ? bytes_append_format(out, "%s: %s\n", outcome_of(outcome)->name, meaning) : OUTCOME_OK;
}

void report_free(struct report *report)
{
    bytes_free(&report->lines);
    bytes_free(&report->members);
}

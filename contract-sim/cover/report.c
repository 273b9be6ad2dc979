#include "contract-sim/cover/report.h"

#include <string.h>

#include "common/json.h"

/* How a kind is told: its title, its member in JSON with the names of an item's two parts, and what stands
 * around them in a line about one that was not reached. */
static const struct {
    const char *title;
    const char *member;
    const char *name;
    const char *other;
    const char *before, *between, *close, *after;
} words[COVERAGE_KINDS] = {
    [COVERAGE_ROW] = {"rows", "rows", "row", "", "row ", "", "", "never done"},
    [COVERAGE_GUARD_HELD] = {"guards held", "guards_held", "guard", "", "guard ", "", "", "never held"},
    [COVERAGE_GUARD_REFUSED] = {"guards refused", "guards_refused", "guard", "", "guard ", "", "",
                                "never refused"},
    [COVERAGE_ERROR] = {"errors", "errors", "error", "text", "error ", " (", ")", "never raised"},
    [COVERAGE_ARGUMENTS_REFUSED] = {"arguments refused", "arguments_refused", "row", "", "arguments of ", "",
                                    "", "never refused"},
    [COVERAGE_ROW_GUARD_HELD] = {"row guards held", "row_guards_held", "row", "guard", "row ", ": guard ", "",
                                 "never held"},
    [COVERAGE_ROW_GUARD_REFUSED] = {"row guards refused", "row_guards_refused", "row", "guard", "row ",
                                    ": guard ", "", "never refused"},
    [COVERAGE_ROW_PAIR] = {"row pairs", "row_pairs", "first", "then", "pair ", " -> ", "", "never seen"},
};

struct total {
    size_t reached;
    size_t all;
};

static struct total total_of(const struct coverage *coverage, enum coverage_kind kind)
{
    struct total total = {0};
    struct coverage_item item;
    size_t cursor = 0;
    while (coverage_next(coverage, kind, &cursor, &item)) {
        total.all++;
        total.reached += item.reached;
    }
    return total;
}

/* The next item that was not reached. */
static bool gap_next(const struct coverage *coverage, enum coverage_kind kind, size_t *cursor,
                     struct coverage_item *out)
{
    while (coverage_next(coverage, kind, cursor, out)) {
        if (!out->reached)
            return true;
    }
    return false;
}

bool cover_reaches(const struct coverage *coverage, unsigned percent)
{
    static const enum coverage_kind required[] = {COVERAGE_ROW, COVERAGE_GUARD_HELD, COVERAGE_GUARD_REFUSED,
                                                  COVERAGE_ERROR};
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        struct total total = total_of(coverage, required[i]);
        if (total.reached * 100 < total.all * percent)
            return false;
    }
    return true;
}

/* Rounded down: 100.0 % is all of it. */
static result_t total_write(enum coverage_kind kind, struct total total, struct bytes *out)
{
    size_t tenths = total.all ? total.reached * 1000 / total.all : 1000;
    return bytes_append_format(out, "%-18s %4zu of %4zu  %3zu.%zu %%\n", words[kind].title, total.reached,
                               total.all, tenths / 10, tenths % 10);
}

static result_t gap_write(enum coverage_kind kind, const struct coverage_item *gap, struct bytes *out)
{
    TRY(bytes_append_format(out, "%s%s", words[kind].before, gap->name));
    return gap->other ? bytes_append_format(out, "%s%s%s", words[kind].between, gap->other, words[kind].close)
                      : OUTCOME_OK;
}

/* One line per gap; pairs with the same first row share one. */
static result_t gaps_write(const struct coverage *coverage, enum coverage_kind kind, struct bytes *out)
{
    struct coverage_item gap;
    const char *line = NULL; /* the name in the line that is not ended yet */
    size_t cursor = 0;
    while (gap_next(coverage, kind, &cursor, &gap)) {
        if (line == gap.name && kind == COVERAGE_ROW_PAIR) {
            TRY(bytes_append_format(out, ", %s", gap.other));
            continue;
        }
        if (line)
            TRY(bytes_append_format(out, " %s\n", words[kind].after));
        TRY(gap_write(kind, &gap, out));
        line = gap.name;
    }
    return line ? bytes_append_format(out, " %s\n", words[kind].after) : OUTCOME_OK;
}

static result_t text_write(const struct coverage *coverage, const struct cover_runs *runs, struct bytes *out)
{
    TRY(bytes_append_format(out, "scenarios %zu, profiles %zu, runs %zu, failed %zu\n", runs->scenarios,
                            runs->profiles, runs->runs, runs->failed));
    for (enum coverage_kind kind = COVERAGE_ROW; kind < COVERAGE_KINDS; kind++)
        TRY(total_write(kind, total_of(coverage, kind), out));
    for (enum coverage_kind kind = COVERAGE_ROW; kind < COVERAGE_KINDS; kind++)
        TRY(gaps_write(coverage, kind, out));
    return OUTCOME_OK;
}

static result_t part_write(const char *separator, const char *name, const char *text, struct bytes *out)
{
    TRY(bytes_append_format(out, "%s\"%s\":", separator, name));
    return json_write_text(text, strlen(text), out);
}

static result_t json_kind_write(const struct coverage *coverage, enum coverage_kind kind, struct bytes *out)
{
    struct total total = total_of(coverage, kind);
    struct coverage_item gap;
    size_t cursor = 0;
    const char *separator = "";
    TRY(bytes_append_format(out, ",\n\"%s\":{\"reached\":%zu,\"of\":%zu,\"missing\":[", words[kind].member,
                            total.reached, total.all));
    while (gap_next(coverage, kind, &cursor, &gap)) {
        TRY(bytes_append_format(out, "%s\n{", separator));
        TRY(part_write("", words[kind].name, gap.name, out));
        if (gap.other)
            TRY(part_write(",", words[kind].other, gap.other, out));
        TRY(bytes_append_text(out, "}"));
        separator = ",";
    }
    return bytes_append_text(out, "]}");
}

static result_t json_report_write(const struct coverage *coverage, const struct cover_runs *runs,
                                  struct bytes *out)
{
    TRY(bytes_append_format(
        out, "{\"format\":\"mpc-cover/1\",\"scenarios\":%zu,\"profiles\":%zu,\"runs\":%zu,\"failed\":%zu",
        runs->scenarios, runs->profiles, runs->runs, runs->failed));
    for (enum coverage_kind kind = COVERAGE_ROW; kind < COVERAGE_KINDS; kind++)
        TRY(json_kind_write(coverage, kind, out));
    return bytes_append_text(out, "}\n");
}

result_t cover_report_write(const struct coverage *coverage, const struct cover_runs *runs,
                            enum cover_format format, struct bytes *out)
{
    return format == COVER_JSON ? json_report_write(coverage, runs, out) : text_write(coverage, runs, out);
}

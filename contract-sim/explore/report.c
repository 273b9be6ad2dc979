#include "contract-sim/explore/report.h"

#include <inttypes.h>
#include <string.h>

#include "contract-sim/explore/search.h"

static const char *const verdict_words[] = {
    [EXPLORE_NOT_CHECKED] = "not checked", [EXPLORE_HOLDS] = "holds",   [EXPLORE_KNOWN_BREAK] = "known break",
    [EXPLORE_BROKEN] = "BROKEN",           [EXPLORE_MISSED] = "MISSED",
};

static const char *const end_words[] = {
    [EXPLORE_AT_DEPTH] = "",
    [EXPLORE_AT_END] = ", to the end",
    [EXPLORE_GAVE_UP] = ", gave up",
};

static bool broke(const struct explore_finding *finding)
{
    return finding->verdict == EXPLORE_KNOWN_BREAK || finding->verdict == EXPLORE_BROKEN;
}

static uint64_t calls_per_second(const struct explore_figures *figures, uint64_t time_us)
{
    return figures->calls * 1000000 / (time_us ? time_us : 1);
}

static size_t bytes_per_state(const struct explore_figures *figures)
{
    return figures->memory_bytes / (figures->states ? figures->states : 1);
}

static result_t heading_text(const struct explore *explore, struct bytes *out)
{
    const struct explore_options *options = &explore->options;
    if (options->migration)
        TRY(bytes_append_format(out, "alphabet migration\nprofile %s\n", options->profile));
    else
        TRY(bytes_append_format(out, "alphabet generic, %zu accounts, %" PRIu64 " epochs\nprofile %s\n",
                                options->accounts, options->epochs, options->profile));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(bytes_append_format(out, "rule %s\n", options->rules[i]));
    return OUTCOME_OK;
}

static result_t figures_text(const struct explore_figures *figures, uint64_t time_us, struct bytes *out)
{
    TRY(bytes_append_format(out, "states %zu\ncalls %" PRIu64 "\ndepth %" PRIu64 "%s\n", figures->states,
                            figures->calls, figures->depth, end_words[figures->end]));
    return bytes_append_format(out,
                               "time %" PRIu64 ".%03" PRIu64 " s\ncalls per second %" PRIu64
                               "\nmemory %zu bytes\nbytes per state %zu\n",
                               time_us / 1000000, time_us / 1000 % 1000, calls_per_second(figures, time_us),
                               figures->memory_bytes, bytes_per_state(figures));
}

static result_t finding_text(const struct explore *explore, size_t index,
                             const struct explore_finding *finding, struct bytes *out)
{
    TRY(bytes_append_format(out, "%-4s %-11s  %s: %s\n", finding->id, verdict_words[finding->verdict],
                            finding->name, finding->sentence));
    if (finding->verdict == EXPLORE_MISSED)
        return bytes_append_format(
            out, "                  a known way breaks it after %zu actions, and here none does\n",
            invariant_table[index].path);
    if (!broke(finding))
        return OUTCOME_OK;
    TRY(bytes_append_format(out, "                  after %" PRIu64 ": ", finding->depth));
    TRY(explore_path_write(explore, index, out));
    return bytes_append_text(out, "\n");
}

result_t explore_report_text(const struct explore *explore, uint64_t time_us, struct bytes *out)
{
    struct explore_figures figures = explore_figures(explore);
    struct explore_finding finding;
    TRY(heading_text(explore, out));
    TRY(figures_text(&figures, time_us, out));
    for (size_t i = 0; explore_finding(explore, i, &finding); i++) {
        if (finding.verdict != EXPLORE_NOT_CHECKED)
            TRY(finding_text(explore, i, &finding, out));
    }
    return OUTCOME_OK;
}

static result_t text_json(const char *before, const char *text, struct bytes *out)
{
    TRY(bytes_append_text(out, before));
    return json_write_text(text, strlen(text), out);
}

static result_t heading_json(const struct explore *explore, struct bytes *out)
{
    const struct explore_options *options = &explore->options;
    TRY(bytes_append_format(out, "{\"alphabet\":\"%s\",\"accounts\":%zu,\"epochs\":", explore->alphabet.name,
                            explore->world.actor_count));
    TRY(options->migration ? bytes_append_text(out, "null")
                           : bytes_append_format(out, "%" PRIu64, options->epochs));
    TRY(text_json(",\"profile\":", options->profile, out));
    TRY(bytes_append_text(out, ",\"rules\":["));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(text_json(i ? "," : "", options->rules[i], out));
    return bytes_append_text(out, "]");
}

static result_t figures_json(const struct explore_figures *figures, uint64_t time_us, struct bytes *out)
{
    return bytes_append_format(
        out,
        ",\"states\":%zu,\"calls\":%" PRIu64 ",\"depth\":%" PRIu64
        ",\"ended\":%s,\"gave_up\":%s,\"time_us\":%" PRIu64 ",\"calls_per_second\":%" PRIu64
        ",\"memory_bytes\":%zu,\"bytes_per_state\":%zu",
        figures->states, figures->calls, figures->depth, figures->end == EXPLORE_AT_END ? "true" : "false",
        figures->end == EXPLORE_GAVE_UP ? "true" : "false", time_us, calls_per_second(figures, time_us),
        figures->memory_bytes, bytes_per_state(figures));
}

static result_t finding_json(const struct explore *explore, size_t index,
                             const struct explore_finding *finding, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes path = {0};
    TRY(bytes_append_format(out, "{\"id\":\"%s\",\"name\":\"%s\",\"verdict\":\"%s\"", finding->id,
                            finding->name, verdict_words[finding->verdict]));
    if (broke(finding)) {
        TRY(explore_path_write(explore, index, &path));
        TRY(bytes_append_format(out, ",\"depth\":%" PRIu64, finding->depth));
        TRY(text_json(",\"path\":", (const char *)path.data, out));
    }
    return bytes_append_text(out, "}");
}

result_t explore_report_json(const struct explore *explore, uint64_t time_us, struct bytes *out)
{
    struct explore_figures figures = explore_figures(explore);
    struct explore_finding finding;
    const char *separator = ",\"invariants\":[";
    TRY(heading_json(explore, out));
    TRY(figures_json(&figures, time_us, out));
    for (size_t i = 0; explore_finding(explore, i, &finding); i++) {
        if (finding.verdict == EXPLORE_NOT_CHECKED)
            continue;
        TRY(bytes_append_text(out, separator));
        TRY(finding_json(explore, i, &finding, out));
        separator = ",";
    }
    return bytes_append_format(out, "%s],\"as_expected\":%s}",
                               *separator && separator[1] ? ",\"invariants\":[" : "",
                               explore_as_expected(explore) ? "true" : "false");
}

/* Reports: TAP for people and test drivers, JUnit for CI, JSON for programs. */
#include "contract-sim/replay/replay.h"

#include <string.h>

/* A text field of a report: C string of a bytes that may never have been written to. */
static const char *text_or_empty(const struct bytes *bytes)
{
    return bytes->data ? (const char *)bytes->data : "";
}

static result_t xml_escape(const char *text, struct bytes *out)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            TRY(bytes_append_text(out, "&lt;"));
            break;
        case '>':
            TRY(bytes_append_text(out, "&gt;"));
            break;
        case '&':
            TRY(bytes_append_text(out, "&amp;"));
            break;
        case '"':
            TRY(bytes_append_text(out, "&quot;"));
            break;
        case '\n':
        case '\t':
            TRY(bytes_append(out, text, 1));
            break;
        default: /* XML 1.0 has no other control characters at all */
            TRY(bytes_append(out, (unsigned char)*text < 0x20 ? "?" : text, 1));
        }
    }
    return OUTCOME_OK;
}

static result_t where_write(const struct replay_difference *difference, struct bytes *out)
{
    if (difference->line)
        TRY(bytes_append_format(out, "line %zu (step %zu), ", difference->line, difference->step));
    else if (difference->step)
        TRY(bytes_append_format(out, "step %zu, ", difference->step));
    return bytes_append_text(out, text_or_empty(&difference->what));
}

static result_t json_text(const char *text, struct bytes *out)
{
    return json_write_text(text, strlen(text), out);
}

/* Every line of `text` behind `prefix`, so that a text with newlines stays inside its comment. */
static result_t tap_comment(const char *label, const char *text, struct bytes *out)
{
    TRY(bytes_append_text(out, label));
    for (; *text; text++)
        TRY(*text == '\n' ? bytes_append_text(out, "\n#             ") : bytes_append(out, text, 1));
    return bytes_append_text(out, "\n");
}

static result_t tap_run(struct replay_report *report, const struct scenario *scenario, const char *profile,
                        const struct replay_result *result)
{
    struct bytes *out = report->out;
    TRY(bytes_append_format(out, "%sok %zu - %s [%s] %s\n", result->difference_count ? "not " : "",
                            report->ran, scenario->id, profile, scenario->title));
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct replay_difference *difference = &result->differences[i];
        TRY(bytes_append_text(out, "# "));
        TRY(where_write(difference, out));
        TRY(bytes_append_text(out, "\n"));
        TRY(tap_comment("#   expected: ", text_or_empty(&difference->expected), out));
        TRY(tap_comment("#   got:      ", text_or_empty(&difference->got), out));
        if (difference->changes.len)
            TRY(tap_comment("#   changed:  ", text_or_empty(&difference->changes), out));
    }
    return result->more ? bytes_append_format(out, "# and %zu more differences\n", result->more) : OUTCOME_OK;
}

static result_t junit_run(struct replay_report *report, const char *file, const struct scenario *scenario,
                          const char *profile, const struct replay_result *result)
{
    struct bytes *out = &report->cases;
    TRY(bytes_append_text(out, "    <testcase classname=\""));
    TRY(xml_escape(profile, out));
    TRY(bytes_append_text(out, "\" name=\""));
    TRY(xml_escape(scenario->id, out));
    TRY(bytes_append_text(out, " "));
    TRY(xml_escape(scenario->title, out));
    TRY(bytes_append_text(out, "\" file=\""));
    TRY(xml_escape(file, out));
    if (!result->difference_count)
        return bytes_append_text(out, "\"/>\n");
    TRY(bytes_append_format(out, "\">\n      <failure message=\"%zu differences\">",
                            result->difference_count + result->more));
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct replay_difference *difference = &result->differences[i];
        CLEANUP(bytes_free) struct bytes where = {0};
        TRY(where_write(difference, &where));
        TRY(xml_escape(text_or_empty(&where), out));
        TRY(bytes_append_text(out, "\n  expected: "));
        TRY(xml_escape(text_or_empty(&difference->expected), out));
        TRY(bytes_append_text(out, "\n  got:      "));
        TRY(xml_escape(text_or_empty(&difference->got), out));
        TRY(bytes_append_text(out, difference->changes.len ? "\n  changed:  " : ""));
        TRY(xml_escape(text_or_empty(&difference->changes), out));
        TRY(bytes_append_text(out, "\n"));
    }
    return bytes_append_text(out, "</failure>\n    </testcase>\n");
}

static result_t json_member_write(const char *name, const char *text, struct bytes *out)
{
    TRY(bytes_append_format(out, ",\"%s\":", name));
    return json_text(text, out);
}

static result_t json_run(struct replay_report *report, const char *file, const struct scenario *scenario,
                         const char *profile, const struct replay_result *result)
{
    struct bytes *out = report->out;
    TRY(bytes_append_text(out, report->ran > 1 ? ",\n{\"file\":" : "\n{\"file\":"));
    TRY(json_text(file, out));
    TRY(json_member_write("id", scenario->id, out));
    TRY(json_member_write("title", scenario->title, out));
    TRY(json_member_write("profile", profile, out));
    TRY(bytes_append_format(out, ",\"passed\":%s,\"differences\":[",
                            result->difference_count ? "false" : "true"));
    for (size_t i = 0; i < result->difference_count; i++) {
        const struct replay_difference *difference = &result->differences[i];
        TRY(bytes_append_format(out, "%s{\"step\":%zu", i ? "," : "", difference->step));
        if (difference->line)
            TRY(bytes_append_format(out, ",\"line\":%zu", difference->line));
        TRY(json_member_write("what", text_or_empty(&difference->what), out));
        TRY(json_member_write("expected", text_or_empty(&difference->expected), out));
        TRY(json_member_write("got", text_or_empty(&difference->got), out));
        TRY(json_member_write("changes", text_or_empty(&difference->changes), out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_format(out, "],\"more\":%zu}", result->more);
}

result_t replay_report_begin(struct replay_report *report)
{
    switch (report->format) {
    case REPLAY_TAP:
        return bytes_append_format(report->out, "1..%zu\n", report->planned);
    case REPLAY_JUNIT:
        return bytes_append_text(report->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    case REPLAY_JSON:
        break;
    }
    return bytes_append_text(report->out, "{\"format\":\"mpc-replay/1\",\"runs\":[");
}

result_t replay_report_run(struct replay_report *report, const char *file, const struct scenario *scenario,
                           const char *profile, const struct replay_result *result)
{
    report->ran++;
    report->failed += result->difference_count > 0;
    switch (report->format) {
    case REPLAY_TAP:
        return tap_run(report, scenario, profile, result);
    case REPLAY_JUNIT:
        return junit_run(report, file, scenario, profile, result);
    case REPLAY_JSON:
        break;
    }
    return json_run(report, file, scenario, profile, result);
}

static result_t junit_end(struct replay_report *report)
{
    TRY(bytes_append_format(report->out,
                            "  <testsuite name=\"mpc-contract-sim replay\" tests=\"%zu\" failures=\"%zu\">\n",
                            report->ran, report->failed));
    TRY(bytes_append(report->out, report->cases.data, report->cases.len));
    return bytes_append_text(report->out, "  </testsuite>\n</testsuites>\n");
}

result_t replay_report_end(struct replay_report *report)
{
    switch (report->format) {
    case REPLAY_TAP:
        return bytes_append_format(report->out, "# %zu of %zu passed\n", report->ran - report->failed,
                                   report->ran);
    case REPLAY_JUNIT:
        return junit_end(report);
    case REPLAY_JSON:
        break;
    }
    return bytes_append_format(report->out, "\n],\"passed\":%zu,\"failed\":%zu}\n",
                               report->ran - report->failed, report->failed);
}

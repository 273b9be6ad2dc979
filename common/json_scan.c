#include "common/json.h"

#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

const struct json_limits json_limits_small = {.bytes_max = 64 * 1024, .depth_max = 32};
/* A domain of the longest form, Ed25519 with its 32 numbers, has 105 nodes:
 * KEYSET_DOMAINS_MAX of them 1.7 million. */
const struct json_limits json_limits_keyset = {
    .bytes_max = 16 * 1024 * 1024, .depth_max = 32, .nodes_max = 2000000};
/* Resharing shows two keysets, and the registry and the participants beside them. */
const struct json_limits json_limits_view = {
    .bytes_max = 16 * 1024 * 1024, .depth_max = 64, .nodes_max = 6000000};

/* The scan walks the text once and keeps no tree: what is open is a stack of frames, one for each object
 * or array, and what may come next is one `enum expect`. Input cannot make it recurse. The names of the
 * members of all open objects are kept until their object closes, and are sorted then; that is what it
 * takes to find duplicates in n log n. */
/* A member of an object that is still open: its name, unescaped, in scan.names,
 * and where it stands in the text. */
struct member {
    size_t name;
    size_t name_len;
    size_t at;
};

/* Up to so many, comparing each with each is less work than sorting them. */
#define FEW_MEMBERS 8

struct frame {
    bool is_object;
    size_t first_member; /* in scan.members */
    size_t first_name;   /* in scan.names */
};

enum expect {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END,  /* after [ */
    EXPECT_MEMBER,        /* after , in an object */
    EXPECT_MEMBER_OR_END, /* after { */
    EXPECT_COMMA_OR_END,  /* after a value */
    EXPECT_NOTHING,
};

struct scan {
    const char *text;
    size_t len;
    size_t at;
    struct error *err;
    size_t depth_max;
    size_t depth;
    size_t nodes_left;
    struct frame frames[JSON_DEPTH_CAP];
    struct member *members;
    size_t member_count;
    size_t member_cap;
    struct bytes names;
};

static void scan_release(struct scan *scan)
{
    free(scan->members);
    bytes_free(&scan->names);
}

static result_t fail_at(const struct scan *scan, size_t at, result_t code, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < scan->len; i++) {
        column = scan->text[i] == '\n' ? 1 : column + 1;
        line += scan->text[i] == '\n';
    }
    return error_set(scan->err, code, "%s at line %zu column %zu", what, line, column);
}

/* The text may simply have been cut off, which is the more useful thing to say. */
static result_t fail(const struct scan *scan, const char *what)
{
    return fail_at(scan, scan->at, OUTCOME_JSON_MALFORMED,
                   scan->at < scan->len ? what : "the text ends too early");
}

static int peek(const struct scan *scan)
{
    return scan->at < scan->len ? (unsigned char)scan->text[scan->at] : -1;
}

static void skip_space(struct scan *scan)
{
    int c = peek(scan);
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        scan->at++;
        c = peek(scan);
    }
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static void skip_digits(struct scan *scan)
{
    while (is_digit(peek(scan)))
        scan->at++;
}

/* An integer has to be one that a signed or an unsigned 64-bit type holds;
 * json-c takes others without a word. */
static result_t check_integer(const struct scan *scan, size_t start)
{
    bool negative = scan->text[start] == '-';
    uint64_t value = 0;
    for (size_t i = start + negative; i < scan->at; i++) {
        unsigned digit = (unsigned)(scan->text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return fail_at(scan, start, OUTCOME_JSON_NUMBER_RANGE, "an integer that does not fit 64 bits");
        value = value * 10 + digit;
    }
    if (negative && value > (uint64_t)INT64_MAX + 1)
        return fail_at(scan, start, OUTCOME_JSON_NUMBER_RANGE, "an integer below -2^63");
    if (negative && value == 0)
        return fail_at(scan, start, OUTCOME_JSON_NUMBER_RANGE, "-0 is no integer");
    return OUTCOME_OK;
}

/* [ "-" ] int [ frac ] [ exp ], RFC 8259 6. */
static result_t scan_number(struct scan *scan)
{
    size_t start = scan->at;
    bool integer = true;
    if (peek(scan) == '-')
        scan->at++;
    if (!is_digit(peek(scan)))
        return fail(scan, "a digit is missing");
    if (peek(scan) == '0')
        scan->at++;
    else
        skip_digits(scan);
    if (peek(scan) == '.') {
        integer = false;
        scan->at++;
        if (!is_digit(peek(scan)))
            return fail(scan, "a digit is missing after the point");
        skip_digits(scan);
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        integer = false;
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        if (!is_digit(peek(scan)))
            return fail(scan, "a digit is missing in the exponent");
        skip_digits(scan);
    }
    if (scan->at - start > JSON_NUMBER_LEN_MAX)
        return fail_at(scan, start, OUTCOME_JSON_NUMBER_RANGE, "a number with too many digits");
    return integer ? check_integer(scan, start) : OUTCOME_OK;
}

static result_t scan_literal(struct scan *scan)
{
    static const char *const literals[] = {"true", "false", "null"};
    for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
        size_t len = strlen(literals[i]);
        if (scan->len - scan->at >= len && memcmp(scan->text + scan->at, literals[i], len) == 0) {
            scan->at += len;
            return OUTCOME_OK;
        }
    }
    return fail(scan, "not a JSON value");
}

/* The four digits behind \u. */
static result_t scan_hex4(struct scan *scan, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 4; i++) {
        int c = peek(scan);
        int lower = c | 0x20;
        if (is_digit(c))
            *out = *out << 4 | (uint32_t)(c - '0');
        else if (c >= 0 && lower >= 'a' && lower <= 'f')
            *out = *out << 4 | (uint32_t)(lower - 'a' + 10);
        else
            return fail(scan, "not four hex digits after \\u");
        scan->at++;
    }
    return OUTCOME_OK;
}

/* RFC 8259 7: above U+FFFF the escapes are a high and a low surrogate, each behind its own \u. json-c turns a
 * lone one into U+FFFD, serde refuses it, and so do we. */
static result_t scan_unicode_escape(struct scan *scan, uint32_t *out)
{
    size_t start = scan->at;
    TRY(scan_hex4(scan, out));
    if (*out < 0xd800 || *out > 0xdfff)
        return OUTCOME_OK;
    uint32_t low = 0;
    if (*out <= 0xdbff && scan->len - scan->at >= 6 && memcmp(scan->text + scan->at, "\\u", 2) == 0) {
        scan->at += 2;
        TRY(scan_hex4(scan, &low));
    }
    if (low < 0xdc00 || low > 0xdfff)
        return fail_at(scan, start, OUTCOME_JSON_MALFORMED, "a surrogate without its other half");
    *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
    return OUTCOME_OK;
}

/* What stands behind a backslash, as a code point. */
static result_t scan_escape(struct scan *scan, uint32_t *out)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    int c = peek(scan);
    if (c == 'u') {
        scan->at++;
        return scan_unicode_escape(scan, out);
    }
    const char *known = c > 0 ? strchr(escapes, c) : NULL;
    if (!known)
        return fail(scan, "an unknown escape");
    scan->at++;
    *out = (uint32_t)values[known - escapes];
    return OUTCOME_OK;
}

/* One character of a string, escaped or not, into `utf8`. */
static result_t scan_character(struct scan *scan, uint8_t utf8[UTF8_LEN_MAX], size_t *len)
{
    int c = peek(scan);
    if (c == '\\') {
        uint32_t code_point;
        scan->at++;
        TRY(scan_escape(scan, &code_point));
        *len = utf8_encode(code_point, utf8);
        return OUTCOME_OK;
    }
    if (c < 0x20)
        return fail(scan, "a control character in a string");
    *len = utf8_character_len(scan->text + scan->at, scan->len - scan->at);
    if (!*len)
        return fail(scan, "invalid UTF-8");
    memcpy(utf8, scan->text + scan->at, *len);
    scan->at += *len;
    return OUTCOME_OK;
}

/* Over what stands for itself: nearly all of what strings are made of. */
static void skip_plain(struct scan *scan)
{
    const char *at = scan->text + scan->at, *end = scan->text + scan->len;
    while (at < end && *at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\')
        at++;
    scan->at = (size_t)(at - scan->text);
}

/* A string; its characters are appended to `name` where that is given. */
static result_t scan_string(struct scan *scan, struct bytes *name)
{
    scan->at++;
    for (;;) {
        uint8_t utf8[UTF8_LEN_MAX];
        size_t len = 0, start = scan->at;
        skip_plain(scan);
        if (name && scan->at > start)
            TRY(bytes_append(name, scan->text + start, scan->at - start));
        if (peek(scan) == '"')
            break;
        start = scan->at;
        TRY(scan_character(scan, utf8, &len));
        /* json-c would cut the name at the NUL, and could so make two names one. */
        if (name && utf8[0] == 0)
            return fail_at(scan, start, OUTCOME_JSON_MALFORMED, "a NUL in a member's name");
        if (name)
            TRY(bytes_append(name, utf8, len));
    }
    scan->at++;
    return OUTCOME_OK;
}

static result_t add_member(struct scan *scan, struct member member)
{
    if (scan->member_count == scan->member_cap) {
        size_t cap = scan->member_cap ? 2 * scan->member_cap : 32;
        struct member *members = realloc(scan->members, cap * sizeof *members);
        if (!members)
            return OUTCOME_NO_MEMORY;
        scan->members = members;
        scan->member_cap = cap;
    }
    scan->members[scan->member_count++] = member;
    return OUTCOME_OK;
}

/* Small texts can stand for large trees: what json-c would make of this one is counted before it does. */
static result_t count_nodes(struct scan *scan, size_t nodes)
{
    if (nodes > scan->nodes_left)
        return fail_at(scan, scan->at, OUTCOME_JSON_TOO_LARGE, "more values than are taken");
    scan->nodes_left -= nodes;
    return OUTCOME_OK;
}

static result_t scan_member_name(struct scan *scan)
{
    struct member member = {.name = scan->names.len, .at = scan->at};
    TRY(count_nodes(scan, 1));
    if (peek(scan) != '"')
        return fail(scan, "a member's name is missing");
    TRY(scan_string(scan, &scan->names));
    member.name_len = scan->names.len - member.name;
    TRY(add_member(scan, member));
    skip_space(scan);
    if (peek(scan) != ':')
        return fail(scan, "a colon is missing");
    scan->at++;
    return OUTCOME_OK;
}

static int compare_names(const struct member *a, const struct member *b, const struct bytes *names)
{
    if (a->name_len != b->name_len)
        return a->name_len < b->name_len ? -1 : 1;
    return a->name_len ? memcmp(names->data + a->name, names->data + b->name, a->name_len) : 0;
}

/* By name, and in the order of the text where names are the same. */
static int compare_members(const void *left, const void *right, void *names)
{
    const struct member *a = left, *b = right;
    int order = compare_names(a, b, names);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static bool few_and_different(const struct scan *scan, const struct member *members, size_t count)
{
    if (count > FEW_MEMBERS)
        return false;
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (compare_names(&members[i], &members[j], &scan->names) == 0)
                return false;
    return true;
}

/* The members of the innermost object, all known now: sorted, two of one name are neighbours. */
static result_t check_duplicates(struct scan *scan, const struct frame *frame)
{
    size_t count = scan->member_count - frame->first_member;
    if (count < 2)
        return OUTCOME_OK;
    struct member *members = scan->members + frame->first_member;
    if (few_and_different(scan, members, count))
        return OUTCOME_OK;
    qsort_r(members, count, sizeof *members, compare_members, &scan->names);
    for (size_t i = 1; i < count; i++)
        if (compare_names(&members[i - 1], &members[i], &scan->names) == 0)
            return fail_at(scan, members[i].at, OUTCOME_JSON_DUPLICATE_MEMBER,
                           "a member that the object has already");
    return OUTCOME_OK;
}

/* An object or array begins. */
static result_t open_container(struct scan *scan, enum expect *expect)
{
    if (scan->depth == scan->depth_max)
        return fail_at(scan, scan->at, OUTCOME_JSON_TOO_DEEP, "nested too deeply");
    bool is_object = peek(scan) == '{';
    scan->frames[scan->depth++] = (struct frame){is_object, scan->member_count, scan->names.len};
    scan->at++;
    *expect = is_object ? EXPECT_MEMBER_OR_END : EXPECT_VALUE_OR_END;
    return OUTCOME_OK;
}

static result_t close_container(struct scan *scan)
{
    const struct frame *frame = &scan->frames[--scan->depth];
    if (frame->is_object) {
        TRY(check_duplicates(scan, frame));
        scan->member_count = frame->first_member;
        scan->names.len = frame->first_name;
    }
    scan->at++;
    return OUTCOME_OK;
}

static result_t scan_value(struct scan *scan, enum expect *expect)
{
    int c = peek(scan);
    bool container = c == '{' || c == '[';
    TRY(count_nodes(scan, container ? JSON_CONTAINER_NODES : 1));
    if (container)
        return open_container(scan, expect);
    *expect = EXPECT_COMMA_OR_END;
    if (c == '"')
        return scan_string(scan, NULL);
    if (c == '-' || is_digit(c))
        return scan_number(scan);
    return scan_literal(scan);
}

/* Behind a value: what comes next depends on what is open. */
static result_t scan_after_value(struct scan *scan, enum expect *expect)
{
    if (scan->depth == 0) {
        *expect = EXPECT_NOTHING;
        return OUTCOME_OK;
    }
    bool in_object = scan->frames[scan->depth - 1].is_object;
    if (peek(scan) == ',') {
        scan->at++;
        *expect = in_object ? EXPECT_MEMBER : EXPECT_VALUE;
        return OUTCOME_OK;
    }
    if (peek(scan) == (in_object ? '}' : ']'))
        return close_container(scan);
    return fail(scan, in_object ? "a comma or } is missing" : "a comma or ] is missing");
}

/* Take the next token; *expect says what it may be, and then what may follow it. */
static result_t scan_step(struct scan *scan, enum expect *expect)
{
    bool may_end = *expect == EXPECT_MEMBER_OR_END || *expect == EXPECT_VALUE_OR_END;
    if (may_end && peek(scan) == (*expect == EXPECT_MEMBER_OR_END ? '}' : ']')) {
        *expect = EXPECT_COMMA_OR_END;
        return close_container(scan);
    }
    if (*expect == EXPECT_COMMA_OR_END)
        return scan_after_value(scan, expect);
    if (*expect == EXPECT_MEMBER || *expect == EXPECT_MEMBER_OR_END) {
        *expect = EXPECT_VALUE;
        return scan_member_name(scan);
    }
    return scan_value(scan, expect);
}

result_t json_scan(const char *text, size_t len, const struct json_limits *limits, struct error *err)
{
    if (len > limits->bytes_max)
        return error_set(err, OUTCOME_JSON_TOO_LARGE, "%zu bytes of JSON where at most %zu are taken", len,
                         limits->bytes_max);
    CLEANUP(scan_release)
    struct scan scan = {
        .text = text,
        .len = len,
        .err = err,
        .depth_max = limits->depth_max < JSON_DEPTH_CAP ? limits->depth_max : JSON_DEPTH_CAP,
        .nodes_left = limits->nodes_max ? limits->nodes_max : SIZE_MAX,
    };
    enum expect expect = EXPECT_VALUE;
    skip_space(&scan);
    while (expect != EXPECT_NOTHING) {
        TRY(scan_step(&scan, &expect));
        skip_space(&scan);
    }
    return scan.at == len ? OUTCOME_OK : fail(&scan, "something follows the JSON value");
}

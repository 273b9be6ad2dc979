#include "tests/support/samples.h"
#include "tests/support/support.h"

#include <string.h>
#include <time.h>

#include "common/keyset.h"

static void sample_text(size_t domains, struct bytes *out)
{
    CLEANUP(keyset_free) struct keyset keyset;
    sample_keyset(5, domains, &keyset);
    ck_assert_ok(keyset_write(&keyset, out));
}

/* The text of a sample of four domains in which `from` (which has to be there) is replaced by `to`. */
static void edited_text(const char *from, const char *to, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    sample_text(4, &text);
    const char *at = strstr((const char *)text.data, from);
    ck_assert_msg(at != NULL, "%s is not in %s", from, (const char *)text.data);
    ck_assert_ok(bytes_append(out, text.data, (size_t)(at - (const char *)text.data)));
    ck_assert_ok(bytes_append_text(out, to));
    ck_assert_ok(bytes_append_text(out, at + strlen(from)));
}

START_TEST(reading_and_writing_keep_every_byte)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes again = {0};
    CLEANUP(keyset_free) struct keyset keyset;
    struct error err = {0};
    sample_text(7, &text);
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &keyset, &err), err);
    ck_assert_ok(keyset_write(&keyset, &again));
    ck_assert_str_eq((const char *)text.data, (const char *)again.data);
}
END_TEST

START_TEST(the_reference_keyset_comes_back_byte_for_byte)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes again = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    struct error err = {0};
    if (!reference_data("keyshares/keyset.json", &text))
        return;
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &keyset, &err), err);
    ck_assert_uint_eq(keyset.epoch_id, 5);
    ck_assert_uint_eq(keyset.domains[0].attempt, 240);
    ck_assert_uint_eq(keyset.domains[2].attempt, UINT64_MAX);
    ck_assert_ok(keyset_write(&keyset, &again));
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = 0;
    ck_assert_str_eq((const char *)text.data, (const char *)again.data);
}
END_TEST

START_TEST(ids_use_all_of_u64_and_domains_keep_their_order)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(keyset_free) struct keyset parsed;
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    sample_keyset(UINT64_MAX, 3, &keyset);
    keyset.domains[0].domain_id = UINT64_MAX;
    keyset.domains[1].attempt = (UINT64_C(1) << 53) + 1;
    ck_assert_ok(keyset_write(&keyset, &text));
    ck_assert_text_has((const char *)text.data, "\"epoch_id\":18446744073709551615");
    ck_assert_text_has((const char *)text.data, "\"attempt\":9007199254740993");
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &parsed, &err), err);
    ck_assert(keyset_equal(&keyset, &parsed));
    struct keyset_domain first = parsed.domains[0];
    parsed.domains[0] = parsed.domains[1];
    parsed.domains[1] = first;
    ck_assert_msg(!keyset_equal(&keyset, &parsed), "the order of domains is part of a keyset");
}
END_TEST

START_TEST(members_may_come_in_any_order_with_unknown_ones_between)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(keyset_free) struct keyset keyset;
    struct error err = {0};
    edited_text("{\"epoch_id\":5,", "{\"new\":{\"a\":[null,1.5e3]},", &text);
    text.data[--text.len] = 0;
    ck_assert_ok(bytes_append_text(&text, ",\"epoch_id\":9}"));
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &keyset, &err), err);
    ck_assert_uint_eq(keyset.epoch_id, 9);
    ck_assert_uint_eq(keyset.count, 4);
}
END_TEST

static const struct {
    const char *from, *to;
    result_t code;
    const char *text; /* somewhere in the error */
} edits[] = {
    {"{\"epoch_id\":5", "{\"epoch_id\":5.0", OUTCOME_KEYSET_MALFORMED, "keyset"},
    {"{\"epoch_id\":5", "{\"epoch_id\":-1", OUTCOME_KEYSET_MALFORMED, "keyset"},
    {"{\"epoch_id\":5", "{\"epoch_id\":\"5\"", OUTCOME_KEYSET_MALFORMED, "keyset"},
    {"{\"epoch_id\":5", "{\"epoch_id\":18446744073709551616", OUTCOME_JSON_NUMBER_RANGE, ""},
    {"{\"epoch_id\":5", "{\"epoch\":5", OUTCOME_KEYSET_MALFORMED, "epoch_id"},
    {"{\"epoch_id\":5", "{\"epoch_id\":5,\"epoch_id\":5", OUTCOME_JSON_DUPLICATE_MEMBER, ""},
    {"\"domains\":", "\"Domains\":", OUTCOME_KEYSET_MALFORMED, "domains"},
    {"\"domains\":", "\"domains\":{},\"other\":", OUTCOME_KEYSET_MALFORMED, "domains"},
    {"{\"domain_id\":3", "{\"domain_id\":3e0", OUTCOME_KEYSET_MALFORMED, "keyset.domains[3]"},
    {"{\"domain_id\":3", "{\"domain_id\":1", OUTCOME_KEYSET_MALFORMED,
     "keyset.domains[3].domain_id: domain 1"},
    {"{\"domain_id\":3", "{\"id\":3", OUTCOME_KEYSET_MALFORMED, "keyset.domains[3]"},
    {"\"attempt\":3", "\"attempt_id\":3", OUTCOME_KEYSET_MALFORMED, "keyset.domains[3]"},
    {"\"key\":{\"Ed25519\"", "\"key\":{\"Ed448\"", OUTCOME_KEYSET_MALFORMED,
     "keyset.domains[1].key: unknown curve"},
    {"\"edwards_point\"", "\"edwards\"", OUTCOME_KEYSET_MALFORMED, "keyset.domains[1].key.Ed25519"},
    {"secp256k1:3", "secp256k1:33", OUTCOME_KEYSET_MALFORMED,
     "keyset.domains[0].key.Secp256k1.near_public_key"},
    {"\"key\":{", "\"key\":null,\"k\":{", OUTCOME_KEYSET_MALFORMED, "keyset.domains[0]"},
    {"[{\"domain_id\":0", "[7,{\"domain_id\":0", OUTCOME_KEYSET_MALFORMED, "keyset.domains[0]: "},
    {"{\"epoch_id\":5,", "[{\"epoch_id\":5,", OUTCOME_JSON_MALFORMED, ""},
};

/* Forms that no serde writes: they take the long way through a tree, to the same keyset. */
static const struct {
    const char *from, *to;
} forms[] = {
    {"{\"epoch_id\":5", "{\"\\u0065poch_id\":5"},
    {"\"domains\"", "\"d\\u006fmains\""},
    {"\"Ed25519\"", "\"Ed\\u0032\\u0035519\""},
    {"secp256k1:", "secp256k1\\u003a"},
    {"{\"epoch_id\":5", " {\n\t\"epoch_id\" : 5 "},
    {"{\"epoch_id\":5", "{\"new\":[{\"epoch_id\":6},\"]\\\"}\"],\"epoch_id\":5"},
};

START_TEST(a_keyset_in_an_unusual_form_reads_the_same)
{
    CLEANUP(bytes_free) struct bytes usual = {0}, unusual = {0};
    CLEANUP(keyset_free) struct keyset expected = {0}, found = {0};
    struct error err = {0};
    sample_text(4, &usual);
    edited_text(forms[_i].from, forms[_i].to, &unusual);
    ck_assert_ok_err(keyset_parse((const char *)usual.data, usual.len, &expected, &err), err);
    ck_assert_ok_err(keyset_parse((const char *)unusual.data, unusual.len, &found, &err), err);
    ck_assert(keyset_equal(&expected, &found));
}
END_TEST

START_TEST(a_point_before_its_text_reads_the_same)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    ck_assert_ok(
        bytes_append_text(&text, "{\"domains\":[{\"attempt\":1,\"key\":{\"Ed25519\":{\"edwards_point\":[0"));
    for (int i = 1; i < 32; i++)
        ck_assert_ok(bytes_append_text(&text, ",0"));
    ck_assert_ok(bytes_append_text(
        &text, "],\"near_public_key_compressed\":\"ed25519:11111111111111111111111111111111\"}},"
               "\"domain_id\":7}],\"epoch_id\":9}"));
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &keyset, &err), err);
    ck_assert_uint_eq(keyset.epoch_id, 9);
    ck_assert_uint_eq(keyset.domains[0].domain_id, 7);
    ck_assert_int_eq(keyset.domains[0].key.curve, CURVE_ED25519);
}
END_TEST

START_TEST(a_keyset_that_is_none_is_refused_and_the_path_named)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(keyset_free) struct keyset keyset;
    struct error err = {0};
    edited_text(edits[_i].from, edits[_i].to, &text);
    ck_assert_outcome(keyset_parse((const char *)text.data, text.len, &keyset, &err), edits[_i].code);
    ck_assert_text_has(err.text, edits[_i].text);
    ck_assert_ptr_null(keyset.domains);
    ck_assert_int_eq(err.code, edits[_i].code);
}
END_TEST

START_TEST(what_is_no_object_is_refused)
{
    static const char *const texts[] = {"[]", "null", "\"x\"", "5"};
    struct keyset keyset;
    struct error err;
    ck_assert_outcome(keyset_parse(texts[_i], strlen(texts[_i]), &keyset, &err), OUTCOME_KEYSET_MALFORMED);
    ck_assert_outcome(keyset_domains_from_json(NULL, "keys", &keyset, &err), OUTCOME_KEYSET_MALFORMED);
    ck_assert_str_eq(err.text, "keys: an array expected");
}
END_TEST

START_TEST(more_domains_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct keyset keyset;
    struct error err;
    ck_assert_ok(bytes_append_text(&text, "{\"epoch_id\":1,\"domains\":[0"));
    for (size_t i = 0; i < KEYSET_DOMAINS_MAX; i++)
        ck_assert_ok(bytes_append_text(&text, ",0"));
    ck_assert_ok(bytes_append_text(&text, "]}"));
    ck_assert_outcome(keyset_parse((const char *)text.data, text.len, &keyset, &err),
                      OUTCOME_KEYSET_TOO_MANY_DOMAINS);
    ck_assert_text_has(err.text, "16385");
}
END_TEST

static double seconds_to_parse(size_t domains)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(keyset_free) struct keyset keyset;
    struct error err = {0};
    sample_text(domains, &text);
    clock_t start = clock();
    ck_assert_ok_err(keyset_parse((const char *)text.data, text.len, &keyset, &err), err);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* What json-c would make of 16 MiB of empty arrays takes 2 GB. */
START_TEST(a_small_text_cannot_stand_for_a_huge_tree)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    ck_assert_ok(bytes_append_text(&text, "{\"epoch_id\":5,\"domains\":[[]"));
    while (text.len < 4 * 1024 * 1024)
        ck_assert_ok(bytes_append_text(&text, ",[],[],[],[]"));
    ck_assert_ok(bytes_append_text(&text, "]}"));
    ck_assert_outcome(keyset_parse((const char *)text.data, text.len, &keyset, NULL), OUTCOME_JSON_TOO_LARGE);
}
END_TEST

START_TEST(time_grows_with_the_domains_and_not_with_their_square)
{
    double small = seconds_to_parse(1000);
    double large = seconds_to_parse(10000);
    ck_assert_msg(large < 40 * small + 0.1, "1000 domains: %f s, 10000: %f s", small, large);
}
END_TEST

START_TEST(key_event_ids_are_compared_member_by_member)
{
    struct key_event_id id = {5, 0, UINT64_MAX}, other = id;
    ck_assert(key_event_id_equal(&id, &other));
    other.attempt_id = 0;
    ck_assert(!key_event_id_equal(&id, &other));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "keyset");
    tcase_add_test(tcase, reading_and_writing_keep_every_byte);
    tcase_add_test(tcase, the_reference_keyset_comes_back_byte_for_byte);
    tcase_add_test(tcase, ids_use_all_of_u64_and_domains_keep_their_order);
    tcase_add_test(tcase, members_may_come_in_any_order_with_unknown_ones_between);
    tcase_add_loop_test(tcase, a_keyset_in_an_unusual_form_reads_the_same, 0, (int)ARRAY_LEN(forms));
    tcase_add_test(tcase, a_point_before_its_text_reads_the_same);
    tcase_add_loop_test(tcase, a_keyset_that_is_none_is_refused_and_the_path_named, 0, ARRAY_LEN(edits));
    tcase_add_loop_test(tcase, what_is_no_object_is_refused, 0, 4);
    tcase_add_test(tcase, more_domains_than_the_limit_are_refused);
    tcase_add_test(tcase, a_small_text_cannot_stand_for_a_huge_tree);
    tcase_add_test(tcase, time_grows_with_the_domains_and_not_with_their_square);
    tcase_add_test(tcase, key_event_ids_are_compared_member_by_member);
    return run_suite(suite);
}

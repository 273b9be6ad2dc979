#include "common/json.h"
#include "tests/support/support.h"

#include <inttypes.h>
#include <string.h>

static struct json_object *parse(const char *text)
{
    struct json_object *value = NULL;
    struct error err = {0};
    ck_assert_ok_err(json_parse(text, strlen(text), &json_limits_small, &value, &err), err);
    return value;
}

START_TEST(values_of_every_kind_are_parsed_at_the_top)
{
    static const struct {
        const char *text;
        enum json_type type;
    } cases[] = {{"null", json_type_null},        {" true", json_type_boolean}, {"1.5 ", json_type_double},
                 {"1e3", json_type_double},       {"1.0", json_type_double},    {"12", json_type_int},
                 {"{\"a\":1}", json_type_object}, {"[null] ", json_type_array}, {"\"x\"", json_type_string}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_put_ptr) struct json_object *value = parse(cases[i].text);
        ck_assert_msg(json_object_get_type(value) == cases[i].type, "%s", cases[i].text);
    }
}
END_TEST

START_TEST(what_the_scan_refuses_is_not_parsed)
{
    CLEANUP(json_put_ptr) struct json_object *old = parse("1"), *value = old;
    ck_assert_outcome(json_parse("{\"a\":1,\"a\":2}", 13, &json_limits_small, &value, NULL),
                      OUTCOME_JSON_DUPLICATE_MEMBER);
    ck_assert_ptr_null(value);
}
END_TEST

START_TEST(text_is_read_up_to_its_length_alone)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    uint64_t number;
    ck_assert_ok(json_parse("123456", 3, &json_limits_small, &value, NULL));
    ck_assert(json_is_u64(value, &number));
    ck_assert_uint_eq(number, 123);
}
END_TEST

START_TEST(a_u64_is_exact_over_its_whole_range)
{
    static const struct {
        const char *text;
        uint64_t value;
    } cases[] = {{"0", 0},
                 {"1", 1},
                 {"9007199254740993", 9007199254740993u},
                 {"9223372036854775807", INT64_MAX},
                 {"9223372036854775808", (uint64_t)INT64_MAX + 1},
                 {"18446744073709551614", UINT64_MAX - 1},
                 {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_put_ptr) struct json_object *value = parse(cases[i].text);
        CLEANUP(bytes_free) struct bytes text = {0};
        uint64_t number = 0;
        ck_assert_msg(json_is_u64(value, &number), "%s", cases[i].text);
        ck_assert_msg(number == cases[i].value, "%s read as %" PRIu64, cases[i].text, number);
        ck_assert_ok(json_write(value, &text));
        ck_assert_str_eq((char *)text.data, cases[i].text);
    }
}
END_TEST

START_TEST(what_is_no_u64_is_refused)
{
    static const char *const cases[] = {
        "-1", "-9223372036854775808", "1.0", "1e3", "0.0", "\"1\"", "true", "null", "[1]", "{}"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_put_ptr) struct json_object *value = parse(cases[i]);
        uint64_t number;
        ck_assert_msg(!json_is_u64(value, &number), "%s was taken", cases[i]);
    }
}
END_TEST

START_TEST(members_are_found_by_type)
{
    CLEANUP(json_put_ptr)
    struct json_object *object = parse("{\"n\":7,\"t\":\"a\\u0000b\",\"o\":{},\"z\":null}");
    struct json_object *value;
    uint64_t number;
    const char *text;
    size_t len;
    ck_assert_ok(json_member_u64(object, "n", &number, OUTCOME_VIEW_MALFORMED, "", NULL));
    ck_assert_uint_eq(number, 7);
    ck_assert_ok(json_member_text(object, "t", &text, &len, OUTCOME_VIEW_MALFORMED, "", NULL));
    ck_assert_uint_eq(len, 3);
    ck_assert_mem_eq(text, "a\0b", 3);
    ck_assert_ok(json_member(object, "o", json_type_object, &value, OUTCOME_VIEW_MALFORMED, "", NULL));
    ck_assert_int_eq(json_object_object_length(value), 0);
    ck_assert_ok(json_member(object, "z", json_type_null, &value, OUTCOME_VIEW_MALFORMED, "", NULL));
    ck_assert_ptr_null(value);
}
END_TEST

START_TEST(a_wrong_member_is_refused_with_its_path_and_the_callers_code)
{
    CLEANUP(json_put_ptr)
    struct json_object *object =
        parse("{\"n\":-7,\"d\":1.5,\"t\":\"x\",\"z\":null,\"b\":true,\"a\":[],\"o\":{}}");
    struct json_object *value;
    uint64_t number;
    const char *text;
    size_t len;
    struct error err = {0};
    static const char *const cases[][2] = {
        {"x", "keyset.x: missing"},
        {"n", "keyset.n: expected an integer of 0 or more, found a negative one"},
        {"d", "keyset.d: expected an integer of 0 or more, found a number with a fraction or an exponent"},
        {"t", "keyset.t: expected an integer of 0 or more, found a string"},
        {"z", "keyset.z: expected an integer of 0 or more, found null"},
        {"b", "keyset.b: expected an integer of 0 or more, found a boolean"},
        {"a", "keyset.a: expected an integer of 0 or more, found an array"},
        {"o", "keyset.o: expected an integer of 0 or more, found an object"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_outcome(
            json_member_u64(object, cases[i][0], &number, OUTCOME_KEYSET_MALFORMED, "keyset", &err),
            OUTCOME_KEYSET_MALFORMED);
        ck_assert_str_eq(err.text, cases[i][1]);
    }
    ck_assert_outcome(json_member_text(object, "n", &text, &len, OUTCOME_VIEW_MALFORMED, NULL, &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "n: expected a string, found an integer");
    ck_assert_outcome(json_member(object, "o", json_type_array, &value, OUTCOME_VIEW_MALFORMED, "", &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "o: expected an array, found an object");
    ck_assert_outcome(json_member(NULL, "o", json_type_array, &value, OUTCOME_VIEW_MALFORMED, "", &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "the value: expected an object, found null");
}
END_TEST

START_TEST(writing_is_compact_with_slashes_as_they_are)
{
    CLEANUP(json_put_ptr)
    struct json_object *value = parse("{ \"url\" : \"http://a/b\" , \"list\" : [ 1 , null , 1.50 ] }");
    CLEANUP(bytes_free) struct bytes out = {0}, narrow = {.len_max = 5};
    ck_assert_ok(bytes_append_text(&out, "> "));
    ck_assert_ok(json_write(value, &out));
    ck_assert_str_eq((char *)out.data, "> {\"url\":\"http://a/b\",\"list\":[1,null,1.50]}");
    ck_assert_outcome(json_write(value, &narrow), OUTCOME_LIMIT);
    bytes_clear(&out);
    ck_assert_ok(json_write(NULL, &out));
    ck_assert_str_eq((char *)out.data, "null");
}
END_TEST

START_TEST(text_is_written_with_the_escapes_of_serde)
{
    static const char text[] = "a\"\\/\b\f\n\r\t\x01\x1f\x7f\0\xc3\xa9\xf0\x9f\x98\x80";
    CLEANUP(bytes_free) struct bytes out = {0};
    ck_assert_ok(json_write_text(text, sizeof text - 1, &out));
    ck_assert_str_eq((char *)out.data,
                     "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\xc3\xa9\xf0\x9f\x98\x80\"");
    CLEANUP(json_put_ptr) struct json_object *back = parse((char *)out.data);
    ck_assert_int_eq(json_object_get_string_len(back), sizeof text - 1);
    ck_assert_mem_eq(json_object_get_string(back), text, sizeof text - 1);
}
END_TEST

START_TEST(text_that_is_not_utf8_is_still_written_as_json)
{
    CLEANUP(bytes_free) struct bytes out = {0}, narrow = {.len_max = 3};
    ck_assert_ok(json_write_text("a\xff\xc3", 3, &out));
    ck_assert_str_eq((char *)out.data, "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    ck_assert_outcome(json_write_text("abc", 3, &narrow), OUTCOME_LIMIT);
}
END_TEST

START_TEST(a_keyset_of_ten_thousand_domains_is_parsed)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, "{\"epoch_id\":5,\"domains\":["));
    for (unsigned i = 0; i < 10000; i++) {
        ck_assert_ok(bytes_append_format(
            &text, "%s{\"domain_id\":%u,\"key\":{\"Ed25519\":{\"edwards_point\":[", i ? "," : "", i));
        for (unsigned k = 0; k < 32; k++)
            ck_assert_ok(bytes_append_format(&text, "%s%u", k ? "," : "", 200 + k));
        ck_assert_ok(bytes_append_text(&text, "]}},\"attempt\":18446744073709551615}"));
    }
    ck_assert_ok(bytes_append_text(&text, "]}"));
    CLEANUP(json_put_ptr) struct json_object *keyset = NULL;
    struct json_object *domains;
    uint64_t attempt;
    ck_assert_ok(json_parse((char *)text.data, text.len, &json_limits_view, &keyset, NULL));
    ck_assert_ok(
        json_member(keyset, "domains", json_type_array, &domains, OUTCOME_KEYSET_MALFORMED, "", NULL));
    ck_assert_uint_eq(json_object_array_length(domains), 10000);
    ck_assert_ok(json_member_u64(json_object_array_get_idx(domains, 9999), "attempt", &attempt,
                                 OUTCOME_KEYSET_MALFORMED, "", NULL));
    ck_assert_uint_eq(attempt, UINT64_MAX);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "json");
    tcase_add_test(tcase, values_of_every_kind_are_parsed_at_the_top);
    tcase_add_test(tcase, what_the_scan_refuses_is_not_parsed);
    tcase_add_test(tcase, text_is_read_up_to_its_length_alone);
    tcase_add_test(tcase, a_u64_is_exact_over_its_whole_range);
    tcase_add_test(tcase, what_is_no_u64_is_refused);
    tcase_add_test(tcase, members_are_found_by_type);
    tcase_add_test(tcase, a_wrong_member_is_refused_with_its_path_and_the_callers_code);
    tcase_add_test(tcase, writing_is_compact_with_slashes_as_they_are);
    tcase_add_test(tcase, text_is_written_with_the_escapes_of_serde);
    tcase_add_test(tcase, text_that_is_not_utf8_is_still_written_as_json);
    tcase_add_test(tcase, a_keyset_of_ten_thousand_domains_is_parsed);
    return run_suite(suite);
}

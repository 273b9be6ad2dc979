#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/seal.h"
#include "node/routes.h"
#include "node/store.h"
#include "tests/support/endpoint.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

/* Key 00 .. 1f, nonce a0 .. ab, as in the vector of wire.md 3.1. */
static struct secret seal_key;
static struct memory_records *disk;
static struct ed25519_keypair p2p_key;
static struct store *store;
static struct keyset keyset; /* the contract's: three domains of epoch 5 */
static struct keyshares shares;
static const struct chain_snapshot *snapshot;
static struct route_context context;
static struct route_response response;
static bool accepts_json;

static void setup(void)
{
    struct error err;
    uint8_t key[SEAL_TRANSPORT_KEY_LEN];
    accepts_json = false;
    CLEANUP(secret_free) struct secret store_key = {0};
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    ck_assert_ok(secret_copy(&seal_key, key, sizeof key));
    ck_assert_ok(secret_copy(&store_key, key, SEAL_AT_REST_KEY_LEN));
    disk = memory_records_make();
    endpoint_keypair(0x51, &p2p_key);
    const struct store_options options = {
        .kind = STORE_LMDB, .key = &store_key, .records = memory_records_of(disk)};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    snapshot = endpoint_snapshot(PROTOCOL_RUNNING, &keyset, NULL, endpoint_now());
    context = (struct route_context){.snapshot = snapshot,
                                     .store = store,
                                     .seal_key = &seal_key,
                                     .p2p_key = &p2p_key,
                                     .now_ms = 1700000000000};
    for (size_t i = 0; i < sizeof context.nonce; i++)
        context.nonce[i] = (uint8_t)(0xa0 + i);
}

static void teardown(void)
{
    route_response_free(&response);
    chain_snapshot_unref(snapshot);
    keyshares_free(&shares);
    keyset_free(&keyset);
    store_close(store);
    memory_records_free(disk);
    ed25519_keypair_free(&p2p_key);
    secret_free(&seal_key);
}

static void use_snapshot(enum protocol_phase phase, const struct keyset *current)
{
    chain_snapshot_unref(snapshot);
    snapshot = endpoint_snapshot(phase, current, NULL, endpoint_now());
    context.snapshot = snapshot;
}

static void ask(const char *method, const char *target, const char *body, size_t len)
{
    const struct route_request request = {method, target, body, len, accepts_json};
    route_response_free(&response);
    route(&request, &context, &response);
}

static void assert_response(int status, result_t outcome, const char *content_type, const char *body)
{
    ck_assert_msg(response.outcome == outcome, "%s: %s", outcome_of(response.outcome)->name,
                  response.detail.text);
    ck_assert_int_eq(response.status, status);
    if (content_type)
        ck_assert_pstr_eq(response.content_type, content_type);
    else
        ck_assert_ptr_null(response.content_type);
    if (body)
        ck_assert_str_eq((const char *)response.body.data, body);
}

/* A refusal: text/plain, "<code>: <text>". */
static void assert_refused(int status, result_t outcome, const char *words)
{
    const char *name = outcome_of(outcome)->name;
    assert_response(status, outcome, "text/plain", NULL);
    const char *body = (const char *)response.body.data;
    ck_assert_msg(strncmp(body, name, strlen(name)) == 0 && strncmp(body + strlen(name), ": ", 2) == 0, "%s",
                  body);
    ck_assert_msg(strstr(body, words), "`%s` does not say `%s`", body, words);
    ck_assert(!response.staged);
}

static void get(const struct keyset *asked)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(keyset_write(asked, &text));
    ask("GET", "/get_keyshares", (const char *)text.data, text.len);
}

static void put_json(const void *json, size_t len)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(seal_transport(&seal_key, context.nonce, json, len, &text));
    ask("PUT", "/set_keyshares", (const char *)text.data, text.len);
}

static void put(const struct keyshares *set)
{
    CLEANUP(secret_free) struct secret json = {0};
    ck_assert_ok(keyshares_write(set, &json));
    put_json(json.data, json.len);
}

/* As if the migration had been concluded with what is staged. */
static void import(void)
{
    struct error err;
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
}

START_TEST(hello_answers_as_upstream_does)
{
    ask("GET", "http://example/hello", NULL, 0);
    assert_response(200, OUTCOME_OK, NULL, "Hello, world!");
}
END_TEST

START_TEST(a_path_is_matched_exactly_and_its_query_ignored)
{
    static const char *const same[] = {
        "/hello",
        "/hello?a=b",
        "/hello#part",
        "http://example/hello",
        "http://example:1/hello?x",
        "https://[::1]/hello",
    };
    static const char *const other[] = {
        "/",
        "/hello/",
        "//hello",
        "/Hello",
        "/hell%6f",
        "/hello%00",
        "hello",
        "*",
        "http://example",
        "http://example?/hello",
        "http://example#/hello",
        "example:443",
        "",
        "/x/hello",
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        ask("GET", same[i], NULL, 0);
        ck_assert_msg(response.status == 200, "%s", same[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        ask("GET", other[i], NULL, 0);
        ck_assert_msg(response.status == 404, "%s", other[i]);
    }
}
END_TEST

START_TEST(unknown_routes_and_methods_are_not_found_as_upstream_says_it)
{
    static const struct {
        const char *method;
        const char *target;
    } requests[] = {{"HEAD", "/hello"},        {"POST", "/hello"},        {"get", "/hello"},
                    {"PUT", "/get_keyshares"}, {"GET", "/set_keyshares"}, {"DELETE", "/set_keyshares"},
                    {"GET", "/favicon"}};
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        ask(requests[i].method, requests[i].target, "x", 1);
        assert_response(404, OUTCOME_NOT_FOUND, NULL, "Not Found");
    }
}
END_TEST

START_TEST(get_serves_the_shares_that_were_put_and_imported)
{
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(keyshares_free) struct keyshares got = {0};
    struct error err;
    put(&shares);
    import();
    get(&keyset);
    assert_response(200, OUTCOME_KEYSHARES_SERVED, "application/json", NULL);
    ck_assert_uint_eq(response.epoch_id, 5);
    ck_assert_uint_eq(response.keyshares, 3);
    ck_assert_ok_err(
        unseal_transport(&seal_key, (const char *)response.body.data, response.body.len, &json, &err), err);
    ck_assert_ok_err(keyshares_parse((const char *)json.data, json.len, &got, &err), err);
    ck_assert(keyshares_equal(&got, &shares));
}
END_TEST

/* The order of members is a detail of the client's build (wire.md 2.1). */
START_TEST(get_reads_a_keyset_in_any_order_of_members)
{
    CLEANUP(bytes_free) struct bytes text = {0}, turned = {0};
    put(&shares);
    import();
    ck_assert_ok(keyset_write(&keyset, &text));
    const char *domains = strstr((const char *)text.data, "\"domains\"");
    ck_assert_ptr_nonnull(domains);
    ck_assert_ok(bytes_append_format(&turned, "{ %.*s, \"epoch_id\":5}", (int)strlen(domains) - 1, domains));
    ask("GET", "/get_keyshares", (const char *)turned.data, turned.len);
    assert_response(200, OUTCOME_KEYSHARES_SERVED, "application/json", NULL);
    ck_assert_uint_eq(response.epoch_id, 5);
    ck_assert_uint_eq(response.keyshares, 3);
}
END_TEST

START_TEST(get_of_an_empty_keyset_is_an_encrypted_empty_array)
{
    struct keyset empty = {.epoch_id = 0};
    use_snapshot(PROTOCOL_INITIALIZING, &empty);
    get(&empty);
    assert_response(200, OUTCOME_KEYSHARES_SERVED, "application/json",
                    "oKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/o");
    ck_assert_uint_eq(response.keyshares, 0);
}
END_TEST

START_TEST(get_of_shares_that_are_not_held_is_not_found)
{
    get(&keyset);
    assert_refused(404, OUTCOME_KEYSHARES_NOT_HELD, "domain");
    put(&shares); /* staged is not held */
    get(&keyset);
    assert_refused(404, OUTCOME_KEYSHARES_NOT_HELD, "domain");
}
END_TEST

START_TEST(get_of_another_keyset_than_the_contracts_is_a_conflict)
{
    CLEANUP(keyset_free) struct keyset other = {0};
    put(&shares);
    import();
    sample_keyset_copy(&keyset, &other);
    other.epoch_id = 4;
    get(&other);
    assert_refused(409, OUTCOME_KEYSET_NOT_CURRENT, "epoch 4");
    other.epoch_id = 5;
    other.domains[1].attempt++;
    get(&other);
    assert_refused(409, OUTCOME_KEYSET_NOT_CURRENT, "another one");
    other.domains[1].attempt--;
    other.count = 2;
    get(&other);
    assert_refused(409, OUTCOME_KEYSET_NOT_CURRENT, "another one");
}
END_TEST

START_TEST(get_while_the_contract_cannot_be_judged_is_refused)
{
    put(&shares);
    import();
    context.stale = true;
    get(&keyset);
    assert_refused(503, OUTCOME_VIEW_STALE, "try again");
    context.stale = false;
    use_snapshot(PROTOCOL_NOT_INITIALIZED, NULL);
    get(&keyset);
    assert_refused(409, OUTCOME_PROTOCOL_NOT_INITIALIZED, "not initialized");
    context.snapshot = NULL;
    get(&keyset);
    assert_refused(503, OUTCOME_VIEW_UNKNOWN, "try again");
}
END_TEST

START_TEST(a_body_that_is_no_keyset_is_refused)
{
    static const struct {
        const char *body;
        result_t outcome;
    } bodies[] = {
        {"", OUTCOME_JSON_MALFORMED},
        {"not json", OUTCOME_JSON_MALFORMED},
        {"{\"epoch_id\":5,\"domains\":[]} x", OUTCOME_JSON_MALFORMED},
        {"{\"epoch_id\":5.0,\"domains\":[]}", OUTCOME_KEYSET_MALFORMED},
        {"{\"epoch_id\":-5,\"domains\":[]}", OUTCOME_KEYSET_MALFORMED},
        {"{\"epoch_id\":18446744073709551616,\"domains\":[]}", OUTCOME_JSON_NUMBER_RANGE},
        {"{\"epoch_id\":5}", OUTCOME_KEYSET_MALFORMED},
        {"{\"epoch_id\":5,\"epoch_id\":5,\"domains\":[]}", OUTCOME_JSON_DUPLICATE_MEMBER},
        {"{\"epoch_id\":5,\"domains\":[{\"domain_id\":0,\"attempt\":0,\"key\":{\"Curve99\":{}}}]}",
         OUTCOME_KEYSET_MALFORMED},
        {"{\"epoch_id\":5,\"domains\":[{\"domain_id\":0,\"attempt\":0,\"key\":{\"Ed25519\":"
         "{\"near_public_key_compressed\":\"ed25519:11111111111111111111111111111111\"}}}]}",
         OUTCOME_KEYSET_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        ask("GET", "/get_keyshares", bodies[i].body, strlen(bodies[i].body));
        assert_refused(400, bodies[i].outcome, ": ");
    }
}
END_TEST

START_TEST(put_of_matching_shares_is_staged)
{
    put(&shares);
    assert_response(200, OUTCOME_KEYSHARES_STAGED, NULL, "Keyshares received.");
    ck_assert(response.staged);
    ck_assert_uint_eq(response.keyshares, 3);
    ck_assert_uint_eq(response.epoch_id, 5);
}
END_TEST

/* The receipt of the last PUT, which has to be for `shares`. */
static void read_receipt(struct receipt_signed *out)
{
    CLEANUP(receipt_free) struct receipt expected = {0};
    struct error err;
    ck_assert_ok_err(receipt_read((const char *)response.receipt.data, response.receipt.len, out, &err), err);
    ck_assert(ed25519_public_key_equal(&out->key, &p2p_key.public_key));
    ck_assert_ok(receipt_describe(&keyset, &shares, &seal_key, &expected));
    ck_assert_ok_err(receipt_check(&out->receipt, &expected, true, &err), err);
    ck_assert_uint_eq(out->receipt.durable_at_ms, context.now_ms);
}

START_TEST(put_is_answered_with_its_receipt_where_json_is_asked_for)
{
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0}, second = {0}, third = {0};
    CLEANUP(bytes_free) struct bytes sent = {0};
    CLEANUP(secret_free) struct secret json = {0};
    uint8_t body_sha256[SHA256_LEN];
    accepts_json = true;
    put(&shares);
    assert_response(200, OUTCOME_KEYSHARES_STAGED, "application/json", (const char *)response.receipt.data);
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&seal_key, context.nonce, json.data, json.len, &sent));
    sha256(sent.data, sent.len, body_sha256);
    read_receipt(&first);
    ck_assert_mem_eq(first.receipt.body_sha256, body_sha256, sizeof body_sha256);
    put(&shares); /* staged again */
    assert_response(200, OUTCOME_KEYSHARES_STAGED, "application/json", NULL);
    read_receipt(&second);
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_LINKED);
    import();
    put(&shares); /* unchanged */
    assert_response(200, OUTCOME_KEYSHARES_UNCHANGED, "application/json", NULL);
    read_receipt(&third);
    ck_assert_int_eq(receipt_link(&second, &third), RECEIPT_LINKED);
}
END_TEST

START_TEST(put_has_a_receipt_for_the_log_where_upstreams_words_are_the_answer)
{
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    put(&shares);
    assert_response(200, OUTCOME_KEYSHARES_STAGED, NULL, "Keyshares received.");
    read_receipt(&receipt);
}
END_TEST

START_TEST(a_refused_put_has_no_receipt_and_its_refusal_stays_text)
{
    CLEANUP(keyshares_free) struct keyshares wrong = {0};
    sample_keyshares(&keyset, 2, &wrong);
    accepts_json = true;
    put(&shares);
    import();
    put(&wrong);
    assert_refused(409, OUTCOME_KEYSHARES_CONFLICT, "nothing was overwritten");
    ck_assert_uint_eq(response.receipt.len, 0);
    ask("GET", "/hello", NULL, 0);
    assert_response(200, OUTCOME_OK, NULL, "Hello, world!");
}
END_TEST

START_TEST(put_of_what_is_stored_already_changes_nothing)
{
    put(&shares);
    import();
    put(&shares);
    assert_response(200, OUTCOME_KEYSHARES_UNCHANGED, NULL, "Keyshares received.");
    ck_assert(!response.staged);
}
END_TEST

START_TEST(put_of_other_scalars_than_the_stored_ones_is_a_conflict_and_overwrites_nothing)
{
    CLEANUP(keyshares_free) struct keyshares other = {0};
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    struct error err;
    put(&shares);
    import();
    sample_keyshares(&keyset, 2, &other);
    put(&other);
    assert_refused(409, OUTCOME_KEYSHARES_CONFLICT, "");
    ck_assert_ok_err(store_load(store, NULL, &stored, &err), err);
    ck_assert(keyshares_equal(&stored, &shares));
}
END_TEST

START_TEST(put_of_other_scalars_than_staged_ones_is_taken_and_the_newest_counts)
{
    CLEANUP(keyshares_free) struct keyshares other = {0};
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    struct error err;
    put(&shares);
    sample_keyshares(&keyset, 2, &other);
    put(&other);
    assert_response(200, OUTCOME_KEYSHARES_STAGED, NULL, "Keyshares received.");
    import();
    ck_assert_ok_err(store_load(store, NULL, &stored, &err), err);
    ck_assert(keyshares_equal(&stored, &other));
}
END_TEST

START_TEST(put_of_shares_of_another_keyset_is_refused_and_the_text_names_the_domain)
{
    CLEANUP(keyshares_free) struct keyshares other = {0};
    CLEANUP(keyset_free) struct keyset changed = {0};
    sample_keyset_copy(&keyset, &changed);
    changed.epoch_id = 6;
    sample_keyshares(&changed, 1, &other);
    put(&other);
    assert_refused(422, OUTCOME_KEYSHARES_MISMATCH, "epoch");
    keyshares_free(&other);
    changed.epoch_id = 5;
    changed.domains[1].attempt++;
    sample_keyshares(&changed, 1, &other);
    put(&other);
    assert_refused(422, OUTCOME_KEYSHARES_MISMATCH, "domain 1");
    keyshares_free(&other);
    changed.domains[1].attempt--;
    changed.count = 2;
    sample_keyshares(&changed, 1, &other);
    put(&other);
    assert_refused(422, OUTCOME_KEYSHARES_MISMATCH, "domain 2");
}
END_TEST

START_TEST(put_while_the_contract_cannot_be_judged_may_be_tried_again)
{
    context.stale = true;
    put(&shares);
    assert_refused(503, OUTCOME_VIEW_STALE, "try again");
    context.stale = false;
    use_snapshot(PROTOCOL_NOT_INITIALIZED, NULL);
    put(&shares);
    assert_refused(503, OUTCOME_PROTOCOL_NOT_INITIALIZED, "not initialized");
    context.snapshot = NULL;
    put(&shares);
    assert_refused(503, OUTCOME_VIEW_UNKNOWN, "try again");
}
END_TEST

START_TEST(put_of_what_cannot_be_decoded_is_refused_whatever_the_contract_says)
{
    static const struct {
        const char *body;
        result_t outcome;
        const char *words;
    } bodies[] = {
        {"", OUTCOME_NONCE_TRUNCATED, "ciphertext too short: missing nonce"},
        {"oKGi", OUTCOME_NONCE_TRUNCATED, "ciphertext too short: missing nonce"},
        {"oKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/o\n", OUTCOME_BASE64_MALFORMED, "offset 40"},
        {"oKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/p", OUTCOME_UNSEAL_FAILED, "decryption failed: aead::Error"},
        {"oKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/o", OUTCOME_KEYSHARES_EMPTY, ""},
    };
    context.snapshot = NULL;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        ask("PUT", "/set_keyshares", bodies[i].body, strlen(bodies[i].body));
        assert_refused(400, bodies[i].outcome, bodies[i].words);
    }
}
END_TEST

START_TEST(put_of_sealed_text_that_is_no_share_array_is_refused)
{
    static const char *const texts[] = {"{}", "[{}]", "[] x", "not json"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        put_json(texts[i], strlen(texts[i]));
        ck_assert_msg(response.status == 400 && outcome_of(response.outcome)->class == CLASS_INPUT, "%s",
                      texts[i]);
    }
}
END_TEST

START_TEST(every_outcome_that_is_sent_has_a_status)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        route_refusal((result_t)i, NULL, &response);
        ck_assert_int_ge(response.status, 200);
        route_response_free(&response);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "routes");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, hello_answers_as_upstream_does);
    tcase_add_test(tcase, a_path_is_matched_exactly_and_its_query_ignored);
    tcase_add_test(tcase, unknown_routes_and_methods_are_not_found_as_upstream_says_it);
    tcase_add_test(tcase, get_serves_the_shares_that_were_put_and_imported);
    tcase_add_test(tcase, get_reads_a_keyset_in_any_order_of_members);
    tcase_add_test(tcase, get_of_an_empty_keyset_is_an_encrypted_empty_array);
    tcase_add_test(tcase, get_of_shares_that_are_not_held_is_not_found);
    tcase_add_test(tcase, get_of_another_keyset_than_the_contracts_is_a_conflict);
    tcase_add_test(tcase, get_while_the_contract_cannot_be_judged_is_refused);
    tcase_add_test(tcase, a_body_that_is_no_keyset_is_refused);
    tcase_add_test(tcase, put_of_matching_shares_is_staged);
    tcase_add_test(tcase, put_is_answered_with_its_receipt_where_json_is_asked_for);
    tcase_add_test(tcase, put_has_a_receipt_for_the_log_where_upstreams_words_are_the_answer);
    tcase_add_test(tcase, a_refused_put_has_no_receipt_and_its_refusal_stays_text);
    tcase_add_test(tcase, put_of_what_is_stored_already_changes_nothing);
    tcase_add_test(tcase, put_of_other_scalars_than_the_stored_ones_is_a_conflict_and_overwrites_nothing);
    tcase_add_test(tcase, put_of_other_scalars_than_staged_ones_is_taken_and_the_newest_counts);
    tcase_add_test(tcase, put_of_shares_of_another_keyset_is_refused_and_the_text_names_the_domain);
    tcase_add_test(tcase, put_while_the_contract_cannot_be_judged_may_be_tried_again);
    tcase_add_test(tcase, put_of_what_cannot_be_decoded_is_refused_whatever_the_contract_says);
    tcase_add_test(tcase, put_of_sealed_text_that_is_no_share_array_is_refused);
    tcase_add_test(tcase, every_outcome_that_is_sent_has_a_status);
    return run_suite(suite);
}

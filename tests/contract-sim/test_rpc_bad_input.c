/* Whatever is sent, the answer is the chain's (near-rpc.md D) or a clear error, and nothing changes by it. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "contract-sim/limits.h"
#include "tests/support/support.h"

#define DEPTH 10000

/* The head, with every account, key, nonce and the contract: a sealed world never changes, and a block in which
 * nothing happened shares it. */
struct before {
    uint64_t height;
    struct world *world;
    size_t tx_count;
};

static struct before remember(void)
{
    const struct block *head = fixture_head(&rpc_chain);
    return (struct before){head->height, world_ref(head->world), rpc_chain.node.chain.txs.count};
}

static void ck_nothing_changed(struct before *before, const char *sent)
{
    const struct block *head = fixture_head(&rpc_chain);
    ck_assert_msg(head->height == before->height && head->world == before->world, "a block came of %s", sent);
    ck_assert_msg(rpc_chain.node.chain.pool_count == 0, "a transaction came of %s", sent);
    ck_assert_msg(rpc_chain.node.chain.txs.count == before->tx_count, "a record came of %s", sent);
    world_unref(before->world);
}

/* The answer to `body` has this part and HTTP status (0: any), and nothing changed by it. */
static void ck_refused(const char *body, const char *part, int http_status)
{
    struct before before = remember();
    ck_assert_text_has(rpc_ask(body, true), part);
    ck_assert_msg(!http_status || rpc_http_status == http_status, "%.200s: HTTP %d", body, rpc_http_status);
    ck_nothing_changed(&before, body);
}

static void ck_call_refused(const char *method, const char *params, const char *part, int http_status)
{
    char *body;
    ck_assert_int_gt(
        asprintf(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params), 0);
    ck_refused(body, part, http_status);
    free(body);
}

#define CALL_FUNCTION                                                                                        \
    "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":\"v1.signer.test\""
#define ACCOUNT(id) "{\"request_type\":\"view_account\",\"finality\":\"final\",\"account_id\":" id "}"
#define KEY(text)                                                                                            \
    "{\"request_type\":\"view_access_key\",\"finality\":\"final\",\"account_id\":\"alice.near\",\"public_"   \
    "key\":" text "}"
#define ONES_32 "11111111111111111111111111111111"
#define ONES_64 ONES_32 ONES_32

static const struct {
    const char *method;
    const char *params;
    const char *part;
    int http_status;
} calls[] = {
    /* what is unknown */
    {"qeury", "{}", "\"data\":\"qeury\"", 400},
    {"", "{}", "METHOD_NOT_FOUND", 400},
    {"sim_fly", "{}", "METHOD_NOT_FOUND", 400},
    {"query", "{\"request_type\":\"view_acount\",\"finality\":\"final\",\"account_id\":\"alice.near\"}",
     "unknown request_type `view_acount`", 400},
    {"query", CALL_FUNCTION ",\"method_name\":\"no_such_view\",\"args_base64\":\"\"}",
     "{\"error\":\"wasm execution failed with error: MethodResolveError(MethodNotFound)\"", 200},
    {"query", CALL_FUNCTION ",\"method_name\":\"\",\"args_base64\":\"\"}", "MethodResolveError", 200},
    {"EXPERIMENTAL_call_function", CALL_FUNCTION ",\"method_name\":\"no_such_view\",\"args_base64\":\"\"}",
     "\"vm_error\":{\"MethodResolveError\":\"MethodNotFound\"}", 200},
    {"query", "{\"request_type\":\"view_account\",\"finality\":\"soon\",\"account_id\":\"alice.near\"}",
     "one of `finality`", 400},
    {"send_tx", "{\"signed_tx_base64\":\"AA==\",\"wait_until\":\"SOON\"}", "unknown variant `SOON`", 400},
    /* arguments that are missing, of another type, or too many */
    {"query", "null", "takes an object", 400},
    {"query", "7", "takes an object", 400},
    {"query", "{}", "missing field `request_type`", 400},
    {"query", CALL_FUNCTION "}", "missing field `method_name`", 400},
    {"query", CALL_FUNCTION ",\"method_name\":\"state\"}", "missing field `args_base64`", 400},
    {"query", CALL_FUNCTION ",\"method_name\":7,\"args_base64\":\"\"}", "`method_name` is not a string", 400},
    {"query", CALL_FUNCTION ",\"method_name\":\"state\",\"args_base64\":{}}", "`args_base64` is not a string",
     400},
    {"query", CALL_FUNCTION ",\"method_name\":\"state\",\"args_base64\":\"!!!\"}", "not base64", 400},
    {"query", CALL_FUNCTION ",\"method_name\":\"get_attestation\",\"args_base64\":\"e30=\"}",
     "GuestPanic { panic_msg: \\\"Failed to deserialize input from JSON. Error: `missing field", 200},
    {"query", CALL_FUNCTION ",\"method_name\":\"version\",\"args_base64\":\"e30=\",\"more\":[{}]}",
     "\"result\":{\"result\":[", 200},
    {"send_tx", "{}", "missing field `signed_tx_base64`", 400},
    {"send_tx", "[]", "parameter 0 is not a string", 400},
    {"send_tx", "[7]", "parameter 0 is not a string", 400},
    {"send_tx", "\"AA==\"", "takes an object", 400},
    {"send_tx", "{\"signed_tx_base64\":7}", "`signed_tx_base64` is not a string", 400},
    {"tx", "{\"tx_hash\":[]}", "`tx_hash` is not a string", 400},
    {"EXPERIMENTAL_view_access_key", "{\"finality\":\"final\",\"account_id\":\"alice.near\"}",
     "missing field `public_key`", 400},
    /* account ids */
    {"query", ACCOUNT("\"Alice\""), "Account ID Alice is invalid", 200},
    {"query", ACCOUNT("\"a\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"a..b\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"-alice.near\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"al ice.near\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"\\u00e9.near\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"" ONES_64 "1\""), "INVALID_ACCOUNT", 200},
    {"query", ACCOUNT("\"alice.near\\u0000\""), "`account_id` is not a string", 400},
    {"query", ACCOUNT("7"), "`account_id` is not a string", 400},
    {"query", ACCOUNT("\"ghost.near\""), "UNKNOWN_ACCOUNT", 200},
    /* keys of another length, another prefix, another alphabet */
    {"query", KEY("\"ed25519:1111\""), "is not a public key", 400},
    {"query", KEY("\"ed25519:" ONES_32 "1\""), "is not a public key", 400},
    {"query", KEY("\"secp256k1:" ONES_32 "\""), "is not a public key", 400},
    {"query", KEY("\"rsa:" ONES_32 "\""), "is not a public key", 400},
    {"query", KEY("\"" ONES_32 "\""), "is not a public key", 400},
    {"query", KEY("\"ed25519:0OIl\""), "is not a public key", 400},
    {"query", KEY("\"\""), "is not a public key", 400},
    {"query", KEY("\"ed25519:" ONES_32 "\""), "access key ed25519:" ONES_32 " does not exist", 200},
    {"query", KEY("\"secp256k1:" ONES_64 "\""), "access key secp256k1:" ONES_64 " does not exist", 200},
    /* numbers */
    {"block", "{\"block_id\":18446744073709551615}", "UNKNOWN_BLOCK", 200},
    {"block", "{\"block_id\":18446744073709551616}", "does not fit 64 bits", 400},
    {"block", "{\"block_id\":-1}", "neither a height nor a hash", 400},
    {"block", "{\"block_id\":1000.5}", "neither a height nor a hash", 400},
    {"block", "{\"block_id\":1e3}", "neither a height nor a hash", 400},
    {"block", "{\"block_id\":\"" ONES_32 "1\"}", "is not a hash", 400},
    {"sim_advance", "{\"blocks\":18446744073709551615}", "SIM_REFUSED", 200},
    {"sim_advance", "{\"blocks\":-1}", "PARSE_ERROR", 400},
    {"sim_advance", "{\"seconds\":\"60\"}", "PARSE_ERROR", 400},
    {"sim_call", "{\"method\":\"state\",\"signer\":\"Alice\"}", "\"error\":{", 400},
    {"sim_call", "{\"method\":7,\"signer\":\"alice.near\"}", "PARSE_ERROR", 400},
    {"sim_fault", "{\"kind\":\"earthquake\"}", "`kind` is not one of drop, ", 400},
};

START_TEST(a_bad_call_is_answered_as_the_chain_answers_it)
{
    ck_call_refused(calls[_i].method, calls[_i].params, calls[_i].part, calls[_i].http_status);
}
END_TEST

static const struct {
    const char *body;
    const char *part;
} bodies[] = {
    {"", "ends too early"},
    {"\xff\xfe", "not a JSON value"},
    {"\xef\xbb\xbf{}", "not a JSON value"},
    {"POST / HTTP/1.1", "not a JSON value"},
    {"null", "not a JSON object"},
    {"\"status\"", "not a JSON object"},
    {"7", "not a JSON object"},
    {"{}", "\\\"jsonrpc\\\" has to be"},
    {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"status\"}", "\\\"jsonrpc\\\" has to be"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}", "\\\"method\\\" has to be"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}", "\\\"method\\\" has to be"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"} {}", "something follows"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stat\xff\"}", "invalid UTF-8"},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"\xed\xa0\x80\",\"method\":\"status\"}", "invalid UTF-8"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", "surrogate"},
    {"{'jsonrpc':'2.0','id':1,'method':'status'}", "line 1 column 2"},
    {"{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"status\"}", "not a JSON value"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":1,\"method\":\"status\"}", "Parse error"},
    {"{\"jsonrpc\":\"2.0\",\"id\":18446744073709551616,\"method\":\"status\"}", "does not fit 64 bits"},
    {"[]", "batches are not supported"},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
     "\"status\"}]",
     "batches are not supported"},
};

START_TEST(what_is_no_request_is_a_parse_error_that_says_where)
{
    ck_refused(bodies[_i].body, bodies[_i].part, 400);
    ck_assert_str_eq(rpc_value("/error/cause/name"), "\"PARSE_ERROR\"");
}
END_TEST

START_TEST(an_id_of_every_type_comes_back)
{
    static const char *const ids[] = {"[]", "{}",  "[1,\"a\",null]", "{\"a\":1}",
                                      "-5", "1.5", "false",          "\"\""};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        char body[128], part[64];
        snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"nope\"}", ids[i]);
        snprintf(part, sizeof part, ",\"id\":%s}", ids[i]);
        ck_refused(body, part, 400);
    }
}
END_TEST

/* `text` so many times, as a string of the caller's. */
static char *repeated(const char *text, size_t times)
{
    size_t len = strlen(text);
    char *out = malloc(len * times + 1);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, text, len);
    out[len * times] = 0;
    return out;
}

static char *base64_of(const void *data, size_t len)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(base64_encode(data, len, &text));
    return strdup(text_of(&text));
}

START_TEST(json_nested_ten_thousand_deep_is_refused_wherever_it_stands)
{
    static const char *const openers[] = {"[", "{\"a\":", "[[{\"a\":["};
    for (size_t i = 0; i < ARRAY_LEN(openers); i++) {
        char *deep = repeated(openers[i], DEPTH), *params;
        ck_refused(deep, "nested too deeply", 400);
        ck_call_refused("query", deep, "nested too deeply", 400);
        char *args = base64_of(deep, strlen(deep));
        ck_assert_int_gt(asprintf(&params,
                                  CALL_FUNCTION ",\"method_name\":\"get_attestation\",\"args_base64\":"
                                                "\"%s\"}",
                                  args),
                         0);
        ck_call_refused("query", params, "nested too deeply", 200);
        free(deep);
        free(args);
        free(params);
    }
}
END_TEST

/* --- transactions ----------------------------------------------------------------------------------------- */

static void ck_tx_refused(const void *data, size_t len, const char *part, int http_status)
{
    static const char *const methods[] = {"send_tx", "broadcast_tx_commit"};
    char *base64 = base64_of(data, len), *params;
    ck_assert_int_gt(asprintf(&params, "[\"%s\"]", base64), 0);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        ck_call_refused(methods[i], params, part, http_status);
    free(base64);
    free(params);
}

/* register_backup_service by alice, signed with `key`. */
static void sign_register(enum fixture_key key, struct bytes *out)
{
    struct near_tx tx = fixture_register_tx(&rpc_chain);
    fixture_sign(&rpc_chain, &tx, key, out);
    near_tx_free(&tx);
}

START_TEST(bytes_that_are_no_transaction_cannot_be_decoded)
{
    CLEANUP(bytes_free) struct bytes whole = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    sign_register(ALICE, &whole);
    ck_tx_refused("", 0, "Failed to decode transaction: ", 400);
    ck_tx_refused("\0", 1, "Failed to decode transaction: ", 400);
    ck_tx_refused(whole.data, whole.len - 1, "Failed to decode transaction: ", 400);
    ck_assert_ok(bytes_append_u8(&whole, 0));
    ck_tx_refused(whole.data, whole.len, "Failed to decode transaction: ", 400);
    ck_assert_ok(bytes_append(&text, "\xff\xff\xff\xff", 4));
    ck_tx_refused(text.data, text.len, "Failed to decode transaction: ", 400);
}
END_TEST

START_TEST(a_transaction_of_version_1_is_refused_by_name)
{
    CLEANUP(bytes_free) struct bytes version_0 = {0};
    CLEANUP(bytes_free) struct bytes version_1 = {0};
    sign_register(ALICE, &version_0);
    ck_assert_ok(bytes_append_u8(&version_1, 1));
    ck_assert_ok(bytes_append(&version_1, version_0.data, version_0.len));
    ck_tx_refused(version_1.data, version_1.len, "version 1", 400);
}
END_TEST

/* Near-rpc.md F: the signature is over the bytes that came, not over what was understood of them. */
START_TEST(a_signature_is_good_for_its_very_bytes_alone)
{
    CLEANUP(bytes_free) struct bytes whole = {0};
    sign_register(ALICE, &whole);
    for (size_t i = 0; i < whole.len; i++) {
        whole.data[i] ^= 1;
        ck_tx_refused(whole.data, whole.len, "\"error\":{", 0);
        whole.data[i] ^= 1;
    }
    char *base64 = base64_of(whole.data, whole.len);
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "SuccessValue");
    free(base64);
}
END_TEST

/* l of RFC 8032, least significant byte first. */
static const uint8_t group_order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                        0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                        0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

START_TEST(signatures_of_others_and_other_forms_of_a_signature_are_refused)
{
    CLEANUP(bytes_free) struct bytes whole = {0};
    sign_register(STRANGER, &whole);
    ck_tx_refused(whole.data, whole.len, "\"InvalidSignature\"", 200);
    sign_register(ALICE, &whole);
    uint8_t *s = whole.data + whole.len - sizeof group_order;
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof group_order; i++) {
        carry += s[i] + group_order[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
    ck_tx_refused(whole.data, whole.len, "\"InvalidSignature\"", 200);
    memset(whole.data + whole.len - 64, 0, 64);
    ck_tx_refused(whole.data, whole.len, "\"InvalidSignature\"", 200);
}
END_TEST

START_TEST(ids_and_names_in_a_transaction_are_checked)
{
    struct near_tx tx = fixture_plain_tx(&rpc_chain, "Bob.near", NEAR_TRANSFER);
    CLEANUP(bytes_free) struct bytes whole = {0};
    fixture_sign(&rpc_chain, &tx, ALICE, &whole);
    near_tx_free(&tx);
    ck_tx_refused(whole.data, whole.len, "{\"InvalidReceiverId\":{\"receiver_id\":\"Bob.near\"}}", 200);
    tx = fixture_tx(&rpc_chain, "\xff\xfe", "{}");
    fixture_sign(&rpc_chain, &tx, ALICE, &whole);
    near_tx_free(&tx);
    ck_tx_refused(whole.data, whole.len, "Failed to decode transaction: ", 400);
    char *name = repeated("m", 257);
    tx = fixture_tx(&rpc_chain, name, "{}");
    fixture_sign(&rpc_chain, &tx, ALICE, &whole);
    near_tx_free(&tx);
    free(name);
    ck_tx_refused(whole.data, whole.len, "FunctionCallMethodNameLengthExceeded", 200);
}
END_TEST

/* --- calls that reach the contract ------------------------------------------------------------------------- */

/* As on the chain, such a call costs its nonce and gas (near-rpc.md A.3), but the contract stays as it is. */
static void ck_contract_refuses(const char *method, const char *args, const char *part)
{
    struct world *before = world_ref(fixture_head(&rpc_chain)->world);
    uint64_t nonce = fixture_nonce(&rpc_chain, ALICE);
    rpc_patience = 1;
    ck_assert_text_has(rpc_send("send_tx", signed_base64(fixture_tx(&rpc_chain, method, args), ALICE), NULL),
                       part);
    ck_assert_str_eq(rpc_value("/result/status/Failure/ActionError/index"), "0");
    ck_assert(model_state_equal(&before->contract, &fixture_head(&rpc_chain)->world->contract));
    ck_assert_uint_eq(fixture_nonce(&rpc_chain, ALICE), nonce + 1);
    world_unref(before);
}

#define DESERIALIZE "Smart contract panicked: Failed to deserialize input from JSON. Error: `"
#define TLS_A       "\"ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC\""
#define TLS_B       "\"ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47\""
#define TLS_C       "\"ed25519:HuMu36PCagGCbgQnKRgij1et7zEpBHgDWfLYTkzXzjGN\""
#define MEMBER(account, id, key)                                                                             \
    "[\"" account ".near\"," id ",{\"url\":\"https://" account ":80\",\"tls_public_key\":" key "}]"
#define VOTE(next_id, members, threshold)                                                                    \
    "{\"prospective_epoch_id\":6,\"proposal\":{\"parameters\":{\"participants\":{\"next_id\":" next_id       \
    ",\"participants\":[" members "]},\"threshold\":" threshold "}}}"
#define REGISTER(key) "{\"backup_service_info\":{\"public_key\":" key "}}"
#define EVENT(epoch)  "{\"key_event_id\":{\"epoch_id\":" epoch ",\"domain_id\":0,\"attempt_id\":0}}"

static const struct {
    const char *method;
    const char *args;
    const char *part;
} contract_calls[] = {
    {"no_such_method", "{}", "{\"MethodResolveError\":\"MethodNotFound\"}"},
    {"Register_backup_service", fixture_register_args, "{\"MethodResolveError\":\"MethodNotFound\"}"},
    {"register_backup_service", "", DESERIALIZE "EOF while parsing a value"},
    {"register_backup_service", "not json", DESERIALIZE},
    {"register_backup_service", "{}", DESERIALIZE "missing field `backup_service_info`"},
    {"register_backup_service", REGISTER("7"), DESERIALIZE "invalid type: integer"},
    {"register_backup_service", REGISTER("\"\xff\""), DESERIALIZE},
    {"register_backup_service", REGISTER("\"ed25519:1111\""), DESERIALIZE "invalid key length"},
    {"register_backup_service", REGISTER("\"secp256k1:" ONES_64 "\""), DESERIALIZE "wrong prefix"},
    {"register_backup_service", REGISTER("\"" ONES_32 "\""), DESERIALIZE "missing ':' separator"},
    {"vote_reshared", EVENT("18446744073709551616"), DESERIALIZE "an integer that does not fit 64 bits"},
    {"vote_reshared", EVENT("-1"), DESERIALIZE "invalid value: integer `-1`"},
    {"vote_reshared", EVENT("5.0"), DESERIALIZE "invalid type: floating point"},
    {"vote_reshared", EVENT("\"5\""), DESERIALIZE "invalid type: string"},
    {"vote_add_domains",
     "{\"domains\":[{\"id\":1,\"protocol\":\"Rot13\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"}]}",
     DESERIALIZE "unknown variant `Rot13`"},
    /* participants that cannot be: an id or an account twice, an id that is not below next_id, a threshold that
     * all pass or none */
    {"vote_new_parameters",
     VOTE("3", MEMBER("alice", "0", TLS_A) "," MEMBER("bob", "0", TLS_B) "," MEMBER("carol", "2", TLS_C),
          "2"),
     "Duplicate participant IDs found."},
    {"vote_new_parameters",
     VOTE("3", MEMBER("alice", "0", TLS_A) "," MEMBER("alice", "1", TLS_B) "," MEMBER("carol", "2", TLS_C),
          "2"),
     "Duplicate account IDs found."},
    {"vote_new_parameters",
     VOTE("2", MEMBER("alice", "0", TLS_A) "," MEMBER("bob", "1", TLS_B) "," MEMBER("carol", "2", TLS_C),
          "2"),
     "Participant ID 2 is not less than next_id 2."},
    {"vote_new_parameters",
     VOTE("3", MEMBER("alice", "0", TLS_A) "," MEMBER("bob", "1", TLS_B) "," MEMBER("carol", "2", TLS_C),
          "0"),
     "GovernanceThreshold does not meet the minimum absolute requirement"},
    {"vote_new_parameters",
     VOTE("3", MEMBER("alice", "0", TLS_A) "," MEMBER("bob", "1", TLS_B) "," MEMBER("carol", "2", TLS_C),
          "18446744073709551615"),
     "GovernanceThreshold must not exceed number of participants: max 3, found 18446744073709551615"},
    {"vote_new_parameters", VOTE("0", "", "0"),
     "GovernanceThreshold does not meet the minimum absolute requirement"},
    {"init", "{\"parameters\":{\"participants\":{\"next_id\":0,\"participants\":[]},\"threshold\":0}}",
     "The contract has already been initialized"},
};

START_TEST(the_contract_refuses_what_it_cannot_read_and_stays_as_it_is)
{
    ck_contract_refuses(contract_calls[_i].method, contract_calls[_i].args, contract_calls[_i].part);
}
END_TEST

START_TEST(a_deep_argument_is_refused_by_the_contract)
{
    char *deep = repeated("[", DEPTH);
    ck_contract_refuses("register_backup_service", deep, DESERIALIZE "nested too deeply");
    free(deep);
}
END_TEST

START_TEST(members_that_nobody_asked_for_are_passed_over)
{
    static const char args[] =
        "{\"more\":{\"a\":[1]},\"backup_service_info\":{\"public_key\":" TLS_A ",\"url\":null}}";
    ck_assert_text_has(rpc_send("send_tx",
                                signed_base64(fixture_tx(&rpc_chain, "register_backup_service", args), ALICE),
                                NULL),
                       "\"status\":{\"SuccessValue\":");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_bad_input");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_loop_test(tcase, a_bad_call_is_answered_as_the_chain_answers_it, 0, ARRAY_LEN(calls));
    tcase_add_loop_test(tcase, what_is_no_request_is_a_parse_error_that_says_where, 0, ARRAY_LEN(bodies));
    tcase_add_test(tcase, an_id_of_every_type_comes_back);
    tcase_add_test(tcase, json_nested_ten_thousand_deep_is_refused_wherever_it_stands);
    tcase_add_test(tcase, bytes_that_are_no_transaction_cannot_be_decoded);
    tcase_add_test(tcase, a_transaction_of_version_1_is_refused_by_name);
    tcase_add_test(tcase, a_signature_is_good_for_its_very_bytes_alone);
    tcase_add_test(tcase, signatures_of_others_and_other_forms_of_a_signature_are_refused);
    tcase_add_test(tcase, ids_and_names_in_a_transaction_are_checked);
    tcase_add_loop_test(tcase, the_contract_refuses_what_it_cannot_read_and_stays_as_it_is, 0,
                        ARRAY_LEN(contract_calls));
    tcase_add_test(tcase, a_deep_argument_is_refused_by_the_contract);
    tcase_add_test(tcase, members_that_nobody_asked_for_are_passed_over);
    return run_suite(suite);
}

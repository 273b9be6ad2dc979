#include "common/os/rpc.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/os/clock.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/support.h"

#define HASH_A "C72RUqoxaQUCVPB9UGX5jUFTnvE5LKqoXtjSGB9i9Vn9"
#define HASH_B "11111111111111111111111111111112"
#define BLOCK_A                                                                                              \
    "{\"author\":\"a\",\"header\":{\"height\":200,\"timestamp\":1700000000123456789,\"hash\":\"" HASH_A      \
    "\",\"prev_hash\":\"" HASH_B "\"},\"chunks\":[]}"

static struct fake_rpc *fake, *second;
static struct rpc *rpc;
static struct error err;

static void open_with(const char *url, uint32_t timeout_ms)
{
    struct rpc_config config = {
        .url = url, .timeout_ms = timeout_ms, .answer_bytes_max = 20000, .view_bytes_max = 100000};
    ck_assert_ok_err(rpc_open(&config, &rpc, &err), err);
}

static void setup(void)
{
    fake = fake_rpc_start();
    second = fake_rpc_start();
    open_with(fake_rpc_url(fake), 0);
}

static void teardown(void)
{
    rpc_close(&rpc);
    fake_rpc_stop(&fake);
    fake_rpc_stop(&second);
}

static result_t ask_block(void)
{
    struct rpc_block block;
    return rpc_block(rpc, RPC_FINAL, &block, &err);
}

static void reply(const char *name, enum fake_reply_kind kind, int status, const char *body)
{
    struct fake_reply scripted = {.kind = kind, .status = status, .body = body};
    fake_rpc_reply(fake, name, &scripted);
}

/* ---- requests and answers ---------------------------------------------------------------------------- */

START_TEST(a_block_is_read_with_its_time_in_milliseconds)
{
    struct rpc_block block;
    char hash[HASH_TEXT_MAX];
    fake_rpc_result(fake, "block", BLOCK_A);
    ck_assert_ok_err(rpc_block(rpc, RPC_FINAL, &block, &err), err);
    ck_assert_uint_eq(block.height, 200);
    ck_assert_int_eq(block.time_ms, 1700000000123);
    hash_format(block.hash, hash);
    ck_assert_str_eq(hash, HASH_A);
    ck_assert_str_eq(
        fake_rpc_request(fake, "block", 0),
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"block\",\"params\":{\"finality\":\"final\"}}");
}
END_TEST

START_TEST(another_block_than_the_one_asked_for_is_refused)
{
    uint8_t hash[SHA256_LEN];
    struct rpc_block block;
    ck_assert_ok(hash_parse(HASH_B, strlen(HASH_B), hash));
    fake_rpc_result(fake, "block", BLOCK_A);
    ck_assert_outcome(rpc_block_by_hash(rpc, hash, &block, &err), OUTCOME_RPC_INCONSISTENT);
    ck_assert_text_has(fake_rpc_request(fake, "block", 0), "{\"block_id\":\"" HASH_B "\"}");
    ck_assert_ok(hash_parse(HASH_A, strlen(HASH_A), hash));
    ck_assert_ok_err(rpc_block_by_hash(rpc, hash, &block, &err), err);
}
END_TEST

START_TEST(the_status_says_whether_the_node_is_syncing)
{
    struct rpc_status status;
    fake_rpc_result(fake, "status",
                    "{\"sync_info\":{\"latest_block_height\":9,\"latest_block_time\":\"2023-11-14T22:13:20."
                    "1239Z\",\"syncing\":true}}");
    ck_assert_ok_err(rpc_status(rpc, &status, &err), err);
    ck_assert(status.syncing);
    ck_assert_uint_eq(status.latest_height, 9);
    ck_assert_int_eq(status.latest_time_ms, 1700000000123);
    fake_rpc_forget(fake, "status");
    fake_rpc_result(fake, "status",
                    "{\"sync_info\":{\"latest_block_height\":9,\"latest_block_time\":\"2023-11-14T22:13:"
                    "20Z\",\"syncing\":false}}");
    fake_rpc_result(
        fake, "status",
        "{\"sync_info\":{\"latest_block_height\":9,\"latest_block_time\":\"yesterday\",\"syncing\":false}}");
    fake_rpc_result(fake, "status", "{\"sync_info\":{\"latest_block_height\":9,\"syncing\":\"no\"}}");
    ck_assert_ok_err(rpc_status(rpc, &status, &err), err);
    ck_assert_int_eq(status.latest_time_ms, 1700000000000);
    ck_assert_ok_err(rpc_status(rpc, &status, &err), err);
    ck_assert(!status.syncing);
    ck_assert_int_eq(status.latest_time_ms, 0);
    ck_assert_outcome(rpc_status(rpc, &status, &err), OUTCOME_RPC_MALFORMED);
}
END_TEST

START_TEST(a_view_is_asked_at_a_block_and_its_bytes_come_decoded)
{
    CLEANUP(rpc_view_free) struct rpc_view view = {0};
    uint8_t hash[SHA256_LEN];
    ck_assert_ok(hash_parse(HASH_A, strlen(HASH_A), hash));
    fake_rpc_view(fake, "query:state", "\"NotInitialized\"", 77, HASH_A);
    ck_assert_ok_err(rpc_view(rpc, "v1.signer", "state", NULL, 0, hash, &view, &err), err);
    ck_assert_str_eq((const char *)view.data.data, "\"NotInitialized\"");
    ck_assert_uint_eq(view.height, 77);
    ck_assert_text_has(fake_rpc_request(fake, "query:state", 0),
                       "\"params\":{\"request_type\":\"call_function\",\"account_id\":\"v1."
                       "signer\",\"method_name\":\"state\","
                       "\"args_base64\":\"\",\"block_id\":\"" HASH_A "\"}");
}
END_TEST

START_TEST(a_view_at_final_sends_its_arguments_and_says_which_block_it_is_of)
{
    CLEANUP(rpc_view_free) struct rpc_view view = {0};
    fake_rpc_view(fake, "query:m", "{}", 78, HASH_B);
    ck_assert_ok_err(rpc_view(rpc, "c.near", "m", "{}", 2, NULL, &view, &err), err);
    ck_assert_uint_eq(view.height, 78);
    ck_assert_text_has(fake_rpc_request(fake, "query:m", 0),
                       "\"args_base64\":\"e30=\",\"finality\":\"final\"");
}
END_TEST

START_TEST(a_view_of_another_block_is_refused)
{
    CLEANUP(rpc_view_free) struct rpc_view view = {0};
    uint8_t hash[SHA256_LEN];
    ck_assert_ok(hash_parse(HASH_A, strlen(HASH_A), hash));
    fake_rpc_view(fake, "query:m", "{}", 78, HASH_B);
    ck_assert_outcome(rpc_view(rpc, "c.near", "m", NULL, 0, hash, &view, &err), OUTCOME_RPC_INCONSISTENT);
}
END_TEST

START_TEST(what_the_contract_refuses_is_told_in_its_own_words_in_either_dialect)
{
    static const char *const refusals[] = {
        "{\"jsonrpc\":\"2.0\",\"result\":{\"error\":\"wasm execution failed: "
        "boom\",\"logs\":[],\"block_height\":1,"
        "\"block_hash\":\"" HASH_A "\"},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"CONTRACT_EXECUTION_"
        "ERROR\",\"info\":{}},"
        "\"code\":-32000,\"message\":\"Server error\",\"data\":\"Function call returned an error: "
        "boom\"},\"id\":$ID}",
    };
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        CLEANUP(rpc_view_free) struct rpc_view view = {0};
        fake_rpc_forget(fake, "query:m");
        reply("query:m", FAKE_ANSWER, 200, refusals[i]);
        ck_assert_outcome(rpc_view(rpc, "c.near", "m", NULL, 0, NULL, &view, &err), OUTCOME_RPC_VIEW_FAILED);
        ck_assert_int_eq(err.code, OUTCOME_RPC_VIEW_FAILED);
        ck_assert_text_has(err.text, "m of c.near");
        ck_assert_text_has(err.text, "boom");
    }
}
END_TEST

START_TEST(results_of_another_shape_are_not_views)
{
    static const char *const bad[] = {
        "\"text\"",
        "[]",
        "{}",
        "{\"result\":\"text\",\"block_height\":1,\"block_hash\":\"" HASH_A "\"}",
        "{\"result\":[256],\"block_height\":1,\"block_hash\":\"" HASH_A "\"}",
        "{\"resu\\u006ct\":[1],\"block_height\":1,\"block_hash\":\"" HASH_A "\"}",
        "{\"result\":[1],\"result\":[2],\"block_height\":1,\"block_hash\":\"" HASH_A "\"}",
        "{\"result\":[1],\"block_height\":-1,\"block_hash\":\"" HASH_A "\"}",
        "{\"result\":[1],\"block_height\":1,\"block_hash\":\"0O\"}",
        "{\"result\":[1],\"block_height\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(rpc_view_free) struct rpc_view view = {0};
        fake_rpc_forget(fake, "query:m");
        fake_rpc_result(fake, "query:m", bad[i]);
        result_t result = rpc_view(rpc, "c.near", "m", NULL, 0, NULL, &view, &err);
        ck_assert_msg(result == OUTCOME_RPC_MALFORMED, "%s is %s", bad[i], outcome_of(result)->name);
        ck_assert_ptr_null(view.data.data);
    }
}
END_TEST

START_TEST(an_unknown_block_is_its_own_outcome)
{
    CLEANUP(rpc_view_free) struct rpc_view view = {0};
    fake_rpc_error(
        fake, "query:m", 422,
        "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_BLOCK\",\"info\":{}},\"code\":-32000,"
        "\"message\":\"Server error\",\"data\":\"DB Not Found Error\"}");
    ck_assert_outcome(rpc_view(rpc, "c.near", "m", NULL, 0, NULL, &view, &err), OUTCOME_RPC_UNKNOWN_BLOCK);
    ck_assert_text_has(err.text, "DB Not Found Error");
}
END_TEST

START_TEST(a_node_that_has_no_blocks_yet_is_syncing)
{
    fake_rpc_error(fake, "block", 200,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"NO_SYNCED_BLOCKS\"}}");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_SYNCING);
}
END_TEST

/* ---- access keys ------------------------------------------------------------------------------------- */

static result_t ask_key(struct rpc_access_key *key)
{
    struct ed25519_public_key public_key = {{1}};
    return rpc_view_access_key(rpc, "a.near", &public_key, NULL, key, &err);
}

START_TEST(a_function_call_key_is_read_with_its_permission)
{
    CLEANUP(rpc_access_key_free) struct rpc_access_key key = {0};
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"nonce\":5,\"permission\":{\"FunctionCall\":{\"allowance\":"
                    "\"340282366920938463463374607431768211455\","
                    "\"receiver_id\":\"c.near\",\"method_names\":[\"one\",\"two\"]}},\"block_height\":9,"
                    "\"block_hash\":\"" HASH_A "\"}");
    ck_assert_ok_err(ask_key(&key), err);
    ck_assert_uint_eq(key.key.nonce, 5);
    ck_assert(!key.key.full_access && key.key.has_allowance);
    ck_assert_uint_eq(key.key.allowance.high, UINT64_MAX);
    ck_assert_str_eq(key.key.receiver_id, "c.near");
    ck_assert_uint_eq(key.key.method_count, 2);
    ck_assert_str_eq(key.key.method_names[1], "two");
    ck_assert_uint_eq(key.height, 9);
    ck_assert_text_has(fake_rpc_request(fake, "query:view_access_key", 0), "\"finality\":\"final\"");
}
END_TEST

START_TEST(an_access_key_is_read_at_the_block_that_was_asked_for_and_no_other)
{
    CLEANUP(rpc_access_key_free) struct rpc_access_key key = {0};
    struct ed25519_public_key public_key = {{1}};
    uint8_t asked[SHA256_LEN];
    ck_assert_ok(hash_parse(HASH_A, strlen(HASH_A), asked));
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"nonce\":5,\"permission\":\"FullAccess\",\"block_height\":9,\"block_hash\":\"" HASH_A
                    "\"}");
    ck_assert_ok_err(rpc_view_access_key(rpc, "a.near", &public_key, asked, &key, &err), err);
    ck_assert_uint_eq(key.key.nonce, 5);
    ck_assert_text_has(fake_rpc_request(fake, "query:view_access_key", 0), "\"block_id\":\"" HASH_A "\"");
    asked[0] ^= 1;
    ck_assert_outcome(rpc_view_access_key(rpc, "a.near", &public_key, asked, &key, &err),
                      OUTCOME_RPC_INCONSISTENT);
}
END_TEST

START_TEST(a_full_access_key_and_an_unlimited_one_are_read)
{
    CLEANUP(rpc_access_key_free) struct rpc_access_key full = {0}, unlimited = {0};
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"nonce\":0,\"permission\":\"FullAccess\",\"block_height\":9,\"block_hash\":\"" HASH_A
                    "\"}");
    ck_assert_ok_err(ask_key(&full), err);
    ck_assert(full.key.full_access);
    fake_rpc_forget(fake, "query:view_access_key");
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"allowance\":null,\"receiver_id\":\"c\","
                    "\"method_names\":[]}},"
                    "\"block_height\":9,\"block_hash\":\"" HASH_A "\"}");
    ck_assert_ok_err(ask_key(&unlimited), err);
    ck_assert(!unlimited.key.full_access && !unlimited.key.has_allowance);
    ck_assert_uint_eq(unlimited.key.method_count, 0);
}
END_TEST

START_TEST(a_key_that_the_account_does_not_have_is_told_apart_from_a_fault)
{
    static const char *const unknown[] = {
        "{\"jsonrpc\":\"2.0\",\"result\":{\"error\":\"access key ed25519:x does not exist while "
        "viewing\",\"logs\":[]},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_ACCESS_"
        "KEY\"}},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_ACCOUNT\"}}"
        ",\"id\":$ID}",
    };
    CLEANUP(rpc_access_key_free) struct rpc_access_key key = {0};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        fake_rpc_forget(fake, "query:view_access_key");
        reply("query:view_access_key", FAKE_ANSWER, 200, unknown[i]);
        ck_assert_outcome(ask_key(&key), OUTCOME_RPC_NO_ACCESS_KEY);
    }
}
END_TEST

START_TEST(an_access_key_of_another_shape_is_refused)
{
    static const char *const bad[] = {
        "7",
        "{\"nonce\":-1,\"permission\":\"FullAccess\",\"block_height\":9,\"block_hash\":\"" HASH_A "\"}",
        "{\"nonce\":0,\"permission\":\"FullAccess\",\"block_height\":9,\"block_hash\":\"x\"}",
        "{\"nonce\":0,\"permission\":{\"GasKey\":{}},\"block_height\":9,\"block_hash\":\"" HASH_A "\"}",
        "{\"nonce\":0,\"block_height\":9,\"block_hash\":\"" HASH_A "\"}",
        "{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"allowance\":\"-1\",\"receiver_id\":\"c\",\"method_"
        "names\":[]}},"
        "\"block_height\":9,\"block_hash\":\"" HASH_A "\"}",
        "{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"allowance\":\"1\",\"receiver_id\":\"c\",\"method_"
        "names\":[1]}},"
        "\"block_height\":9,\"block_hash\":\"" HASH_A "\"}",
        "{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"receiver_id\":\"c\"}},\"block_height\":9,\"block_"
        "hash\":\"" HASH_A "\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rpc_access_key key;
        fake_rpc_forget(fake, "query:view_access_key");
        fake_rpc_result(fake, "query:view_access_key", bad[i]);
        ck_assert_msg(ask_key(&key) == OUTCOME_RPC_MALFORMED, "%s was taken", bad[i]);
        ck_assert_ptr_null(key.key.receiver_id);
    }
}
END_TEST

/* ---- servers that fail ------------------------------------------------------------------------------- */

START_TEST(answers_that_are_not_to_this_request_are_refused)
{
    static const char *const bad[] = {
        "",
        "<html>hello</html>",
        "{",
        "[]",
        "null",
        "{\"result\":" BLOCK_A "}",
        "{\"jsonrpc\":\"1.0\",\"result\":" BLOCK_A ",\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"id\":\"$ID\"}",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"id\":1000}",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A "}",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"error\":{},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"error\":\"no\",\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"id\":$ID} trailing",
        "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"result\":" BLOCK_A ",\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"result\":{\"header\":{\"height\":18446744073709551616}},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"result\":{\"header\":{\"height\":\"9\"}},\"id\":$ID}",
        "{\"jsonrpc\":\"2.0\",\"result\":7,\"id\":$ID}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        fake_rpc_forget(fake, "block");
        reply("block", FAKE_ANSWER, 200, bad[i]);
        result_t result = ask_block();
        ck_assert_msg(result == OUTCOME_RPC_MALFORMED, "%s is %s", bad[i], outcome_of(result)->name);
        ck_assert_text_has(err.text, fake_rpc_url(fake));
    }
}
END_TEST

START_TEST(http_errors_are_told_with_their_status_and_their_json_is_read)
{
    reply("block", FAKE_ANSWER, 500, "<html>oops</html>");
    reply("block", FAKE_ANSWER, 429, "");
    reply("block", FAKE_ANSWER, 500, "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"id\":$ID}");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_HTTP_STATUS);
    ck_assert_text_has(err.text, "HTTP status 500");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_HTTP_STATUS);
    ck_assert_text_has(err.text, "HTTP status 429");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_HTTP_STATUS);
    fake_rpc_forget(fake, "block");
    fake_rpc_error(
        fake, "block", 500,
        "{\"name\":\"INTERNAL_ERROR\",\"cause\":{\"name\":\"INTERNAL_ERROR\"},\"data\":{\"a\":[1]}}");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_ERROR);
    ck_assert_text_has(err.text, "INTERNAL_ERROR INTERNAL_ERROR: {\"a\":[1]}");
}
END_TEST

START_TEST(redirects_are_not_followed)
{
    char location[128];
    snprintf(location, sizeof location, "Location: %s", fake_rpc_url(second));
    struct fake_reply moved = {.status = 307, .header = location, .body = ""};
    fake_rpc_reply(fake, "block", &moved);
    fake_rpc_result(second, "block", BLOCK_A);
    ck_assert_outcome(ask_block(), OUTCOME_RPC_HTTP_STATUS);
    ck_assert_uint_eq(fake_rpc_count(second, NULL), 0);
}
END_TEST

START_TEST(a_server_that_closes_or_cuts_the_answer_is_unreachable)
{
    reply("block", FAKE_CLOSE, 0, NULL);
    reply("block", FAKE_TRUNCATE, 200, "{\"jsonrpc\":\"2.0\",\"result\":" BLOCK_A ",\"id\":$ID}");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_UNREACHABLE);
    ck_assert_outcome(ask_block(), OUTCOME_RPC_UNREACHABLE);
}
END_TEST

START_TEST(a_server_that_does_not_speak_http_is_refused)
{
    reply("block", FAKE_RAW, 0, "SSH-2.0-OpenSSH_9.2\r\n");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_MALFORMED);
}
END_TEST

START_TEST(a_server_that_hangs_times_out)
{
    rpc_close(&rpc);
    open_with(fake_rpc_url(fake), 100);
    reply("block", FAKE_HANG, 0, NULL);
    ck_assert_outcome(ask_block(), OUTCOME_RPC_TIMEOUT);
}
END_TEST

START_TEST(an_answer_larger_than_the_limit_is_dropped)
{
    static char body[30000];
    memset(body, ' ', sizeof body - 1);
    reply("block", FAKE_ANSWER, 200, body);
    ck_assert_outcome(ask_block(), OUTCOME_RPC_TOO_LARGE);
    ck_assert_text_has(err.text, "20000");
}
END_TEST

START_TEST(a_large_view_is_taken_up_to_its_own_limit)
{
    static char text[100002];
    CLEANUP(rpc_view_free) struct rpc_view view = {0}, none = {0};
    memset(text, 'x', 100000);
    fake_rpc_view(fake, "query:m", text, 1, HASH_A);
    ck_assert_ok_err(rpc_view(rpc, "c.near", "m", NULL, 0, NULL, &view, &err), err);
    ck_assert_uint_eq(view.data.len, 100000);
    text[100000] = 'x';
    fake_rpc_forget(fake, "query:m");
    fake_rpc_view(fake, "query:m", text, 1, HASH_A);
    ck_assert_outcome(rpc_view(rpc, "c.near", "m", NULL, 0, NULL, &none, &err), OUTCOME_RPC_TOO_LARGE);
}
END_TEST

START_TEST(nobody_listening_is_unreachable)
{
    fake_rpc_stop(&fake);
    ck_assert_outcome(ask_block(), OUTCOME_RPC_UNREACHABLE);
    fake = fake_rpc_start();
}
END_TEST

START_TEST(a_proxy_in_the_environment_is_not_used)
{
    setenv("http_proxy", fake_rpc_url(second), 1);
    setenv("ALL_PROXY", fake_rpc_url(second), 1);
    fake_rpc_result(fake, "block", BLOCK_A);
    ck_assert_ok_err(ask_block(), err);
    ck_assert_uint_eq(fake_rpc_count(second, NULL), 0);
}
END_TEST

/* ---- stopping ---------------------------------------------------------------------------------------- */

static void *ask_in_thread(void *context)
{
    *(result_t *)context = ask_block();
    return NULL;
}

START_TEST(a_hanging_call_ends_at_once_when_aborted_and_so_do_later_ones)
{
    pthread_t thread;
    result_t result = OUTCOME_OK;
    reply("block", FAKE_HANG, 0, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_in_thread, &result), 0);
    fake_rpc_wait(fake, "block", 1);
    int64_t before = clock_mono_ms();
    rpc_abort(rpc);
    pthread_join(thread, NULL);
    ck_assert_outcome(result, OUTCOME_SHUTTING_DOWN);
    ck_assert_int_lt(clock_mono_ms() - before, 900);
    ck_assert_outcome(ask_block(), OUTCOME_SHUTTING_DOWN);
}
END_TEST

/* ---- URLs -------------------------------------------------------------------------------------------- */

START_TEST(keys_in_a_url_are_never_shown)
{
    char shown[256], url[128];
    rpc_url_display("https://user:pass@rpc.example:8443/path?apiKey=hush#frag", shown, sizeof shown);
    ck_assert_str_eq(shown, "https://rpc.example:8443/path");
    rpc_url_display("not a url?apiKey=hush", shown, sizeof shown);
    ck_assert_text_lacks(shown, "hush");
    ck_assert_outcome(rpc_url_check("http://rpc.example/?apiKey=hush", false, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_lacks(err.text, "hush");

    snprintf(url, sizeof url, "%s?apiKey=hush", fake_rpc_url(fake));
    rpc_close(&rpc);
    open_with(url, 0);
    reply("block", FAKE_ANSWER, 200, "<html>");
    ck_assert_outcome(ask_block(), OUTCOME_RPC_MALFORMED);
    ck_assert_text_lacks(err.text, "hush");
    ck_assert_text_lacks(rpc_name(rpc), "hush");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/rpc");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_block_is_read_with_its_time_in_milliseconds);
    tcase_add_test(tcase, another_block_than_the_one_asked_for_is_refused);
    tcase_add_test(tcase, the_status_says_whether_the_node_is_syncing);
    tcase_add_test(tcase, a_view_is_asked_at_a_block_and_its_bytes_come_decoded);
    tcase_add_test(tcase, a_view_at_final_sends_its_arguments_and_says_which_block_it_is_of);
    tcase_add_test(tcase, a_view_of_another_block_is_refused);
    tcase_add_test(tcase, what_the_contract_refuses_is_told_in_its_own_words_in_either_dialect);
    tcase_add_test(tcase, results_of_another_shape_are_not_views);
    tcase_add_test(tcase, an_unknown_block_is_its_own_outcome);
    tcase_add_test(tcase, a_node_that_has_no_blocks_yet_is_syncing);
    tcase_add_test(tcase, a_function_call_key_is_read_with_its_permission);
    tcase_add_test(tcase, an_access_key_is_read_at_the_block_that_was_asked_for_and_no_other);
    tcase_add_test(tcase, a_full_access_key_and_an_unlimited_one_are_read);
    tcase_add_test(tcase, a_key_that_the_account_does_not_have_is_told_apart_from_a_fault);
    tcase_add_test(tcase, an_access_key_of_another_shape_is_refused);
    tcase_add_test(tcase, answers_that_are_not_to_this_request_are_refused);
    tcase_add_test(tcase, http_errors_are_told_with_their_status_and_their_json_is_read);
    tcase_add_test(tcase, redirects_are_not_followed);
    tcase_add_test(tcase, a_server_that_closes_or_cuts_the_answer_is_unreachable);
    tcase_add_test(tcase, a_server_that_does_not_speak_http_is_refused);
    tcase_add_test(tcase, a_server_that_hangs_times_out);
    tcase_add_test(tcase, an_answer_larger_than_the_limit_is_dropped);
    tcase_add_test(tcase, a_large_view_is_taken_up_to_its_own_limit);
    tcase_add_test(tcase, nobody_listening_is_unreachable);
    tcase_add_test(tcase, a_proxy_in_the_environment_is_not_used);
    tcase_add_test(tcase, a_hanging_call_ends_at_once_when_aborted_and_so_do_later_ones);
    tcase_add_test(tcase, keys_in_a_url_are_never_shown);
    return run_suite(suite);
}

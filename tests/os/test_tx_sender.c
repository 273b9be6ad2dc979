#include "common/os/tx_sender.h"

#include <string.h>

#include "common/encoding.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/support.h"

#define HASH_A "C72RUqoxaQUCVPB9UGX5jUFTnvE5LKqoXtjSGB9i9Vn9"
#define FULL_KEY                                                                                             \
    "{\"nonce\":5,\"permission\":\"FullAccess\",\"block_height\":100000000,\"block_hash\":\"" HASH_A "\"}"
#define INVALID(error)                                                                                       \
    "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"INVALID_TRANSACTION\",\"info\":{}},\"code\":-32000,"  \
    "\"message\":"                                                                                           \
    "\"Server error\",\"data\":{\"TxExecutionError\":{\"InvalidTxError\":" error "}}}"
#define FAILURE(kind)                                                                                        \
    "{\"final_execution_status\":\"FINAL\",\"status\":{\"Failure\":{\"ActionError\":{\"index\":0,"           \
    "\"kind\":" kind "}}}}"

static struct fake_rpc *fake;
static struct rpc *rpc;
static struct error err;
static struct ed25519_keypair pair;
static struct tx_call call;

static void setup(void)
{
    static const uint8_t seed[ED25519_KEY_LEN] = {7};
    fake = fake_rpc_start();
    struct rpc_config config = {.url = fake_rpc_url(fake), .timeout_ms = 2000};
    ck_assert_ok_err(rpc_open(&config, &rpc, &err), err);
    ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
    call = (struct tx_call){.signer_id = "a.near",
                            .signer = &pair,
                            .receiver_id = "c.near",
                            .method = "go",
                            .args = "{}",
                            .args_len = 2,
                            .gas = TX_CALL_GAS};
}

static void teardown(void)
{
    rpc_close(&rpc);
    fake_rpc_stop(&fake);
    ed25519_keypair_free(&pair);
}

/* ---- pure rules -------------------------------------------------------------------------------------- */

START_TEST(a_restricted_key_signs_only_what_it_may)
{
    char receiver[] = "c.near", one[] = "one", go[] = "go";
    char *methods[] = {one, go};
    struct near_access_key key = {.receiver_id = receiver, .method_names = methods, .method_count = 2};
    ck_assert_ok(tx_check_access_key(&key, &call, NULL));
    key.method_count = 1;
    ck_assert_outcome(tx_check_access_key(&key, &call, &err), OUTCOME_TX_REJECTED);
    ck_assert_text_has(err.text, "does not allow the method go");
    key.method_count = 0;
    ck_assert_ok(tx_check_access_key(&key, &call, NULL));
    call.deposit.low = 1;
    ck_assert_outcome(tx_check_access_key(&key, &call, &err), OUTCOME_TX_REJECTED);
    ck_assert_text_has(err.text, "full-access");
    call.deposit = (struct u128){.high = 1};
    ck_assert_outcome(tx_check_access_key(&key, &call, &err), OUTCOME_TX_REJECTED);
    call.deposit.high = 0;
    call.receiver_id = "other.near";
    ck_assert_outcome(tx_check_access_key(&key, &call, &err), OUTCOME_TX_REJECTED);
    ck_assert_text_has(err.text, "for the contract c.near, not other.near");
    key.full_access = true;
    ck_assert_ok(tx_check_access_key(&key, &call, NULL));
}
END_TEST

START_TEST(the_nonce_is_above_all_used_ones_and_below_the_bound_of_the_height)
{
    uint64_t nonce;
    ck_assert_ok(tx_choose_nonce(5, 0, 100, &nonce, NULL));
    ck_assert_uint_eq(nonce, 6);
    ck_assert_ok(tx_choose_nonce(5, 9, 100, &nonce, NULL));
    ck_assert_uint_eq(nonce, 10);
    ck_assert_ok(tx_choose_nonce(99999998, 0, 100, &nonce, NULL));
    ck_assert_uint_eq(nonce, 99999999);
    ck_assert_outcome(tx_choose_nonce(99999999, 0, 100, &nonce, &err), OUTCOME_TX_REJECTED);
    ck_assert_outcome(tx_choose_nonce(UINT64_MAX, 0, UINT64_MAX, &nonce, &err), OUTCOME_TX_REJECTED);
    ck_assert_outcome(tx_choose_nonce(0, UINT64_MAX - 1, UINT64_MAX, &nonce, &err), OUTCOME_TX_REJECTED);
}
END_TEST

/* ---- preparing --------------------------------------------------------------------------------------- */

START_TEST(a_prepared_transaction_is_signed_over_the_final_block_with_the_next_nonce)
{
    CLEANUP(tx_signed_free) struct tx_signed tx = {0};
    CLEANUP(near_tx_free) struct near_tx decoded = {0};
    struct near_signature signature;
    uint8_t block_hash[SHA256_LEN], hash[SHA256_LEN];
    size_t tx_len;
    fake_rpc_result(fake, "query:view_access_key", FULL_KEY);
    ck_assert_ok_err(tx_prepare(rpc, &call, 41, &tx, &err), err);
    ck_assert_uint_eq(tx.nonce, 42);
    ck_assert_uint_eq(tx.block_height, 100000000);
    ck_assert_ok_err(near_signed_tx_decode(tx.bytes.data, tx.bytes.len, &decoded, &signature, &tx_len, &err),
                     err);
    ck_assert_str_eq(decoded.signer_id, "a.near");
    ck_assert_str_eq(decoded.receiver_id, "c.near");
    ck_assert_uint_eq(decoded.nonce, 42);
    ck_assert_ok(hash_parse(HASH_A, strlen(HASH_A), block_hash));
    ck_assert_mem_eq(decoded.block_hash, block_hash, SHA256_LEN);
    ck_assert_uint_eq(decoded.action_count, 1);
    ck_assert_str_eq(decoded.actions[0].method_name, "go");
    ck_assert_uint_eq(decoded.actions[0].gas, TX_CALL_GAS);
    sha256(tx.bytes.data, tx_len, hash);
    ck_assert_mem_eq(hash, tx.hash, SHA256_LEN);
    struct ed25519_signature raw;
    memcpy(raw.bytes, signature.bytes, sizeof raw.bytes);
    ck_assert_ok(ed25519_verify(&pair.public_key, hash, sizeof hash, &raw));
}
END_TEST

START_TEST(nothing_is_signed_with_a_key_that_is_missing_or_may_not)
{
    CLEANUP(tx_signed_free) struct tx_signed tx = {0};
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"error\":\"access key x does not exist while viewing\",\"logs\":[]}");
    ck_assert_outcome(tx_prepare(rpc, &call, 0, &tx, &err), OUTCOME_RPC_NO_ACCESS_KEY);
    fake_rpc_forget(fake, "query:view_access_key");
    fake_rpc_result(fake, "query:view_access_key",
                    "{\"nonce\":5,\"permission\":{\"FunctionCall\":{\"allowance\":null,\"receiver_id\":\"c."
                    "near\",\"method_names\":"
                    "[\"stop\"]}},\"block_height\":100,\"block_hash\":\"" HASH_A "\"}");
    ck_assert_outcome(tx_prepare(rpc, &call, 0, &tx, &err), OUTCOME_TX_REJECTED);
    ck_assert_ptr_null(tx.bytes.data);
}
END_TEST

/* ---- what became of it ------------------------------------------------------------------------------- */

struct fate_case {
    const char *answer; /* of send_tx */
    bool is_error;
    enum rpc_tx_fate fate;
    const char *name;
    const char *text; /* a part of it */
};

static const struct fate_case fates[] = {
    {"{\"final_execution_status\":\"FINAL\",\"status\":{\"SuccessValue\":\"\"}}", false, RPC_TX_EXECUTED, "",
     ""},
    {"{\"final_execution_status\":\"NONE\"}", false, RPC_TX_PENDING, "", ""},
    {"{\"final_execution_status\":\"INCLUDED\",\"status\":\"Started\"}", false, RPC_TX_PENDING, "", ""},
    {FAILURE("{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: Node does not have an "
             "ongoing recovery\"}}"),
     false, RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: Node does not have an ongoing recovery"},
    {FAILURE("{\"FunctionCallError\":{\"ExecutionError\":\"OneWord\"}}"), false, RPC_TX_FAILED,
     "ExecutionError", "OneWord"},
    {FAILURE("{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}"), false, RPC_TX_FAILED,
     "MethodNotFound", "MethodResolveError"},
    {FAILURE(
         "{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":\"c.near\"}}}}"),
     false, RPC_TX_FAILED, "CodeDoesNotExist", "c.near"},
    {FAILURE("{\"AccountDoesNotExist\":{\"account_id\":\"c.near\"}}"), false, RPC_TX_FAILED,
     "AccountDoesNotExist", "c.near"},
    {"{\"status\":{\"Failure\":{\"InvalidTxError\":\"Expired\"}}}", false, RPC_TX_REJECTED, "Expired",
     "Expired"},
    {INVALID("\"Expired\""), true, RPC_TX_REJECTED, "Expired", "Expired"},
    {INVALID("{\"InvalidNonce\":{\"tx_nonce\":6,\"ak_nonce\":9}}"), true, RPC_TX_REJECTED, "InvalidNonce",
     "\"ak_nonce\":9"},
    {INVALID("{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"go\"}}}"), true,
     RPC_TX_REJECTED, "MethodNameMismatch", "go"},
    {INVALID("{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}"), true, RPC_TX_REJECTED,
     "RequiresFullAccess", ""},
    {INVALID("{\"NotEnoughBalance\":{\"signer_id\":\"a\",\"balance\":\"1\",\"cost\":\"2\"}}"), true,
     RPC_TX_REJECTED, "NotEnoughBalance", "cost"},
    {INVALID("{\"ActionsValidation\":\"FunctionCallZeroAttachedGas\"}"), true, RPC_TX_REJECTED,
     "FunctionCallZeroAttachedGas", ""},
    {INVALID("{\"ShardCongested\":{\"shard_id\":1,\"congestion_level\":1.0}}"), true, RPC_TX_UNCLEAR,
     "ShardCongested", ""},
    {"{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"INVALID_TRANSACTION\",\"info\":{}},\"data\":"
     "\"text\"}",
     true, RPC_TX_REJECTED, "InvalidTransaction", "text"},
    {"{\"name\":\"REQUEST_VALIDATION_ERROR\",\"cause\":{\"name\":\"PARSE_ERROR\"},\"code\":-32700,\"data\":"
     "\"Failed to decode\"}",
     true, RPC_TX_REJECTED, "ParseError", "Failed to decode"},
    {"{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"},\"data\":\"Timeout\"}", true,
     RPC_TX_UNCLEAR, "TIMEOUT_ERROR", "Timeout"},
};

START_TEST(every_answer_to_a_send_has_its_fate)
{
    const struct fate_case *row = &fates[_i];
    struct rpc_tx tx;
    if (row->is_error)
        fake_rpc_error(fake, "send_tx", 200, row->answer);
    else
        fake_rpc_result(fake, "send_tx", row->answer);
    ck_assert_ok_err(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_FINAL, &tx, &err), err);
    ck_assert_str_eq(rpc_tx_fate_name(tx.fate), rpc_tx_fate_name(row->fate));
    ck_assert_str_eq(tx.name, row->name);
    ck_assert_text_has(tx.text, row->text);
}
END_TEST

START_TEST(the_bytes_are_sent_once_as_base64_with_the_level_to_wait_for)
{
    struct rpc_tx tx;
    fake_rpc_result(fake, "send_tx", fates[0].answer);
    ck_assert_ok_err(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_EXECUTED_OPTIMISTIC, &tx, &err), err);
    ck_assert_uint_eq(fake_rpc_count(fake, NULL), 1);
    ck_assert_text_has(
        fake_rpc_request(fake, "send_tx", 0),
        "\"params\":{\"signed_tx_base64\":\"c2lnbmVk\",\"wait_until\":\"EXECUTED_OPTIMISTIC\"}");
}
END_TEST

START_TEST(a_server_without_send_tx_gets_broadcast_tx_commit)
{
    struct rpc_tx tx;
    fake_rpc_result(fake, "broadcast_tx_commit", fates[0].answer);
    ck_assert_ok_err(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_FINAL, &tx, &err), err);
    ck_assert_int_eq(tx.fate, RPC_TX_EXECUTED);
    ck_assert_text_has(fake_rpc_request(fake, "broadcast_tx_commit", 0), "\"params\":[\"c2lnbmVk\"]");
}
END_TEST

START_TEST(no_usable_answer_leaves_the_fate_unclear)
{
    struct rpc_tx tx;
    struct fake_reply broken = {.status = 503, .body = ""}, closed = {.kind = FAKE_CLOSE};
    fake_rpc_reply(fake, "send_tx", &broken);
    fake_rpc_reply(fake, "send_tx", &closed);
    ck_assert_outcome(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_FINAL, &tx, &err), OUTCOME_RPC_HTTP_STATUS);
    ck_assert_int_eq(tx.fate, RPC_TX_UNCLEAR);
    ck_assert_outcome(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_FINAL, &tx, &err), OUTCOME_RPC_UNREACHABLE);
    ck_assert_int_eq(tx.fate, RPC_TX_UNCLEAR);
    fake_rpc_forget(fake, "send_tx");
    fake_rpc_result(fake, "send_tx", "{\"something\":\"else\"}");
    ck_assert_outcome(rpc_send_tx(rpc, "signed", 6, RPC_WAIT_FINAL, &tx, &err), OUTCOME_RPC_MALFORMED);
}
END_TEST

START_TEST(a_transaction_that_the_rpc_does_not_know_is_not_seen)
{
    struct rpc_tx tx;
    uint8_t hash[SHA256_LEN] = {0};
    fake_rpc_error(fake, "tx", 200,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_TRANSACTION\",\"info\":{}},"
                   "\"data\":\"doesn't exist\"}");
    fake_rpc_error(fake, "tx", 408, "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"}}");
    fake_rpc_result(fake, "tx", fates[0].answer);
    ck_assert_ok_err(rpc_tx_status(rpc, hash, "a.near", RPC_WAIT_NONE, &tx, &err), err);
    ck_assert_int_eq(tx.fate, RPC_TX_NOT_SEEN);
    ck_assert_ok_err(rpc_tx_status(rpc, hash, "a.near", RPC_WAIT_FINAL, &tx, &err), err);
    ck_assert_int_eq(tx.fate, RPC_TX_UNCLEAR);
    ck_assert_ok_err(rpc_tx_status(rpc, hash, "a.near", RPC_WAIT_FINAL, &tx, &err), err);
    ck_assert_int_eq(tx.fate, RPC_TX_EXECUTED);
    ck_assert_text_has(fake_rpc_request(fake, "tx", 0),
                       "{\"tx_hash\":\"11111111111111111111111111111111\",\"sender_"
                       "account_id\":\"a.near\",\"wait_until\":\"NONE\"}");
}
END_TEST

START_TEST(sending_says_what_came_of_it_as_an_outcome_with_the_chains_words)
{
    struct tx_signed tx = {0};
    struct rpc_tx fate;
    ck_assert_ok(bytes_append_text(&tx.bytes, "signed"));
    fake_rpc_result(fake, "send_tx", fates[0].answer);
    fake_rpc_result(fake, "send_tx", fates[3].answer);
    fake_rpc_error(fake, "send_tx", 200, fates[9].answer);
    fake_rpc_result(fake, "send_tx", fates[1].answer);
    struct fake_reply broken = {.status = 500, .body = ""};
    fake_rpc_reply(fake, "send_tx", &broken);
    ck_assert_ok_err(tx_send(rpc, &tx, RPC_WAIT_FINAL, NULL, &err), err);
    ck_assert_outcome(tx_send(rpc, &tx, RPC_WAIT_FINAL, &fate, &err), OUTCOME_TX_FAILED);
    ck_assert_text_has(err.text, "ongoing recovery");
    ck_assert_outcome(tx_send(rpc, &tx, RPC_WAIT_FINAL, &fate, &err), OUTCOME_TX_REJECTED);
    ck_assert_text_has(err.text, "Expired");
    ck_assert_outcome(tx_send(rpc, &tx, RPC_WAIT_FINAL, &fate, &err), OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(err.text, "pending");
    ck_assert_outcome(tx_send(rpc, &tx, RPC_WAIT_FINAL, &fate, &err), OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(err.text, "HTTP status 500");
    rpc_abort(rpc);
    ck_assert_outcome(tx_send(rpc, &tx, RPC_WAIT_FINAL, &fate, &err), OUTCOME_SHUTTING_DOWN);
    tx_signed_free(&tx);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/tx_sender");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_restricted_key_signs_only_what_it_may);
    tcase_add_test(tcase, the_nonce_is_above_all_used_ones_and_below_the_bound_of_the_height);
    tcase_add_test(tcase, a_prepared_transaction_is_signed_over_the_final_block_with_the_next_nonce);
    tcase_add_test(tcase, nothing_is_signed_with_a_key_that_is_missing_or_may_not);
    tcase_add_loop_test(tcase, every_answer_to_a_send_has_its_fate, 0, (int)ARRAY_LEN(fates));
    tcase_add_test(tcase, the_bytes_are_sent_once_as_base64_with_the_level_to_wait_for);
    tcase_add_test(tcase, a_server_without_send_tx_gets_broadcast_tx_commit);
    tcase_add_test(tcase, no_usable_answer_leaves_the_fate_unclear);
    tcase_add_test(tcase, a_transaction_that_the_rpc_does_not_know_is_not_seen);
    tcase_add_test(tcase, sending_says_what_came_of_it_as_an_outcome_with_the_chains_words);
    return run_suite(suite);
}

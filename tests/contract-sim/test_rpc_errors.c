/* Every error of near-rpc.md D.1 that a node in good order gives, with its HTTP status, and the forms of parameters of
 * A.1 that are easily forgotten. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define VIEW     "\"finality\":\"final\",\"account_id\":"
#define CONTRACT "\"v1.signer.test\""
#define NO_KEY   "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF"
#define NO_HASH  "11111111111111111111111111111112"

static const struct {
    const char *method;
    const char *params;
    const char *name;
    const char *cause;
    const char *info; /* a member that has to be there, or NULL: there is no info */
    int code;
    const char *message;
    const char *data; /* its beginning */
    int http_status;
} errors[] = {
    {"query", "7", "REQUEST_VALIDATION_ERROR", "PARSE_ERROR", "error_message", -32700, "Parse error",
     "Failed parsing args: ", 400},
    {"send_tx", "{\"signed_tx_base64\":\"AA==\"}", "REQUEST_VALIDATION_ERROR", "PARSE_ERROR", "error_message",
     -32700, "Parse error", "Failed to decode transaction: ", 400},
    {"broadcast_tx_commit", "[\"?\"]", "REQUEST_VALIDATION_ERROR", "PARSE_ERROR", "error_message", -32700,
     "Parse error", "Failed parsing args: not base64: ", 400},
    {"EXPERIMENTAL_light_client_proof", "[]", "REQUEST_VALIDATION_ERROR", "METHOD_NOT_FOUND", "method_name",
     -32601, "Method not found", "EXPERIMENTAL_light_client_proof", 400},
    {"query", "{\"request_type\":\"view_account\"," VIEW "\"ghost.near\"}", "HANDLER_ERROR",
     "UNKNOWN_ACCOUNT", "requested_account_id", -32000, "Server error",
     "account ghost.near does not exist while viewing", 200},
    {"EXPERIMENTAL_view_access_key", "{" VIEW "\"ghost.near\",\"public_key\":\"" NO_KEY "\"}",
     "HANDLER_ERROR", "UNKNOWN_ACCOUNT", "requested_account_id", -32000, "Server error",
     "Account ghost.near does not exist while viewing", 200},
    {"EXPERIMENTAL_view_account", "{" VIEW "\"Not.An.Account\"}", "HANDLER_ERROR", "INVALID_ACCOUNT",
     "requested_account_id", -32000, "Server error", "Account ID Not.An.Account is invalid", 200},
    {"EXPERIMENTAL_view_access_key", "{" VIEW "\"alice.near\",\"public_key\":\"" NO_KEY "\"}",
     "HANDLER_ERROR", "UNKNOWN_ACCESS_KEY", "public_key", -32000, "Server error",
     "Access key for public key " NO_KEY " does not exist while viewing", 200},
    {"EXPERIMENTAL_call_function", "{" VIEW CONTRACT ",\"method_name\":\"nope\",\"args_base64\":\"\"}",
     "HANDLER_ERROR", "CONTRACT_EXECUTION_ERROR", "vm_error", -32000, "Server error",
     "Function call returned an error: MethodResolveError(MethodNotFound)", 200},
    {"query", "{\"request_type\":\"view_code\"," VIEW "\"alice.near\"}", "HANDLER_ERROR", "NO_CONTRACT_CODE",
     "contract_account_id", -32000, "Server error", "Contract code for contract ID #alice.near", 200},
    {"query", "{\"request_type\":\"view_state\"," VIEW CONTRACT ",\"prefix_base64\":\"\"}", "HANDLER_ERROR",
     "TOO_LARGE_CONTRACT_STATE", "contract_account_id", -32000, "Server error",
     "State of contract v1.signer.test is too large to be viewed", 200},
    {"block", "[5]", "HANDLER_ERROR", "UNKNOWN_BLOCK", "block_reference", -32000, "Server error",
     "DB Not Found Error: BLOCK HEIGHT: 5 \\n Cause: Unknown", 200},
    {"query", "{\"request_type\":\"view_account\",\"block_id\":\"" NO_HASH "\",\"account_id\":" CONTRACT "}",
     "HANDLER_ERROR", "UNKNOWN_BLOCK", "block_reference", -32000, "Server error",
     "DB Not Found Error: BLOCK HEADER: " NO_HASH, 200},
    {"tx", "{\"tx_hash\":\"" NO_HASH "\",\"sender_account_id\":\"x\",\"wait_until\":\"NONE\"}",
     "HANDLER_ERROR", "UNKNOWN_TRANSACTION", "requested_transaction_hash", -32000, "Server error",
     "Transaction " NO_HASH " doesn't exist", 200},
    {"EXPERIMENTAL_tx_status", "[\"" NO_HASH "\",\"x\"]", "HANDLER_ERROR", "TIMEOUT_ERROR", NULL, -32000,
     "Server error", "Timeout", 408},
};

static void ck_is(const char *pointer, const char *text)
{
    char quoted[512];
    snprintf(quoted, sizeof quoted, "\"%s\"", text);
    ck_assert_str_eq(rpc_value(pointer), quoted);
}

START_TEST(each_error_has_its_name_cause_code_data_and_status)
{
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        char info[64], code[16], start[256];
        rpc_call(errors[i].method, errors[i].params);
        ck_is("/error/name", errors[i].name);
        ck_is("/error/cause/name", errors[i].cause);
        ck_is("/error/message", errors[i].message);
        snprintf(code, sizeof code, "%d", errors[i].code);
        ck_assert_str_eq(rpc_value("/error/code"), code);
        snprintf(start, sizeof start, "\"%s", errors[i].data);
        ck_assert_msg(strncmp(rpc_value("/error/data"), start, strlen(start)) == 0, "%s: %s", start,
                      rpc_value("/error/data"));
        snprintf(info, sizeof info, "\"info\":{\"%s\":", errors[i].info ? errors[i].info : "");
        if (errors[i].info)
            ck_assert_text_has(text_of(&rpc_reply), info);
        else
            ck_assert_text_lacks(text_of(&rpc_reply), "\"info\"");
        ck_assert_int_eq(rpc_http_status, errors[i].http_status);
    }
}
END_TEST

/* What a transaction is refused for, in the order in which it is looked at (D.2), one mistake more each time. */
START_TEST(the_first_thing_that_is_wrong_with_a_transaction_is_what_it_is_refused_for)
{
    static const char *const reasons[] = {"\"Expired\"",
                                          "\"FunctionCallZeroAttachedGas\"",
                                          "\"InvalidSignature\"",
                                          "{\"SignerDoesNotExist\":",
                                          "{\"AccessKeyNotFound\":",
                                          "{\"InvalidNonce\":"};
    for (size_t wrong = 0; wrong < ARRAY_LEN(reasons); wrong++) {
        struct near_tx tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
        bool key_unknown = wrong <= 4;
        tx.nonce = 1;
        if (key_unknown)
            tx.public_key = fixture_public_key(&rpc_chain, STRANGER);
        if (wrong <= 3) {
            free(tx.signer_id);
            tx.signer_id = strdup("ghost.near");
        }
        if (wrong <= 1)
            tx.actions[0].gas = 0;
        if (wrong == 0)
            tx.block_hash[0] ^= 1;
        rpc_send("send_tx", signed_base64(tx, wrong <= 2 || !key_unknown ? ALICE : STRANGER), NULL);
        ck_is("/error/cause/name", "INVALID_TRANSACTION");
        ck_assert_str_eq(rpc_value("/error/cause/info"), "{}");
        ck_assert_text_has(rpc_value("/error/data/TxExecutionError/InvalidTxError"), reasons[wrong]);
        ck_assert_int_eq(rpc_http_status, 200);
    }
    ck_assert_uint_eq(fixture_nonce(&rpc_chain, ALICE), 7);
}
END_TEST

/* Forms of A.1 that some client, or nearcore, takes. */
static const struct {
    const char *method;
    const char *params;
    const char *part; /* of the answer */
} forms[] = {
    {"status", "null", "\"chain_id\""},
    {"status", "[]", "\"chain_id\""},
    {"network_info", "null", "\"active_peers\""},
    {"network_info", "[]", "\"active_peers\""},
    {"gas_price", "[null]", "\"gas_price\""},
    {"gas_price", "[1000]", "\"gas_price\""},
    {"gas_price", "{\"block_id\":null}", "\"gas_price\""},
    {"validators", "[null]", "\"current_validators\""},
    {"validators", "\"latest\"", "\"current_validators\""},
    {"validators", "{\"block_id\":1000}", "\"current_validators\""},
    {"validators", "{\"epoch_id\":\"" NO_HASH "\"}", "\"current_validators\""},
    {"block", "{\"finality\":\"near-final\"}", "\"height\":1000"},
    {"block", "{\"sync_checkpoint\":\"genesis\"}", "\"height\":1000"},
    {"block", "{\"sync_checkpoint\":\"earliest_available\"}", "\"height\":1000"},
    {"block", "{\"block_id\":1000}", "\"height\":1000"},
    {"block", "[1000]", "\"height\":1000"},
    {"EXPERIMENTAL_protocol_config", "{\"finality\":\"final\"}", "\"storage_amount_per_byte\""},
    {"query", "[\"account/alice.near\",\"\"]", "\"amount\""},
    {"query", "[\"access_key/alice.near\",\"\"]", "\"keys\":["},
    {"query", "[\"access_key/alice.near/" NO_KEY "\",\"\"]",
     "access key " NO_KEY " does not exist while viewing"},
    {"query", "[\"call/v1.signer.test/version\",\"\"]", "\"result\":[34,51,46"},
    {"query",
     "{\"account_id\":" CONTRACT ",\"args_base64\":\"\",\"block_id\":1000,\"method_name\":\"version\","
     "\"request_type\":\"call_function\"}",
     "\"result\":[34,51,46"},
    {"query", "{\"request_type\":\"view_state\"," VIEW "\"alice.near\"}", "\"values\":[]"},
};

START_TEST(every_form_of_parameters_is_taken)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        ck_assert_text_has(rpc_call(forms[i].method, forms[i].params), forms[i].part);
        ck_assert_int_eq(rpc_http_status, 200);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_errors");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, each_error_has_its_name_cause_code_data_and_status);
    tcase_add_test(tcase, the_first_thing_that_is_wrong_with_a_transaction_is_what_it_is_refused_for);
    tcase_add_test(tcase, every_form_of_parameters_is_taken);
    return run_suite(suite);
}

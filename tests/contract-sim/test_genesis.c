/* What the chain starts from: the genesis file of cli.md, and a raw `state`. */
#include "contract-sim/genesis.h"

#include <stdio.h>
#include <string.h>

#include "tests/contract-sim/fixture.h"
#include "tests/support/support.h"

/* Everything between the text and the first world. */
struct start {
    struct genesis genesis;
    struct model *model;
    struct world *world;
    struct error err;
};

static void start_free(struct start *start)
{
    world_unref(start->world);
    model_free(start->model);
    genesis_free(&start->genesis);
}

static result_t begin(struct start *start, const char *text, const char *accounts)
{
    CLEANUP(bytes_free) struct bytes bytes = {0};
    CLEANUP(bytes_free) struct bytes more = {0};
    ck_assert_ok(bytes_append_text(&bytes, text));
    TRY(genesis_parse(&bytes, &start->genesis, &start->err));
    if (accounts) {
        ck_assert_ok(bytes_append_text(&more, accounts));
        TRY(genesis_parse_accounts(&more, &start->genesis, &start->err));
    }
    ck_assert_ok(model_new("design", start->genesis.contract_id.text, &start->model, NULL));
    return genesis_world(&start->genesis, start->model, FIXTURE_TIME_S, &start->world, &start->err);
}

#define PARAMETERS                                                                                           \
    "\"parameters\":{\"participants\":{\"next_id\":2,\"participants\":["                                     \
    "[\"alice.near\",0,{\"url\":\"https://alice.near:80\",\"tls_public_key\":"                               \
    "\"ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC\"}],"                                            \
    "[\"bob.near\",1,{\"url\":\"https://bob.near:80\",\"tls_public_key\":"                                   \
    "\"ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47\"}]]},\"threshold\":2}"

#define INIT_RUNNING                                                                                         \
    "{\"domains\":[],\"next_domain_id\":0,\"keyset\":{\"epoch_id\":5,\"domains\":[]}," PARAMETERS "}"

#define RAW_STATE                                                                                            \
    "{\"Running\":{\"domains\":{\"domains\":[],\"next_domain_id\":0},\"keyset\":{\"epoch_id\":5,"            \
    "\"domains\":[]}," PARAMETERS ",\"parameters_votes\":{\"proposal_by_account\":{}},"                      \
    "\"add_domains_votes\":{\"proposal_by_account\":{}},\"previously_cancelled_resharing_epoch_id\":null}}"

#define GENESIS(members) "{\"format\":\"mpc-genesis/1\"," members "}"

static const char *balance(const struct start *start, const char *id)
{
    static char text[U128_TEXT_MAX];
    const struct account *account = world_account(start->world, id);
    ck_assert_msg(account != NULL, "no account %s", id);
    u128_format(account->balance, text);
    return text;
}

START_TEST(the_contract_and_every_participant_exist_without_being_listed)
{
    CLEANUP(start_free) struct start start = {0};
    ck_assert_ok_err(begin(&start, GENESIS("\"init_running\":" INIT_RUNNING), NULL), start.err);
    ck_assert_uint_eq(start.genesis.block_height, 100000000);
    ck_assert(!start.genesis.has_block_time);
    ck_assert(!start.genesis.contract_id_given);
    ck_assert_uint_eq(start.world->account_count, 3);
    ck_assert_str_eq(balance(&start, "v1.signer.test"), "1000000000000000000000000000");
    ck_assert_str_eq(balance(&start, "bob.near"), "1000000000000000000000000000");
    ck_assert_uint_eq(world_account(start.world, "bob.near")->key_count, 0);
}
END_TEST

START_TEST(a_raw_state_is_taken_in_place_of_a_genesis_with_accounts_beside_it)
{
    static const char *const accounts[] = {
        "[{\"account_id\":\"dave.near\",\"balance_yocto\":\"5\"}]",
        "{\"accounts\":[{\"account_id\":\"dave.near\",\"balance_yocto\":\"5\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        CLEANUP(start_free) struct start start = {0};
        ck_assert_ok_err(begin(&start, RAW_STATE, accounts[i]), start.err);
        ck_assert_str_eq(balance(&start, "dave.near"), "5");
        ck_assert_uint_eq(start.world->account_count, 4);
    }
}
END_TEST

#define MIGRATIONS                                                                                           \
    ",\"migration_info\":{\"alice.near\":[{\"public_key\":"                                                  \
    "\"ed25519:EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\"},null]}"

START_TEST(migrations_may_stand_beside_either_form)
{
    static const char *const texts[] = {
        GENESIS("\"block_height\":7,\"block_time_s\":9,\"state\":" RAW_STATE MIGRATIONS),
        GENESIS("\"block_height\":7,\"block_time_s\":9,\"init_running\":" INIT_RUNNING MIGRATIONS),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(start_free) struct start start = {0};
        CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
        ck_assert_ok_err(begin(&start, texts[i], NULL), start.err);
        ck_assert_uint_eq(start.genesis.block_height, 7);
        ck_assert(start.genesis.has_block_time);
        ck_assert_uint_eq(start.genesis.block_time_s, 9);
        ck_assert_ok(model_view(start.model, &start.world->contract, 7, FIXTURE_TIME_S, "migration_info", "",
                                0, &outcome));
        ck_assert_text_has(text_of(&outcome.value), "EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2");
    }
}
END_TEST

START_TEST(receipts_of_the_genesis_run_in_the_first_block)
{
    CLEANUP(start_free) struct start start = {0};
    struct chain chain;
    ck_assert_ok_err(begin(&start,
                           GENESIS("\"state\":" RAW_STATE MIGRATIONS ",\"receipts\":["
                                   "{\"method\":\"cleanup_orphaned_node_migrations\",\"args\":\"{}\"},"
                                   "{\"method\":\"clean_tee_status\",\"args\":\"{}\"}]"),
                           NULL),
                     start.err);
    ck_assert_ok(chain_init(&chain, start.model, start.world, 1, 1000, "x", 1));
    ck_assert_uint_eq(blocks_head(&chain.blocks)->world->receipt_count, 2);
    ck_assert_ok(chain_seal(&chain, 2000));
    ck_assert_uint_eq(blocks_head(&chain.blocks)->world->receipt_count, 0);
    ck_assert_uint_eq(model_receipts_pending(start.model, &blocks_head(&chain.blocks)->world->contract), 0);
    chain_free(&chain);
}
END_TEST

START_TEST(listed_accounts_have_the_keys_that_are_listed)
{
    CLEANUP(start_free) struct start start = {0};
    static const char text[] = GENESIS(
        "\"init_running\":" INIT_RUNNING ",\"accounts\":[{\"account_id\":\"alice.near\",\"access_keys\":["
        "{\"public_key\":\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"nonce\":12,\"permission\":"
        "\"FullAccess\"},"
        "{\"public_key\":\"ed25519:3F5qRPtKg8GhGNnbd3qCj6nVJxWsGxq7pvH84okYLAqf\",\"permission\":{"
        "\"FunctionCall\":{"
        "\"allowance\":\"10\",\"receiver_id\":\"v1.signer.test\",\"method_names\":[\"a\",\"b\"]}}}]}]");
    ck_assert_ok_err(begin(&start, text, NULL), start.err);
    const struct account *alice = world_account(start.world, "alice.near");
    ck_assert_uint_eq(alice->key_count, 2);
    ck_assert_uint_eq(alice->keys[0].access.nonce, 12);
    ck_assert(alice->keys[0].access.full_access);
    ck_assert_uint_eq(alice->keys[1].access.allowance.low, 10);
    ck_assert_str_eq(alice->keys[1].access.receiver_id, "v1.signer.test");
    ck_assert_str_eq(alice->keys[1].access.method_names[1], "b");
}
END_TEST

#define WITH_ACCOUNT(account) GENESIS("\"init_running\":" INIT_RUNNING ",\"accounts\":[" account "]")
#define KEY                   "\"public_key\":\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\""
#define WITH_KEY(key)         WITH_ACCOUNT("{\"account_id\":\"alice.near\",\"access_keys\":[" key "]}")

static const struct {
    const char *text;
    const char *error; /* a part of it */
} mistakes[] = {
    {"", "line 1"},
    {"{\"format\":\"mpc-genesis/1\"", "line 1"},
    {"[]", "neither an mpc-genesis/1 file"},
    {"{\"Walking\":{}}", "neither an mpc-genesis/1 file"},
    {"{\"format\":\"mpc-genesis/2\"}", "genesis.format: \"mpc-genesis/2\" is not mpc-genesis/1"},
    {GENESIS("\"block_heigth\":1"), "unknown member \"block_heigth\""},
    {GENESIS("\"contract_id\":\"Mpc\""), "genesis.contract_id: \"Mpc\" is not an account id"},
    {GENESIS("\"block_height\":-1"), "genesis.block_height"},
    {GENESIS("\"block_height\":18446744073709551615"), "out of this world"},
    {GENESIS("\"block_time_s\":18446744073709551615"), "out of this world"},
    {GENESIS("\"accounts\":{}"), "accounts"},
    {WITH_ACCOUNT("7"), "genesis.accounts[0]: not an object"},
    {WITH_ACCOUNT("{\"balance_yocto\":\"1\"}"), "account_id"},
    {WITH_ACCOUNT("{\"account_id\":\"a\"}"), "genesis.accounts[0].account_id: \"a\" is not an account id"},
    {WITH_ACCOUNT("{\"account_id\":\"a.near\",\"balance_yocto\":\"1e3\"}"),
     "genesis.accounts[0].balance_yocto"},
    {WITH_ACCOUNT("{\"account_id\":\"a.near\",\"keys\":[]}"), "unknown member \"keys\""},
    {WITH_KEY("{\"public_key\":\"ed25519:abc\",\"permission\":\"FullAccess\"}"),
     "genesis.accounts[0].access_keys[0].public_key"},
    {WITH_KEY("{" KEY "}"), "access_keys[0].permission: neither"},
    {WITH_KEY("{" KEY ",\"permission\":\"All\"}"), "access_keys[0].permission: neither"},
    {WITH_KEY(
         "{" KEY
         ",\"permission\":{\"FunctionCall\":{\"allowance\":1,\"receiver_id\":\"a.near\",\"method_names\":"
         "[]}}}"),
     "access_keys[0].allowance"},
    {WITH_KEY("{" KEY ",\"permission\":{\"FunctionCall\":{\"receiver_id\":\"a\",\"method_names\":[]}}}"),
     "access_keys[0].receiver_id"},
    {WITH_KEY("{" KEY
              ",\"permission\":{\"FunctionCall\":{\"receiver_id\":\"a.near\",\"method_names\":[7]}}}"),
     "a method name is not a string"},
    {WITH_KEY("{" KEY ",\"permission\":\"FullAccess\"},{" KEY ",\"permission\":\"FullAccess\"}"),
     "access_keys[1].public_key: listed twice"},
};

START_TEST(a_mistake_is_named_with_its_place)
{
    for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
        CLEANUP(start_free) struct start start = {0};
        ck_assert_int_ne(begin(&start, mistakes[i].text, NULL), OUTCOME_OK);
        ck_assert_msg(strstr(start.err.text, mistakes[i].error) != NULL, "%s: %s", mistakes[i].text,
                      start.err.text);
    }
}
END_TEST

START_TEST(an_accounts_file_that_is_none_is_refused)
{
    static const char *const texts[] = {"7", "{\"account\":[]}", "{\"accounts\":7}", "[7]", "["};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(start_free) struct start start = {0};
        ck_assert_int_ne(begin(&start, RAW_STATE, texts[i]), OUTCOME_OK);
        ck_assert_uint_gt(strlen(start.err.text), 0);
    }
}
END_TEST

/* The saved state of the real network: ten participants, epoch 4, two domains. */
START_TEST(the_state_of_mainnet_is_a_genesis)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(start_free) struct start start = {0};
    if (!reference_data("contract/mainnet-state.json", &text))
        return;
    ck_assert_ok_err(begin(&start, text_of(&text), NULL), start.err);
    ck_assert_uint_eq(start.world->account_count, 11);
}
END_TEST

#define MANY_DOMAINS 10000

/* As many domains as the node serves (design.md); only the ids differ. */
static void many_domains(struct bytes *out)
{
    static const char key[] =
        "secp256k1:3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya";
    ck_assert_ok(bytes_append_text(out, "{\"format\":\"mpc-genesis/1\",\"init_running\":{\"domains\":["));
    for (int i = 0; i < MANY_DOMAINS; i++)
        ck_assert_ok(
            bytes_append_format(out,
                                "%s{\"id\":%d,\"protocol\":\"CaitSith\",\"reconstruction_threshold\":2,"
                                "\"purpose\":\"Sign\"}",
                                i ? "," : "", i));
    ck_assert_ok(bytes_append_format(out, "],\"next_domain_id\":%d,\"keyset\":{\"epoch_id\":5,\"domains\":[",
                                     MANY_DOMAINS));
    for (int i = 0; i < MANY_DOMAINS; i++)
        ck_assert_ok(
            bytes_append_format(out,
                                "%s{\"domain_id\":%d,\"key\":{\"Secp256k1\":{\"near_public_key\":\"%s\"}},"
                                "\"attempt\":0}",
                                i ? "," : "", i, key));
    ck_assert_ok(bytes_append_text(out, "]}," PARAMETERS "}}"));
}

START_TEST(ten_thousand_domains_are_a_genesis_and_show_in_the_state)
{
    CLEANUP(start_free) struct start start = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    many_domains(&text);
    ck_assert_ok_err(begin(&start, text_of(&text), NULL), start.err);
    ck_assert_ok(
        model_view(start.model, &start.world->contract, 7, FIXTURE_TIME_S, "state", "", 0, &outcome));
    ck_assert_int_eq(outcome.kind, MODEL_OK);
    ck_assert_text_has(text_of(&outcome.value), "{\"domain_id\":9999,\"key\":");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "genesis");
    tcase_add_test(tcase, the_contract_and_every_participant_exist_without_being_listed);
    tcase_add_test(tcase, a_raw_state_is_taken_in_place_of_a_genesis_with_accounts_beside_it);
    tcase_add_test(tcase, migrations_may_stand_beside_either_form);
    tcase_add_test(tcase, receipts_of_the_genesis_run_in_the_first_block);
    tcase_add_test(tcase, listed_accounts_have_the_keys_that_are_listed);
    tcase_add_test(tcase, a_mistake_is_named_with_its_place);
    tcase_add_test(tcase, an_accounts_file_that_is_none_is_refused);
    tcase_add_test(tcase, ten_thousand_domains_are_a_genesis_and_show_in_the_state);
    tcase_add_test(tcase, the_state_of_mainnet_is_a_genesis);
    return run_suite(suite);
}

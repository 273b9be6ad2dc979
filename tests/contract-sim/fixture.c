#include "tests/contract-sim/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/genesis.h"
#include "tests/support/support.h"

const char fixture_register_args[] =
    "{\"backup_service_info\":{\"public_key\":\"ed25519:EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\"}}";

const char fixture_participants[] = "{\"next_id\":3,\"participants\":["
                                    "[\"alice.near\",0,{\"url\":\"https://alice.near:80\",\"tls_public_key\":"
                                    "\"ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC\"}],"
                                    "[\"bob.near\",1,{\"url\":\"https://bob.near:80\",\"tls_public_key\":"
                                    "\"ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47\"}],"
                                    "[\"carol.near\",2,{\"url\":\"https://carol.near:80\",\"tls_public_key\":"
                                    "\"ed25519:HuMu36PCagGCbgQnKRgij1et7zEpBHgDWfLYTkzXzjGN\"}]]}";

static const char contract_state[] =
    "{\"domains\":[{\"id\":0,\"protocol\":\"CaitSith\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"}],"
    "\"next_domain_id\":1,\"keyset\":{\"epoch_id\":5,\"domains\":[{\"domain_id\":0,\"key\":{\"Secp256k1\":{"
    "\"near_public_key\":\"secp256k1:"
    "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya\""
    "}},\"attempt\":0}]},\"parameters\":{\"participants\":%s,\"threshold\":2},\"init_config\":null}";

void fixture_key_text(const struct fixture *fixture, enum fixture_key key, char out[ED25519_KEY_TEXT_MAX])
{
    ed25519_public_key_format(&fixture->keys[key].public_key, out);
}

struct near_public_key fixture_public_key(const struct fixture *fixture, enum fixture_key key)
{
    return near_public_key_from_ed25519(&fixture->keys[key].public_key);
}

const char *fixture_genesis(const struct fixture *fixture)
{
    static char text[8192];
    char state[4096], keys[FIXTURE_KEYS][ED25519_KEY_TEXT_MAX];
    for (enum fixture_key i = 0; i < FIXTURE_KEYS; i++)
        fixture_key_text(fixture, i, keys[i]);
    snprintf(state, sizeof state, contract_state, fixture_participants);
    snprintf(text, sizeof text,
             "{\"format\":\"mpc-genesis/1\",\"contract_id\":\"" FIXTURE_CONTRACT "\",\"block_height\":%u,"
             "\"block_time_s\":%u,\"init_running\":%s,\"accounts\":[{\"account_id\":\"alice.near\",\"access_"
             "keys\":["
             "{\"public_key\":\"%s\",\"nonce\":7,\"permission\":\"FullAccess\"},"
             "{\"public_key\":\"%s\",\"permission\":{\"FunctionCall\":{\"allowance\":"
             "\"1000000000000000000000000\","
             "\"receiver_id\":\"" FIXTURE_CONTRACT
             "\",\"method_names\":[\"conclude_node_migration\",\"register_backup_service\"]}}},"
             "{\"public_key\":\"%s\",\"permission\":{\"FunctionCall\":{\"allowance\":null,\"receiver_id\":"
             "\"" FIXTURE_CONTRACT "\",\"method_names\":[]}}},"
             "{\"public_key\":\"%s\",\"permission\":{\"FunctionCall\":{\"allowance\":\"1\",\"receiver_id\":"
             "\"" FIXTURE_CONTRACT "\",\"method_names\":[]}}}]},"
             "{\"account_id\":\"dave.near\",\"balance_yocto\":\"10000000000000000000000\",\"access_keys\":["
             "{\"public_key\":\"%s\",\"permission\":\"FullAccess\"}]}]}",
             FIXTURE_HEIGHT, FIXTURE_TIME_S, state, keys[ALICE], keys[LISTED], keys[ANY], keys[POOR],
             keys[DAVE]);
    return text;
}

static void open_node(struct fixture *fixture, const char *profile)
{
    struct error err = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(genesis_free) struct genesis genesis = {0};
    CLEANUP(world_unref_ptr) struct world *world = NULL;
    ck_assert_ok(bytes_append_text(&text, fixture_genesis(fixture)));
    ck_assert_ok_err(genesis_parse(&text, &genesis, &err), err);
    ck_assert_ok_err(model_new(profile, genesis.contract_id.text, &fixture->model, &err), err);
    ck_assert_ok_err(genesis_world(&genesis, fixture->model, genesis.block_time_s, &world, &err), err);
    ck_assert_ok(chain_init(&fixture->node.chain, fixture->model, world, genesis.block_height,
                            fixture->time_ms, text.data, text.len));
}

void fixture_open(struct fixture *fixture, const char *profile)
{
    *fixture = (struct fixture){.time_ms = FIXTURE_TIME_S * 1000ull};
    for (int i = 0; i < FIXTURE_KEYS; i++) {
        uint8_t seed[ED25519_KEY_LEN];
        memset(seed, i + 1, sizeof seed);
        ck_assert_ok(ed25519_keypair_from_seed(seed, &fixture->keys[i]));
    }
    open_node(fixture, profile);
    fixture->node.clock = sim_clock_start(0, fixture->time_ms, (int64_t)fixture->time_ms);
    fixture->node.listen = "127.0.0.1:3030";
    fixture->node.profile = profile;
}

void fixture_close(struct fixture *fixture)
{
    recorder_stop(&fixture->node.recorder);
    chain_free(&fixture->node.chain);
    model_free(fixture->model);
    bytes_free(&fixture->invalid);
    for (int i = 0; i < FIXTURE_KEYS; i++)
        ed25519_keypair_free(&fixture->keys[i]);
}

struct near_tx fixture_tx(struct fixture *fixture, const char *method, const char *args)
{
    struct near_tx tx;
    struct near_public_key alice = fixture_public_key(fixture, ALICE);
    const struct account_key *key = account_key_find(fixture_account(fixture, "alice.near"), &alice);
    ck_assert_ok(near_tx_function_call("alice.near", &fixture->keys[ALICE].public_key,
                                       key ? key->access.nonce + 1 : 1, FIXTURE_CONTRACT,
                                       blocks_head(&fixture->node.chain.blocks)->hash, method, args,
                                       strlen(args), FIXTURE_GAS, (struct u128){0}, &tx));
    return tx;
}

void fixture_sign(struct fixture *fixture, const struct near_tx *tx, enum fixture_key key, struct bytes *out)
{
    bytes_clear(out);
    ck_assert_ok(near_tx_sign(tx, &fixture->keys[key], out, fixture->last_hash));
}

result_t fixture_send(struct fixture *fixture, struct near_tx *tx, enum fixture_key key)
{
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    uint8_t hash[SHA256_LEN];
    struct error err = {0};
    fixture_sign(fixture, tx, key, &signed_tx);
    near_tx_free(tx);
    bytes_clear(&fixture->invalid);
    return chain_submit(&fixture->node.chain, signed_tx.data, signed_tx.len, hash, &fixture->invalid, &err);
}

void fixture_seal(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ck_assert_ok(chain_seal(&fixture->node.chain, fixture->time_ms += 1000));
}

const struct tx_record *fixture_record(const struct fixture *fixture)
{
    const struct tx_record *record = tx_store_find(&fixture->node.chain.txs, fixture->last_hash);
    ck_assert_ptr_nonnull(record);
    return record;
}

const struct account *fixture_account(const struct fixture *fixture, const char *id)
{
    return world_account(blocks_head(&fixture->node.chain.blocks)->world, id);
}

void fixture_call(struct fixture *fixture, const char *signer, const char *method, const char *args)
{
    fixture_call_signed(fixture, signer, STRANGER, method, args);
}

void fixture_call_signed(struct fixture *fixture, const char *signer, enum fixture_key key,
                         const char *method, const char *args)
{
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    struct model_context context = {.signer_public_key = fixture_public_key(fixture, key)};
    ck_assert(account_id_set(&context.signer, signer, strlen(signer)));
    context.predecessor = context.signer;
    ck_assert_ok(chain_seal_call(&fixture->node.chain, fixture->time_ms += 1000, &context, method, args,
                                 strlen(args), &outcome));
    ck_assert_msg(outcome.ok, "%s by %s: %s", method, signer, text_of(&outcome.failure));
}

const char fixture_reshare_vote[] = "{\"key_event_id\":{\"epoch_id\":6,\"domain_id\":0,\"attempt_id\":0}}";

static void attest(struct fixture *fixture, const char *who, const char *tls_key, uint64_t expiry_s)
{
    char args[512];
    snprintf(
        args, sizeof args,
        "{\"proposed_participant_attestation\":{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":"
        "%llu}}},\"tls_public_key\":\"ed25519:%s\"}",
        (unsigned long long)expiry_s, tls_key);
    fixture_call_signed(fixture, who, ALICE, "submit_participant_info", args);
}

void fixture_reshare_but_for_alice(struct fixture *fixture, uint64_t carol_expiry_s)
{
    static const char *const members[] = {"alice.near", "bob.near", "carol.near"};
    char proposal[2048];
    attest(fixture, members[0], "EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC", UINT32_MAX);
    attest(fixture, members[1], "DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47", UINT32_MAX);
    attest(fixture, members[2], "HuMu36PCagGCbgQnKRgij1et7zEpBHgDWfLYTkzXzjGN", carol_expiry_s);
    snprintf(proposal, sizeof proposal,
             "{\"prospective_epoch_id\":6,\"proposal\":{\"parameters\":{\"participants\":%s,\"threshold\":2},"
             "\"per_domain_thresholds\":{}}}",
             fixture_participants);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        fixture_call_signed(fixture, members[i], ALICE, "vote_new_parameters", proposal);
    fixture_call_signed(fixture, members[0], ALICE, "start_reshare_instance", fixture_reshare_vote);
    for (size_t i = 1; i < ARRAY_LEN(members); i++)
        fixture_call_signed(fixture, members[i], ALICE, "vote_reshared", fixture_reshare_vote);
}

const struct block *fixture_head(const struct fixture *fixture)
{
    return blocks_head(&fixture->node.chain.blocks);
}

struct near_tx fixture_register_tx(struct fixture *fixture)
{
    return fixture_tx(fixture, "register_backup_service", fixture_register_args);
}

struct near_tx fixture_plain_tx(struct fixture *fixture, const char *receiver, enum near_action_type type)
{
    struct near_tx tx = fixture_tx(fixture, "x", "{}");
    free(tx.receiver_id);
    tx.receiver_id = strdup(receiver);
    tx.actions[0].type = type;
    tx.actions[0].public_key = fixture_public_key(fixture, STRANGER);
    tx.actions[0].access_key.full_access = true;
    return tx;
}

void fixture_expect_kind(struct fixture *fixture, struct near_tx tx, const char *kind)
{
    char expected[512] = "";
    ck_assert_msg(fixture_send(fixture, &tx, ALICE) == OUTCOME_OK, "%s", text_of(&fixture->invalid));
    fixture_seal(fixture, 1);
    const struct receipt_outcome *outcome = &fixture_record(fixture)->receipts[0];
    if (kind)
        snprintf(expected, sizeof expected, "{\"ActionError\":{\"index\":0,\"kind\":%s}}", kind);
    ck_assert_str_eq(text_of(&outcome->failure), expected);
    ck_assert_int_eq(outcome->ok, kind == NULL);
}

uint64_t fixture_nonce(const struct fixture *fixture, enum fixture_key key)
{
    struct near_public_key public_key = fixture_public_key(fixture, key);
    return account_key_find(fixture_account(fixture, "alice.near"), &public_key)->access.nonce;
}

void fixture_balance(const struct fixture *fixture, const char *id, char out[U128_TEXT_MAX])
{
    u128_format(fixture_account(fixture, id)->balance, out);
}

const char *text_of(const struct bytes *bytes)
{
    return bytes->data ? (const char *)bytes->data : "";
}

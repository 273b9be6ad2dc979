#include "tests/system/simulation/chain_side.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/genesis.h"
#include "tests/system/simulation/must.h"

#define DEPOSIT_GAS 300000000000000u

/* ---- the beginning ---- */

static const struct {
    const char *protocol;
    const char *purpose;
} protocols[] = {
    [CURVE_SECP256K1] = {"CaitSith", "Sign"},
    [CURVE_ED25519] = {"Frost", "Sign"},
    [CURVE_BLS12381] = {"ConfidentialKeyDerivation", "CKD"},
};

static void write_domains(size_t count, struct bytes *out)
{
    must(bytes_append_text(out, "\"domains\":["));
    for (size_t i = 0; i < count; i++) {
        enum curve curve = cast_domain_key(i).curve;
        must(bytes_append_format(out,
                                 "%s{\"id\":%zu,\"protocol\":\"%s\",\"reconstruction_threshold\":2,"
                                 "\"purpose\":\"%s\"}",
                                 i ? "," : "", i, protocols[curve].protocol, protocols[curve].purpose));
    }
    must(bytes_append_format(out, "],\"next_domain_id\":%zu,", count));
}

static void write_keyset(size_t count, struct bytes *out)
{
    CLEANUP(keyset_free) struct keyset keyset = {.epoch_id = 5, .count = count};
    keyset.domains = calloc(count, sizeof *keyset.domains);
    must_be(keyset.domains != NULL);
    for (size_t i = 0; i < count; i++)
        keyset.domains[i] = (struct keyset_domain){.domain_id = i, .key = cast_domain_key(i)};
    must(bytes_append_text(out, "\"keyset\":"));
    must(keyset_write(&keyset, out));
}

static void write_participants(struct bytes *out)
{
    must(bytes_append_text(out, ",\"parameters\":{\"participants\":{\"next_id\":3,\"participants\":["));
    for (size_t i = 0; i < CAST_ACCOUNTS; i++) {
        const struct cast_account *account = &cast()->accounts[i];
        must(bytes_append_format(out, "%s[\"%s\",%zu,{\"url\":\"%s\",\"tls_public_key\":\"%s\"}]",
                                 i ? "," : "", account->id.text, i, account->nodes[0].url,
                                 account->nodes[0].p2p_text));
    }
    must(bytes_append_text(out, "]},\"threshold\":2}"));
}

static void write_signer_keys(size_t account, unsigned missing, struct bytes *out)
{
    for (size_t node = 0; node < CAST_NODES; node++) {
        if (missing >> (account * CAST_NODES + node) & 1)
            continue;
        must(bytes_append_format(
            out,
            ",{\"public_key\":\"%s\",\"permission\":{\"FunctionCall\":{\"allowance\":null,"
            "\"receiver_id\":\"" CAST_CONTRACT "\",\"method_names\":[]}}}",
            cast()->accounts[account].nodes[node].signer_text));
    }
}

static void write_accounts(unsigned missing, struct bytes *out)
{
    must(bytes_append_text(out, "\"accounts\":["));
    for (size_t i = 0; i < CAST_ACCOUNTS; i++) {
        char key[ED25519_KEY_TEXT_MAX];
        ed25519_public_key_format(&cast()->accounts[i].operator.public_key, key);
        must(bytes_append_format(
            out,
            "%s{\"account_id\":\"%s\",\"access_keys\":[{\"public_key\":\"%s\",\"permission\":\"FullAccess\"}",
            i ? "," : "", cast()->accounts[i].id.text, key));
        write_signer_keys(i, missing, out);
        must(bytes_append_text(out, "]}"));
    }
    must(bytes_append_text(out, "]"));
}

static void write_genesis(const struct chain_side_start *start, struct bytes *out)
{
    must(bytes_append_format(out,
                             "{\"format\":\"" GENESIS_FORMAT "\",\"contract_id\":\"" CAST_CONTRACT
                             "\",\"block_height\":%u,\"block_time_s\":%" PRIu64 ",\"init_running\":{",
                             CHAIN_SIDE_START_HEIGHT, (uint64_t)CHAIN_SIDE_START_MS / 1000));
    write_domains(start->domains, out);
    write_keyset(start->domains, out);
    write_participants(out);
    must(bytes_append_text(out, ",\"init_config\":null},"));
    write_accounts(start->missing_keys, out);
    must(bytes_append_text(out, "}"));
}

void chain_side_open(struct chain_side *side, const struct schedule *schedule,
                     const struct chain_side_start *start)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(genesis_free) struct genesis genesis = {0};
    CLEANUP(world_unref_ptr) struct world *world = NULL;
    *side = (struct chain_side){.schedule = schedule, .idle_block_ms = start->idle_block_ms};
    write_genesis(start, &text);
    must(genesis_parse(&text, &genesis, NULL));
    must(model_new(start->profile, CAST_CONTRACT, &side->model, NULL));
    must(genesis_world(&genesis, side->model, genesis.block_time_s, &world, NULL));
    must(chain_init(&side->chain, side->model, world, genesis.block_height, CHAIN_SIDE_START_MS, text.data,
                    text.len));
}

static void truth_clear(struct truth *truth)
{
    world_unref(truth->world);
    bytes_free(&truth->state);
    bytes_free(&truth->migration_info);
    protocol_view_free(&truth->protocol);
    migration_view_free(&truth->migrations);
    *truth = (struct truth){0};
}

void chain_side_close(struct chain_side *side)
{
    for (size_t i = 0; i < CHAIN_SIDE_TRUTHS; i++)
        truth_clear(&side->truths[i]);
    chain_free(&side->chain);
    model_free(side->model);
}

/* ---- blocks ---- */

uint64_t chain_side_now_ms(const struct chain_side *side)
{
    return CHAIN_SIDE_START_MS + side->schedule->now_ms;
}

bool chain_side_settled(const struct chain_side *side)
{
    const struct blocks *blocks = &side->chain.blocks;
    const struct world *world = blocks_head(blocks)->world;
    return side->chain.pool_count == 0 && world->receipt_count == 0 && world == blocks_final(blocks)->world;
}

void chain_side_look(struct chain_side *side)
{
    const struct blocks *blocks = &side->chain.blocks;
    uint64_t now_ms = chain_side_now_ms(side);
    if (chain_side_settled(side) && now_ms < blocks_head(blocks)->time_ms + side->idle_block_ms)
        return;
    for (uint64_t back = PROTOCOL_FINAL_LAG + 1; back-- > 0;) {
        uint64_t time_ms = now_ms - back * CHAIN_SIDE_BLOCK_MS;
        if (time_ms >= blocks_head(blocks)->time_ms + CHAIN_SIDE_BLOCK_MS)
            must(chain_seal(&side->chain, time_ms));
    }
}

const struct block *chain_side_final(struct chain_side *side)
{
    chain_side_look(side);
    return blocks_final(&side->chain.blocks);
}

/* ---- views ---- */

bool chain_side_view(struct chain_side *side, const struct block *block, const char *method, const void *args,
                     size_t args_len, struct bytes *out)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    must(model_view(side->model, &block->world->contract, block->height, block->time_ms / 1000, method, args,
                    args_len, &outcome));
    if (outcome.kind != MODEL_OK)
        return false;
    must(bytes_append(out, outcome.value.data, outcome.value.len));
    return true;
}

static bool same_text(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* One that says the same; most calls of the contract change neither view. */
static struct truth *truth_like(struct chain_side *side, const struct bytes *state,
                                const struct bytes *migration_info)
{
    for (size_t i = 0; i < CHAIN_SIDE_TRUTHS; i++) {
        struct truth *truth = &side->truths[i];
        if (truth->world && same_text(&truth->state, state) &&
            same_text(&truth->migration_info, migration_info))
            return truth;
    }
    return NULL;
}

static void truth_parse(struct truth *truth, struct bytes *state, struct bytes *migration_info)
{
    truth_clear(truth);
    must(protocol_view_parse((const char *)state->data, state->len, &truth->protocol, NULL));
    must(migration_view_parse((const char *)migration_info->data, migration_info->len, NULL,
                              &truth->migrations, NULL));
    truth->state = *state;
    truth->migration_info = *migration_info;
    *state = *migration_info = (struct bytes){0};
}

static struct truth *truth_read(struct chain_side *side, const struct block *block, struct truth *oldest)
{
    CLEANUP(bytes_free) struct bytes state = {0};
    CLEANUP(bytes_free) struct bytes migration_info = {0};
    must_be(chain_side_view(side, block, "state", "", 0, &state));
    must_be(chain_side_view(side, block, "migration_info", "", 0, &migration_info));
    struct truth *truth = truth_like(side, &state, &migration_info);
    if (!truth) {
        truth = oldest;
        truth_parse(truth, &state, &migration_info);
    }
    world_unref(truth->world);
    truth->world = world_ref(block->world);
    return truth;
}

static struct truth *truth_find(struct chain_side *side, const struct block *block)
{
    struct truth *oldest = &side->truths[0];
    for (size_t i = 0; i < CHAIN_SIDE_TRUTHS; i++) {
        struct truth *truth = &side->truths[i];
        if (truth->world == block->world)
            return truth;
        if (truth->used < oldest->used)
            oldest = truth;
    }
    return truth_read(side, block, oldest);
}

/* Blocks that changed nothing share their world, and so their truth. */
const struct truth *chain_side_truth(struct chain_side *side, const struct block *block)
{
    if (!block->world)
        return NULL;
    struct truth *truth = truth_find(side, block);
    truth->used = ++side->looks;
    return truth;
}

const struct truth *chain_side_head_truth(struct chain_side *side)
{
    return chain_side_truth(side, blocks_head(&side->chain.blocks));
}

const struct ed25519_public_key *chain_side_listed(struct chain_side *side, const struct account_id *account)
{
    const struct participant *participant =
        protocol_view_participant(&chain_side_head_truth(side)->protocol, account);
    return participant ? &participant->tls_public_key : NULL;
}

const struct migration_entry *chain_side_entry(struct chain_side *side, const struct account_id *account)
{
    return migration_view_find(&chain_side_head_truth(side)->migrations, account);
}

/* ---- calls ---- */

bool chain_side_call(struct chain_side *side, const struct account_id *signer,
                     const struct ed25519_public_key *key, const char *method, const char *deposit,
                     const char *args)
{
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    struct model_context context = {
        .signer = *signer, .signer_public_key = near_public_key_from_ed25519(key), .predecessor = *signer};
    must_be(u128_parse(deposit, strlen(deposit), &context.deposit));
    chain_side_look(side);
    must(chain_seal_call(&side->chain, chain_side_now_ms(side), &context, method, args, strlen(args),
                         &outcome));
    side->calls++;
    if (!outcome.ok)
        snprintf(side->refusal, sizeof side->refusal, "%s", (const char *)outcome.failure.data);
    return outcome.ok;
}

/* Sign with the operator's key, and let it run in a block of its own. */
static void run_action(struct chain_side *side, const struct cast_account *account,
                       struct near_action *action)
{
    CLEANUP(bytes_free) struct bytes bytes = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    chain_side_look(side);
    struct near_tx tx = {
        .signer_id = (char *)(uintptr_t)account->id.text,
        .public_key = near_public_key_from_ed25519(&account->operator.public_key),
        .nonce = chain_side_key(side, &account->id, &account->operator.public_key)->nonce + 1,
        .receiver_id = (char *)(uintptr_t)account->id.text,
        .actions = action,
        .action_count = 1,
    };
    memcpy(tx.block_hash, blocks_final(&side->chain.blocks)->hash, SHA256_LEN);
    must(near_tx_sign(&tx, &account->operator, & bytes, hash));
    must(chain_submit(&side->chain, bytes.data, bytes.len, hash, &invalid, NULL));
    must(chain_seal(&side->chain, chain_side_now_ms(side)));
}

void chain_side_add_key(struct chain_side *side, const struct cast_account *account,
                        const struct ed25519_public_key *key, const char *method, const char *allowance)
{
    char *methods[] = {(char *)(uintptr_t)method};
    struct near_action action = {.type = NEAR_ADD_KEY, .public_key = near_public_key_from_ed25519(key)};
    action.access_key = (struct near_access_key){.receiver_id = (char *)(uintptr_t)CAST_CONTRACT,
                                                 .has_allowance = allowance != NULL,
                                                 .method_names = methods,
                                                 .method_count = method ? 1 : 0};
    if (allowance)
        must_be(u128_parse(allowance, strlen(allowance), &action.access_key.allowance));
    run_action(side, account, &action);
}

void chain_side_delete_key(struct chain_side *side, const struct cast_account *account,
                           const struct ed25519_public_key *key)
{
    struct near_action action = {.type = NEAR_DELETE_KEY, .public_key = near_public_key_from_ed25519(key)};
    run_action(side, account, &action);
}

const struct near_access_key *chain_side_key(const struct chain_side *side, const struct account_id *account,
                                             const struct ed25519_public_key *key)
{
    struct near_public_key wanted = near_public_key_from_ed25519(key);
    const struct account *found = world_account(blocks_head(&side->chain.blocks)->world, account->text);
    const struct account_key *entry = found ? account_key_find(found, &wanted) : NULL;
    return entry ? &entry->access : NULL;
}

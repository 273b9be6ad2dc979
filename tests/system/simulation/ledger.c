#include "tests/system/simulation/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/conclude_rules.h"
#include "tests/system/simulation/must.h"
#include "tests/system/simulation/world.h"

/* Of the promises of a node, the last so many have to be found wherever the store keeps what was
 * superseded. */
#define PROMISES_KEPT 4

/* ---- promises ---- */

static struct node_ledger *ledger_of(struct simulated *world, const struct node *node)
{
    return &world->ledger.nodes[node->number];
}

static void promise_copy(const struct keyset *keyset, const char *digest, struct promise *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    *out = (struct promise){0};
    must(keyset_write(keyset, &text));
    must(keyset_parse((const char *)text.data, text.len, &out->keyset, NULL));
    snprintf(out->digest, sizeof out->digest, "%s", digest);
}

static struct promise *promise_find(struct node_ledger *ledger, const struct keyset *keyset,
                                    const char *digest)
{
    for (size_t i = 0; i < ledger->promise_count; i++)
        if (strcmp(ledger->promises[i].digest, digest) == 0 &&
            keyset_equal(&ledger->promises[i].keyset, keyset))
            return &ledger->promises[i];
    return NULL;
}

void ledger_offer(struct simulated *world, struct node *node, const struct keyset *keyset,
                  const char digest[KEYSHARES_DIGEST_TEXT_LEN])
{
    struct node_ledger *ledger = ledger_of(world, node);
    if (promise_find(ledger, keyset, digest))
        return;
    if (ledger->promise_count == LEDGER_PROMISES) {
        keyset_free(&ledger->promises[0].keyset);
        memmove(ledger->promises, ledger->promises + 1, (LEDGER_PROMISES - 1) * sizeof *ledger->promises);
        ledger->promise_count--;
    }
    promise_copy(keyset, digest, &ledger->promises[ledger->promise_count++]);
}

void ledger_promise(struct simulated *world, struct node *node, const struct keyset *keyset,
                    const char digest[KEYSHARES_DIGEST_TEXT_LEN])
{
    struct node_ledger *ledger = ledger_of(world, node);
    ledger_offer(world, node, keyset, digest);
    promise_find(ledger, keyset, digest)->kept = true;
    ledger->audited_commits = UINT64_MAX;
}

bool ledger_promised(const struct simulated *world, size_t node, const struct keyset *keyset,
                     const char digest[KEYSHARES_DIGEST_TEXT_LEN])
{
    struct node_ledger *ledger = (struct node_ledger *)(uintptr_t)&world->ledger.nodes[node];
    return promise_find(ledger, keyset, digest) != NULL;
}

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < CAST_ACCOUNTS * CAST_NODES; i++)
        for (size_t j = 0; j < ledger->nodes[i].promise_count; j++)
            keyset_free(&ledger->nodes[i].promises[j].keyset);
}

/* ---- what lies on a disk ---- */

static bool has_share(const struct keyshares *shares, const struct keyshare *share, const uint8_t *scalar)
{
    for (size_t i = 0; i < shares->count; i++)
        if (key_event_id_equal(&shares->items[i].id, &share->id) &&
            memcmp(keyshare_scalar(shares, i), scalar, KEYSHARE_SCALAR_LEN) == 0)
            return true;
    return false;
}

/* All that was promised is in this set; a key generation adds to a set without a new epoch. */
static bool is_in(const struct node *node, const struct promise *promise, const struct keyshares *shares)
{
    CLEANUP(keyshares_free) struct keyshares promised = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    must(keyshares_digest(shares, digest));
    if (strcmp(digest, promise->digest) == 0)
        return true;
    cast_keyshares(node->account, &promise->keyset, 0, &promised);
    for (size_t i = 0; i < promised.count; i++)
        if (!has_share(shares, &promised.items[i], keyshare_scalar(&promised, i)))
            return false;
    return true;
}

static bool is_stored(struct node *node, const struct promise *promise)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    return store_load(node->durable, &promise->keyset.epoch_id, &shares, NULL) == OUTCOME_OK &&
           is_in(node, promise, &shares);
}

static bool is_on_shelf(struct node *node, enum store_shelf shelf, const struct promise *promise)
{
    for (size_t age = 0;; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        if (store_load_kept(node->durable, shelf, age, &shares, NULL) != OUTCOME_OK)
            return false;
        if (is_in(node, promise, &shares))
            return true;
    }
}

static void check_promise(struct simulated *world, struct node *node, const struct promise *promise)
{
    const struct keyset *current = &chain_side_head_truth(&world->chain)->protocol.keyset;
    bool is_current = keyset_equal(current, &promise->keyset);
    if (is_stored(node, promise) || is_on_shelf(node, STORE_STAGED, promise) ||
        (!is_current && is_on_shelf(node, STORE_SUPERSEDED, promise)))
        return;
    world_fail(world, "a share acknowledged with 200 is in the store or staged",
               "%s does not have the shares of epoch %" PRIu64 " with %zu domains any more", node->cast->name,
               promise->keyset.epoch_id, promise->keyset.count);
}

/* The stored set is one that was given as a whole. */
static void check_stored(struct simulated *world, struct node *node)
{
    struct node_ledger *ledger = ledger_of(world, node);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    if (store_load(node->durable, NULL, &shares, NULL) != OUTCOME_OK)
        return;
    must(keyshares_digest(&shares, digest));
    for (size_t i = 0; i < ledger->promise_count; i++)
        if (strcmp(ledger->promises[i].digest, digest) == 0 &&
            keyshares_match_keyset(&shares, &ledger->promises[i].keyset, NULL) == OUTCOME_OK)
            return;
    world_fail(world, "the store is exactly the old or the new keyset",
               "%s stores %zu shares of epoch %" PRIu64 " that are no set that it was given",
               node->cast->name, shares.count, shares.items[0].id.epoch_id);
}

static void audit(struct simulated *world, struct node *node)
{
    struct node_ledger *ledger = ledger_of(world, node);
    bool restarted = ledger->audited_incarnation != node->incarnation;
    size_t first = ledger->promise_count > PROMISES_KEPT ? ledger->promise_count - PROMISES_KEPT : 0;
    const struct keyset *current = &chain_side_head_truth(&world->chain)->protocol.keyset;
    if (!restarted && ledger->audited_commits == node->disk.commits)
        return;
    ledger->audited_commits = node->disk.commits;
    ledger->audited_incarnation = node->incarnation;
    world->ledger.checks++;
    check_stored(world, node);
    for (size_t i = first; i < ledger->promise_count; i++)
        if (ledger->promises[i].kept && (restarted || keyset_equal(current, &ledger->promises[i].keyset)))
            check_promise(world, node, &ledger->promises[i]);
}

void ledger_check(struct simulated *world)
{
    for (size_t i = 0; i < WORLD_NODES; i++)
        if (world->nodes[i].exists)
            audit(world, &world->nodes[i]);
}

/* ---- what is served ---- */

void ledger_served(struct simulated *world, struct node *node, const struct ed25519_public_key *key,
                   const struct route_response *response)
{
    CLEANUP(chain_snapshot_unref_ptr)
    const struct chain_snapshot *snapshot = snapshot_cell_get(&node->process.cell);
    const struct account_id *account = &cast()->accounts[node->account].id;
    const struct ed25519_public_key *registered = chain_snapshot_backup_key(snapshot, account);
    if (response->status != 200)
        return;
    if (!registered || !ed25519_public_key_equal(registered, key))
        world_fail(world, "nothing is served to a peer whose key is not the registered one",
                   "%s answered a peer whose key is not in its snapshot", node->cast->name);
    else if (chain_snapshot_stale(snapshot, node_now(node), world->plan.max_view_age_ms))
        world_fail(world, "nothing is served to a peer whose key is not the registered one",
                   "%s answered by a snapshot that is too old", node->cast->name);
    const struct block *block =
        snapshot ? blocks_by_hash(&world->chain.chain.blocks, snapshot->block_hash) : NULL;
    const struct truth *truth = block ? chain_side_truth(&world->chain, block) : NULL;
    const struct migration_entry *entry = truth ? migration_view_find(&truth->migrations, account) : NULL;
    if (truth && (!entry || !entry->has_backup_key || !ed25519_public_key_equal(&entry->backup_key, key)))
        world_fail(world, "nothing is served to a peer whose key is not the registered one",
                   "%s answered a peer whose key the contract did not hold at block %" PRIu64,
                   node->cast->name, snapshot->height);
}

/* ---- who is active ---- */

/* A transaction for another record or keyset is dropped (design.md, "Outbox"), also where those come back. */
static void note_binding(struct simulated *world, const struct node *node)
{
    struct node_ledger *ledger = ledger_of(world, node);
    const uint8_t *binding = node->process.runner.machine.view.binding;
    if (memcmp(ledger->binding, binding, SHA256_LEN) == 0)
        return;
    memcpy(ledger->binding, binding, SHA256_LEN);
    ledger->sent_from = world->ledger.sent_count;
}

void ledger_viewed(struct simulated *world, struct node *node)
{
    const struct onboarding_runner *runner = &node->process.runner;
    const struct chain_snapshot *snapshot = runner->snapshot;
    const struct account_id *account = &cast()->accounts[node->account].id;
    if (!snapshot || runner->machine.situation == SITUATION_VIEW_STALE)
        return;
    note_binding(world, node);
    bool believes = runner->status.node_status == NODE_ACTIVE;
    const struct block *block = blocks_by_hash(&world->chain.chain.blocks, snapshot->block_hash);
    const struct truth *truth = block ? chain_side_truth(&world->chain, block) : NULL;
    const struct participant *listed = truth ? protocol_view_participant(&truth->protocol, account) : NULL;
    bool is = listed && ed25519_public_key_equal(&listed->tls_public_key, &node->cast->p2p.public_key);
    if (truth && is != believes)
        world_fail(world, "exactly one node believes itself active",
                   "%s believes itself %s at block %" PRIu64 ", where the contract says otherwise",
                   node->cast->name, node_status_name(runner->status.node_status), snapshot->height);
    struct active_view *views = world->ledger.views[node->account];
    for (size_t i = 0; believes && i < LEDGER_VIEWS; i++)
        if (views[i].height == snapshot->height && views[i].node != node->number)
            world_fail(world, "exactly one node believes itself active",
                       "%s and %s both believe themselves active at block %" PRIu64, node->cast->name,
                       world->nodes[views[i].node].cast->name, snapshot->height);
    if (believes)
        views[world->ledger.view_next[node->account]++ % LEDGER_VIEWS] =
            (struct active_view){snapshot->height, node->number};
}

/* ---- what is sent ---- */

/* The keyset that a conclude names; false: the transaction is none. */
static bool keyset_of(const struct near_tx *tx, struct keyset *out)
{
    static const char begin[] = "{\"keyset\":";
    const struct near_action *action = &tx->actions[0];
    if (strcmp(action->method_name, CONCLUDE_METHOD) != 0)
        return false;
    must_be(action->args_len > sizeof begin);
    must(keyset_parse((const char *)action->args + sizeof begin - 1, action->args_len - sizeof begin, out,
                      NULL));
    return true;
}

static void check_held(struct simulated *world, struct node *node, const struct keyset *keyset)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct chain_snapshot *snapshot = node->process.runner.snapshot;
    if (store_get(node->durable, keyset, &shares, NULL) != OUTCOME_OK)
        world_fail(world, "conclude is sent only for shares that are durable",
                   "%s concludes epoch %" PRIu64 ", whose shares a crash would take away", node->cast->name,
                   keyset->epoch_id);
    const struct block *block = blocks_by_hash(&world->chain.chain.blocks, snapshot->block_hash);
    const struct truth *truth = block ? chain_side_truth(&world->chain, block) : NULL;
    if (truth &&
        (truth->protocol.phase != PROTOCOL_RUNNING || !keyset_equal(&truth->protocol.keyset, keyset)))
        world_fail(world, "conclude is sent only for the contract's keyset",
                   "%s concludes epoch %" PRIu64 ", which was not the keyset at block %" PRIu64,
                   node->cast->name, keyset->epoch_id, snapshot->height);
}

static bool is_held_by_a_source(const struct simulated *world, const uint8_t hash[SHA256_LEN])
{
    for (size_t i = 0; i < world->plan.sources; i++)
        for (size_t j = 0; j < SOURCE_HELD_MAX; j++)
            if (world->sources[i].held[j].bytes.len &&
                memcmp(world->sources[i].held[j].hash, hash, SHA256_LEN) == 0)
                return true;
    return false;
}

/* It waits somewhere, and its nonce is free. */
static bool may_land(const struct simulated *world, const struct sent_tx *sent)
{
    const struct cast_account *account = &cast()->accounts[sent->node / CAST_NODES];
    const struct near_access_key *key = chain_side_key(
        &world->chain, &account->id, &account->nodes[sent->node % CAST_NODES].signer.public_key);
    const struct tx_record *record = tx_store_find(&world->chain.chain.txs, sent->hash);
    bool waits = (record && record->stage == TX_POOLED) || is_held_by_a_source(world, sent->hash);
    return waits && key && key->nonce < sent->nonce;
}

void ledger_sent(struct simulated *world, struct node *node, const void *signed_tx, size_t len)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    struct near_signature signature;
    struct sent_tx now = {.node = node->number};
    size_t tx_len;
    must(near_signed_tx_decode(signed_tx, len, &tx, &signature, &tx_len, NULL));
    if (!keyset_of(&tx, &keyset))
        return;
    check_held(world, node, &keyset);
    sha256(signed_tx, tx_len, now.hash);
    now.nonce = tx.nonce;
    note_binding(world, node);
    world_trace(world, node->cast->name, "sends a conclude of epoch %" PRIu64 ", nonce %" PRIu64,
                keyset.epoch_id, tx.nonce);
    struct ledger *ledger = &world->ledger;
    uint64_t kept_from = ledger->sent_count > LEDGER_SENT ? ledger->sent_count - LEDGER_SENT : 0;
    uint64_t sent_from = ledger_of(world, node)->sent_from;
    for (uint64_t i = sent_from > kept_from ? sent_from : kept_from; i < ledger->sent_count; i++) {
        const struct sent_tx *before = &ledger->sent[i % LEDGER_SENT];
        if (before->node == now.node && memcmp(before->hash, now.hash, SHA256_LEN) != 0 &&
            may_land(world, before))
            world_fail(world, "no second conclude with other bytes while the first may land",
                       "%s sends nonce %" PRIu64 " while its transaction with nonce %" PRIu64 " waits",
                       node->cast->name, now.nonce, before->nonce);
    }
    ledger->sent[ledger->sent_count++ % LEDGER_SENT] = now;
}

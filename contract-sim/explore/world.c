#include "contract-sim/explore/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "contract-sim/explore/move.h"
#include "contract-sim/model/guards.h"
#include "contract-sim/model/views.h"

static const char *const account_names[EXPLORE_ACCOUNTS_MAX] = {"alice", "bob", "carol", "dave"};

const char *const world_method_names[WORLD_METHODS] = {
    [WORLD_PREPAY] = "prepay_attestation_storage",   [WORLD_SUBMIT] = "submit_participant_info",
    [WORLD_REGISTER] = "register_backup_service",    [WORLD_START] = "start_node_migration",
    [WORLD_CANCEL] = "cancel_node_migration",        [WORLD_CONCLUDE] = "conclude_node_migration",
    [WORLD_VOTE_PARAMETERS] = "vote_new_parameters", [WORLD_START_RESHARE] = "start_reshare_instance",
    [WORLD_VOTE_RESHARED] = "vote_reshared",         [WORLD_CANCEL_RESHARING] = "vote_cancel_resharing",
    [WORLD_ABORT] = "vote_abort_key_event_instance", [WORLD_ADD_DOMAINS] = "vote_add_domains",
    [WORLD_START_KEYGEN] = "start_keygen_instance",  [WORLD_VOTE_PK] = "vote_pk",
    [WORLD_CANCEL_KEYGEN] = "vote_cancel_keygen",    [WORLD_SWEEP] = "cleanup_orphaned_node_migrations",
};

/* The key of the domain that is there from the beginning; the contract does not look into it. */
static const char first_domain[] = "{\"domain_id\":0,\"key\":{\"Secp256k1\":{\"near_public_key\":\"secp256k1:"
                                   "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNM"
                                   "GGqP1ouV7VZUWya\"}},\"attempt\":0}";

/* Two points of the curve that ed25519 keys lie on: its base point, and the public key of the first test
 * vector of RFC 8032, 7.1. */
static const uint8_t points[2][ED25519_KEY_LEN] = {
    {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66},
    {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
     0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a},
};

/* A key of 32 bytes for a name such as "alice.node2". */
static handle_t key_named(struct pool *pool, const char *owner, const char *what)
{
    char name[64];
    uint8_t hash[SHA256_LEN];
    int len = snprintf(name, sizeof name, "%s.%s", owner, what);
    sha256(name, (size_t)len, hash);
    return pool_intern(pool, hash, sizeof hash);
}

static struct actor actor_named(struct pool *pool, const char *name, bool moves)
{
    char account[32], url[64];
    snprintf(account, sizeof account, "%s.near", name);
    snprintf(url, sizeof url, "https://%s.near:80", name);
    return (struct actor){
        .account = pool_intern_text(pool, account),
        .url = pool_intern_text(pool, url),
        .operator_key = key_named(pool, name, "operator"),
        .node_key = key_named(pool, name, "node"),
        .node2_key = key_named(pool, name, "node2"),
        .tls_key = key_named(pool, name, "tls"),
        .tls2_key = key_named(pool, name, "tls2"),
        .backup_key = key_named(pool, name, "backup"),
        .moves = moves,
        .entries_owned = moves ? 2 : 1,
    };
}

/* The least that the contract takes for so many participants. */
static uint64_t threshold_least(size_t accounts)
{
    return threshold_floor(accounts) > 2 ? threshold_floor(accounts) : 2;
}

static void world_name(struct world *world, size_t accounts)
{
    struct pool *pool = world->pool;
    world->actor_count = accounts;
    world->threshold = threshold_least(accounts);
    for (size_t i = 0; i < accounts; i++)
        world->actors[i] = actor_named(pool, account_names[i], i == 0 || i + 1 == accounts);
    world->move_url = pool_intern_text(pool, "u");
    world->outsider = pool_intern_text(pool, "mallory.near");
    world->unattested_key = key_named(pool, "nobody", "tls");
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct domain_key key = {.curve = CURVE_ED25519};
        memcpy(key.bytes, points[i], sizeof points[i]);
        world->new_domain_keys[i] = pool_intern(pool, &key, sizeof key);
    }
    for (size_t i = 0; i < WORLD_METHODS; i++)
        world->methods[i] = method_find(world->model, world_method_names[i]);
}

const struct actor *world_actor(const struct world *world, handle_t account)
{
    for (size_t i = 0; i < world->actor_count; i++) {
        if (world->actors[i].account == account)
            return &world->actors[i];
    }
    return NULL;
}

result_t world_genesis_write(const struct world *world, struct bytes *out)
{
    TRY(bytes_append_format(
        out,
        "{\"domains\":[{\"id\":0,\"protocol\":\"CaitSith\",\"reconstruction_threshold\":2,"
        "\"purpose\":\"Sign\"}],\"next_domain_id\":1,\"keyset\":{\"epoch_id\":%u,\"domains\":[%s]},"
        "\"parameters\":{\"participants\":{\"next_id\":%zu,\"participants\":[",
        WORLD_EPOCH, first_domain, world->actor_count));
    for (size_t i = 0; i < world->actor_count; i++) {
        const struct actor *actor = &world->actors[i];
        TRY(bytes_append_text(out, i ? ",[" : "["));
        TRY(view_text(world->pool, actor->account, out));
        TRY(bytes_append_format(out, ",%zu,", i));
        TRY(view_info(world->pool, actor->url, actor->tls_key, out));
        TRY(bytes_append_text(out, "]"));
    }
    return bytes_append_format(out, "]},\"threshold\":%" PRIu64 "},\"init_config\":null}", world->threshold);
}

/* Every account's own node; then, per account with a second one, the grant and that node. */
bool world_setup_move(const struct world *world, size_t index, struct move *out)
{
    if (index < world->actor_count) {
        const struct actor *actor = &world->actors[index];
        return move_submit(world, actor, actor->tls_key, actor->node_key, out);
    }
    index -= world->actor_count;
    for (size_t i = 0; i < world->actor_count; i++) {
        const struct actor *actor = &world->actors[i];
        if (!actor->moves)
            continue;
        if (index == 0)
            return move_prepay(world, actor, out);
        if (index == 1)
            return move_submit(world, actor, actor->tls2_key, actor->node2_key, out);
        index -= 2;
    }
    return false;
}

static result_t genesis_apply(struct world *world, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *genesis = NULL;
    TRY(bytes_append_text(&text, "{\"init_running\":"));
    TRY(world_genesis_write(world, &text));
    TRY(bytes_append_text(&text, "}"));
    TRY(json_parse((const char *)text.data, text.len, &json_limits_view, &genesis, err));
    return model_genesis(world->model, genesis, WORLD_HEIGHT, WORLD_TIME_S, &world->start, err);
}

result_t world_genesis(struct model *model, size_t accounts, struct world *out, struct error *err)
{
    *out = (struct world){.model = model, .pool = model->pool};
    world_name(out, accounts);
    return genesis_apply(out, err);
}

result_t world_begin(struct model *model, size_t accounts, struct world *out, struct error *err)
{
    struct move move;
    TRY(world_genesis(model, accounts, out, err));
    for (size_t i = 0; world_setup_move(out, i, &move); i++) {
        struct model_state next;
        bool done = call_apply(model, &move.call, &out->start, WORLD_HEIGHT, WORLD_TIME_S, &next);
        if (pool_failed(model->pool))
            return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
        if (!done)
            return error_set(err, OUTCOME_INTERNAL, "the contract refuses %s at the start",
                             world_method_names[move.method]);
        out->start = next;
    }
    return OUTCOME_OK;
}

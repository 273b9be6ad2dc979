/* The first state, from the arguments of init_running or from saved views (cli.md, "Genesis file"). */
#include "contract-sim/model/effects.h"
#include "contract-sim/model/genesis.h"

#include <string.h>

#include <json-c/linkhash.h>

#define GENESIS "a genesis"

/* A failed reading of a view is told through the reader's detail; these return false with it set. */

static bool read_optional_number(struct reader *reader, const struct node *object, const char *name,
                                 uint64_t *out, uint32_t *present)
{
    struct node node = reader_child(object, name);
    *present = node.value != NULL;
    return !node.value || reader_u64(reader, &node, out);
}

static bool read_number(struct reader *reader, const struct node *object, const char *name, uint64_t *out)
{
    struct node node;
    return reader_member(reader, object, GENESIS, name, &node) && reader_u64(reader, &node, out);
}

/* {"proposal_by_account":{..}} as a node over the inner object; its value is NULL where there is none. */
static bool read_votes(struct reader *reader, const struct node *running, const char *name,
                       struct node *outer, struct node *inner)
{
    *inner = (struct node){0};
    return reader_optional(reader, running, GENESIS, name, outer) &&
           (!outer->value || reader_optional(reader, outer, GENESIS, "proposal_by_account", inner));
}

static bool read_parameter_votes(struct reader *reader, const struct node *running, handle_t *out)
{
    struct node outer, votes;
    if (!read_votes(reader, running, "parameters_votes", &outer, &votes))
        return false;
    if (!votes.value)
        return true;
    bool all = true;
    json_object_object_foreach(votes.value, name, value)
    {
        struct node node = {.value = value, .parent = &votes, .member = name};
        struct proposal proposal = {0};
        all = all && read_proposal(reader, &node, &proposal);
        struct parameter_vote vote = {pool_intern_text(reader->pool, name),
                                      pool_intern(reader->pool, &proposal, sizeof proposal)};
        *out = account_map_put(reader->pool, *out, sizeof vote, &vote);
    }
    return all;
}

bool genesis_participant_id(struct reader *reader, const struct node *member, uint32_t *out)
{
    struct u128 id;
    if (!u128_parse(member->member, strlen(member->member), &id) || id.high || id.low > UINT32_MAX)
        return reader_fail(reader, member, AT_START, "not a participant id");
    *out = (uint32_t)id.low;
    return true;
}

static bool read_domain_votes(struct reader *reader, const struct node *running, handle_t *out)
{
    struct node outer, votes;
    if (!read_votes(reader, running, "add_domains_votes", &outer, &votes))
        return false;
    if (!votes.value)
        return true;
    json_object_object_foreach(votes.value, name, value)
    {
        struct node node = {.value = value, .parent = &votes, .member = name};
        struct domain_vote vote = {0};
        if (!genesis_participant_id(reader, &node, &vote.participant_id) ||
            !read_domains(reader, &node, &vote.domains))
            return false;
        *out = id_map_put(reader->pool, *out, sizeof vote, &vote);
    }
    return true;
}

static bool read_registry(struct reader *reader, const struct node *object, struct running_state *out)
{
    struct node registry, list;
    return reader_member(reader, object, GENESIS, "domains", &registry) &&
           reader_member(reader, &registry, GENESIS, "domains", &list) &&
           read_domains(reader, &list, &out->domains) &&
           read_number(reader, &registry, "next_domain_id", &out->next_domain_id);
}

static bool read_keyset(struct reader *reader, const struct node *running, struct running_state *out)
{
    struct node keyset, keys;
    size_t key_count, domain_count;
    if (!reader_member(reader, running, GENESIS, "keyset", &keyset) ||
        !read_number(reader, &keyset, "epoch_id", &out->epoch_id) ||
        !reader_member(reader, &keyset, GENESIS, "domains", &keys) || !read_keys(reader, &keys, &out->keys))
        return false;
    key_entries_of(reader->pool, out->keys, &key_count);
    domains_of(reader->pool, out->domains, &domain_count);
    if (key_count != domain_count)
        return reader_fail(reader, &keys, AT_START, "%zu keys for %zu domains", key_count, domain_count);
    return true;
}

/* What the contract keeps coherent (contract.md 1.3) a text that was edited may not have. */
static bool read_coherent_parameters(struct reader *reader, const struct node *node, struct parameters *out)
{
    size_t count;
    if (!read_parameters(reader, node, out))
        return false;
    const struct member *members = members_of(reader->pool, out->participants, &count);
    for (size_t i = 0; i < count; i++) {
        const char *account = pool_text(reader->pool, members[i].account);
        if (member_by_account(reader->pool, out->participants, members[i].account) != &members[i])
            return reader_fail(reader, node, AT_START, "%s is there twice", account);
        if (member_by_id(reader->pool, out->participants, members[i].id) != &members[i])
            return reader_fail(reader, node, AT_START, "the id of %s is there twice", account);
        if (members[i].id >= out->next_id)
            return reader_fail(reader, node, AT_START, "the id of %s is not below next_id", account);
    }
    if (out->threshold > count)
        return reader_fail(reader, node, AT_START, "the threshold is above the number of participants");
    return true;
}

static bool read_running(struct reader *reader, const struct node *node, struct running_state *out)
{
    struct node parameters;
    return read_registry(reader, node, out) && read_keyset(reader, node, out) &&
           reader_member(reader, node, GENESIS, "parameters", &parameters) &&
           read_coherent_parameters(reader, &parameters, &out->parameters) &&
           read_parameter_votes(reader, node, &out->parameter_votes) &&
           read_domain_votes(reader, node, &out->domain_votes) &&
           read_optional_number(reader, node, "previously_cancelled_resharing_epoch_id",
                                &out->cancelled_epoch_id, &out->has_cancelled_epoch);
}

static bool read_ids(struct reader *reader, const struct node *array, handle_t *out)
{
    size_t count;
    if (!reader_array(reader, array, CONTRACT_PARTICIPANTS_MAX, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct node element = reader_element(array, i);
        uint32_t id;
        if (!reader_u32(reader, &element, &id))
            return false;
        *out = id_set_add(reader->pool, *out, id);
    }
    return true;
}

static bool read_instance(struct reader *reader, const struct node *event, struct key_event *out)
{
    struct node instance = reader_child(event, "instance");
    struct node completed, key;
    out->has_instance = instance.value != NULL;
    if (!instance.value)
        return true;
    return read_number(reader, &instance, "attempt_id", &out->attempt_id) &&
           read_number(reader, &instance, "started_in", &out->started_in) &&
           read_number(reader, &instance, "expires_on", &out->expires_on) &&
           reader_member(reader, &instance, GENESIS, "completed", &completed) &&
           read_ids(reader, &completed, &out->completed) &&
           reader_optional(reader, &instance, GENESIS, "public_key", &key) &&
           (!key.value || read_domain_key(reader, &key, &out->public_key));
}

/* `done` are the keys that this epoch or registry has already; the event is about the domain behind them. */
static bool read_key_event(struct reader *reader, const struct node *object, const char *name, handle_t done,
                           struct model_state *out)
{
    struct node event, parameters;
    size_t done_count, domain_count;
    key_entries_of(reader->pool, done, &done_count);
    domains_of(reader->pool, out->running.domains, &domain_count);
    if (!reader_member(reader, object, GENESIS, name, &event))
        return false;
    if (done_count >= domain_count)
        return reader_fail(reader, &event, AT_START, "all %zu domains have their keys already", domain_count);
    out->key_event.domain_index = (uint32_t)done_count;
    return read_number(reader, &event, "epoch_id", &out->key_event.epoch_id) &&
           read_number(reader, &event, "next_attempt_id", &out->key_event.next_attempt_id) &&
           reader_member(reader, &event, GENESIS, "parameters", &parameters) &&
           read_coherent_parameters(reader, &parameters, &out->key_event.parameters) &&
           read_instance(reader, &event, &out->key_event);
}

static bool read_resharing(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct node previous, keys, requests, thresholds;
    size_t count;
    if (!reader_member(reader, node, GENESIS, "previous_running_state", &previous) ||
        !read_running(reader, &previous, &out->running) ||
        !reader_member(reader, node, GENESIS, "reshared_keys", &keys) ||
        !read_keys(reader, &keys, &out->reshared_keys) ||
        !read_key_event(reader, node, "resharing_key", out->reshared_keys, out) ||
        !reader_optional(reader, node, GENESIS, "per_domain_thresholds", &thresholds) ||
        !read_thresholds(reader, &thresholds, &out->per_domain_thresholds) ||
        !reader_member(reader, node, GENESIS, "cancellation_requests", &requests) ||
        !reader_array(reader, &requests, CONTRACT_PARTICIPANTS_MAX, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct node element = reader_element(&requests, i);
        handle_t account;
        if (!reader_account(reader, &element, &account))
            return false;
        out->cancel_votes = account_set_add(reader->pool, out->cancel_votes, account);
    }
    return true;
}

static bool read_initializing(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct node keys, votes;
    if (!read_registry(reader, node, &out->running) ||
        !read_number(reader, node, "epoch_id", &out->running.epoch_id) ||
        !reader_member(reader, node, GENESIS, "generated_keys", &keys) ||
        !read_keys(reader, &keys, &out->running.keys) ||
        !read_key_event(reader, node, "generating_key", out->running.keys, out) ||
        !reader_member(reader, node, GENESIS, "cancel_votes", &votes) ||
        !read_ids(reader, &votes, &out->cancel_votes))
        return false;
    out->running.parameters = out->key_event.parameters;
    return true;
}

static const struct {
    enum protocol_phase phase;
    bool (*read)(struct reader *reader, const struct node *node, struct model_state *out);
} phases[] = {
    {PROTOCOL_RESHARING, read_resharing},
    {PROTOCOL_INITIALIZING, read_initializing},
};

static bool read_phase(struct reader *reader, const struct node *state, struct model_state *out)
{
    struct node inner;
    if (!reader_optional(reader, state, "a state", "Running", &inner))
        return false;
    if (inner.value) {
        out->phase = PROTOCOL_RUNNING;
        return read_running(reader, &inner, &out->running);
    }
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        inner = reader_child(state, protocol_phase_name(phases[i].phase));
        out->phase = phases[i].phase;
        if (inner.value)
            return phases[i].read(reader, &inner, out);
    }
    return reader_fail(reader, state, AT_START, "none of Running, Initializing, Resharing");
}

/* {account: [backup or null, destination or null]} */
static bool read_migration_info(struct reader *reader, const struct node *info, struct model_state *out)
{
    if (!json_object_is_type(info->value, json_type_object))
        return reader_fail_type(reader, info, "a map");
    json_object_object_foreach(info->value, name, value)
    {
        struct node pair = {.value = value, .parent = info, .member = name};
        size_t count;
        if (!account_id_valid(name, strlen(name)))
            return reader_fail(reader, &pair, AT_START, "not an account id");
        if (!reader_array(reader, &pair, 2, &count))
            return false;
        struct node backup_node = reader_element(&pair, 0);
        struct node migration_node = reader_element(&pair, 1);
        struct backup backup = {.account = pool_intern_text(reader->pool, name)};
        struct migration migration = {.account = backup.account};
        if ((backup_node.value && !read_backup(reader, &backup_node, &backup.key)) ||
            (migration_node.value && !read_destination(reader, &migration_node, &migration)))
            return false;
        if (backup_node.value)
            out->backups = account_map_put(reader->pool, out->backups, sizeof backup, &backup);
        if (migration_node.value)
            out->migrations = account_map_put(reader->pool, out->migrations, sizeof migration, &migration);
    }
    return true;
}

/* The genesis attestations of the current members and, in Resharing, of the newcomers behind them. */
static handle_t attestations_for(struct pool *pool, const struct model_state *state)
{
    handle_t all = state->running.parameters.participants;
    size_t count;
    const struct member *proposed = members_of(pool, state->key_event.parameters.participants, &count);
    for (size_t i = 0; i < count; i++) {
        if (!member_by_account(pool, all, proposed[i].account))
            all = pool_splice(pool, all, sizeof *proposed, member_count(pool, all), 0, &proposed[i], 1);
    }
    return attestations_of_genesis(pool, all);
}

/* "migration_info" of the genesis, beside "init_running" and beside "state". */
static bool read_migrations(struct reader *reader, const struct node *root, struct model_state *out)
{
    struct node info;
    return reader_optional(reader, root, GENESIS, "migration_info", &info) &&
           (!info.value || read_migration_info(reader, &info, out));
}

/* A saved view may be older than the contract that is to go on from it, and say sign_pk (contract.md D4). */
static struct rules rules_of_views(const struct model *model)
{
    struct rules rules = model->rules;
    rules.values[RULE_DIALECT] = 1;
    return rules;
}

static result_t genesis_from_views(struct model *model, struct json_object *genesis,
                                   struct json_object *state, struct model_state *out, struct error *err)
{
    const struct rules rules = rules_of_views(model);
    struct reader reader = {.pool = model->pool, .rules = rules.values};
    const struct node root = {.value = genesis};
    struct node state_node = {.value = state, .parent = &root, .member = "state"};
    *out = model_state_empty();
    if (json_object_is_type(state, json_type_string) &&
        strcmp(json_object_get_string(state), "NotInitialized") == 0)
        return OUTCOME_OK;
    if (!read_phase(&reader, &state_node, out) || !read_migrations(&reader, &root, out))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s", reader.detail);
    out->accepts_requests = 1;
    out->attestations = attestations_for(model->pool, out);
    out->config = config_default(model->pool);
    if (!genesis_rest_read(&reader, &root, out))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s", reader.detail);
    return OUTCOME_OK;
}

static result_t genesis_from_init(struct model *model, struct json_object *genesis, struct json_object *args,
                                  uint64_t block_height, uint64_t block_time_s, struct model_state *out,
                                  struct error *err)
{
    const struct rules rules = rules_of_views(model);
    struct reader reader = {.pool = model->pool, .rules = rules.values};
    const struct node root = {.value = genesis};
    CLEANUP(bytes_free) struct bytes text = {0};
    const struct model_context context = contract_context(model, block_height, block_time_s);
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    const struct model_state before = model_state_empty();
    TRY(json_write(args, &text));
    TRY(model_call(model, &before, &context, "init_running", text.data, text.len, out, &outcome));
    if (outcome.kind != MODEL_OK)
        return error_set(err, OUTCOME_CONFIG_INVALID, "init_running is refused: %s",
                         model_outcome_message(&outcome));
    if (!read_migrations(&reader, &root, out) || !genesis_rest_read(&reader, &root, out))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s", reader.detail);
    return OUTCOME_OK;
}

result_t model_genesis(struct model *model, struct json_object *genesis, uint64_t block_height,
                       uint64_t block_time_s, struct model_state *out, struct error *err)
{
    struct json_object *init = NULL;
    struct json_object *state = NULL;
    if (!json_object_is_type(genesis, json_type_object) && !json_object_is_type(genesis, json_type_string))
        return error_set(err, OUTCOME_CONFIG_INVALID, "the genesis is no JSON object");
    bool has_init = json_object_object_get_ex(genesis, "init_running", &init);
    bool has_state = json_object_object_get_ex(genesis, "state", &state);
    if (has_init && has_state)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "the genesis has both \"init_running\" and \"state\"; leave one out");
    result_t result = has_init ? genesis_from_init(model, genesis, init, block_height, block_time_s, out, err)
                               : genesis_from_views(model, genesis, has_state ? state : genesis, out, err);
    if (pool_failed(model->pool))
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    return result;
}

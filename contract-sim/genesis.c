#include "contract-sim/genesis.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/cli_output.h"
#include "contract-sim/limits.h"

#define DEPTH_MAX       64
#define WHERE_MAX       64
#define DEFAULT_BALANCE "1000000000000000000000000000"

static const struct json_limits file_limits = {.bytes_max = SIM_GENESIS_BYTES_MAX, .depth_max = DEPTH_MAX};

/* A member that nobody reads is a spelling mistake, and would be a surprise later. */
static result_t known_members(struct json_object *object, const char *const *names, const char *where,
                              struct error *err)
{
    json_object_object_foreach(object, member, value)
    {
        (void)value;
        const char *const *name = names;
        while (*name && strcmp(*name, member) != 0)
            name++;
        if (!*name)
            return error_set(err, OUTCOME_CONFIG_INVALID, "%s: unknown member \"%.64s\"", where, member);
    }
    return OUTCOME_OK;
}

static result_t optional_u64(struct json_object *object, const char *name, const char *where, bool *given,
                             uint64_t *out, struct error *err)
{
    struct json_object *value = NULL;
    *given = json_object_object_get_ex(object, name, &value);
    if (!*given || json_is_u64(value, out))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "%s.%s: not a number from 0 to 2^64-1", where, name);
}

static result_t read_contract_id(struct json_object *object, struct genesis *out, struct error *err)
{
    const char *text;
    size_t len;
    if (!json_object_object_get_ex(object, "contract_id", NULL))
        return OUTCOME_OK;
    TRY(json_member_text(object, "contract_id", &text, &len, OUTCOME_CONFIG_INVALID, "genesis", err));
    out->contract_id_given = account_id_set(&out->contract_id, text, len);
    if (out->contract_id_given)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "genesis.contract_id: \"%.64s\" is not an account id",
                     text);
}

static result_t read_genesis(struct json_object *object, struct genesis *out, struct error *err)
{
    static const char *const names[] = {"format", "contract_id", "block_height", "block_time_s", "accounts",
                                        /* model_genesis() reads these */
                                        "init_running", "state", "migration_info", "attestations",
                                        "attestation_grants", "config", "code_hash_votes",
                                        "launcher_hash_votes", "allowed_images", "allowed_launchers",
                                        "receipts", "accepts_requests", NULL};
    const char *format;
    size_t len;
    TRY(json_member_text(object, "format", &format, &len, OUTCOME_CONFIG_INVALID, "genesis", err));
    if (strcmp(format, GENESIS_FORMAT) != 0)
        return error_set(err, OUTCOME_CONFIG_INVALID, "genesis.format: \"%.64s\" is not " GENESIS_FORMAT,
                         format);
    TRY(known_members(object, names, "genesis", err));
    TRY(read_contract_id(object, out, err));
    TRY(optional_u64(object, "block_height", "genesis", &out->has_block_height, &out->block_height, err));
    TRY(optional_u64(object, "block_time_s", "genesis", &out->has_block_time, &out->block_time_s, err));
    if (out->block_height > SIM_HEIGHT_MAX || out->block_time_s > SIM_TIME_S_MAX)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "genesis: block_height or block_time_s is out of this world");
    if (!json_object_object_get_ex(object, "accounts", NULL))
        return OUTCOME_OK;
    return json_member(object, "accounts", json_type_array, &out->accounts, OUTCOME_CONFIG_INVALID, "genesis",
                       err);
}

/* Where a phase has its key event. */
static const struct {
    const char *phase;
    const char *event;
} key_events[] = {{"Initializing", "generating_key"}, {"Resharing", "resharing_key"}};

/* A chain that starts where the attempt under way was started lets that attempt live. */
static void height_of_attempt(struct genesis *genesis)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(genesis->contract, "state", &value))
        return;
    for (size_t i = 0; i < ARRAY_LEN(key_events); i++) {
        struct json_object *at = value;
        if (json_object_object_get_ex(at, key_events[i].phase, &at) &&
            json_object_object_get_ex(at, key_events[i].event, &at) &&
            json_object_object_get_ex(at, "instance", &at) &&
            json_object_object_get_ex(at, "started_in", &at))
            genesis->has_block_height =
                json_is_u64(at, &genesis->block_height) && genesis->block_height <= SIM_HEIGHT_MAX;
    }
    if (!genesis->has_block_height)
        genesis->block_height = GENESIS_HEIGHT_DEFAULT;
}

static result_t parse_printed(const struct bytes *text, struct json_object **out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes json = {0};
    TRY(cli_output_json(text->data ? (const char *)text->data : "", text->len, &json, err));
    return json_parse((const char *)json.data, json.len, &file_limits, out, err);
}

/* "NotInitialized", or an object with the name of a phase. */
static bool is_state(struct json_object *value)
{
    static const char *const phases[] = {"Running", "Initializing", "Resharing", NULL};
    return json_object_is_type(value, json_type_string) ||
           (json_object_is_type(value, json_type_object) &&
            known_members(value, phases, "state", NULL) == OUTCOME_OK);
}

/* {"alice.near":[..,..]} */
static bool is_migration_info(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_object))
        return false;
    json_object_object_foreach(value, name, pair)
    {
        if (!account_id_valid(name, strlen(name)) || !json_object_is_type(pair, json_type_array))
            return false;
    }
    return true;
}

/* The value is taken over. */
static result_t member_add(struct json_object *object, const char *name, struct json_object *value)
{
    if (json_object_object_add(object, name, value) == 0)
        return OUTCOME_OK;
    json_object_put(value);
    return OUTCOME_NO_MEMORY;
}

/* A saved state is the `state` of a genesis that says nothing else. */
static result_t wrap_state(struct genesis *genesis)
{
    struct json_object *state = genesis->contract;
    genesis->contract = json_object_new_object();
    if (genesis->contract)
        return member_add(genesis->contract, "state", state);
    json_object_put(state);
    return OUTCOME_NO_MEMORY;
}

result_t genesis_parse(const struct bytes *text, struct genesis *out, struct error *err)
{
    *out = (struct genesis){.block_height = GENESIS_HEIGHT_DEFAULT};
    account_id_set(&out->contract_id, GENESIS_CONTRACT_ID_DEFAULT, strlen(GENESIS_CONTRACT_ID_DEFAULT));
    TRY(parse_printed(text, &out->contract, err));
    bool is_object = json_object_is_type(out->contract, json_type_object);
    if (is_object && json_object_object_get_ex(out->contract, "format", NULL))
        TRY(read_genesis(out->contract, out, err));
    else if (is_state(out->contract))
        TRY(wrap_state(out));
    else if (is_migration_info(out->contract))
        return error_set(
            err, OUTCOME_CONFIG_INVALID,
            "genesis: this is the output of the `migration_info` view; it goes beside that of `state`");
    else
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "genesis: neither an " GENESIS_FORMAT
                         " file (no \"format\") nor the output of the `state` view");
    if (!out->has_block_height)
        height_of_attempt(out);
    return OUTCOME_OK;
}

result_t genesis_parse_migration_info(const struct bytes *text, struct genesis *genesis, struct error *err)
{
    struct json_object *info = NULL;
    if (json_object_object_get_ex(genesis->contract, "migration_info", NULL))
        return error_set(err, OUTCOME_CONFIG_INVALID, "the genesis has a \"migration_info\" of its own");
    TRY(parse_printed(text, &info, err));
    if (is_migration_info(info))
        return member_add(genesis->contract, "migration_info", info);
    json_object_put(info);
    return error_set(err, OUTCOME_CONFIG_INVALID,
                     "not the output of the `migration_info` view: an object with a list for every account");
}

result_t genesis_parse_accounts(const struct bytes *text, struct genesis *genesis, struct error *err)
{
    static const char *const names[] = {"accounts", NULL};
    struct json_object *accounts = NULL;
    TRY(json_parse((const char *)text->data, text->len, &file_limits, &genesis->more, err));
    if (json_object_is_type(genesis->more, json_type_array))
        return OUTCOME_OK;
    if (!json_object_is_type(genesis->more, json_type_object))
        return error_set(err, OUTCOME_CONFIG_INVALID, "accounts: neither an array nor an object");
    TRY(known_members(genesis->more, names, "accounts", err));
    TRY(json_member(genesis->more, "accounts", json_type_array, &accounts, OUTCOME_CONFIG_INVALID, "accounts",
                    err));
    json_object_get(accounts);
    json_object_put(genesis->more);
    genesis->more = accounts;
    return OUTCOME_OK;
}

void genesis_free(struct genesis *genesis)
{
    json_object_put(genesis->contract);
    json_object_put(genesis->more);
    *genesis = (struct genesis){0};
}

static result_t account_obtain(struct world *world, const struct account_id *id, struct account **out)
{
    if (world_account(world, id->text)) {
        *out = world_account_own(world, id->text);
        return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
    }
    TRY(world_account_add(world, id, out));
    return u128_parse(DEFAULT_BALANCE, strlen(DEFAULT_BALANCE), &(*out)->balance) ? OUTCOME_OK
                                                                                  : OUTCOME_INTERNAL;
}

static result_t read_method_names(struct json_object *list, char ***out, size_t *count, const char *where,
                                  struct error *err)
{
    *count = json_object_array_length(list);
    *out = calloc(*count + 1, sizeof(char *));
    if (!*out)
        return OUTCOME_NO_MEMORY;
    for (size_t i = 0; i < *count; i++) {
        struct json_object *name = json_object_array_get_idx(list, i);
        if (!json_object_is_type(name, json_type_string))
            return error_set(err, OUTCOME_CONFIG_INVALID, "%s: a method name is not a string", where);
        /* Borrowed: account_key_add() copies. */
        memcpy(*out + i, &(const char *){json_object_get_string(name)}, sizeof(char *));
    }
    return OUTCOME_OK;
}

static result_t read_allowance(struct json_object *object, struct near_access_key *out, const char *where,
                               struct error *err)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, "allowance", &value);
    out->has_allowance = value != NULL;
    if (!value)
        return OUTCOME_OK;
    const char *text = json_object_get_string(value);
    if (json_object_is_type(value, json_type_string) && u128_parse(text, strlen(text), &out->allowance))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID,
                     "%s.allowance: neither null nor a decimal number in a string", where);
}

/* The texts of an access key that is being read; the lists of names are ours, the names the JSON's. */
struct key_reading {
    struct near_public_key public_key;
    struct near_access_key access;
};

static void key_reading_free(struct key_reading *reading)
{
    free(reading->access.method_names);
    free(reading->access.receiver_id);
}

static result_t read_function_call(struct json_object *object, struct near_access_key *out, const char *where,
                                   struct error *err)
{
    static const char *const names[] = {"allowance", "receiver_id", "method_names", NULL};
    struct json_object *methods;
    const char *receiver;
    size_t len;
    TRY(known_members(object, names, where, err));
    TRY(read_allowance(object, out, where, err));
    TRY(json_member_text(object, "receiver_id", &receiver, &len, OUTCOME_CONFIG_INVALID, where, err));
    if (!account_id_valid(receiver, len))
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s.receiver_id: not an account id", where);
    out->receiver_id = strdup(receiver);
    if (!out->receiver_id)
        return OUTCOME_NO_MEMORY;
    TRY(json_member(object, "method_names", json_type_array, &methods, OUTCOME_CONFIG_INVALID, where, err));
    return read_method_names(methods, &out->method_names, &out->method_count, where, err);
}

static result_t read_permission(struct json_object *key, struct near_access_key *out, const char *where,
                                struct error *err)
{
    static const char *const names[] = {"FunctionCall", NULL};
    struct json_object *permission = NULL, *function_call;
    json_object_object_get_ex(key, "permission", &permission);
    out->full_access = json_object_is_type(permission, json_type_string) &&
                       strcmp(json_object_get_string(permission), "FullAccess") == 0;
    if (out->full_access)
        return OUTCOME_OK;
    if (!json_object_is_type(permission, json_type_object))
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "%s.permission: neither \"FullAccess\" nor {\"FunctionCall\":…}", where);
    TRY(known_members(permission, names, where, err));
    TRY(json_member(permission, "FunctionCall", json_type_object, &function_call, OUTCOME_CONFIG_INVALID,
                    where, err));
    return read_function_call(function_call, out, where, err);
}

static result_t read_key(struct json_object *object, struct account *account, const char *where,
                         struct error *err)
{
    static const char *const names[] = {"public_key", "nonce", "permission", NULL};
    CLEANUP(key_reading_free) struct key_reading key = {0};
    const char *text;
    size_t len;
    bool given;
    if (!json_object_is_type(object, json_type_object))
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: not an object", where);
    TRY(known_members(object, names, where, err));
    TRY(json_member_text(object, "public_key", &text, &len, OUTCOME_CONFIG_INVALID, where, err));
    if (near_public_key_parse(text, len, &key.public_key) != OUTCOME_OK)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s.public_key: \"%.64s\" is not a public key", where,
                         text);
    TRY(optional_u64(object, "nonce", where, &given, &key.access.nonce, err));
    TRY(read_permission(object, &key.access, where, err));
    if (account_key_find(account, &key.public_key))
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s.public_key: listed twice", where);
    result_t result = account_key_add(account, &key.public_key, &key.access);
    if (result == OUTCOME_LIMIT)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: more keys than %d", where, SIM_ACCOUNT_KEYS_MAX);
    return result;
}

static result_t read_keys(struct json_object *object, struct account *account, const char *where,
                          struct error *err)
{
    struct json_object *keys;
    if (!json_object_object_get_ex(object, "access_keys", NULL))
        return OUTCOME_OK;
    TRY(json_member(object, "access_keys", json_type_array, &keys, OUTCOME_CONFIG_INVALID, where, err));
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        char key_where[2 * WHERE_MAX];
        snprintf(key_where, sizeof key_where, "%s.access_keys[%zu]", where, i);
        TRY(read_key(json_object_array_get_idx(keys, i), account, key_where, err));
    }
    return OUTCOME_OK;
}

static result_t read_balance(struct json_object *object, struct account *account, const char *where,
                             struct error *err)
{
    const char *text;
    size_t len;
    if (!json_object_object_get_ex(object, "balance_yocto", NULL))
        return OUTCOME_OK;
    TRY(json_member_text(object, "balance_yocto", &text, &len, OUTCOME_CONFIG_INVALID, where, err));
    if (u128_parse(text, len, &account->balance))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "%s.balance_yocto: not a decimal number below 2^128",
                     where);
}

static result_t read_account(struct json_object *object, struct world *world, const char *where,
                             struct error *err)
{
    static const char *const names[] = {"account_id", "balance_yocto", "access_keys", NULL};
    const char *text;
    size_t len;
    struct account_id id;
    struct account *account;
    if (!json_object_is_type(object, json_type_object))
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: not an object", where);
    TRY(known_members(object, names, where, err));
    TRY(json_member_text(object, "account_id", &text, &len, OUTCOME_CONFIG_INVALID, where, err));
    if (!account_id_set(&id, text, len))
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s.account_id: \"%.64s\" is not an account id", where,
                         text);
    result_t result = account_obtain(world, &id, &account);
    if (result == OUTCOME_LIMIT)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: more accounts than %d", where, SIM_ACCOUNTS_MAX);
    TRY(result);
    TRY(read_balance(object, account, where, err));
    return read_keys(object, account, where, err);
}

static result_t read_accounts(struct json_object *list, const char *name, struct world *world,
                              struct error *err)
{
    size_t count = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        char where[WHERE_MAX];
        snprintf(where, sizeof where, "%s[%zu]", name, i);
        TRY(read_account(json_object_array_get_idx(list, i), world, where, err));
    }
    return OUTCOME_OK;
}

/* What the genesis says is pending runs in the first block. */
static result_t schedule_receipts(const struct model *model, const struct account_id *contract_id,
                                  struct world *world)
{
    struct chain_receipt receipt = {.kind = RECEIPT_SELF_CALL, .receiver = *contract_id};
    for (size_t i = 0; i < model_receipts_pending(model, &world->contract); i++) {
        sha256(&i, sizeof i, receipt.id);
        TRY(world_receipt_add(world, &receipt));
    }
    return OUTCOME_OK;
}

static result_t fill_world(const struct genesis *genesis, struct model *model, uint64_t block_time_s,
                           struct world *world, struct error *err)
{
    struct account *account;
    const char *participant;
    TRY(model_genesis(model, genesis->contract, genesis->block_height, block_time_s, &world->contract, err));
    TRY(schedule_receipts(model, &genesis->contract_id, world));
    TRY(account_obtain(world, &genesis->contract_id, &account));
    for (size_t i = 0; (participant = model_participant_account(model, &world->contract, i)) != NULL; i++) {
        struct account_id id;
        if (!account_id_set(&id, participant, strlen(participant)))
            return error_set(err, OUTCOME_CONFIG_INVALID, "participant %zu is not an account id", i);
        TRY(account_obtain(world, &id, &account));
    }
    TRY(read_accounts(genesis->accounts, "genesis.accounts", world, err));
    return read_accounts(genesis->more, "accounts", world, err);
}

result_t genesis_world(const struct genesis *genesis, struct model *model, uint64_t block_time_s,
                       struct world **out, struct error *err)
{
    *out = NULL;
    CLEANUP(world_unref_ptr) struct world *world = world_new();
    if (!world)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the genesis");
    error_set(err, OUTCOME_NO_MEMORY, "no memory for the genesis");
    TRY(fill_world(genesis, model, block_time_s, world, err));
    *out = world;
    world = NULL;
    return OUTCOME_OK;
}

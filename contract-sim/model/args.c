/* One reader per form of arguments. */
#include "contract-sim/model/args.h"

#include <stdio.h>
#include <string.h>

#define INPUT "struct Input"

bool args_read(struct reader *reader, args_fn *read, struct call_args *out)
{
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    struct error err = {0};
    if (reader->len == 0) {
        snprintf(reader->detail, sizeof reader->detail, "EOF while parsing a value at line 1 column 0");
        return false;
    }
    /* A chain lets less than this through; the arguments of init_running may stand
     * for 10,000 domains in a genesis. */
    result_t parsed = json_parse(reader->text, reader->len, &json_limits_view, &root, &err);
    if (parsed == OUTCOME_NO_MEMORY)
        pool_fail(reader->pool);
    if (parsed != OUTCOME_OK) {
        snprintf(reader->detail, sizeof reader->detail, "%s", err.text);
        return false;
    }
    const struct node node = {.value = root};
    return read(reader, &node, out);
}

static const uint64_t config_defaults[CONFIG_COUNT] = {
#define CONFIG(id, name, value) [CONFIG_##id] = value,
#include "contract-sim/model/config.def"
#undef CONFIG
};

handle_t config_default(struct pool *pool)
{
    return pool_intern(pool, config_defaults, sizeof config_defaults);
}

bool read_config(struct reader *reader, const struct node *node, handle_t *out)
{
    uint64_t config[CONFIG_COUNT];
    memcpy(config, config_defaults, sizeof config);
    static const char *const names[CONFIG_COUNT] = {
#define CONFIG(id, name, value) [CONFIG_##id] = name,
#include "contract-sim/model/config.def"
#undef CONFIG
    };
    for (size_t i = 0; node->value && i < CONFIG_COUNT; i++) {
        struct node member;
        if (!reader_optional(reader, node, "struct InitConfig", names[i], &member))
            return false;
        if (member.value && !reader_u64(reader, &member, &config[i]))
            return false;
    }
    *out = pool_intern(reader->pool, config, sizeof config);
    return true;
}

bool args_init(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node parameters, config;
    return reader_member(reader, root, INPUT, "parameters", &parameters) &&
           read_parameters(reader, &parameters, &out->proposal.parameters) &&
           reader_optional(reader, root, INPUT, "init_config", &config) &&
           read_config(reader, &config, &out->config);
}

static bool read_keyset(struct reader *reader, const struct node *node, struct call_args *out)
{
    struct node epoch, domains;
    return reader_member(reader, node, "struct Keyset", "epoch_id", &epoch) &&
           reader_u64(reader, &epoch, &out->epoch_id) &&
           reader_member(reader, node, "struct Keyset", "domains", &domains) &&
           read_keys(reader, &domains, &out->keys);
}

bool args_init_running(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node keyset;
    return args_new_domains(reader, root, out) && args_next_domain_id(reader, root, out) &&
           reader_member(reader, root, INPUT, "keyset", &keyset) && read_keyset(reader, &keyset, out) &&
           args_init(reader, root, out);
}

bool args_keyset(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node keyset;
    return reader_member(reader, root, INPUT, "keyset", &keyset) && read_keyset(reader, &keyset, out);
}

bool args_backup_service(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node info;
    return reader_member(reader, root, INPUT, "backup_service_info", &info) &&
           read_backup(reader, &info, &out->key);
}

bool args_destination(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node destination;
    return reader_member(reader, root, INPUT, "destination_node_info", &destination) &&
           read_destination(reader, &destination, &out->destination);
}

bool args_url(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node url;
    return reader_member(reader, root, INPUT, "url", &url) && reader_string(reader, &url, &out->url);
}

bool args_tls_key(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node key;
    return reader_member(reader, root, INPUT, "tls_public_key", &key) &&
           reader_ed25519(reader, &key, &out->attestation.tls_key);
}

bool args_account(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node account;
    return reader_member(reader, root, INPUT, "account_id", &account) &&
           reader_account(reader, &account, &out->account);
}

bool args_prepay(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node grants;
    return args_account(reader, root, out) && reader_member(reader, root, INPUT, "grants", &grants) &&
           reader_u32(reader, &grants, &out->grants);
}

bool args_max_scan(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node max_scan;
    return reader_member(reader, root, INPUT, "max_scan", &max_scan) &&
           reader_u32(reader, &max_scan, &out->max_scan);
}

bool args_proposal(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node epoch, proposal;
    if (!reader_member(reader, root, INPUT, "prospective_epoch_id", &epoch) ||
        !reader_u64(reader, &epoch, &out->epoch_id) ||
        !reader_member(reader, root, INPUT, "proposal", &proposal) ||
        !read_proposal(reader, &proposal, &out->proposal))
        return false;
    out->threshold_stands = reader->threshold_missing;
    return true;
}

bool args_key_event_id(struct reader *reader, const struct node *root, struct call_args *out)
{
    static const char expected[] = "struct KeyEventId";
    struct node id, epoch, domain, attempt;
    return reader_member(reader, root, INPUT, "key_event_id", &id) &&
           reader_member(reader, &id, expected, "epoch_id", &epoch) &&
           reader_u64(reader, &epoch, &out->key_event_id.epoch_id) &&
           reader_member(reader, &id, expected, "domain_id", &domain) &&
           reader_u64(reader, &domain, &out->key_event_id.domain_id) &&
           reader_member(reader, &id, expected, "attempt_id", &attempt) &&
           reader_u64(reader, &attempt, &out->key_event_id.attempt_id);
}

/* The contract decompresses the point later, among its guards: whether that will succeed is settled here, once
 * for all states that the call is applied to. */
static bool domain_key_is_point(const struct pool *pool, handle_t handle)
{
    size_t count;
    const struct domain_key *key = domain_keys_of(pool, handle, &count);
    struct ed25519_public_key point;
    if (count == 0 || key->curve != CURVE_ED25519)
        return true;
    memcpy(point.bytes, key->bytes, sizeof point.bytes);
    return ed25519_public_key_is_point(&point);
}

bool args_public_key_vote(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node key;
    if (!args_key_event_id(reader, root, out) || !reader_member(reader, root, INPUT, "public_key", &key) ||
        !read_domain_key_text(reader, &key, &out->domain_key))
        return false;
    out->key_is_no_point = !domain_key_is_point(reader->pool, out->domain_key);
    return true;
}

bool args_new_domains(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node domains;
    return reader_member(reader, root, INPUT, "domains", &domains) &&
           read_domains(reader, &domains, &out->domains);
}

bool args_next_domain_id(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node id;
    return reader_member(reader, root, INPUT, "next_domain_id", &id) &&
           reader_u64(reader, &id, &out->next_domain_id);
}

/* Without one it is domain 0, which was the only one once. */
bool args_domain_id(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node id;
    return reader_optional(reader, root, INPUT, "domain_id", &id) &&
           (!id.value || reader_u64(reader, &id, &out->domain_id));
}

static bool args_hash(struct reader *reader, const struct node *root, const char *name, struct call_args *out)
{
    struct node hash;
    return reader_member(reader, root, INPUT, name, &hash) && reader_hash(reader, &hash, &out->hash);
}

bool args_code_hash(struct reader *reader, const struct node *root, struct call_args *out)
{
    return args_hash(reader, root, "code_hash", out);
}

bool args_launcher_hash(struct reader *reader, const struct node *root, struct call_args *out)
{
    return args_hash(reader, root, "launcher_hash", out);
}

static bool read_constraints(struct reader *reader, const struct node *node, struct attestation *out)
{
    static const char expected[] = "struct variant MockAttestation::WithConstraints";
    if (!reader_object(reader, node, expected))
        return false;
    struct node image = reader_child(node, "mpc_docker_image_hash");
    struct node compose = reader_child(node, "launcher_docker_compose_hash");
    struct node expiry = reader_child(node, "expiry_timestamp_seconds");
    struct node measurements = reader_child(node, "expected_measurements");
    out->kind = ATTESTATION_CONSTRAINED;
    out->has_expiry = expiry.value != NULL;
    out->has_measurements = measurements.value != NULL;
    return (!image.value || reader_hash(reader, &image, &out->image_hash)) &&
           (!compose.value || reader_hash(reader, &compose, &out->compose_hash)) &&
           (!expiry.value || reader_u64(reader, &expiry, &out->expiry_s));
}

/* An enum's variant is the only member of its object: of two, one would never be looked at. */
static bool one_variant(struct reader *reader, const struct node *node)
{
    if (json_object_object_length(node->value) > 1)
        return reader_fail(reader, node, AT_END, "an object with one member, the variant, expected");
    return true;
}

bool read_mock(struct reader *reader, const struct node *node, struct attestation *out)
{
    struct node constraints;
    if (json_object_is_type(node->value, json_type_string)) {
        const char *word = json_object_get_string(node->value);
        bool valid = strcmp(word, "Valid") == 0;
        if (!valid && strcmp(word, "Invalid") != 0)
            return reader_fail(reader, node, AT_END,
                               "unknown variant `%s`, expected one of `Valid`, `Invalid`, `WithConstraints`",
                               word);
        out->kind = valid ? ATTESTATION_VALID : ATTESTATION_INVALID;
        return true;
    }
    if (!reader_optional(reader, node, "enum MockAttestation", "WithConstraints", &constraints) ||
        !one_variant(reader, node))
        return false;
    if (!constraints.value)
        return reader_fail(reader, node, AT_END,
                           "unknown variant, expected one of `Valid`, `Invalid`, `WithConstraints`");
    return read_constraints(reader, &constraints, out);
}

bool args_attestation(struct reader *reader, const struct node *root, struct call_args *out)
{
    struct node attestation;
    if (!reader_member(reader, root, INPUT, "proposed_participant_attestation", &attestation) ||
        !reader_object(reader, &attestation, "enum Attestation") || !one_variant(reader, &attestation))
        return false;
    struct node mock = reader_child(&attestation, "Mock");
    struct node dstack = reader_child(&attestation, "Dstack");
    if (!mock.value && !dstack.value)
        return reader_fail(reader, &attestation, AT_END, "unknown variant, expected `Dstack` or `Mock`");
    if (dstack.value)
        out->attestation.kind = ATTESTATION_DSTACK;
    else if (!read_mock(reader, &mock, &out->attestation))
        return false;
    return args_tls_key(reader, root, out);
}

/* The larger parts of arguments, which the views write and the genesis reads in
 * the same form (contract.md 4.1). */
#include "contract-sim/model/args.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

/* {url, tls_public_key}; sign_pk is the older name that document 000 still shows (contract.md D4). */
static bool read_info(struct reader *reader, const struct node *node, handle_t *url, handle_t *tls_key)
{
    static const char expected[] = "struct ParticipantInfo";
    struct node url_node, key;
    if (!reader_member(reader, node, expected, "url", &url_node) || !reader_string(reader, &url_node, url))
        return false;
    struct node old_key = reader_child(node, "sign_pk");
    if (old_key.value && reader->rules[RULE_DIALECT] &&
        !json_object_object_get_ex(node->value, "tls_public_key", NULL))
        return reader_ed25519(reader, &old_key, tls_key);
    return reader_member(reader, node, expected, "tls_public_key", &key) &&
           reader_ed25519(reader, &key, tls_key);
}

static bool read_member(struct reader *reader, const struct node *node, struct member *out)
{
    size_t count;
    if (!reader_array(reader, node, SIZE_MAX, &count))
        return false;
    if (count != 3)
        return reader_fail(reader, node, AT_END, "invalid length %zu, expected a tuple of size 3", count);
    struct node account = reader_element(node, 0);
    struct node id = reader_element(node, 1);
    struct node info = reader_element(node, 2);
    return reader_account(reader, &account, &out->account) && reader_u32(reader, &id, &out->id) &&
           read_info(reader, &info, &out->url, &out->tls_key);
}

bool read_list(struct reader *reader, const struct node *node, size_t max, size_t size, element_fn *read,
               handle_t *out)
{
    size_t count;
    if (!reader_array(reader, node, max, &count))
        return false;
    uint8_t *elements = calloc(count + 1, size);
    if (!elements) {
        pool_fail(reader->pool);
        return reader_fail(reader, node, AT_START, "out of memory");
    }
    bool all = true;
    for (size_t i = 0; all && i < count; i++) {
        struct node element = reader_element(node, i);
        all = read(reader, &element, elements + i * size);
    }
    if (all)
        *out = pool_intern(reader->pool, elements, count * size);
    free(elements);
    return all;
}

static bool element_member(struct reader *reader, const struct node *node, void *out)
{
    return read_member(reader, node, out);
}

static bool read_participants(struct reader *reader, const struct node *node, struct parameters *out)
{
    struct node participants, next_id, list;
    return reader_member(reader, node, "struct GovernanceThresholdParameters", "participants",
                         &participants) &&
           reader_member(reader, &participants, "struct Participants", "next_id", &next_id) &&
           reader_u32(reader, &next_id, &out->next_id) &&
           reader_member(reader, &participants, "struct Participants", "participants", &list) &&
           read_list(reader, &list, CONTRACT_PARTICIPANTS_MAX, sizeof(struct member), element_member,
                     &out->participants);
}

bool read_parameters(struct reader *reader, const struct node *node, struct parameters *out)
{
    struct node threshold;
    return read_participants(reader, node, out) &&
           reader_member(reader, node, "struct GovernanceThresholdParameters", "threshold", &threshold) &&
           reader_u64(reader, &threshold, &out->threshold);
}

/* The form of document 003 (contract.md D14): no `parameters` around it, and a
 * threshold only where it is to change. */
static bool read_bare_parameters(struct reader *reader, const struct node *node, struct parameters *out)
{
    if (!read_participants(reader, node, out))
        return false;
    struct node threshold = reader_child(node, "threshold");
    reader->threshold_missing = !threshold.value;
    return !threshold.value || reader_u64(reader, &threshold, &out->threshold);
}

static bool read_word(struct reader *reader, const struct node *node, const char *const words[], size_t count,
                      uint32_t *out)
{
    const char *text;
    size_t len;
    if (!reader_text(reader, node, &text, &len))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    return reader_fail(reader, node, AT_END, "unknown variant `%s`, expected one of `%s`, `%s`, `%s`%s%s%s",
                       text, words[0], words[1], words[2], count > 3 ? ", `" : "", count > 3 ? words[3] : "",
                       count > 3 ? "`" : "");
}

static bool read_domain(struct reader *reader, const struct node *node, struct domain *out)
{
    static const char expected[] = "struct DomainConfig";
    struct node id, protocol, threshold, purpose;
    return reader_member(reader, node, expected, "id", &id) && reader_u64(reader, &id, &out->id) &&
           reader_member(reader, node, expected, "protocol", &protocol) &&
           read_word(reader, &protocol, domain_protocol_names, DOMAIN_PROTOCOLS, &out->protocol) &&
           reader_member(reader, node, expected, "reconstruction_threshold", &threshold) &&
           reader_u64(reader, &threshold, &out->reconstruction_threshold) &&
           reader_member(reader, node, expected, "purpose", &purpose) &&
           read_word(reader, &purpose, domain_purpose_names, DOMAIN_PURPOSES, &out->purpose);
}

static bool element_domain(struct reader *reader, const struct node *node, void *out)
{
    return read_domain(reader, node, out);
}

bool read_domains(struct reader *reader, const struct node *node, handle_t *out)
{
    return read_list(reader, node, KEYSET_DOMAINS_MAX, sizeof(struct domain), element_domain, out);
}

bool read_domain_key(struct reader *reader, const struct node *node, handle_t *out)
{
    struct domain_key key = {0};
    struct error err = {0};
    if (domain_key_from_json(node->value, "key", &key, &err) != OUTCOME_OK)
        return reader_fail(reader, node, AT_END, "%s", err.text);
    *out = pool_intern(reader->pool, &key, sizeof key);
    return true;
}

bool read_domain_key_text(struct reader *reader, const struct node *node, handle_t *out)
{
    struct domain_key key = {0};
    struct error err = {0};
    const char *text;
    size_t len;
    if (!reader_text(reader, node, &text, &len))
        return false;
    if (domain_key_parse_text(text, len, &key, &err) != OUTCOME_OK)
        return reader_fail(reader, node, AT_END, "%s", err.text);
    *out = pool_intern(reader->pool, &key, sizeof key);
    return true;
}

static bool element_key(struct reader *reader, const struct node *node, void *out)
{
    static const char expected[] = "struct KeyForDomain";
    struct domain_key_entry *entry = out;
    struct node id, key, attempt;
    return reader_member(reader, node, expected, "domain_id", &id) &&
           reader_u64(reader, &id, &entry->domain_id) && reader_member(reader, node, expected, "key", &key) &&
           read_domain_key(reader, &key, &entry->key) &&
           reader_member(reader, node, expected, "attempt", &attempt) &&
           reader_u64(reader, &attempt, &entry->attempt);
}

bool read_keys(struct reader *reader, const struct node *node, handle_t *out)
{
    return read_list(reader, node, KEYSET_DOMAINS_MAX, sizeof(struct domain_key_entry), element_key, out);
}

static int threshold_compare(const void *a, const void *b)
{
    const struct domain_threshold *left = a;
    const struct domain_threshold *right = b;
    return left->domain_id < right->domain_id ? -1 : left->domain_id > right->domain_id;
}

/* {"0":2}: an object keyed by domain id as text (contract.md 4.1). */
bool read_thresholds(struct reader *reader, const struct node *node, handle_t *out)
{
    *out = 0;
    if (!node->value)
        return true;
    if (!json_object_is_type(node->value, json_type_object))
        return reader_fail_type(reader, node, "a map");
    size_t count = (size_t)json_object_object_length(node->value);
    if (count > KEYSET_DOMAINS_MAX)
        return reader_fail(reader, node, AT_START, "invalid length %zu, expected at most %d elements", count,
                           KEYSET_DOMAINS_MAX);
    struct domain_threshold *thresholds = calloc(count + 1, sizeof *thresholds);
    if (!thresholds) {
        pool_fail(reader->pool);
        return reader_fail(reader, node, AT_START, "out of memory");
    }
    bool all = true;
    size_t i = 0;
    json_object_object_foreach(node->value, name, value)
    {
        struct node element = {.value = value, .parent = node, .member = name};
        struct u128 id;
        if (all && (!u128_parse(name, strlen(name), &id) || id.high))
            all = reader_fail(reader, node, AT_START, "invalid value: string \"%s\", expected u64", name);
        all = all && reader_u64(reader, &element, &thresholds[i].threshold);
        if (all)
            thresholds[i++].domain_id = id.low;
    }
    if (all && count > 1)
        qsort(thresholds, count, sizeof *thresholds, threshold_compare);
    if (all)
        *out = pool_intern(reader->pool, thresholds, count * sizeof *thresholds);
    free(thresholds);
    return all;
}

bool read_proposal(struct reader *reader, const struct node *node, struct proposal *out)
{
    static const char expected[] = "struct ProposedGovernanceThresholdParameters";
    struct node parameters, thresholds;
    bool bare = reader->rules[RULE_BARE_PROPOSAL] && json_object_is_type(node->value, json_type_object) &&
                !json_object_object_get_ex(node->value, "parameters", NULL);
    if (bare ? !read_bare_parameters(reader, node, &out->parameters)
             : !reader_member(reader, node, expected, "parameters", &parameters) ||
                   !read_parameters(reader, &parameters, &out->parameters))
        return false;
    return reader_optional(reader, node, expected, "per_domain_thresholds", &thresholds) &&
           read_thresholds(reader, &thresholds, &out->per_domain_thresholds);
}

bool read_destination(struct reader *reader, const struct node *node, struct migration *out)
{
    static const char expected[] = "struct DestinationNodeInfo";
    struct node signer_key, info;
    return reader_member(reader, node, expected, "signer_account_pk", &signer_key) &&
           reader_ed25519(reader, &signer_key, &out->signer_key) &&
           reader_member(reader, node, expected, "destination_node_info", &info) &&
           read_info(reader, &info, &out->url, &out->tls_key);
}

bool read_backup(struct reader *reader, const struct node *node, handle_t *out)
{
    struct node key;
    return reader_member(reader, node, "struct BackupServiceInfo", "public_key", &key) &&
           reader_ed25519(reader, &key, out);
}

#include "contract-sim/model/types.h"

#include <stdlib.h>
#include <string.h>

const char *const domain_protocol_names[DOMAIN_PROTOCOLS] = {
    [PROTOCOL_CAIT_SITH] = "CaitSith",
    [PROTOCOL_FROST] = "Frost",
    [PROTOCOL_CKD] = "ConfidentialKeyDerivation",
    [PROTOCOL_DAMGARD_ET_AL] = "DamgardEtAl",
};

const char *const domain_purpose_names[DOMAIN_PURPOSES] = {
    [PURPOSE_SIGN] = "Sign",
    [PURPOSE_FOREIGN_TX] = "ForeignTx",
    [PURPOSE_CKD] = "CKD",
};

#define NO_PADDING(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has padding")
NO_PADDING(struct parameters, 16);
NO_PADDING(struct running_state, 64);
NO_PADDING(struct key_event, 72);
NO_PADDING(struct model_state, 184);
NO_PADDING(struct member, 16);
NO_PADDING(struct domain, 24);
NO_PADDING(struct domain_key_entry, 24);
NO_PADDING(struct domain_threshold, 16);
NO_PADDING(struct proposal, 24);
NO_PADDING(struct attestation, 40);
NO_PADDING(struct hash_vote, 12);
NO_PADDING(struct allowed_image, 16);
NO_PADDING(struct allowed_launcher, 16);
NO_PADDING(struct tee_lists, 16);
NO_PADDING(struct domain_key, sizeof(enum curve) + DOMAIN_KEY_LEN_MAX);

int account_compare(const struct pool *pool, handle_t a, handle_t b)
{
    return a == b ? 0 : strcmp(pool_text(pool, a), pool_text(pool, b));
}

static handle_t account_at(const uint8_t *entries, size_t size, size_t index)
{
    handle_t account;
    memcpy(&account, entries + index * size, sizeof account);
    return account;
}

/* Where the account is, or, with *found false, where it belongs. */
static size_t account_map_index(const struct pool *pool, handle_t map, size_t size, handle_t account,
                                bool *found)
{
    size_t len;
    const uint8_t *entries = pool_data(pool, map, &len);
    size_t count = len / size;
    size_t index = 0;
    while (index < count && account_compare(pool, account_at(entries, size, index), account) < 0)
        index++;
    *found = index < count && account_at(entries, size, index) == account;
    return index;
}

const void *account_map_get(const struct pool *pool, handle_t map, size_t size, handle_t account)
{
    size_t len;
    const uint8_t *entries = pool_data(pool, map, &len);
    for (size_t i = 0; i < len / size; i++) {
        if (account_at(entries, size, i) == account)
            return entries + i * size;
    }
    return NULL;
}

handle_t account_map_put(struct pool *pool, handle_t map, size_t size, const void *entry)
{
    bool found;
    size_t index = account_map_index(pool, map, size, account_at(entry, size, 0), &found);
    return pool_splice(pool, map, size, index, found ? 1 : 0, entry, 1);
}

handle_t account_map_remove(struct pool *pool, handle_t map, size_t size, handle_t account)
{
    bool found;
    size_t index = account_map_index(pool, map, size, account, &found);
    return found ? pool_splice(pool, map, size, index, 1, NULL, 0) : map;
}

const struct member *member_by_account(const struct pool *pool, handle_t participants, handle_t account)
{
    size_t count;
    const struct member *members = members_of(pool, participants, &count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].account == account)
            return &members[i];
    }
    return NULL;
}

const struct member *member_by_id(const struct pool *pool, handle_t participants, uint32_t id)
{
    size_t count;
    const struct member *members = members_of(pool, participants, &count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].id == id)
            return &members[i];
    }
    return NULL;
}

size_t member_count(const struct pool *pool, handle_t participants)
{
    size_t count;
    members_of(pool, participants, &count);
    return count;
}

handle_t account_set_add(struct pool *pool, handle_t set, handle_t account)
{
    return account_map_put(pool, set, sizeof account, &account);
}

static uint32_t id_at(const uint8_t *entries, size_t size, size_t index)
{
    uint32_t id;
    memcpy(&id, entries + index * size, sizeof id);
    return id;
}

handle_t id_map_put(struct pool *pool, handle_t map, size_t size, const void *entry)
{
    size_t len;
    const uint8_t *entries = pool_data(pool, map, &len);
    size_t count = len / size;
    uint32_t id = id_at(entry, size, 0);
    size_t index = 0;
    while (index < count && id_at(entries, size, index) < id)
        index++;
    bool found = index < count && id_at(entries, size, index) == id;
    return pool_splice(pool, map, size, index, found ? 1 : 0, entry, 1);
}

handle_t id_map_keep_members(struct pool *pool, handle_t map, size_t size, handle_t participants)
{
    size_t len;
    const uint8_t *entries = pool_data(pool, map, &len);
    size_t kept = 0;
    for (size_t i = 0; i < len / size; i++) {
        if (member_by_id(pool, participants, id_at(entries, size, i)))
            kept++;
        else
            map = pool_splice(pool, map, size, kept, 1, NULL, 0);
    }
    return map;
}

handle_t id_set_add(struct pool *pool, handle_t set, uint32_t id)
{
    return id_map_put(pool, set, sizeof id, &id);
}

bool id_set_has(const struct pool *pool, handle_t set, uint32_t id)
{
    size_t count;
    const uint32_t *ids = handles_of(pool, set, &count);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

const struct attestation *attestation_find(const struct pool *pool, handle_t store, handle_t tls_key,
                                           size_t *index)
{
    size_t count;
    const struct attestation *entries = attestations_of(pool, store, &count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].tls_key == tls_key) {
            *index = i;
            return &entries[i];
        }
    }
    return NULL;
}

static int domain_threshold_compare(const void *id, const void *entry)
{
    const uint64_t *wanted = id;
    const struct domain_threshold *threshold = entry;
    return *wanted < threshold->domain_id ? -1 : *wanted > threshold->domain_id;
}

uint64_t domain_effective_threshold(const struct pool *pool, const struct domain *domain, handle_t per_domain)
{
    size_t count;
    const struct domain_threshold *thresholds = domain_thresholds_of(pool, per_domain, &count);
    const struct domain_threshold *found =
        bsearch(&domain->id, thresholds, count, sizeof *thresholds, domain_threshold_compare);
    return found ? found->threshold : domain->reconstruction_threshold;
}

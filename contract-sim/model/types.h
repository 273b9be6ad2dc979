/* What the handles of a state name: lists of plain values, without padding, so that equal lists are
 * equal bytes. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_TYPES_H
#define MPC_CONTRACT_SIM_MODEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keyset.h"
#include "contract-sim/model/pool.h"
#include "contract-sim/model/state.h"

struct member {
    handle_t account;
    uint32_t id;
    handle_t url;
    handle_t tls_key; /* 32 bytes */
};

enum domain_protocol {
    PROTOCOL_CAIT_SITH,
    PROTOCOL_FROST,
    PROTOCOL_CKD,
    PROTOCOL_DAMGARD_ET_AL,
    DOMAIN_PROTOCOLS
};
enum domain_purpose { PURPOSE_SIGN, PURPOSE_FOREIGN_TX, PURPOSE_CKD, DOMAIN_PURPOSES };

extern const char *const domain_protocol_names[DOMAIN_PROTOCOLS];
extern const char *const domain_purpose_names[DOMAIN_PURPOSES];

struct domain {
    uint64_t id;
    uint64_t reconstruction_threshold;
    uint32_t protocol; /* enum domain_protocol */
    uint32_t purpose;  /* enum domain_purpose */
};

struct domain_key_entry {
    uint64_t domain_id;
    uint64_t attempt;
    handle_t key; /* struct domain_key */
    uint32_t reserved;
};

struct domain_threshold {
    uint64_t domain_id;
    uint64_t threshold;
};

/* What vote_new_parameters votes for. */
struct proposal {
    struct parameters parameters;
    handle_t per_domain_thresholds; /* struct domain_threshold[], sorted by id */
    uint32_t reserved;
};

/* Maps by account: the account is the first member of each, and they are sorted by its name. */
struct parameter_vote {
    handle_t account;
    handle_t proposal; /* struct proposal */
};

struct backup {
    handle_t account;
    handle_t key; /* 32 bytes */
};

struct migration {
    handle_t account;
    handle_t signer_key; /* 32 bytes */
    handle_t url;
    handle_t tls_key; /* 32 bytes */
};

struct grant {
    handle_t account;
    uint32_t count;
};

struct domain_vote {
    uint32_t participant_id;
    handle_t domains; /* struct domain[] */
};

/* Valid, Invalid and Dstack are forms of the argument; what is stored is Valid (genesis) or
 * constrained (contract.md 3.2). */
enum attestation_kind { ATTESTATION_VALID, ATTESTATION_INVALID, ATTESTATION_CONSTRAINED, ATTESTATION_DSTACK };

struct attestation {
    handle_t tls_key;
    handle_t account;
    handle_t account_key;
    uint32_t kind; /* enum attestation_kind */
    uint64_t expiry_s;
    uint32_t has_expiry;
    uint32_t has_measurements; /* of an argument: expected_measurements is not null */
    handle_t image_hash;       /* 32 bytes, or 0: no constraint */
    handle_t compose_hash;
};

/* For a code hash there is only adding. */
enum hash_action { HASH_ADD, HASH_REMOVE, HASH_ACTIONS };

struct hash_vote {
    uint32_t participant_id;
    uint32_t action; /* enum hash_action */
    handle_t hash;   /* 32 bytes */
};

struct allowed_image {
    uint64_t added_s;
    handle_t hash; /* 32 bytes */
    uint32_t reserved;
};

struct allowed_launcher {
    uint64_t expires_s;
    handle_t hash;     /* 32 bytes */
    handle_t composes; /* handle_t[], each 32 bytes, in the order in which they were derived */
};

/* What the votes of contract.md 3.5 are about. */
struct tee_lists {
    handle_t code_votes;     /* struct hash_vote[], sorted by participant id */
    handle_t launcher_votes; /* the same */
    handle_t images;         /* struct allowed_image[], oldest first */
    handle_t launchers;      /* struct allowed_launcher[], in the order in which they were added */
};

struct receipt {
    handle_t method;
    handle_t args;
};

/* Seconds that an accepted attestation lasts (contract.md 3.2). */
#define ATTESTATION_VALIDITY_S 604800u

/* NAME(pool, handle, &count): the list of that type. */
#define POOL_LIST(name, type)                                                                                \
    static inline const type *name(const struct pool *pool, handle_t handle, size_t *count)                  \
    {                                                                                                        \
        size_t len;                                                                                          \
        const void *data = pool_data(pool, handle, &len);                                                    \
        *count = len / sizeof(type);                                                                         \
        return data;                                                                                         \
    }
POOL_LIST(members_of, struct member)
POOL_LIST(domains_of, struct domain)
POOL_LIST(key_entries_of, struct domain_key_entry)
POOL_LIST(domain_thresholds_of, struct domain_threshold)
POOL_LIST(proposals_of, struct proposal)
POOL_LIST(parameter_votes_of, struct parameter_vote)
POOL_LIST(domain_votes_of, struct domain_vote)
POOL_LIST(backups_of, struct backup)
POOL_LIST(migrations_of, struct migration)
POOL_LIST(attestations_of, struct attestation)
POOL_LIST(grants_of, struct grant)
POOL_LIST(hash_votes_of, struct hash_vote)
POOL_LIST(images_of, struct allowed_image)
POOL_LIST(launchers_of, struct allowed_launcher)
POOL_LIST(tee_lists_of, struct tee_lists)
POOL_LIST(receipts_of, struct receipt)
POOL_LIST(handles_of, handle_t)
POOL_LIST(numbers_of, uint64_t)
POOL_LIST(domain_keys_of, struct domain_key)

/* Orders two accounts by the bytes of their names, as the contract's maps do. */
int account_compare(const struct pool *pool, handle_t a, handle_t b);

/* Maps by account. get: the entry, or NULL. */
const void *account_map_get(const struct pool *pool, handle_t map, size_t size, handle_t account);
/* The map with `entry` in it, in place of the one its account had. */
handle_t account_map_put(struct pool *pool, handle_t map, size_t size, const void *entry);
handle_t account_map_remove(struct pool *pool, handle_t map, size_t size, handle_t account);

/* A participant by account, id or TLS key; NULL when there is none. */
const struct member *member_by_account(const struct pool *pool, handle_t participants, handle_t account);
const struct member *member_by_id(const struct pool *pool, handle_t participants, uint32_t id);
size_t member_count(const struct pool *pool, handle_t participants);

/* Sets kept as sorted lists: accounts by name, participant ids by number. Adding what
 * is there gives the same handle. */
handle_t account_set_add(struct pool *pool, handle_t set, handle_t account);
handle_t id_set_add(struct pool *pool, handle_t set, uint32_t id);
bool id_set_has(const struct pool *pool, handle_t set, uint32_t id);

/* Maps by participant id: it is the first member of each entry, and they are sorted by it. */
handle_t id_map_put(struct pool *pool, handle_t map, size_t size, const void *entry);
/* Without the entries whose id is no member's. */
handle_t id_map_keep_members(struct pool *pool, handle_t map, size_t size, handle_t participants);

/* The attestation stored under a TLS key, and where; NULL without one. */
const struct attestation *attestation_find(const struct pool *pool, handle_t store, handle_t tls_key,
                                           size_t *index);

/* The reconstruction threshold of a domain under a proposal's per-domain thresholds. */
uint64_t domain_effective_threshold(const struct pool *pool, const struct domain *domain,
                                    handle_t per_domain);

#endif

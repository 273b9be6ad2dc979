/* One NEAR account with its access keys. Shared between the worlds of many blocks, so counted and changed
 * only by whoever holds the only reference. */
#ifndef MPC_CONTRACT_SIM_CHAIN_ACCOUNT_H
#define MPC_CONTRACT_SIM_CHAIN_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/near_tx.h"
#include "common/outcome.h"

struct account_key {
    struct near_public_key public_key;
    struct near_access_key access; /* owned; the nonce is the last one used */
};

struct account {
    unsigned refs;
    struct account_id id;
    struct u128 balance; /* yoctoNEAR */
    struct account_key *keys;
    size_t key_count;
    size_t key_cap;
};

/* An account without keys and money, or NULL without memory. */
struct account *account_new(const struct account_id *id);
/* A deep copy with one reference, or NULL. */
struct account *account_copy(const struct account *account);
struct account *account_ref(struct account *account);
/* NULL-safe. */
void account_unref(struct account *account);

/* The key, or NULL; borrowed until the account changes. */
struct account_key *account_key_find(const struct account *account, const struct near_public_key *public_key);
/* Add a key; `access` is copied, its nonce too. NO_MEMORY, or LIMIT above SIM_ACCOUNT_KEYS_MAX. The
 * caller has checked that it is new. */
MUST_USE result_t account_key_add(struct account *account, const struct near_public_key *public_key,
                                  const struct near_access_key *access);
/* Remove a key that account_key_find() gave. */
void account_key_remove(struct account *account, struct account_key *key);

/* Bytes of storage as NEAR would count them, roughly: protocol.h. */
uint64_t account_storage_bytes(const struct account *account);

#endif

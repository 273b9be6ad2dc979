/* Everybody who has a key in the simulation: the accounts, their operators, nodes and backup services. They
 * are the same in every run, and made once. */
#ifndef MPC_TESTS_SIMULATION_CAST_H
#define MPC_TESTS_SIMULATION_CAST_H

#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/mpc_cert.h"

#define CAST_CONTRACT "v1.signer.test"
#define CAST_ACCOUNTS 3
#define CAST_NODES    3 /* of an account: machines that its operator may move to */
#define CAST_BACKUPS  4 /* of an account: keys that its backup service may have, one after the other */

struct cast_node {
    char name[16]; /* "alice-0" */
    struct ed25519_keypair p2p;
    struct ed25519_keypair signer;
    char p2p_text[ED25519_KEY_TEXT_MAX];
    char signer_text[ED25519_KEY_TEXT_MAX];
    char url[64];
    struct secret seal_key; /* what its backup service seals key shares with */
};

struct cast_backup {
    struct ed25519_public_key key;
    char text[ED25519_KEY_TEXT_MAX];
    uint8_t cert[MPC_CERT_LEN_MAX];
    size_t cert_len;
};

struct cast_account {
    char name[8];
    struct account_id id;
    struct ed25519_keypair operator; /* full access: registers, starts, cancels, votes, adds keys */
    struct cast_node nodes[CAST_NODES];
    struct cast_backup backups[CAST_BACKUPS];
};

struct cast {
    struct account_id contract_id;
    struct cast_account accounts[CAST_ACCOUNTS]; /* alice, bob, carol */
    struct cast_backup stranger;                 /* registered nowhere */
    struct secret store_key;
};

/* Made at the first call; ends the process where it cannot be made. */
const struct cast *cast(void);
void cast_free(void);

/* A public key for the domain with this id, of a curve that goes round: secp256k1, BLS12-381, Ed25519. */
struct domain_key cast_domain_key(uint64_t domain_id);

/* The key shares of one account for a keyset; `variant` 0 are the real ones, others have other secret
 * scalars. The caller's. */
void cast_keyshares(size_t account, const struct keyset *keyset, unsigned variant, struct keyshares *out);

#endif

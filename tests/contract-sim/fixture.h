/* A small chain for tests: alice, bob and carol run the contract (threshold 2, epoch 5, one domain); dave is
 * an outsider. Keys come from seeds, time from the test. */
#ifndef MPC_TESTS_CONTRACT_SIM_FIXTURE_H
#define MPC_TESTS_CONTRACT_SIM_FIXTURE_H

#include "common/keys.h"
#include "common/near_tx.h"
#include "contract-sim/chain/chain.h"
#include "contract-sim/rpc/jsonrpc.h"

#define FIXTURE_CONTRACT "v1.signer.test"
#define FIXTURE_HEIGHT   1000u
#define FIXTURE_TIME_S   1700000000u
#define FIXTURE_GAS      300000000000000u

/* Key pairs by number. In the genesis: alice.near has FullAccess with ALICE; LISTED may call
 * conclude_node_migration and register_backup_service with an allowance of 1 NEAR; ANY may call every method
 * without limit; POOR has an allowance of 1 yoctoNEAR. dave.near has FullAccess with DAVE and 10^22
 * yoctoNEAR, too little for 300 Tgas. */
enum fixture_key { ALICE, LISTED, ANY, POOR, DAVE, STRANGER, FIXTURE_KEYS };

struct fixture {
    struct model *model;
    struct sim_node node;
    struct ed25519_keypair keys[FIXTURE_KEYS];
    struct bytes invalid;          /* of the last fixture_send() */
    uint8_t last_hash[SHA256_LEN]; /* of the last transaction signed */
    uint64_t time_ms;
};

/* Blocks are made by hand (no clock). */
void fixture_open(struct fixture *fixture, const char *profile);
void fixture_close(struct fixture *fixture);

/* The genesis as JSON text, in a static buffer. */
const char *fixture_genesis(const struct fixture *fixture);
void fixture_key_text(const struct fixture *fixture, enum fixture_key key, char out[ED25519_KEY_TEXT_MAX]);
struct near_public_key fixture_public_key(const struct fixture *fixture, enum fixture_key key);

/* One function call by alice.near with key ALICE on the contract: deposit 0, 300 Tgas,
 * the next nonce, the head's hash. */
struct near_tx fixture_tx(struct fixture *fixture, const char *method, const char *args);
/* The call that every profile's alice may make; and one action of another kind, about
 * the key STRANGER, on `receiver`. */
struct near_tx fixture_register_tx(struct fixture *fixture);
struct near_tx fixture_plain_tx(struct fixture *fixture, const char *receiver, enum near_action_type type);
/* Sign with the key and submit. `tx` is freed. */
result_t fixture_send(struct fixture *fixture, struct near_tx *tx, enum fixture_key key);
/* Sign, and give the bytes. `tx` stays. */
void fixture_sign(struct fixture *fixture, const struct near_tx *tx, enum fixture_key key, struct bytes *out);
/* Send with key ALICE, make a block, and compare the failure's kind; NULL for success. */
void fixture_expect_kind(struct fixture *fixture, struct near_tx tx, const char *kind);
/* Make `count` blocks, one second apart. */
void fixture_seal(struct fixture *fixture, unsigned count);
/* The record of the last transaction. */
const struct tx_record *fixture_record(const struct fixture *fixture);
const struct block *fixture_head(const struct fixture *fixture);
const struct account *fixture_account(const struct fixture *fixture, const char *id);
/* The last nonce of one of alice.near's keys, and what an account owns. */
uint64_t fixture_nonce(const struct fixture *fixture, enum fixture_key key);
void fixture_balance(const struct fixture *fixture, const char *id, char out[U128_TEXT_MAX]);
/* Call the contract directly in a block of its own; fails the test when the contract refuses. */
void fixture_call(struct fixture *fixture, const char *signer, const char *method, const char *args);
/* The same, signed with a key; fixture_call() has STRANGER. */
void fixture_call_signed(struct fixture *fixture, const char *signer, enum fixture_key key,
                         const char *method, const char *args);
/* A resharing to the same members, every one attested with key ALICE, up to alice's vote_reshared, the last
 * that is missing: then its receipts wait for the next block. carol's attestation expires. */
void fixture_reshare_but_for_alice(struct fixture *fixture, uint64_t carol_expiry_s);
extern const char fixture_reshare_vote[]; /* its arguments */

/* The text of a buffer, for assertions. */
const char *text_of(const struct bytes *bytes);

extern const char fixture_register_args[];
extern const char fixture_participants[]; /* {"next_id":3,"participants":[…]} */

#endif

/* What a contract might say about one account, as the text of its views and as a snapshot. For tests of what
 * reads the contract. */
#ifndef MPC_TESTS_STORY_H
#define MPC_TESTS_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/contract_view.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "node/snapshot.h"
#include "tests/support/fake_rpc.h"

#define STORY_ACCOUNT  "alice.near"
#define STORY_CONTRACT "v1.signer.test"

/* Keys are 32 equal bytes; 0 means that there is none. */
struct story {
    enum protocol_phase phase;
    uint64_t epoch_id;
    size_t domains;
    uint8_t listed_key;  /* TLS key of the account in the participant set */
    uint8_t backup_key;  /* registered backup key */
    uint8_t destination; /* TLS key of the destination that is recorded */
    uint8_t signer;      /* the record's signer_account_pk */
};

struct ed25519_public_key story_key(uint8_t byte);
struct account_id story_account(void);

/* The keyset of an epoch: Ed25519 domains 0, 1, .. with attempt 7. Owned by the caller. */
void story_keyset(uint64_t epoch_id, size_t domains, struct keyset *out);
/* Shares that match it; `scalar` is the first byte of every private share. Owned by the caller. */
void story_keyshares(uint64_t epoch_id, size_t domains, uint8_t scalar, struct keyshares *out);

/* The text of the views, appended. */
void story_state(const struct story *story, struct bytes *out);
void story_migration_info(const struct story *story, struct bytes *out);

/* Make a scripted RPC say it: status, the final block and both views at it. The block's hash is the height's
 * low byte in every byte, as in the snapshots below. */
void story_serve(const struct story *story, struct fake_rpc *fake, uint64_t height, uint64_t time_ms);
/* The parts of it. */
void story_serve_status(struct fake_rpc *fake, bool syncing);
void story_serve_block(struct fake_rpc *fake, uint64_t height, uint64_t time_ms);
void story_serve_views(const struct story *story, struct fake_rpc *fake, uint64_t height);

/* A snapshot of it with one reference, the caller's; the block's hash as above. */
const struct chain_snapshot *story_snapshot(const struct story *story, uint64_t height,
                                            struct chain_now seen);

#endif

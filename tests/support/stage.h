/* A PUT into a store, for tests that are not about its receipt. */
#ifndef MPC_TESTS_STAGE_H
#define MPC_TESTS_STAGE_H

#include "node/store.h"

/* Signed with endpoint_keypair(0x51)'s key, backup encryption key 00 01 .. 1f, the body "sealed", at 1700000000000 ms. */
const struct receipt_terms *stage_terms(void);

/* As store_stage(), under stage_terms(); the receipt is dropped. */
MUST_USE result_t stage_shares(struct store *store, const struct keyset *keyset,
                               const struct keyshares *shares, struct error *err);

#endif

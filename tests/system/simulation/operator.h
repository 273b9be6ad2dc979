/* What an account's operator does on the chain: each is one or two calls of the contract. True: it was
 * done; false: the contract refused, and chain_side's `refusal` says why. */
#ifndef MPC_TESTS_SIMULATION_OPERATOR_H
#define MPC_TESTS_SIMULATION_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/system/simulation/chain_side.h"

/* Register backup key `backup` of the account. */
bool operator_register(struct chain_side *chain, size_t account, size_t backup);
/* Let the attestation of this node stand, new for another week; a grant is prepaid where one is missing. */
bool operator_attest(struct chain_side *chain, size_t account, size_t node);
/* start_node_migration to this node. */
bool operator_start(struct chain_side *chain, size_t account, size_t node);
/* Where the contract has no cancel_node_migration, the record is overwritten with one that leads to the
 * listed node. */
bool operator_cancel(struct chain_side *chain, size_t account);

/* Which of the account's machines has this TLS key; CAST_NODES: none. */
size_t operator_node_of(size_t account, const struct ed25519_public_key *tls_key);
/* The one that the contract lists; CAST_NODES: the account is not listed. */
size_t operator_listed(struct chain_side *chain, size_t account);

#endif

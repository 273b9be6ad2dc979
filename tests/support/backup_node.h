/* A home of mpc-backup and a node on loopback that lets it in. */
#ifndef MPC_TESTS_BACKUP_NODE_H
#define MPC_TESTS_BACKUP_NODE_H

#include "tests/support/backup_home.h"
#include "tests/support/endpoint.h"

#define BACKUP_NODE_ENCRYPTION_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

extern struct endpoint backup_node;

/* Before and after each test. */
void backup_node_setup(void);
void backup_node_release(void);

/* Keys in the home, the node, and its keyset as the contract's state. */
void backup_node_open(void);
/* The node with the same keys and keyset and an empty store, as after a disk was lost. */
void backup_node_replace(void);

/* `command` towards the node, or another address, with its P2P key and the right encryption key. */
result_t backup_node_run(const char *command);
result_t backup_node_run_at(const char *command, const char *address, const struct ed25519_public_key *key);

/* A contract_state.json in `phase` with this keyset. */
void backup_node_write_state(const char *phase, const struct keyset *keyset);
/* Shares in the home; as sample_keyshares(). */
void backup_node_give_home(const struct keyset *keyset, uint64_t seed);

#endif

/* The numbers of NEAR's protocol that this chain keeps to (near-rpc.md B, D). */
#ifndef MPC_CONTRACT_SIM_CHAIN_PROTOCOL_H
#define MPC_CONTRACT_SIM_CHAIN_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_VERSION 84

/* Final is two blocks behind the head, near-final one (cli.md). */
#define PROTOCOL_FINAL_LAG      2
#define PROTOCOL_NEAR_FINAL_LAG 1
#define PROTOCOL_EPOCH_BLOCKS   43200

/* Nonces stay below height * 10^6 and new keys start one block's worth below (near-rpc.md D.3). */
#define PROTOCOL_NONCES_PER_BLOCK 1000000ull

#define PROTOCOL_PREPAID_GAS_MAX       1000000000000000ull /* 1000 Tgas, from protocol 83 on */
#define PROTOCOL_ARGS_BYTES_MAX        (4u * 1024 * 1024)
#define PROTOCOL_KEY_METHODS_BYTES_MAX 2000u

/* What a transaction costs. Gas is not metered: turning a transaction into its receipt burns one fixed
 * amount, each action another, whatever the contract does, and nothing else is charged. The prepaid gas has
 * to be there (balance and allowance), but only what is burnt is taken, so that there is no gas to refund. */
#define PROTOCOL_GAS_PRICE_YOCTO 100000000ull
#define PROTOCOL_GAS_CONVERT     308124342932ull
#define PROTOCOL_GAS_ACTION      1000000000000ull

/* Storage: bytes an account takes, and what it has to own for each (10^19
 * yoctoNEAR); tiny accounts are free. */
#define PROTOCOL_STORAGE_ACCOUNT_BYTES     100u
#define PROTOCOL_STORAGE_KEY_BYTES         82u
#define PROTOCOL_STORAGE_FREE_BYTES        770u
#define PROTOCOL_STORAGE_PRICE_YOCTO       10000000000000000000ull
#define PROTOCOL_TOP_LEVEL_ACCOUNT_LEN_MIN 32 /* shorter top-level names are the registrar's alone */

#endif

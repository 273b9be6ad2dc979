/* Every limit of mpc-contract-sim serve. */
#ifndef MPC_CONTRACT_SIM_LIMITS_H
#define MPC_CONTRACT_SIM_LIMITS_H

/* The RPC server */
#define SIM_BODY_BYTES_MAX    (10 * 1024 * 1024) /* nearcore's cap on a request (near-rpc.md E) */
#define SIM_JSON_DEPTH_MAX    64
#define SIM_CONNECTIONS_MAX   256 /* one thread each */
#define SIM_CONNECTION_IDLE_S 120
#define SIM_THREAD_STACK      (512 * 1024)
#define SIM_WAIT_MS           10000 /* for wait_until, then TIMEOUT_ERROR (near-rpc.md D.4) */

/* The genesis and accounts files: a state of 10,000 domains is about 4 MiB. */
#define SIM_GENESIS_BYTES_MAX           (64 * 1024 * 1024)
#define SIM_LAUNCHER_TEMPLATE_BYTES_MAX (64 * 1024) /* the deployed one has 588 bytes */

/* Later heights would bring nonces past 2^53, later times nanoseconds past 2^64. */
#define SIM_HEIGHT_MAX 1000000000ull
#define SIM_TIME_S_MAX 10000000000ull

/* The chain */
#define SIM_TX_VALIDITY_BLOCKS  86400 /* transaction_validity_period (near-rpc.md D.3) */
#define SIM_BLOCKS_KEPT         (SIM_TX_VALIDITY_BLOCKS + 2)
#define SIM_WORLDS_KEPT         2000 /* views at block_id reach back so far; cli.md asks for 1,000 */
#define SIM_ACCOUNTS_MAX        10000
#define SIM_ACCOUNT_KEYS_MAX    1000
#define SIM_POOL_MAX            1024          /* transactions that wait for a block */
#define SIM_TX_KEPT_MAX         65536         /* transactions whose outcome is remembered */
#define SIM_TX_KEPT_BYTES_MAX   (256ul << 20) /* and their size all together */
#define SIM_SNAPSHOTS_MAX       64
#define SIM_SNAPSHOT_NAME_MAX   64
#define SIM_ADVANCE_BLOCKS_MAX  200000 /* in one sim_advance */
#define SIM_ADVANCE_SECONDS_MAX (10ull * 365 * 86400)

#define SIM_RECORD_NAME_MAX 64 /* without .json */

/* Faults that sim_fault orders */
#define SIM_FAULTS_MAX         64
#define SIM_FAULT_COUNT_MAX    1000000
#define SIM_FAULT_DELAY_MS_MAX 60000
#define SIM_FAULT_BLOCKS_MAX   1000 /* views reach back further */
#define SIM_FAULT_METHOD_MAX   63
#define SIM_FAULT_MESSAGE_MAX  255

/* The chain in --data-dir */
#define SIM_STORE_BYTES_START       (16ul << 20) /* doubles when it is full */
#define SIM_STORE_BYTES_MAX         (64ul << 30)
#define SIM_STORE_CHECKPOINT_BLOCKS 1000 /* every so many a whole world, between them what changed */

#endif

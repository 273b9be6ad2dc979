/* Genesis files, and those beside them, as commands are given them. Shell. */
#ifndef MPC_CONTRACT_SIM_GENESIS_FILE_H
#define MPC_CONTRACT_SIM_GENESIS_FILE_H

#include "contract-sim/genesis.h"

typedef result_t genesis_parse_fn(const struct bytes *text, struct genesis *genesis, struct error *err);

/* Read a file and let `parse` take it into the genesis; its text stays in `text`. Nothing where `path` is
 * NULL. What file_read() and `parse` return, the path in front. */
MUST_USE result_t genesis_file_read(const char *path, genesis_parse_fn *parse, struct bytes *text,
                                    struct genesis *genesis, struct error *err);

/* Log a warning for each line of genesis_contract_defaults() or genesis_chain_defaults(). NO_MEMORY. */
MUST_USE result_t genesis_file_warn(const char *path, const struct genesis *genesis,
                                    result_t (*defaults)(const struct genesis *genesis, struct bytes *out));

#endif

/* What the subcommands share. */
#ifndef MPC_NODE_CMD_COMMON_H
#define MPC_NODE_CMD_COMMON_H

#include "common/bytes.h"
#include "common/keyshare.h"
#include "node/cmd.h"

/* CLEANUP() of a struct store *. */
void cmd_close_store(struct store **store);

/* Open the home's store as the options say; the daemon may have it open too. */
MUST_USE result_t cmd_open_store(const struct cmd_env *env, bool read_only, struct store **out,
                                 struct error *err);
/* For writing, and a Rust node's home as it is (struct store_options.unmended). */
MUST_USE result_t cmd_open_unmended(const struct cmd_env *env, struct store **out, struct error *err);

/* The stored set of --epoch, or of the highest one. Where none is stored, the only set that GET would look
 * into beside it (STORE_ATTEMPTS, other files of a Rust node's home). STORE_NOT_FOUND with a text that
 * says which sets there are and where; STORE_IO, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t cmd_load_held(const struct cmd_env *env, struct store *store, struct keyshares *out,
                                struct error *err);

/* The keyset in a file, as JSON. As file_read() and keyset_parse(); the path is in the text. */
MUST_USE result_t cmd_read_keyset(const char *path, struct keyset *out, struct error *err);

/* The result, whole or not at all. STORE_IO. */
MUST_USE result_t cmd_print(const struct cmd_env *env, const struct bytes *text, struct error *err);

/* Report what became of a set of shares, as a sentence or, with --json, as
 * {"outcome":"..","epoch_id":N,"keyshares":N,"digest":".."}. */
MUST_USE result_t cmd_print_set(const struct cmd_env *env, result_t result, const char *sentence,
                                const struct keyshares *shares, struct error *err);

#endif

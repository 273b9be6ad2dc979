/* The MPC contract as a pure function: state, context, method and arguments in; state and outcome out. It
 * reads no clock, file, socket or random byte, and there are no globals. The rules are contract.md's; every
 * method is one row of the table in rows.c.
 *
 * A result_t other than OK is about this program (memory) or about the genesis; what the contract answers,
 * refusals included, is a model_outcome. */
#ifndef MPC_CONTRACT_SIM_MODEL_MODEL_H
#define MPC_CONTRACT_SIM_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/near_tx.h"
#include "common/outcome.h"
#include "contract-sim/model/state.h"

/* Rules, the contract's account id, and the pool that the handles of its states point into. Not thread-safe.
 * A call that fails leaves the pool as it was, and so does a view. */
struct model;

/* The names of the profiles, in the order design, v3.14, v3.14+cancel; NULL
 * past the end (contract.md 0.2). */
const char *model_profile_name(size_t index);

/* The other words of the table, each NULL past its end: methods (views among them, and those that only some
 * rules have), enum paths of refusals (one may come more than once). */
const char *model_method_name(size_t index);
const char *model_error_name(size_t index);
/* Whether the method at `index` (below the end) is a view. */
bool model_method_is_view(size_t index);

/* A model with the rules of `profile`, deployed at `contract_id` (copied). CONFIG_INVALID for an unknown
 * profile, ACCOUNT_ID_INVALID, NO_MEMORY. Release with model_free(). */
MUST_USE result_t model_new(const char *profile, const char *contract_id, struct model **out,
                            struct error *err);
void model_free(struct model *model);
/* CLEANUP(model_free_ptr). */
void model_free_ptr(struct model **model);

/* Set one rule flag of contract.md 0.2: "has_cancel_node_migration=yes", "min_node_mgmt_deposit=1".
 * CONFIG_INVALID names the nearest flag, or all, or the values that this one takes. */
MUST_USE result_t model_rule_set(struct model *model, const char *setting, struct error *err);
/* Append one line "NAME=VALUE" per rule flag. */
MUST_USE result_t model_rules_write(const struct model *model, struct bytes *out);
/* The launcher's compose file with {{LAUNCHER_IMAGE_HASH}} and {{DEFAULT_IMAGE_DIGEST_HASH}} in it, from
 * which compose hashes are derived (contract.md 3.5). The text is copied. Without one the lists of compose
 * hashes stay empty: the deployed template is none of the model's rules. CONFIG_INVALID when one of the two
 * is missing or there is a 0 byte; NO_MEMORY. */
MUST_USE result_t model_launcher_template_set(struct model *model, const void *text, size_t len,
                                              struct error *err);
/* It; NULL without one. */
const char *model_launcher_template(const struct model *model, size_t *len);
const char *model_contract_id(const struct model *model);

/* The state in which nothing was called yet: NotInitialized. */
struct model_state model_state_empty(void);
/* Equality of two states of the same model. */
bool model_state_equal(const struct model_state *a, const struct model_state *b);

/* Build the first state from a parsed genesis file (cli.md): its "init_running" or its "state", with the
 * optional "migration_info", or a bare output of the `state` view in its place. Every participant gets the
 * genesis attestation (contract.md 3.2). What those do not tell may be given too:
 *   "attestations": [{"account_id", "tls_public_key", "account_public_key", "attestation": as get_attestation
 *     shows it}] in storage order, in place of the genesis attestations; "attestation_grants": {account: count};
 *   "config", "code_hash_votes", "launcher_hash_votes": the output of the views of these names;
 *   "allowed_images": [{"image_hash", "added_s"}], oldest first;
 *   "allowed_launchers": [{"launcher_hash", "expires_s", "compose_hashes": [..]}] in the order of their adding;
 *   "receipts": [{"method", "args": text}] that wait for the next block; "accepts_requests": true or false.
 * Other members are not looked at. CONFIG_INVALID or VIEW_MALFORMED, with the place or the contract's own
 * refusal in `err`. */
MUST_USE result_t model_genesis(struct model *model, struct json_object *genesis, uint64_t block_height,
                                uint64_t block_time_s, struct model_state *out, struct error *err);

/* Append the members of a genesis, without the braces, that gives this state back: "state" and all of the above.
 * NO_MEMORY. */
MUST_USE result_t model_genesis_write(struct model *model, const struct model_state *state,
                                      struct bytes *out);

/* Who calls, and when. */
struct model_context {
    struct account_id signer;
    struct near_public_key signer_public_key;
    struct account_id predecessor;
    struct u128 deposit; /* yoctoNEAR */
    uint64_t block_height;
    uint64_t block_time_s;
};

enum model_outcome_kind {
    MODEL_OK,                 /* `value` */
    MODEL_PANIC,              /* the guest panicked with `text`: contract errors, the SDK's, Rust panics */
    MODEL_METHOD_NOT_FOUND,   /* MethodResolveError(MethodNotFound) */
    MODEL_PROHIBITED_IN_VIEW, /* a call asked as a view; `text` is the host function that was refused */
};

#define MODEL_LOGS_MAX 4

/* What one call did. Zero-initialised is empty; release with
 * model_outcome_free(), which leaves it empty again. */
struct model_outcome {
    enum model_outcome_kind kind;
    /* Of MODEL_OK: the return value as JSON ("null" for nothing; no bytes at all
     * from init and init_running). */
    struct bytes value;
    /* Otherwise: the enum path as scenarios name it, e.g. "InvalidState::NotParticipant", "sdk:NoDeposit",
     * "MethodNotFound" (contract.md 2.4, 6); static. */
    const char *error;
    /* And the exact text (contract.md 2.4, 2.5). For a Rust panic its first line is the source position;
     * model_outcome_message() is what follows. */
    struct bytes text;
    struct bytes logs[MODEL_LOGS_MAX];
    size_t log_count;
    /* Excess deposit that a detached transfer sends back (contract.md 2.2). The full deposit of a failed call
     * is the chain's to return. */
    bool has_refund;
    struct account_id refund_to;
    struct u128 refund;
    size_t receipts_scheduled; /* self-calls added to the state's pending receipts */
};

/* `text` without a Rust panic's position; what scenarios match. */
const char *model_outcome_message(const struct model_outcome *outcome);
void model_outcome_free(struct model_outcome *outcome);

/* Call `method` with the raw argument bytes. *after is the new state; when the call failed (outcome->kind !=
 * MODEL_OK) or the result is not OK it equals *before byte for byte. `before` and `after` may be the same
 * object. A view called this way answers too. NO_MEMORY. */
MUST_USE result_t model_call(struct model *model, const struct model_state *before,
                             const struct model_context *context, const char *method, const void *args,
                             size_t args_len, struct model_state *after, struct model_outcome *outcome);

/* Ask a view (contract.md 4) at a height and time. NO_MEMORY. */
MUST_USE result_t model_view(struct model *model, const struct model_state *state, uint64_t block_height,
                             uint64_t block_time_s, const char *method, const void *args, size_t args_len,
                             struct model_outcome *outcome);

/* Receipts that wait for a later block (contract.md 1.4). At the start of a block the shell runs as many as
 * were pending then, each with model_receipt_run(). */
size_t model_receipts_pending(const struct model *model, const struct model_state *state);
/* The method of the first pending receipt; NULL without one. */
const char *model_receipt_method(const struct model *model, const struct model_state *state);
/* Its arguments; the caller has checked that one is pending. */
const void *model_receipt_args(const struct model *model, const struct model_state *state, size_t *len);
/* Take the first pending receipt and run it as a call by the contract itself. One that fails is gone all the
 * same and changes nothing else. The caller has checked that one is pending. NO_MEMORY, and then *after
 * equals *before. */
MUST_USE result_t model_receipt_run(struct model *model, const struct model_state *before,
                                    uint64_t block_height, uint64_t block_time_s, struct model_state *after,
                                    struct model_outcome *outcome);
/* All that are pending, in order, outcomes dropped: what a new block does (contract.md 6, `advance`). */
MUST_USE result_t model_receipts_run(struct model *model, const struct model_state *before,
                                     uint64_t block_height, uint64_t block_time_s, struct model_state *after);

/* The current members (in Resharing of the previous set), for the chain that gives each
 * an account. NULL past the end. */
const char *model_participant_account(const struct model *model, const struct model_state *state,
                                      size_t index);

/* Persistence. The pool only grows, and item i never changes: whoever stores states stores the
 * items in order, each once, and gives them back, in order, to a new model before it uses
 * those states. Items 0 .. count-1. States and items are as they lie in memory: whoever changes
 * state.h or types.h changes CHAIN_STORE_FORMAT (store/chain_store_internal.h) too. */
size_t model_pool_count(const struct model *model);
void model_pool_item(const struct model *model, size_t index, const void **data, size_t *len);
/* NO_MEMORY; STORE_CORRUPT when the item is not the next new one (it is known already). */
MUST_USE result_t model_pool_restore(struct model *model, const void *data, size_t len);

#endif

/* What the node and the backup client need of the contract's `state` and `migration_info` views (wire.md 5).
 * Reading tolerates unknown members; the simulator writes the full views itself. */
#ifndef MPC_COMMON_CONTRACT_VIEW_H
#define MPC_COMMON_CONTRACT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/outcome.h"

/* Limits on what a view may hold. A URL has none of its own: the contract takes any text, and one
 * participant's long one must not blind every node. */
#define CONTRACT_PARTICIPANTS_MAX 4096
#define MIGRATION_ACCOUNTS_MAX    16384

enum protocol_phase { PROTOCOL_NOT_INITIALIZED, PROTOCOL_INITIALIZING, PROTOCOL_RUNNING, PROTOCOL_RESHARING };

/* "NotInitialized", "Initializing", "Running", "Resharing". */
const char *protocol_phase_name(enum protocol_phase phase);

struct participant {
    struct account_id account_id;
    uint32_t id;
    char *url; /* owned */
    struct ed25519_public_key tls_public_key;
};

/* `keyset` is the one GET serves and PUT is judged by (design.md, "Differences"): Running's; in
 * Resharing the previous running one; in Initializing {epoch, generated keys}. `participants` is the set
 * that decides a node's status (wire.md 8.2): Running's, in Resharing the prospective one, in
 * Initializing that of the key event. */
struct protocol_view {
    enum protocol_phase phase;
    struct keyset keyset;
    struct participant *participants;
    size_t participant_count;
};

/* Parse the text of the `state` view; a contract_state.json saved by a CLI is the same. VIEW_MALFORMED, and
 * what json_parse and keyset_from_json return. */
MUST_USE result_t protocol_view_parse(const char *text, size_t len, struct protocol_view *out,
                                      struct error *err);
const struct participant *protocol_view_participant(const struct protocol_view *view,
                                                    const struct account_id *account_id);
void protocol_view_free(struct protocol_view *view);

struct destination_node {
    struct ed25519_public_key signer_account_pk;
    struct ed25519_public_key
        tls_public_key; /* "tls_public_key", or "sign_pk" as it was called before (wire.md 5.1) */
    char *url;          /* owned */
};

struct migration_entry {
    struct account_id account_id;
    bool has_backup_key;
    struct ed25519_public_key backup_key;
    bool has_destination;
    struct destination_node destination;
};

/* The whole map, in the view's order. Zero-initialised is empty. */
struct migration_view {
    struct migration_entry *entries;
    size_t count;
    size_t skipped;     /* entries that cannot be read */
    struct error cause; /* of the first of them */
};

/* Parse the text of the `migration_info` view. An entry that cannot be read is skipped, unless it is that of
 * the account `own`, or `own` is NULL: what somebody else has in the contract must not keep a node from its own
 * entry. VIEW_MALFORMED, and what json_parse returns. */
MUST_USE result_t migration_view_parse(const char *text, size_t len, const struct account_id *own,
                                       struct migration_view *out, struct error *err);
/* Exact: {account: [backup|null, destination|null], ...} in the order of the entries,
 * `tls_public_key` in the destination. */
MUST_USE result_t migration_view_write(const struct migration_view *view, struct bytes *out);
const struct migration_entry *migration_view_find(const struct migration_view *view,
                                                  const struct account_id *account_id);
void migration_view_free(struct migration_view *view);

#endif

/* The invariants of contract.md 7 as named predicates, with what is known of each profile. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_INVARIANTS_H
#define MPC_CONTRACT_SIM_EXPLORE_INVARIANTS_H

#include "contract-sim/explore/move.h"

/* What an invariant looks at. */
enum invariant_kind {
    INVARIANT_OF_STATE,   /* every state that is found: `after` */
    INVARIANT_OF_SUCCESS, /* every call or receipt that succeeds */
    INVARIANT_OF_REFUSAL, /* every one that is refused */
    INVARIANT_OF_ATTEMPT, /* every call before it is made; `after` equals `before` */
    INVARIANT_KINDS
};

/* One look. */
struct moment {
    const struct world *world;
    const struct model_state *before; /* NULL for a state alone */
    const struct model_state *after;
    enum world_method
        method; /* of a call; WORLD_METHODS for a receipt other than the sweep, and for a state */
    const struct prepared_call *call;
    uint64_t epoch_highest; /* of all that were proposed before; 0 for none */
};

typedef bool invariant_fn(const struct moment *moment);

/* Profiles, as bits in the order of model_profile_name(). */
#define PROFILE_BIT(index) (1u << (index))

struct invariant {
    const char *id;       /* "I5a" */
    const char *name;     /* "backups-belong-to-participants" */
    const char *sentence; /* what holds */
    enum invariant_kind kind;
    invariant_fn *holds;
    unsigned claimed;  /* profiles that it is claimed for; elsewhere it is not checked */
    unsigned breaks;   /* profiles in which it is known to break */
    size_t path;       /* actions of the shortest way there in the migration alphabet */
    bool only_by_name; /* costs too much to be checked unasked */
};

#define INVARIANTS_MAX 40

extern const struct invariant invariant_table[];
extern const size_t invariant_count;

/* The index of an invariant by its id or name. USAGE, with the nearest and all that there are. */
MUST_USE result_t invariant_find(const char *word, size_t *index, struct error *err);

invariant_fn invariant_migrations_only_in_running, invariant_tls_keys_unique,
    invariant_backups_of_participants, invariant_migrations_of_participants, invariant_kept_members_unchanged,
    invariant_keyset_matches_registry, invariant_resharing_epoch_above, invariant_ids_unique,
    invariant_no_record_of_outsider, invariant_entries_paid;
invariant_fn invariant_migration_calls_keep_protocol, invariant_epochs_increase,
    invariant_refusal_changes_nothing, invariant_conclude_sound, invariant_start_records_last,
    invariant_register_apart, invariant_leaving_clears, invariant_records_change_by_known_calls,
    invariant_keyset_grows, invariant_attempts_increase, invariant_resharing_ends_by_vote,
    invariant_cancel_restores, invariant_entries_keep_owner, invariant_records_leave_by_known_calls;
invariant_fn invariant_old_key_refused, invariant_foreign_caller_refused, invariant_calls_commute,
    invariant_conclude_in_two, invariant_running_by_cancels, invariant_no_conclude_after_return;

#endif

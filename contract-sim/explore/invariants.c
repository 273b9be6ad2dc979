#include "contract-sim/explore/invariants.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/nearest.h"

enum { DESIGN = PROFILE_BIT(0), V3_14 = PROFILE_BIT(1), V3_14_CANCEL = PROFILE_BIT(2) };
#define DEPLOYED (V3_14 | V3_14_CANCEL)
#define ALL      (DESIGN | DEPLOYED)

/* contract.md 7, in its words; the paths are those that it gives, counted in actions. */
const struct invariant invariant_table[] = {
    {"I1", "migrations-only-in-running", "ongoing_migrations non-empty implies Running", INVARIANT_OF_STATE,
     invariant_migrations_only_in_running, ALL, DEPLOYED, 2, false},
    {"I2", "migration-calls-keep-protocol",
     "no migration call changes account set, ids, next_id, threshold, epoch, keyset, domains",
     INVARIANT_OF_SUCCESS, invariant_migration_calls_keep_protocol, ALL, 0, 0, false},
    {"I3", "tls-keys-unique", "TLS keys unique within a participant set", INVARIANT_OF_STATE,
     invariant_tls_keys_unique, ALL, ALL, 2, false},
    {"I4", "epochs-increase", "prospective epoch ids strictly increase over time", INVARIANT_OF_SUCCESS,
     invariant_epochs_increase, ALL, ALL, 5, false},
    {"I5a", "backups-of-participants",
     "Running and no receipts pending: backup entries belong to participants", INVARIANT_OF_STATE,
     invariant_backups_of_participants, ALL, ALL, 6, false},
    {"I5b", "migrations-of-participants",
     "Running and no receipts pending: migration records belong to participants", INVARIANT_OF_STATE,
     invariant_migrations_of_participants, ALL, DEPLOYED, 4, false},
    {"I6", "kept-members-unchanged", "in Resharing, accounts in both sets have equal id and info",
     INVARIANT_OF_STATE, invariant_kept_members_unchanged, ALL, 0, 0, false},
    {"I7", "keyset-matches-registry", "Running: keyset domain ids equal registry ids, in order",
     INVARIANT_OF_STATE, invariant_keyset_matches_registry, ALL, 0, 0, false},
    {"I8", "resharing-epoch-above", "resharing epoch > running epoch", INVARIANT_OF_STATE,
     invariant_resharing_epoch_above, ALL, 0, 0, false},
    {"I9", "ids-unique", "participant ids unique and < next_id", INVARIANT_OF_STATE, invariant_ids_unique,
     ALL, 0, 0, false},
    {"I10", "no-record-of-outsider", "Running: no record for a non-participant", INVARIANT_OF_STATE,
     invariant_no_record_of_outsider, ALL, DEPLOYED, 3, false},
    {"I11", "refusal-changes-nothing", "failed call leaves state byte-identical", INVARIANT_OF_REFUSAL,
     invariant_refusal_changes_nothing, ALL, 0, 0, false},
    {"I12", "conclude-sound",
     "conclude ok implies, before: Running, participant, keyset, record, signer key, destination attested; "
     "after: "
     "record gone, info the record's, all else as before",
     INVARIANT_OF_SUCCESS, invariant_conclude_sound, ALL, 0, 0, false},
    {"I13", "start-records-last",
     "start ok implies record = last argument; two accounts' records never interact", INVARIANT_OF_SUCCESS,
     invariant_start_records_last, ALL, 0, 0, false},
    {"I14", "register-apart",
     "register is last-write-wins and never alters ongoing_migrations; start, cancel, conclude never alter "
     "backup_services_info",
     INVARIANT_OF_SUCCESS, invariant_register_apart, ALL, 0, 0, false},
    {"I15", "leaving-clears",
     "entering Resharing or Initializing empties ongoing_migrations in the same call; coming back never "
     "refills it",
     INVARIANT_OF_SUCCESS, invariant_leaving_clears, DESIGN, 0, 0, false},
    {"I16", "records-change-by-known-calls",
     "ongoing_migrations changes only through start, conclude, cancel, sweep", INVARIANT_OF_SUCCESS,
     invariant_records_change_by_known_calls, DEPLOYED, 0, 0, false},
    {"I17", "keyset-grows",
     "keyset.epoch_id never decreases; equal epochs imply one keyset is a prefix of the other",
     INVARIANT_OF_SUCCESS, invariant_keyset_grows, ALL, 0, 0, false},
    {"I18", "attempts-increase",
     "an attempt counts votes only while height < expires_on; attempt ids of one (epoch, domain) strictly "
     "increase",
     INVARIANT_OF_SUCCESS, invariant_attempts_increase, ALL, 0, 0, false},
    {"I19", "resharing-ends-by-vote",
     "Resharing ends only by: all proposed voted for every domain, or threshold previous members cancelled, "
     "or an "
     "all-voted re-proposal",
     INVARIANT_OF_SUCCESS, invariant_resharing_ends_by_vote, ALL, 0, 0, false},
    {"I20", "cancel-restores", "cancel of resharing returns the exact pre-resharing keyset and parameters",
     INVARIANT_OF_SUCCESS, invariant_cancel_restores, ALL, 0, 0, false},
    {"I21a", "entries-keep-owner", "attestation entries never change owner", INVARIANT_OF_SUCCESS,
     invariant_entries_keep_owner, ALL, 0, 0, false},
    {"I21b", "entries-paid", "attestation entries per account <= grants bought + genesis entries",
     INVARIANT_OF_STATE, invariant_entries_paid, ALL, 0, 0, false},
    {"I22", "old-key-refused", "after conclude, [A] fails for the old node key (unless equal to the new one)",
     INVARIANT_OF_SUCCESS, invariant_old_key_refused, ALL, 0, 0, false},
    {"I23", "foreign-caller-refused", "calls with signer != predecessor change nothing", INVARIANT_OF_ATTEMPT,
     invariant_foreign_caller_refused, ALL, 0, 0, false},
    {"I24", "migration-calls-commute",
     "register commutes with start, cancel, conclude of any account; migration calls of different accounts "
     "commute",
     INVARIANT_OF_STATE, invariant_calls_commute, ALL, 0, 0, true},
    {"L1", "conclude-in-two",
     "from any Running state a participant with a valid new attestation concludes in two calls",
     INVARIANT_OF_STATE, invariant_conclude_in_two, ALL, 0, 0, false},
    {"L2", "running-by-cancels",
     "from any Resharing state, with all previous members willing, Running is `threshold` calls away",
     INVARIANT_OF_STATE, invariant_running_by_cancels, ALL, 0, 0, false},
    {"L3", "no-conclude-after-return",
     "after every transition out of Running and back, no conclude succeeds without a new start",
     INVARIANT_OF_SUCCESS, invariant_no_conclude_after_return, DESIGN, 0, 0, false},
    {"L4", "records-leave-by-known-calls", "a record is never removed without concluding or being swept",
     INVARIANT_OF_SUCCESS, invariant_records_leave_by_known_calls, V3_14, 0, 0, false},
};
const size_t invariant_count = ARRAY_LEN(invariant_table);
_Static_assert(ARRAY_LEN(invariant_table) <= INVARIANTS_MAX, "INVARIANTS_MAX is too small");

result_t invariant_find(const char *word, size_t *index, struct error *err)
{
    struct nearest nearest = {.given = word, .given_len = strlen(word)};
    char ids[ERROR_TEXT_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < invariant_count; i++) {
        const struct invariant *invariant = &invariant_table[i];
        *index = i;
        if (strcasecmp(word, invariant->id) == 0 || strcasecmp(word, invariant->name) == 0)
            return OUTCOME_OK;
        nearest_try(&nearest, invariant->name);
        used += (size_t)snprintf(ids + used, sizeof ids - used, "%s%s", i ? ", " : "", invariant->id);
    }
    if (nearest.word)
        return error_set(err, OUTCOME_USAGE, "no invariant \"%s\"; did you mean %s? There are %s", word,
                         nearest.word, ids);
    return error_set(err, OUTCOME_USAGE, "no invariant \"%s\"; there are %s", word, ids);
}

#include "backup/backup.h"

#include "backup/secrets.h"

/* Proves that the backup opens and that its ids and public keys are those of contract_state.json. A private
 * share cannot be proved right from a public key (wire.md 4.2), and the report says no such thing; the digest
 * can be compared. */
result_t backup_verify(const struct options *options, struct report *report, struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error why = {0};
    TRY(backup_secrets_load(home_dir, &secrets, err));
    TRY(backup_load_shares(home_dir, &secrets.local_storage_key, &shares, err));
    TRY(backup_report_shares(report, &shares));
    TRY(backup_load_keyset(home_dir, &keyset, err));
    result_t result = keyshares_match_keyset(&shares, &keyset, &why);
    if (result == OUTCOME_KEYSHARES_MISMATCH)
        return error_set(err, OUTCOME_BACKUP_MISMATCH, "the backup does not match contract_state.json: %s",
                         why.text);
    TRY(result);
    return report_line(report,
                       "the backup opens, and its ids and public keys are those of contract_state.json");
}

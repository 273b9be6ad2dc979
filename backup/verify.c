#include "backup/backup.h"

#include "backup/receipts.h"
#include "backup/secrets.h"

/* The receipts in the home, against the shares in it and against each other. Without the backup encryption key
 * their digests of the shares cannot be made again, and are left out. */
static result_t verify_receipts(const struct options *options, const struct keyshares *shares,
                                struct report *report, struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    struct receipts_summary summary;
    bool given;
    TRY(backup_encryption_key_if_given(options, &key, &given, err));
    TRY(receipts_verify(option_text(options, BACKUP_HOME_DIR), shares, given ? &key : NULL, &summary, err));
    TRY(report_u64(report, "receipts", summary.kept));
    TRY(report_u64(report, "receipts_of_backup", summary.of_these));
    TRY(report_u64(report, "receipts_between", summary.apart));
    if (summary.kept == 0)
        return report_line(report, "no receipts are kept");
    TRY(report_line(
        report,
        "receipts kept: %zu (nodes: %zu, for this keyset: %zu); they hold, and do not contradict each other",
        summary.kept, summary.nodes, summary.of_these));
    if (summary.apart > 0)
        TRY(report_line(
            report,
            "given between them and not kept here: %llu, for deliveries of others or answers that did "
            "not arrive",
            (unsigned long long)summary.apart));
    if (summary.other_digest > 0)
        TRY(report_line(report,
                        "receipts for this keyset whose digest is another one: %zu; these nodes had another "
                        "backup encryption key, or were sent other key shares at first",
                        summary.other_digest));
    if (given || summary.of_these == 0)
        return OUTCOME_OK;
    return report_line(report, "their digests were not compared with the key shares: that takes the backup "
                               "encryption key");
}

struct verification {
    struct keyset keyset;
    struct keyshares shares;
};

static void verification_free(struct verification *verification)
{
    keyset_free(&verification->keyset);
    keyshares_free(&verification->shares);
}

/* Proves that the backup opens and that its ids and public keys are those of contract_state.json. A private
 * share cannot be proved right from a public key (wire.md 4.2), and the report says no such thing; the digest
 * can be compared. */
static result_t verify(const struct options *options, struct verification *out, struct report *report,
                       struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    struct error why = {0};
    TRY(backup_secrets_load(home_dir, &secrets, err));
    TRY(backup_find_shares(home_dir, &secrets.local_storage_key, &out->shares, err));
    TRY(backup_report_shares(report, &out->shares));
    TRY(backup_load_keyset(home_dir, &out->keyset, err));
    result_t result = keyshares_match_keyset(&out->shares, &out->keyset, &why);
    if (result == OUTCOME_KEYSHARES_MISMATCH)
        return error_set(err, OUTCOME_BACKUP_MISMATCH, "the backup does not match contract_state.json: %s",
                         why.text);
    TRY(result);
    TRY(report_line(report,
                    "the backup opens, and its ids and public keys are those of contract_state.json"));
    return verify_receipts(options, &out->shares, report, err);
}

result_t backup_verify(const struct options *options, struct report *report, struct error *err)
{
    CLEANUP(verification_free) struct verification verified = {0};
    bool drill = option_flag(options, BACKUP_DRILL);
    result_t result = verify(options, &verified, report, err);
    if (result != OUTCOME_OK)
        return drill ? error_prefix(err, result, BACKUP_DRILL_STEP, "verify") : result;
    if (!drill)
        return OUTCOME_OK;
    return backup_drill(option_text(options, BACKUP_HOME_DIR), &verified.shares, &verified.keyset, report,
                        err);
}

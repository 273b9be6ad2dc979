#include "backup/backup.h"

#include "backup/node_request.h"
#include "backup/secrets.h"
#include "common/os/random.h"
#include "common/seal.h"

/* Sealed for the wire under a fresh nonce, as the body of a request. */
static result_t make_request(const struct options *options, const struct keyshares *shares, struct bytes *out,
                             struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret plain = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    uint8_t nonce[SEAL_NONCE_LEN];
    TRY(backup_encryption_key(options, &key, err));
    TRY(keyshares_write(shares, &plain));
    TRY(random_bytes(nonce, sizeof nonce));
    TRY(seal_transport(&key, nonce, plain.data, plain.len, &sealed));
    return node_request_set_keyshares(&sealed, out);
}

/* With nothing to send it ends before it connects; backup-cli sends `[]`, which
 * means nothing (wire.md 6.3). */
result_t backup_put_keyshares(const struct options *options, struct report *report, struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    CLEANUP(http_response_free) struct http_response response = {0};
    struct node_peer peer;
    struct error why = {0};
    TRY(backup_secrets_load(home_dir, &secrets, err));
    result_t loaded = backup_load_shares(home_dir, &secrets.local_storage_key, &shares, &why);
    if (loaded != OUTCOME_OK)
        return error_set(err, loaded == OUTCOME_STORE_NOT_FOUND ? OUTCOME_NOTHING_TO_SEND : loaded, "%s",
                         why.text);
    TRY(backup_report_shares(report, &shares));
    TRY(node_peer_from_options(options, &secrets.p2p, &peer, err));
    TRY(make_request(options, &shares, &request, err));
    TRY(node_request_report(report, &response, node_request(&peer, &request, &response, err)));
    return report_line(report, "the node took the key shares");
}

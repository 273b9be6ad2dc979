#include "backup/backup.h"

#include "backup/node_request.h"
#include "backup/secrets.h"
#include "common/seal.h"

/* The shares in the answer, which have to be those that were asked for. */
static result_t open_answer(const struct http_response *response, const struct secret *key,
                            const struct keyset *keyset, struct keyshares *out, struct error *err)
{
    CLEANUP(secret_free) struct secret plain = {0};
    result_t result =
        unseal_transport(key, (const char *)response->body.data, response->body.len, &plain, err);
    if (result == OUTCOME_UNSEAL_FAILED)
        return error_prefix(err, result,
                            "the answer does not open; has the node another backup encryption key?");
    TRY(result);
    TRY(keyshares_parse((const char *)plain.data, plain.len, out, err));
    return keyshares_match_keyset(out, keyset, err);
}

static result_t fetch(const struct options *options, const struct backup_secrets *secrets,
                      const struct keyset *keyset, struct report *report, struct keyshares *out,
                      struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    CLEANUP(http_response_free) struct http_response response = {0};
    struct node_peer peer;
    TRY(backup_encryption_key(options, &key, err));
    TRY(node_peer_from_options(options, &secrets->p2p, &peer, err));
    TRY(node_request_get_keyshares(keyset, &request));
    TRY(node_request_report(report, &response, node_request(&peer, &request, &response, err)));
    return open_answer(&response, &key, keyset, out, err);
}

/* A second run with an equal result changes nothing and is fine, where backup-cli panics (wire.md 6.3). */
result_t backup_get_keyshares(const struct options *options, struct report *report, struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    TRY(backup_secrets_load(home_dir, &secrets, err));
    TRY(backup_load_keyset(home_dir, &keyset, err));
    TRY(fetch(options, &secrets, &keyset, report, &shares, err));
    TRY(backup_report_shares(report, &shares));
    result_t result = backup_store_shares(home_dir, &secrets.local_storage_key, &shares, err);
    return result == OUTCOME_OK ? OUTCOME_KEYSHARES_STORED : result;
}

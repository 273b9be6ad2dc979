#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/mpc_home.h"
#include "common/os/rpc.h"
#include "node/backup_key.h"
#include "node/config.h"
#include "node/identity.h"

static result_t check_home(const struct config *config, struct error *err)
{
    struct stat info;
    if (stat(config->home_dir, &info) != 0 || !S_ISDIR(info.st_mode))
        return error_set(err, OUTCOME_CONFIG_INVALID, "--home-dir: %s is not a directory", config->home_dir);
    if (access(config->home_dir, R_OK | W_OK | X_OK) != 0)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "--home-dir: %s cannot be read and written by this user", config->home_dir);
    return OUTCOME_OK;
}

/* Is there such a file in the home? */
static bool home_has(const struct config *config, const char *name)
{
    CLEANUP(free_text) char *path = file_path(config->home_dir, name);
    return path && file_exists(path);
}

static result_t check_secrets(const struct config *config, FILE *out, struct error *err)
{
    CLEANUP(identity_free) struct identity identity = {.responder_count = 0};
    char key[ED25519_KEY_TEXT_MAX];
    if (!home_has(config, "secrets.json")) {
        fprintf(out, "secrets.json     would be made\n");
        return OUTCOME_OK;
    }
    TRY(identity_load(config->home_dir, &identity, err));
    ed25519_public_key_format(&identity.p2p.public_key, key);
    fprintf(out, "P2P key          %s\n", key);
    ed25519_public_key_format(&identity.signer.public_key, key);
    fprintf(out, "signer key       %s\n", key);
    return OUTCOME_OK;
}

static result_t check_backup_key(const struct config *config, FILE *out, struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    if (config->backup_encryption_key.len > 0) {
        fprintf(out, "backup key       as given\n");
    } else if (home_has(config, "backup_encryption_key.hex")) {
        TRY(backup_key_load(config->home_dir, &key, err));
        fprintf(out, "backup key       of the home\n");
    } else {
        fprintf(out, "backup key       would be made\n");
    }
    return OUTCOME_OK;
}

static const char *store_in_use(const struct config *config)
{
    if (config->store_kind != STORE_AUTO)
        return store_kind_name(config->store_kind);
    return store_kind_name(mpc_home_is_one(config->home_dir) ? STORE_MPC_HOME : STORE_LMDB);
}

static void say_addresses(const struct config *config, FILE *out)
{
    char text[ADDRESS_TEXT_MAX];
    address_format(&config->listen, text);
    fprintf(out, "listen           %s, %u workers\n", text, config->workers);
    address_format(&config->telemetry, text);
    fprintf(out, "telemetry        %s\n", config->telemetry.len ? text : "off");
}

result_t config_check(const struct config *config, FILE *out, struct error *err)
{
    char url[RPC_URL_LEN_MAX];
    TRY(check_home(config, err));
    fprintf(out, "home             %s\n", config->home_dir);
    fprintf(out, "account          %s\n", config->account_id.text);
    fprintf(out, "contract         %s\n", config->contract_id.text);
    for (size_t i = 0; i < config->rpc_url_count; i++) {
        rpc_url_display(config->rpc_urls[i], url, sizeof url);
        fprintf(out, "NEAR RPC         %s\n", url);
    }
    TRY(check_secrets(config, out, err));
    TRY(check_backup_key(config, out, err));
    fprintf(out, "key share store  %s\n", store_in_use(config));
    say_addresses(config, out);
    fprintf(out, "poll interval    %llu ms\n", (unsigned long long)config->poll_interval_ms);
    if (config->max_view_age_ms)
        fprintf(out, "view age limit   %llu ms\n", (unsigned long long)config->max_view_age_ms);
    else
        fprintf(out,
                "view age limit   none: a revoked backup key stays valid while the RPC does not answer\n");
    return OUTCOME_OK;
}

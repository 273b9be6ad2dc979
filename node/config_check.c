#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/os/file.h"
#include "common/os/rpc.h"
#include "node/backup_key.h"
#include "node/config.h"
#include "node/identity.h"

/* What was found, as it grows: a line for people, or a member of one JSON object, for each fact. */
struct sheet {
    struct bytes out;
    bool json;
};

static result_t sheet_label(struct sheet *sheet, const char *label, const char *member)
{
    if (!sheet->json)
        return bytes_append_format(&sheet->out, "%-17s", label);
    return bytes_append_format(&sheet->out, "%s\"%s\":", sheet->out.len ? "," : "{", member);
}

static result_t sheet_text(struct sheet *sheet, const char *label, const char *member, const char *value)
{
    TRY(sheet_label(sheet, label, member));
    if (sheet->json)
        return json_write_text(value, strlen(value), &sheet->out);
    return bytes_append_format(&sheet->out, "%s\n", value);
}

static result_t sheet_number(struct sheet *sheet, const char *label, const char *member, uint64_t value,
                             const char *unit)
{
    TRY(sheet_label(sheet, label, member));
    return bytes_append_format(&sheet->out, "%" PRIu64 "%s", value, sheet->json ? "" : unit);
}

result_t config_check_home(const struct config *config, struct error *err)
{
    struct stat info;
    bool found = stat(config->home_dir, &info) == 0;
    if (found ? !S_ISDIR(info.st_mode) : errno == ENOENT || errno == ENOTDIR)
        return error_set(err, OUTCOME_CONFIG_INVALID, "--home-dir: %s is not a directory; make it first",
                         config->home_dir);
    if (found && access(config->home_dir, R_OK | W_OK | X_OK) == 0)
        return OUTCOME_OK;
    int error = errno;
    bool refused = error == EACCES || error == EROFS;
    return error_set(err, refused ? OUTCOME_CONFIG_INVALID : file_outcome(error),
                     "--home-dir: %s cannot be read and written by this user: %s", config->home_dir,
                     strerror(error));
}

/* Is there such a file in the home? */
static bool home_has(const struct config *config, const char *name)
{
    CLEANUP(free_text) char *path = file_path(config->home_dir, name);
    return path && file_exists(path);
}

static result_t check_urls(const struct config *config, struct sheet *sheet)
{
    char url[RPC_URL_LEN_MAX];
    if (sheet->json)
        TRY(sheet_label(sheet, "", "near_rpc_urls"));
    for (size_t i = 0; i < config->rpc_url_count; i++) {
        rpc_url_display(config->rpc_urls[i], url, sizeof url);
        if (!sheet->json) {
            TRY(sheet_text(sheet, "NEAR RPC", "", url));
            continue;
        }
        TRY(bytes_append_text(&sheet->out, i == 0 ? "[" : ","));
        TRY(json_write_text(url, strlen(url), &sheet->out));
    }
    return sheet->json ? bytes_append_text(&sheet->out, "]") : OUTCOME_OK;
}

static result_t check_secrets(const struct config *config, struct sheet *sheet, struct error *err)
{
    CLEANUP(identity_free) struct identity identity = {.responder_count = 0};
    char key[ED25519_KEY_TEXT_MAX];
    if (!home_has(config, "secrets.json"))
        return sheet_text(sheet, "secrets.json", "secrets", "would be made");
    TRY(identity_load(config->home_dir, &identity, err));
    TRY(sheet_text(sheet, "secrets.json", "secrets", "of the home"));
    ed25519_public_key_format(&identity.p2p.public_key, key);
    TRY(sheet_text(sheet, "P2P key", "p2p_public_key", key));
    ed25519_public_key_format(&identity.signer.public_key, key);
    return sheet_text(sheet, "signer key", "signer_public_key", key);
}

static result_t check_backup_key(const struct config *config, struct sheet *sheet, struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    const char *found = "would be made";
    if (config->backup_encryption_key.len > 0) {
        found = "as given";
    } else if (home_has(config, "backup_encryption_key.hex")) {
        TRY(backup_key_load(config->home_dir, &key, err));
        found = "of the home";
    }
    return sheet_text(sheet, "backup key", "backup_encryption_key", found);
}

static void close_store(struct store **store)
{
    store_close(*store);
}

/* Opening finds a secret store key that is not the store's, loading one that does not open the shares. */
static result_t check_store(const struct config *config, struct sheet *sheet, struct error *err)
{
    CLEANUP(close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct store_options options = {.home_dir = config->home_dir,
                                          .kind = config->store_kind,
                                          .key = &config->secret_store_key,
                                          .access = STORE_UNTOUCHED};
    TRY(store_open(&options, &store, err));
    TRY(sheet_text(sheet, "key share store", "keyshare_store", store_kind_name(store_kind(store))));
    result_t result = store_load(store, NULL, &shares, err);
    if (result != OUTCOME_STORE_NOT_FOUND)
        TRY(result);
    TRY(sheet_number(sheet, "key shares", "keyshares", shares.count, ""));
    if (shares.count > 0 && !sheet->json)
        TRY(bytes_append_format(&sheet->out, ", epoch %" PRIu64, shares.items[0].id.epoch_id));
    return sheet->json ? OUTCOME_OK : bytes_append_text(&sheet->out, "\n");
}

static result_t say_addresses(const struct config *config, struct sheet *sheet)
{
    char text[ADDRESS_TEXT_MAX];
    address_format(&config->listen, text);
    TRY(sheet_text(sheet, "listen", "listen", text));
    TRY(sheet_number(sheet, "workers", "workers", config->workers, "\n"));
    address_format(&config->telemetry, text);
    return sheet_text(sheet, "telemetry", "telemetry", config->telemetry.len ? text : "off");
}

static result_t say_times(const struct config *config, struct sheet *sheet)
{
    TRY(sheet_number(sheet, "poll interval", "poll_interval_ms", config->poll_interval_ms, " ms\n"));
    if (config->max_view_age_ms || sheet->json)
        return sheet_number(sheet, "view age limit", "max_view_age_ms", config->max_view_age_ms, " ms\n");
    return sheet_text(sheet, "view age limit", "",
                      "none: a revoked backup key stays valid while the RPC does not answer");
}

static result_t check_all(const struct config *config, struct sheet *sheet, struct error *err)
{
    TRY(config_check_home(config, err));
    TRY(sheet_text(sheet, "home", "home_dir", config->home_dir));
    TRY(sheet_text(sheet, "account", "account_id", config->account_id.text));
    TRY(sheet_text(sheet, "contract", "contract_id", config->contract_id.text));
    TRY(check_urls(config, sheet));
    TRY(check_secrets(config, sheet, err));
    TRY(check_backup_key(config, sheet, err));
    TRY(check_store(config, sheet, err));
    TRY(say_addresses(config, sheet));
    TRY(say_times(config, sheet));
    return sheet->json ? bytes_append_text(&sheet->out, ",\"outcome\":\"ok\"}\n") : OUTCOME_OK;
}

static void sheet_free(struct sheet *sheet)
{
    bytes_free(&sheet->out);
}

result_t config_check(const struct config *config, FILE *out, struct error *err)
{
    CLEANUP(sheet_free) struct sheet sheet = {.json = config->json};
    TRY(check_all(config, &sheet, err));
    if (fwrite(sheet.out.data, 1, sheet.out.len, out) != sheet.out.len || fflush(out) != 0)
        return error_set(err, OUTCOME_STORE_IO, "the result cannot be written");
    return OUTCOME_OK;
}

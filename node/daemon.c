#include "node/daemon.h"

#include <stdio.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "node/backup_key.h"
#include "node/process.h"

static result_t load_keys(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    bool made = false;
    char p2p[ED25519_KEY_TEXT_MAX];
    char signer[ED25519_KEY_TEXT_MAX];
    TRY(identity_load_or_make(config->home_dir, &daemon->identity, &made, err));
    ed25519_public_key_format(&daemon->identity.p2p.public_key, p2p);
    ed25519_public_key_format(&daemon->identity.signer.public_key, signer);
    if (made)
        log_info("made %s/secrets.json", config->home_dir);
    log_info("P2P public key %s, signer public key %s", p2p, signer);
    if (config->backup_encryption_key.len > 0)
        return secret_copy(&daemon->backup_encryption_key, config->backup_encryption_key.data,
                           config->backup_encryption_key.len);
    TRY(backup_key_load_or_make(config->home_dir, &daemon->backup_encryption_key, &made, err));
    if (made)
        log_info("made %s/backup_encryption_key.hex; give this key to the backup service", config->home_dir);
    return OUTCOME_OK;
}

static result_t open_store(struct daemon *daemon, struct error *err)
{
    const struct store_options options = {
        .home_dir = daemon->config->home_dir,
        .kind = daemon->config->store_kind,
        .key = &daemon->config->secret_store_key,
    };
    TRY(store_open(&options, &daemon->store, err));
    log_info("key share store: %s", store_kind_name(store_kind(daemon->store)));
    return OUTCOME_OK;
}

/* A single RPC is asked by the thread that wants to know, several by threads of their own. */
static result_t open_rpcs(const struct config *config, struct rpc_set *out, struct error *err)
{
    for (; out->count < config->rpc_url_count; out->count++) {
        const struct rpc_config rpc = {
            .url = config->rpc_urls[out->count],
            .allow_plain_http = config->allow_plain_http_rpc,
        };
        TRY(rpc_open(&rpc, &out->rpcs[out->count], err));
    }
    return panel_open(out->rpcs, out->count, out->count > 1, &out->panel, err);
}

static void close_rpcs(struct rpc_set *set)
{
    panel_close(set->panel);
    for (size_t i = 0; i < set->count; i++)
        rpc_close(&set->rpcs[i]);
}

static result_t start_watch(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    TRY(open_rpcs(config, &daemon->watch_rpcs, err));
    const struct chain_poll_options watch = {
        .account_id = &config->account_id,
        .contract_id = &config->contract_id,
        .panel = daemon->watch_rpcs.panel,
        .cell = &daemon->cell,
        .poll_interval_ms = config->poll_interval_ms,
        .max_view_age_ms = config->max_view_age_ms,
        .clock = chain_clock_system,
    };
    return chain_watch_start(&watch, &daemon->watch, err);
}

static result_t start_onboarding(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    TRY(open_rpcs(config, &daemon->driver_rpcs, err));
    const struct onboarding_runner_options driver = {
        .account_id = &config->account_id,
        .contract_id = &config->contract_id,
        .p2p_key = &daemon->identity.p2p.public_key,
        .signer = &daemon->identity.signer,
        .store = daemon->store,
        .cell = &daemon->cell,
        .panel = daemon->driver_rpcs.panel,
        .max_view_age_ms = config->max_view_age_ms,
        .clock = chain_clock_system,
    };
    return onboarding_driver_start(&driver, &daemon->driver, err);
}

static void on_staged(void *context)
{
    struct daemon *daemon = context;
    onboarding_notify_staged(daemon->driver);
}

static result_t start_front(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    struct front_limits limits = FRONT_LIMITS_DEFAULT;
    process_fit_connections(process_descriptors(), config->workers, &limits);
    const struct tls_front_options front = {
        .listen = config->listen,
        .workers = config->workers,
        .account_id = &config->account_id,
        .p2p_key = &daemon->identity.p2p,
        .backup_encryption_key = &daemon->backup_encryption_key,
        .cell = &daemon->cell,
        .store = daemon->store,
        .max_view_age_ms = config->max_view_age_ms,
        .limits = limits,
        .staged = on_staged,
        .staged_context = daemon,
    };
    return tls_front_start(&front, &daemon->front, err);
}

static result_t start_telemetry(struct daemon *daemon, struct error *err)
{
    const struct telemetry_source source = {daemon, daemon_refresh_metrics, daemon_facts, daemon_migrations};
    daemon->public_identity = (struct telemetry_identity){
        .p2p = daemon->identity.p2p.public_key,
        .signer = daemon->identity.signer.public_key,
        .responders = daemon->identity.responders,
        .responder_count = daemon->identity.responder_count,
    };
    if (daemon->config->telemetry.len == 0)
        return OUTCOME_OK;
    return telemetry_start(&daemon->config->telemetry, &daemon->public_identity, &source, &daemon->telemetry,
                           err);
}

/* Whoever waits for the port file finds it whole: it is put in place by a rename. */
static result_t write_port_file(const char *path, const char *listen, const char *telemetry,
                                struct error *err)
{
    char text[2 * ADDRESS_TEXT_MAX + 64];
    const char *quote = telemetry ? "\"" : "";
    int len = snprintf(text, sizeof text, "{\"listen\":\"%s\",\"telemetry\":%s%s%s}\n", listen, quote,
                       telemetry ? telemetry : "null", quote);
    return file_write(path, text, (size_t)len, err);
}

static result_t say_ready(struct daemon *daemon, struct error *err)
{
    struct address address;
    char listen[ADDRESS_TEXT_MAX];
    char telemetry[ADDRESS_TEXT_MAX] = "off";
    const char *port_file = daemon->config->port_file;
    tls_front_address(daemon->front, &address);
    address_format(&address, listen);
    if (daemon->telemetry) {
        telemetry_address(daemon->telemetry, &address);
        address_format(&address, telemetry);
    }
    if (port_file)
        TRY(write_port_file(port_file, listen, daemon->telemetry ? telemetry : NULL, err));
    log_info("ready: listening on %s, telemetry %s", listen, telemetry);
    return OUTCOME_OK;
}

static result_t start_all(struct daemon *daemon, struct error *err)
{
    TRY(config_check_home(daemon->config, err));
    TRY(home_lock_take(daemon->config->home_dir, &daemon->lock, err));
    TRY(load_keys(daemon, err));
    /* Large sets take their time to open, and so does the RPC to answer: neither waits for the other. */
    TRY(start_watch(daemon, err));
    TRY(open_store(daemon, err));
    TRY(start_onboarding(daemon, err));
    TRY(start_front(daemon, err));
    TRY(start_telemetry(daemon, err));
    return say_ready(daemon, err);
}

result_t daemon_start(const struct config *config, struct daemon *out, struct error *err)
{
    *out = (struct daemon){.config = config, .lock = LOCK_FILE_NONE};
    snapshot_cell_init(&out->cell);
    if (config->max_view_age_ms == 0)
        log_warn("--max-view-age-ms 0: a revoked backup key stays valid while the RPC does not answer");
    result_t result = start_all(out, err);
    if (result != OUTCOME_OK)
        daemon_stop(out);
    return result;
}

void daemon_drain(struct daemon *daemon, int done_fd)
{
    atomic_store(&daemon->stopping, true);
    tls_front_drain(daemon->front, done_fd);
}

void daemon_stop(struct daemon *daemon)
{
    atomic_store(&daemon->stopping, true);
    tls_front_stop(daemon->front);
    telemetry_stop(daemon->telemetry);
    onboarding_driver_stop(daemon->driver);
    chain_watch_stop(daemon->watch);
    close_rpcs(&daemon->driver_rpcs);
    close_rpcs(&daemon->watch_rpcs);
    store_close(daemon->store);
    snapshot_cell_free(&daemon->cell);
    secret_free(&daemon->backup_encryption_key);
    identity_free(&daemon->identity);
    lock_file_release(&daemon->lock);
}

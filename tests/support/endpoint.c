#include "tests/support/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/os/clock.h"
#include "common/seal.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define AWAIT_MS 10000

void endpoint_keypair(uint8_t byte, struct ed25519_keypair *out)
{
    uint8_t seed[ED25519_KEY_LEN];
    memset(seed, byte, sizeof seed);
    ck_assert_ok(ed25519_keypair_from_seed(seed, out));
}

struct chain_now endpoint_now(void)
{
    return (struct chain_now){(uint64_t)clock_wall_ms(), (uint64_t)clock_mono_ms()};
}

const struct chain_snapshot *endpoint_snapshot(enum protocol_phase phase, const struct keyset *keyset,
                                               const struct ed25519_public_key *backup_key,
                                               struct chain_now now)
{
    struct protocol_view protocol = {.phase = phase};
    if (keyset)
        sample_keyset_copy(keyset, &protocol.keyset);
    struct migration_view migrations = {0};
    if (backup_key) {
        migrations.entries = calloc(1, sizeof *migrations.entries);
        ck_assert_ptr_nonnull(migrations.entries);
        migrations.count = 1;
        migrations.entries->has_backup_key = true;
        migrations.entries->backup_key = *backup_key;
        ck_assert(
            account_id_set(&migrations.entries->account_id, ENDPOINT_ACCOUNT, strlen(ENDPOINT_ACCOUNT)));
    }
    const struct chain_block block = {.height = 100, .time_ms = now.wall_ms, .seen_mono_ms = now.mono_ms};
    const struct chain_snapshot *snapshot;
    ck_assert_ok(chain_snapshot_make(&block, &protocol, &migrations, &snapshot));
    return snapshot;
}

static void on_staged(void *context)
{
    struct endpoint *endpoint = context;
    atomic_fetch_add(&endpoint->staged, 1);
}

void endpoint_prepare(struct endpoint *endpoint)
{
    struct error err;
    uint8_t key[SEAL_TRANSPORT_KEY_LEN];
    CLEANUP(secret_free) struct secret store_key = {0};
    *endpoint = (struct endpoint){.height = 100};
    metrics_reset();
    ck_assert(account_id_set(&endpoint->account, ENDPOINT_ACCOUNT, strlen(ENDPOINT_ACCOUNT)));
    endpoint_keypair(0x11, &endpoint->node);
    endpoint_keypair(0x22, &endpoint->backup);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    ck_assert_ok(secret_copy(&endpoint->seal_key, key, sizeof key));
    ck_assert_ok(secret_copy(&store_key, key, SEAL_AT_REST_KEY_LEN));
    sample_keyset(5, 3, &endpoint->keyset);
    snapshot_cell_init(&endpoint->cell);
    endpoint->disk = memory_records_make();
    const struct store_options store = {
        .kind = STORE_LMDB, .key = &store_key, .records = memory_records_of(endpoint->disk)};
    ck_assert_ok_err(store_open(&store, &endpoint->store, &err), err);
    endpoint->options = (struct tls_front_options){
        .workers = 1,
        .account_id = &endpoint->account,
        .p2p_key = &endpoint->node,
        .backup_encryption_key = &endpoint->seal_key,
        .cell = &endpoint->cell,
        .store = endpoint->store,
        .max_view_age_ms = 60000,
        .limits = FRONT_LIMITS_DEFAULT,
        .staged = on_staged,
        .staged_context = endpoint,
    };
    ck_assert_ok(address_parse("127.0.0.1:0", &endpoint->options.listen, &err));
}

void endpoint_start(struct endpoint *endpoint)
{
    struct error err;
    ck_assert_ok_err(tls_front_start(&endpoint->options, &endpoint->front, &err), err);
    tls_front_address(endpoint->front, &endpoint->address);
}

void endpoint_open(struct endpoint *endpoint)
{
    endpoint_prepare(endpoint);
    endpoint_publish(endpoint, &endpoint->backup.public_key);
    endpoint_start(endpoint);
}

void endpoint_publish(struct endpoint *endpoint, const struct ed25519_public_key *backup_key)
{
    snapshot_cell_publish(&endpoint->cell,
                          endpoint_snapshot(PROTOCOL_RUNNING, &endpoint->keyset, backup_key, endpoint_now()));
}

void endpoint_close(struct endpoint *endpoint)
{
    tls_front_stop(endpoint->front);
    store_close(endpoint->store);
    memory_records_free(endpoint->disk);
    snapshot_cell_free(&endpoint->cell);
    keyset_free(&endpoint->keyset);
    secret_free(&endpoint->seal_key);
    ed25519_keypair_free(&endpoint->node);
    ed25519_keypair_free(&endpoint->backup);
}

void endpoint_await(enum metric_event event, result_t outcome, uint64_t times)
{
    int64_t until = clock_mono_ms() + AWAIT_MS;
    while (metric_outcome_count(event, outcome) < times && clock_mono_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    ck_assert_msg(metric_outcome_count(event, outcome) >= times, "%s was counted %llu times, not %llu",
                  outcome_of(outcome)->name, (unsigned long long)metric_outcome_count(event, outcome),
                  (unsigned long long)times);
}

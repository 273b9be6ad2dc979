/* `put DIR COUNT`: how long a PUT of three domains takes until it is durable, from the request's body to the answer,
 * without TLS and HTTP; and in turns with it, a bare LMDB put of as many bytes on the same disk. */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/seal.h"
#include "node/routes.h"
#include "node/store.h"

#define DOMAINS   3
#define EPOCH     5
#define COUNT_MAX 10000
/* A PUT replaces what was put before it; so does the bare one. */
#define BARE_KEYS 4

struct bench {
    struct secret store_key, seal_key;
    struct ed25519_keypair signer;
    struct route_context context;
    MDB_env *env;
    MDB_dbi dbi;
    int64_t put_us[COUNT_MAX], bare_us[COUNT_MAX];
};

static struct bench bench;

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "put: %s failed\n", what);
    exit(1);
}

static char *make_dir(const char *dir, const char *name)
{
    char *path = file_path(dir, name);
    check(path && mkdir(path, 0700) == 0, "making a folder");
    return path;
}

/* The public keys are arbitrary bytes: nobody decompresses an Ed25519 point here. */
static const struct chain_snapshot *make_snapshot(void)
{
    const struct chain_block block = {.height = 1, .time_ms = 1};
    struct protocol_view protocol = {.phase = PROTOCOL_RUNNING, .keyset = {.epoch_id = EPOCH}};
    struct migration_view migrations = {0};
    const struct chain_snapshot *snapshot = NULL;
    protocol.keyset.domains = calloc(DOMAINS, sizeof *protocol.keyset.domains);
    check(protocol.keyset.domains != NULL, "making a keyset");
    for (uint64_t i = 0; i < DOMAINS; i++) {
        struct keyset_domain *domain = &protocol.keyset.domains[protocol.keyset.count++];
        *domain = (struct keyset_domain){.domain_id = i, .key.curve = CURVE_ED25519};
        check(random_bytes(domain->key.bytes, ED25519_KEY_LEN) == OUTCOME_OK, "making a key");
    }
    check(chain_snapshot_make(&block, &protocol, &migrations, &snapshot) == OUTCOME_OK, "making a snapshot");
    return snapshot;
}

/* Other scalars each time. */
static void make_shares(struct keyshares *out)
{
    const struct keyset *keyset = &bench.context.snapshot->protocol.keyset;
    for (size_t i = 0; i < keyset->count; i++) {
        struct keyshare share = {.id = {EPOCH, keyset->domains[i].domain_id, 0}, .curve = CURVE_ED25519};
        uint8_t scalar[KEYSHARE_SCALAR_LEN];
        memcpy(share.public_key, keyset->domains[i].key.bytes, ED25519_KEY_LEN);
        check(random_bytes(scalar, sizeof scalar) == OUTCOME_OK, "making a scalar");
        scalar[sizeof scalar - 1] &= 0x0f; /* little-endian, below the group order */
        check(keyshares_add(out, &share, scalar) == OUTCOME_OK, "making shares");
    }
}

static void open_store_in(const char *dir)
{
    CLEANUP(free_text) char *home = make_dir(dir, "home");
    check(random_secret(&bench.store_key, SEAL_AT_REST_KEY_LEN) == OUTCOME_OK &&
              random_secret(&bench.seal_key, SEAL_TRANSPORT_KEY_LEN) == OUTCOME_OK &&
              random_keypair(&bench.signer) == OUTCOME_OK,
          "making keys");
    const struct store_options options = {.home_dir = home, .kind = STORE_LMDB, .key = &bench.store_key};
    bench.context = (struct route_context){
        .snapshot = make_snapshot(),
        .seal_key = &bench.seal_key,
        .p2p_key = &bench.signer,
        .now_ms = 1,
    };
    check(store_open(&options, &bench.context.store, NULL) == OUTCOME_OK, "opening the store");
}

static void open_bare(const char *dir)
{
    CLEANUP(free_text) char *path = make_dir(dir, "bare");
    MDB_txn *txn;
    check(mdb_env_create(&bench.env) == 0 && mdb_env_set_mapsize(bench.env, (size_t)16 << 20) == 0 &&
              mdb_env_open(bench.env, path, 0, 0600) == 0 && mdb_txn_begin(bench.env, NULL, 0, &txn) == 0 &&
              mdb_dbi_open(txn, NULL, 0, &bench.dbi) == 0 && mdb_txn_commit(txn) == 0,
          "opening a bare environment");
}

/* Another set each time, so that each one is written. Returns how many bytes the store keeps of it. */
static size_t put_once(unsigned round)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    CLEANUP(route_response_free) struct route_response response = {.status = 0};
    make_shares(&shares);
    check(keyshares_write(&shares, &json) == OUTCOME_OK &&
              random_bytes(bench.context.nonce, SEAL_NONCE_LEN) == OUTCOME_OK &&
              seal_transport(&bench.seal_key, bench.context.nonce, json.data, json.len, &body) == OUTCOME_OK,
          "sealing");
    const struct route_request request = {
        .method = "PUT", .target = "/set_keyshares", .body = (const char *)body.data, .body_len = body.len};
    int64_t start_us = clock_mono_us();
    route(&request, &bench.context, &response);
    bench.put_us[round] = clock_mono_us() - start_us;
    check(response.outcome == OUTCOME_KEYSHARES_STAGED, "a PUT");
    return json.len + response.receipt.len;
}

static void put_bare(unsigned round, size_t len)
{
    CLEANUP(bytes_free) struct bytes data = {0};
    char name[32];
    uint8_t *at;
    MDB_txn *txn;
    check(bytes_extend(&data, len, &at) == OUTCOME_OK && random_bytes(at, len) == OUTCOME_OK, "making bytes");
    snprintf(name, sizeof name, "staged/%016x", round % BARE_KEYS);
    MDB_val key = {strlen(name), name}, value = {len, at};
    int64_t start_us = clock_mono_us();
    check(mdb_txn_begin(bench.env, NULL, 0, &txn) == 0 && mdb_put(txn, bench.dbi, &key, &value, 0) == 0 &&
              mdb_txn_commit(txn) == 0,
          "a bare put");
    bench.bare_us[round] = clock_mono_us() - start_us;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static long long percentile(int64_t *us, unsigned count, unsigned percent)
{
    qsort(us, count, sizeof *us, compare);
    return (long long)us[(size_t)(count - 1) * percent / 100];
}

int main(int argc, char **argv)
{
    unsigned count = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (count == 0 || count > COUNT_MAX) {
        fprintf(stderr, "usage: put DIR COUNT\n");
        return 2;
    }
    open_store_in(argv[1]);
    open_bare(argv[1]);
    for (unsigned round = 0; round < count; round++)
        put_bare(round, put_once(round));
    printf("{\"put_p50_us\":%lld,\"put_p99_us\":%lld,\"bare_p50_us\":%lld,\"bare_p99_us\":%lld}\n",
           percentile(bench.put_us, count, 50), percentile(bench.put_us, count, 99),
           percentile(bench.bare_us, count, 50), percentile(bench.bare_us, count, 99));
    store_close(bench.context.store);
    chain_snapshot_unref(bench.context.snapshot);
    mdb_env_close(bench.env);
    return 0;
}

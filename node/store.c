#include "node/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "common/os/mount.h"
#include "common/os/mpc_home.h"
#include "node/store_internal.h"

void store_step(const struct store *store, const char *name)
{
    if (store->step)
        store->step(name);
}

/* Opening */

static result_t store_make_set(const struct store_options *options, const char *dir, struct stored_set **out,
                               struct error *err)
{
    enum store_kind kind = options->kind;
    bool is_mpc_home;
    if (kind == STORE_AUTO) {
        TRY(mpc_home_is_one(options->home_dir, &is_mpc_home, err));
        kind = is_mpc_home ? STORE_MPC_HOME : STORE_LMDB;
    }
    return kind == STORE_MPC_HOME ? stored_set_mpc_home(options, dir, out) : stored_set_lmdb(out);
}

/* A home that was empty when shares were stored with LMDB, and is a Rust node's now: they are not served. */
static result_t store_tell_hidden(struct store_txn *txn, const struct keyshares *current, struct error *err)
{
    struct record_numbers hidden;
    TRY(record_numbers(txn, STORE_SHELF_STORED, &hidden, err));
    uint64_t epoch_id = hidden.count ? hidden.at[hidden.count - 1] : 0;
    if (hidden.count == 0 || (current->count && current->items[0].id.epoch_id >= epoch_id))
        return OUTCOME_OK;
    log_warn("key shares of epoch %" PRIu64
             " were stored with --keyshare-store lmdb and are not seen with mpc-home: "
             "hand them over with `keyshares export --keyshare-store lmdb` and `keyshares import`",
             epoch_id);
    return OUTCOME_OK;
}

struct store_check_call {
    struct store *store;
    bool serves; /* else it is only read, and a damaged quarantine is no reason not to print what is stored */
};

static result_t store_check_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_check_call *call = context;
    struct store *store = call->store;
    CLEANUP(keyshares_free) struct keyshares read = {0};
    result_t result =
        call->serves ? store_see(store, txn, err) : store->set->ops->load(store->set, txn, NULL, &read, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    if (store_kind(store) != STORE_MPC_HOME)
        return OUTCOME_OK;
    return store_tell_hidden(txn, call->serves ? &store->seen.shares : &read, err);
}

/* Better said at the start than at the first import, which links its file from our folder into the Rust
 * node's and from there to `key`. */
static result_t store_check_mounts(const char *home, const char *dir, struct error *err)
{
    bool there, same = true;
    const char *apart = dir;
    CLEANUP(free_text) char *permanent = file_path(home, "permanent_keys");
    if (!permanent)
        return OUTCOME_NO_MEMORY;
    TRY(file_look(permanent, &there, err));
    TRY(mount_is_same(home, dir, &same, err));
    if (same && there) {
        apart = permanent;
        TRY(mount_is_same(home, permanent, &same, err));
    }
    if (same)
        return OUTCOME_OK;
    return error_set(
        err, OUTCOME_CONFIG_INVALID,
        "%s is another mount than %s: key shares are put in place with links, which do not reach from "
        "one to the other; mount the home as a whole",
        apart, home);
}

static result_t store_open_home(struct store *store, const struct store_options *options, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(options->home_dir, STORE_DIR_NAME);
    if (!dir)
        return OUTCOME_NO_MEMORY;
    bool there;
    TRY(file_look(options->home_dir, &there, err));
    if (!there)
        return error_set(err, OUTCOME_CONFIG_INVALID, "the home %s does not exist", options->home_dir);
    if (options->access == STORE_READ_WRITE) {
        TRY(file_make_dir(dir, err));
        /* Whoever made it: the home lock lies in it too, and does not care whether it lasts. */
        TRY(file_sync_dir(options->home_dir, err));
    }
    TRY(store_make_set(options, dir, &store->set, err));
    if (options->access == STORE_READ_WRITE && store_kind(store) == STORE_MPC_HOME)
        TRY(store_check_mounts(options->home_dir, dir, err));
    if (options->records)
        return store_db_use(options->records, options->key, options->access, &store->db, err);
    return store_db_open(dir, options->key, options->access, &store_db_size_default, &store->db, err);
}

static result_t store_open_parts(struct store *store, const struct store_options *options, struct error *err)
{
    if (!options->records || options->kind != STORE_LMDB)
        return store_open_home(store, options, err);
    TRY(stored_set_lmdb(&store->set));
    return store_db_use(options->records, options->key, options->access, &store->db, err);
}

result_t store_open(const struct store_options *options, struct store **out, struct error *err)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        return OUTCOME_NO_MEMORY;
    store->step = options->step;
    pthread_mutex_init(&store->seen.lock, NULL);
    result_t result = store_open_parts(store, options, err);
    if (result != OUTCOME_OK) {
        if (store->set)
            store->set->ops->close(store->set);
        free(store);
        return result;
    }
    if (options->access == STORE_READ_WRITE && !options->unmended)
        result = store_mend(store, err);
    /* A set that cannot be opened is better said at the start than at the first backup. */
    struct store_check_call check = {store, options->access == STORE_READ_WRITE};
    if (result == OUTCOME_OK)
        result = store_db_read(&store->db, store_check_work, &check, err);
    if (result != OUTCOME_OK) {
        store_close(store);
        return result;
    }
    *out = store;
    return OUTCOME_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->set->ops->close(store->set);
    store_db_close(&store->db);
    keyshares_free(&store->seen.shares);
    pthread_mutex_destroy(&store->seen.lock);
    free(store);
}

enum store_kind store_kind(const struct store *store)
{
    return store->set->ops->kind;
}

/* Reading the stored set */

struct store_load_call {
    struct store *store;
    const uint64_t *epoch;
    struct keyshares *out;
};

static result_t store_load_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_load_call *call = context;
    return call->store->set->ops->load(call->store->set, txn, call->epoch, call->out, err);
}

result_t store_load(struct store *store, const uint64_t *epoch, struct keyshares *out, struct error *err)
{
    struct store_load_call call = {store, epoch, out};
    return store_db_read(&store->db, store_load_work, &call, err);
}

/* Reading a shelf */

struct store_kept_call {
    const char *shelf;
    size_t age;
    struct keyshares *out;
};

static result_t store_load_kept_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_kept_call *call = context;
    struct record_numbers numbers;
    TRY(record_numbers(txn, call->shelf, &numbers, err));
    if (call->age >= numbers.count)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "no more key shares are %s", call->shelf);
    struct record_name name = record_name(call->shelf, numbers.at[numbers.count - 1 - call->age]);
    CLEANUP(secret_free) struct secret text = {0};
    TRY(record_get(txn, name.text, &text, err));
    return stored_set_parse(&text, name.text, call->out, err);
}

result_t store_load_kept(struct store *store, enum store_shelf shelf, size_t age, struct keyshares *out,
                         struct error *err)
{
    struct store_kept_call call = {store_shelf_name(shelf), age, out};
    return store_db_read(&store->db, store_load_kept_work, &call, err);
}

#include "contract-sim/store/chain_store.h"

#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "contract-sim/limits.h"
#include "contract-sim/store/chain_store_internal.h"

struct database_settings chain_store_settings(enum database_access access)
{
    return (struct database_settings){
        .what = CHAIN_STORE_WHAT,
        .access = access,
        .size = {.start = SIM_STORE_BYTES_START, .max = SIM_STORE_BYTES_MAX},
        .tables = CHAIN_TABLES,
    };
}

struct chain_store_mark chain_store_mark(const struct chain *chain, const struct sim_clock *clock)
{
    struct chain_store_mark mark = {.height = chain->blocks.head,
                                    .fork = chain->blocks.fork,
                                    .items = model_pool_count(chain->model),
                                    .snapshots = chain->snapshots_made,
                                    .clock = *clock};
    memcpy(mark.head, blocks_head(&chain->blocks)->hash, SHA256_LEN);
    return mark;
}

/* The line of `text` that is not in `other`, or NULL. */
static char *line_missing(const char *text, const char *other)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n") + 1;
        const char *found = memmem(other, strlen(other), line, len);
        while (found && found != other && found[-1] != '\n')
            found = memmem(found + 1, strlen(found + 1), line, len);
        if (!found)
            return strndup(line, len - 1);
    }
    return NULL;
}

/* Both identities are whole lines. */
static result_t compare_identity(const char *stored, const char *given, struct error *err)
{
    if (strcmp(stored, given) == 0)
        return OUTCOME_OK;
    CLEANUP(free_text) char *was = line_missing(stored, given);
    CLEANUP(free_text) char *is = line_missing(given, stored);
    return error_set(
        err, OUTCOME_CONFIG_INVALID,
        "it holds a chain that was made with %.160s, and this is %.160s; start it as it was made, or "
        "give an empty folder for a new chain",
        was ? was : "fewer rules", is ? is : "fewer rules");
}

static result_t get_text(const struct chain_table_txn *txn, const char *name, struct bytes *out,
                         struct error *err)
{
    struct chain_table_key key = chain_table_key_name(name);
    const void *data;
    size_t len;
    TRY(chain_table_get(txn, TABLE_META, &key, &data, &len, err));
    return bytes_append(out, data, len);
}

/* The format before anything else: nothing can be understood without it. */
static result_t check_chain(const struct chain_table_txn *txn, const struct bytes *identity,
                            struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(get_text(txn, META_FORMAT, &text, err));
    if (strcmp((const char *)text.data, CHAIN_STORE_FORMAT) != 0)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "it holds a chain of the format %.64s, and this version reads " CHAIN_STORE_FORMAT
                         "; use the version that made it, or give an empty folder for a new chain",
                         (const char *)text.data);
    bytes_clear(&text);
    TRY(get_text(txn, META_IDENTITY, &text, err));
    return compare_identity((const char *)text.data, (const char *)identity->data, err);
}

/* A database without tables is one in which nothing was committed yet. */
static result_t open_tables(struct database_txn *base, void *context, struct error *err)
{
    struct chain_store *store = context;
    struct chain_table_txn txn = {.tables = &store->tables, .base = base};
    result_t result = chain_tables_open(base, false, &store->tables, err);
    store->has_chain = result == OUTCOME_OK;
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    return check_chain(&txn, &store->identity, err);
}

static result_t open_steps(struct chain_store *store, const char *dir, const struct bytes *identity,
                           struct error *err)
{
    struct database_settings settings = chain_store_settings(DATABASE_READ_WRITE);
    TRY(bytes_append(&store->identity, identity->data, identity->len));
    TRY(lock_file_take(dir, dir, &store->lock, err));
    TRY(chain_store_probe(dir, err));
    TRY(database_open(dir, &settings, &store->database, err));
    /* Not read: LMDB forgets the tables that a reading transaction opened. */
    result_t result = database_write(&store->database, open_tables, store, err);
    if (result != OUTCOME_OK)
        database_close(&store->database);
    return result;
}

result_t chain_store_open(const char *dir, const struct bytes *identity, struct chain_store **out,
                          struct error *err)
{
    struct chain_store *store = calloc(1, sizeof *store);
    if (!store)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the chain store");
    store->lock = LOCK_FILE_NONE;
    result_t result = open_steps(store, dir, identity, err);
    if (result == OUTCOME_OK) {
        *out = store;
        return OUTCOME_OK;
    }
    lock_file_release(&store->lock);
    bytes_free(&store->identity);
    free(store);
    return result == OUTCOME_HOME_LOCKED ? result : error_prefix(err, result, "%s", dir);
}

void chain_store_close(struct chain_store *store)
{
    if (!store)
        return;
    database_close(&store->database);
    lock_file_release(&store->lock);
    bytes_free(&store->identity);
    free(store);
}

bool chain_store_has_chain(const struct chain_store *store)
{
    return store->has_chain;
}

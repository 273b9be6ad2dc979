#include "node/store_internal.h"

#define OUTBOX_NAME "outbox"

struct store_outbox_call {
    const void *data;
    size_t len;
    struct bytes *out;
};

static result_t store_outbox_put_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_outbox_call *call = context;
    return record_put(txn, OUTBOX_NAME, call->data, call->len, err);
}

result_t store_outbox_put(struct store *store, const void *data, size_t len, struct error *err)
{
    struct store_outbox_call call = {.data = data, .len = len};
    if (len > STORE_OUTBOX_BYTES_MAX)
        return error_set(err, OUTCOME_LIMIT, "an outbox record of %zu bytes; at most %u are kept", len,
                         STORE_OUTBOX_BYTES_MAX);
    TRY(store_db_write(&store->db, store_outbox_put_work, &call, err));
    store_step(store, "outbox written");
    return OUTCOME_OK;
}

static result_t store_outbox_get_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_outbox_call *call = context;
    CLEANUP(secret_free) struct secret data = {0};
    TRY(record_get(txn, OUTBOX_NAME, &data, err));
    return bytes_append(call->out, data.data, data.len);
}

result_t store_outbox_get(struct store *store, struct bytes *out, struct error *err)
{
    struct store_outbox_call call = {.out = out};
    return store_db_read(&store->db, store_outbox_get_work, &call, err);
}

static result_t store_outbox_clear_work(struct store_txn *txn, void *context, struct error *err)
{
    (void)context;
    return record_delete(txn, OUTBOX_NAME, err);
}

result_t store_outbox_clear(struct store *store, struct error *err)
{
    return store_db_delete(&store->db, store_outbox_clear_work, NULL, err);
}

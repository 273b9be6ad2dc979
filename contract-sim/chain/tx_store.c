#include "contract-sim/chain/tx_store.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/limits.h"

void receipt_outcome_free(struct receipt_outcome *outcome)
{
    bytes_free(&outcome->action);
    bytes_free(&outcome->value);
    bytes_free(&outcome->failure);
    for (size_t i = 0; i < outcome->log_count; i++)
        bytes_free(&outcome->logs[i]);
    free(outcome->logs);
    free(outcome->children);
    *outcome = (struct receipt_outcome){0};
}

result_t receipt_outcome_log(struct receipt_outcome *outcome, const struct bytes *line)
{
    struct bytes *grown = realloc(outcome->logs, (outcome->log_count + 1) * sizeof *grown);
    if (!grown)
        return OUTCOME_NO_MEMORY;
    outcome->logs = grown;
    grown[outcome->log_count] = (struct bytes){0};
    TRY(bytes_append(&grown[outcome->log_count], line->data, line->len));
    outcome->log_count++;
    return OUTCOME_OK;
}

result_t receipt_outcome_child(struct receipt_outcome *outcome, const uint8_t id[SHA256_LEN])
{
    uint8_t(*grown)[SHA256_LEN] = realloc(outcome->children, (outcome->child_count + 1) * sizeof *grown);
    if (!grown)
        return OUTCOME_NO_MEMORY;
    outcome->children = grown;
    memcpy(grown[outcome->child_count++], id, SHA256_LEN);
    return OUTCOME_OK;
}

static struct tx_record **bucket_of(struct tx_store *store, const uint8_t hash[SHA256_LEN])
{
    return &store->buckets[(hash[0] | (size_t)hash[1] << 8) % TX_STORE_BUCKETS];
}

static void record_free(struct tx_record *record)
{
    near_tx_free(&record->tx);
    bytes_free(&record->invalid);
    bytes_free(&record->fail_with);
    for (size_t i = 0; i < record->receipt_count; i++)
        receipt_outcome_free(&record->receipts[i]);
    free(record->receipts);
    free(record);
}

/* Take `record`, which *link points to in the list by age, out of the store. */
static void record_remove(struct tx_store *store, struct tx_record **link, struct tx_record *older)
{
    struct tx_record *record = *link;
    *link = record->newer;
    if (store->newest == record)
        store->newest = older;
    struct tx_record **in_bucket = bucket_of(store, record->hash);
    while (*in_bucket != record)
        in_bucket = &(*in_bucket)->next_in_bucket;
    *in_bucket = record->next_in_bucket;
    store->count--;
    store->bytes -= record->size;
    if (record->is_changed)
        LIST_REMOVE(record, in_changed);
    record_free(record);
}

void tx_store_changed(struct tx_store *store, struct tx_record *record)
{
    if (!record->is_changed)
        LIST_INSERT_HEAD(&store->changed, record, in_changed);
    record->is_changed = true;
}

void tx_store_saved(struct tx_store *store)
{
    while (!LIST_EMPTY(&store->changed)) {
        LIST_FIRST(&store->changed)->is_changed = false;
        LIST_REMOVE(LIST_FIRST(&store->changed), in_changed);
    }
}

static bool over_limit(const struct tx_store *store)
{
    return store->count > SIM_TX_KEPT_MAX || store->bytes > SIM_TX_KEPT_BYTES_MAX;
}

static void forget_oldest(struct tx_store *store)
{
    struct tx_record **link = &store->oldest;
    struct tx_record *older = NULL;
    while (*link && over_limit(store)) {
        if ((*link)->stage == TX_POOLED) {
            older = *link;
            link = &older->newer;
        } else {
            record_remove(store, link, older);
        }
    }
}

struct tx_record *tx_store_find(const struct tx_store *store, const uint8_t hash[SHA256_LEN])
{
    struct tx_record *record = store->buckets[(hash[0] | (size_t)hash[1] << 8) % TX_STORE_BUCKETS];
    while (record && memcmp(record->hash, hash, SHA256_LEN) != 0)
        record = record->next_in_bucket;
    return record;
}

result_t tx_store_add(struct tx_store *store, const uint8_t hash[SHA256_LEN], struct near_tx *tx,
                      const struct near_signature *signature, size_t size, struct tx_record **out)
{
    struct tx_record *record = calloc(1, sizeof *record);
    if (!record)
        return OUTCOME_NO_MEMORY;
    memcpy(record->hash, hash, SHA256_LEN);
    record->tx = *tx;
    *tx = (struct near_tx){0};
    record->signature = *signature;
    record->size = sizeof *record + size;
    struct tx_record **bucket = bucket_of(store, hash);
    record->next_in_bucket = *bucket;
    *bucket = record;
    if (store->newest)
        store->newest->newer = record;
    else
        store->oldest = record;
    store->newest = record;
    store->count++;
    store->bytes += record->size;
    record->number = ++store->last_number;
    tx_store_changed(store, record);
    forget_oldest(store);
    *out = record;
    return OUTCOME_OK;
}

static size_t outcome_size(const struct receipt_outcome *outcome)
{
    size_t size = sizeof *outcome + outcome->action.len + outcome->value.len + outcome->failure.len +
                  outcome->child_count * SHA256_LEN;
    for (size_t i = 0; i < outcome->log_count; i++)
        size += sizeof outcome->logs[i] + outcome->logs[i].len;
    return size;
}

result_t tx_store_receipt(struct tx_store *store, struct tx_record *record, struct receipt_outcome *outcome)
{
    struct receipt_outcome *grown = realloc(record->receipts, (record->receipt_count + 1) * sizeof *grown);
    if (!grown)
        return OUTCOME_NO_MEMORY;
    record->receipts = grown;
    size_t size = outcome_size(outcome);
    record->size += size;
    store->bytes += size;
    grown[record->receipt_count++] = *outcome;
    *outcome = (struct receipt_outcome){0};
    tx_store_changed(store, record);
    return OUTCOME_OK;
}

static void prune_receipts(struct tx_store *store, struct tx_record *record,
                           bool (*gone)(const void *, uint64_t, const uint8_t[SHA256_LEN]),
                           const void *context)
{
    size_t kept = record->receipt_count;
    while (kept &&
           gone(context, record->receipts[kept - 1].block_height, record->receipts[kept - 1].block_hash)) {
        size_t size = outcome_size(&record->receipts[--kept]);
        record->size -= size;
        store->bytes -= size;
        receipt_outcome_free(&record->receipts[kept]);
        tx_store_changed(store, record);
    }
    record->receipt_count = kept;
}

void tx_store_prune(struct tx_store *store,
                    bool (*gone)(const void *context, uint64_t block_height,
                                 const uint8_t block_hash[SHA256_LEN]),
                    const void *context)
{
    struct tx_record **link = &store->oldest;
    struct tx_record *older = NULL;
    while (*link) {
        struct tx_record *record = *link;
        if (record->stage == TX_INCLUDED && gone(context, record->block_height, record->block_hash)) {
            record_remove(store, link, older);
            continue;
        }
        prune_receipts(store, record, gone, context);
        older = record;
        link = &record->newer;
    }
}

void tx_store_free(struct tx_store *store)
{
    while (store->oldest) {
        struct tx_record *record = store->oldest;
        store->oldest = record->newer;
        record_free(record);
    }
    *store = (struct tx_store){0};
}

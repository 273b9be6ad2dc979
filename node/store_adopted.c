/* Which keyset the contract held when this node held its shares: the record that says of a set of shares that
 * it is the one that counts, and that a restore can be compared with when no RPC answers. */
#include <string.h>

#include "common/keys.h"
#include "node/store_internal.h"

/* "adopted/<epoch>": block height, digest of the shares, the keyset as JSON. */
#define SHELF      STORE_SHELF_ADOPTED
#define DIGEST_LEN (KEYSHARES_DIGEST_TEXT_LEN - 1)
/* The latest of them: its epoch, and what stands for its keyset, so that an import that finds nothing new
 * need not read the whole of it. */
#define LATEST_NAME STORE_ADOPTED_LATEST
#define LATEST_LEN  (8 + SHA256_LEN)

static result_t store_adopted_mark(const struct keyset *keyset, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes all = {0};
    uint8_t hash[SHA256_LEN];
    for (size_t i = 0; i < keyset->count; i++) {
        const struct keyset_domain *domain = &keyset->domains[i];
        TRY(bytes_append_u64le(&all, domain->domain_id));
        TRY(bytes_append_u64le(&all, domain->attempt));
        TRY(bytes_append_u8(&all, (uint8_t)domain->key.curve));
        TRY(bytes_append(&all, domain->key.bytes, domain_key_len(domain->key.curve)));
    }
    sha256(all.data, all.len, hash);
    TRY(bytes_append_u64le(out, keyset->epoch_id));
    return bytes_append(out, hash, sizeof(hash));
}

static result_t store_adopted_trim(struct store_txn *txn, uint64_t keep, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    size_t left = numbers.count;
    for (size_t i = 0; left > STORE_EPOCHS_MAX && i < numbers.count; i++) {
        if (numbers.at[i] == keep)
            continue;
        struct record_name name = record_name(SHELF, numbers.at[i]);
        TRY(record_delete(txn, name.text, err));
        left--;
    }
    return OUTCOME_OK;
}

static result_t store_adopted_write(struct store_txn *txn, const struct keyset *keyset,
                                    const struct keyshares *shares, uint64_t block_height, struct error *err)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    CLEANUP(bytes_free) struct bytes data = {0};
    struct record_name name = record_name(SHELF, keyset->epoch_id);
    TRY(keyshares_digest(shares, digest));
    TRY(bytes_append_u64le(&data, block_height));
    TRY(bytes_append(&data, digest, DIGEST_LEN));
    TRY(keyset_write(keyset, &data));
    TRY(record_put(txn, name.text, data.data, data.len, err));
    return store_adopted_trim(txn, keyset->epoch_id, err);
}

result_t store_adopted_note(struct store_txn *txn, const struct keyset *keyset,
                            const struct keyshares *shares, uint64_t block_height, struct error *err)
{
    CLEANUP(bytes_free) struct bytes mark = {0};
    CLEANUP(secret_free) struct secret latest = {0};
    if (keyset->count == 0)
        return OUTCOME_OK;
    TRY(store_adopted_mark(keyset, &mark));
    result_t found = record_get(txn, LATEST_NAME, &latest, err);
    if (found != OUTCOME_OK && found != OUTCOME_STORE_NOT_FOUND)
        return store_say_unreadable(found, SHELF, err);
    if (found == OUTCOME_OK && latest.len == mark.len && memcmp(latest.data, mark.data, mark.len) == 0)
        return OUTCOME_OK;
    TRY(store_adopted_write(txn, keyset, shares, block_height, err));
    return record_put(txn, LATEST_NAME, mark.data, mark.len, err);
}

static result_t store_adopted_decode(const struct secret *data, const char *name, struct store_adopted *out,
                                     struct error *err)
{
    struct cursor cursor = cursor_over(data->data, data->len);
    const uint8_t *digest, *text;
    size_t text_len;
    struct error why = {0};
    *out = (struct store_adopted){0};
    if (!cursor_u64le(&cursor, &out->block_height) || !cursor_take(&cursor, DIGEST_LEN, &digest))
        return error_set(err, OUTCOME_STORE_CORRUPT, "migration store: %s is no adopted keyset", name);
    memcpy(out->digest, digest, DIGEST_LEN);
    text_len = cursor_left(&cursor);
    result_t result = cursor_take(&cursor, text_len, &text)
                          ? keyset_parse((const char *)text, text_len, &out->keyset, &why)
                          : OUTCOME_INTERNAL;
    if (result == OUTCOME_OK || result == OUTCOME_NO_MEMORY)
        return result;
    return error_set(err, OUTCOME_STORE_CORRUPT, "migration store: %s: %s", name, why.text);
}

result_t store_adopted_read(struct store_txn *txn, uint64_t epoch_id, struct store_adopted *out,
                            struct error *err)
{
    CLEANUP(secret_free) struct secret data = {0};
    struct record_name name = record_name(SHELF, epoch_id);
    result_t result = record_get(txn, name.text, &data, err);
    if (result == OUTCOME_OK)
        result = store_adopted_decode(&data, name.text, out, err);
    return store_say_unreadable(result, SHELF, err);
}

result_t store_adopted_latest(struct store_txn *txn, uint64_t *epoch_id, struct error *err)
{
    CLEANUP(secret_free) struct secret latest = {0};
    result_t result = record_get(txn, LATEST_NAME, &latest, err);
    struct cursor cursor = cursor_over(latest.data, latest.len);
    if (result == OUTCOME_OK && (latest.len != LATEST_LEN || !cursor_u64le(&cursor, epoch_id)))
        result = error_set(err, OUTCOME_STORE_CORRUPT, "migration store: " LATEST_NAME " is damaged");
    return store_say_unreadable(result, SHELF, err);
}

result_t store_adopted_has(struct store_txn *txn, uint64_t epoch_id, bool *has, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    *has = false;
    for (size_t i = 0; i < numbers.count; i++)
        *has |= numbers.at[i] == epoch_id;
    return OUTCOME_OK;
}

static result_t store_adopted_get_work(struct store_txn *txn, void *context, struct error *err)
{
    uint64_t epoch_id;
    TRY(store_adopted_latest(txn, &epoch_id, err));
    return store_adopted_read(txn, epoch_id, context, err);
}

result_t store_adopted_get(struct store *store, struct store_adopted *out, struct error *err)
{
    return store_db_read(&store->db, store_adopted_get_work, out, err);
}

void store_adopted_free(struct store_adopted *adopted)
{
    keyset_free(&adopted->keyset);
}

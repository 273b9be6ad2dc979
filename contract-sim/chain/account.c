#include "contract-sim/chain/account.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/chain/protocol.h"
#include "contract-sim/limits.h"

static void access_free(struct near_access_key *access)
{
    for (size_t i = 0; i < access->method_count; i++)
        free(access->method_names[i]);
    free(access->method_names);
    free(access->receiver_id);
    *access = (struct near_access_key){0};
}

static bool methods_copy(const struct near_access_key *from, struct near_access_key *out)
{
    if (!from->method_count)
        return true;
    out->method_names = calloc(from->method_count, sizeof *out->method_names);
    if (!out->method_names)
        return false;
    for (; out->method_count < from->method_count; out->method_count++) {
        out->method_names[out->method_count] = strdup(from->method_names[out->method_count]);
        if (!out->method_names[out->method_count])
            return false;
    }
    return true;
}

/* On failure *out is empty. */
static bool access_copy(const struct near_access_key *from, struct near_access_key *out)
{
    *out = *from;
    out->receiver_id = NULL;
    out->method_names = NULL;
    out->method_count = 0;
    if (from->receiver_id)
        out->receiver_id = strdup(from->receiver_id);
    if ((!from->receiver_id || out->receiver_id) && methods_copy(from, out))
        return true;
    access_free(out);
    return false;
}

struct account *account_new(const struct account_id *id)
{
    struct account *account = calloc(1, sizeof *account);
    if (account) {
        account->refs = 1;
        account->id = *id;
    }
    return account;
}

struct account *account_copy(const struct account *account)
{
    struct account *copy = account_new(&account->id);
    if (!copy)
        return NULL;
    copy->balance = account->balance;
    for (size_t i = 0; i < account->key_count; i++) {
        if (account_key_add(copy, &account->keys[i].public_key, &account->keys[i].access) != OUTCOME_OK) {
            account_unref(copy);
            return NULL;
        }
    }
    return copy;
}

struct account *account_ref(struct account *account)
{
    account->refs++;
    return account;
}

void account_unref(struct account *account)
{
    if (!account || --account->refs)
        return;
    for (size_t i = 0; i < account->key_count; i++)
        access_free(&account->keys[i].access);
    free(account->keys);
    free(account);
}

struct account_key *account_key_find(const struct account *account, const struct near_public_key *public_key)
{
    for (size_t i = 0; i < account->key_count; i++)
        if (near_public_key_equal(&account->keys[i].public_key, public_key))
            return &account->keys[i];
    return NULL;
}

static bool keys_reserve(struct account *account)
{
    if (account->key_count < account->key_cap)
        return true;
    size_t cap = account->key_cap ? 2 * account->key_cap : 2;
    struct account_key *keys = realloc(account->keys, cap * sizeof *keys);
    if (!keys)
        return false;
    account->keys = keys;
    account->key_cap = cap;
    return true;
}

result_t account_key_add(struct account *account, const struct near_public_key *public_key,
                         const struct near_access_key *access)
{
    if (account->key_count == SIM_ACCOUNT_KEYS_MAX)
        return OUTCOME_LIMIT;
    if (!keys_reserve(account))
        return OUTCOME_NO_MEMORY;
    struct account_key *key = &account->keys[account->key_count];
    if (!access_copy(access, &key->access))
        return OUTCOME_NO_MEMORY;
    key->public_key = *public_key;
    account->key_count++;
    return OUTCOME_OK;
}

void account_key_remove(struct account *account, struct account_key *key)
{
    access_free(&key->access);
    struct account_key *end = account->keys + account->key_count--;
    memmove(key, key + 1, (size_t)(end - (key + 1)) * sizeof *key);
}

uint64_t account_storage_bytes(const struct account *account)
{
    uint64_t bytes = PROTOCOL_STORAGE_ACCOUNT_BYTES;
    for (size_t i = 0; i < account->key_count; i++) {
        const struct near_access_key *access = &account->keys[i].access;
        bytes += PROTOCOL_STORAGE_KEY_BYTES;
        for (size_t m = 0; m < access->method_count; m++)
            bytes += strlen(access->method_names[m]) + 4;
    }
    return bytes;
}

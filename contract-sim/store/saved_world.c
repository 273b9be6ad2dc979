#include <stdlib.h>
#include <string.h>

#include "contract-sim/store/saved.h"
#include "contract-sim/store/saved_parts.h"

enum { WORLD_WHOLE, WORLD_CHANGES };

static result_t put_access_key(const struct near_access_key *access, struct bytes *out)
{
    TRY(bytes_append_u64le(out, access->nonce));
    TRY(bytes_append_u8(out, access->full_access));
    TRY(bytes_append_u8(out, access->has_allowance));
    TRY(saved_put_u128(out, access->allowance));
    TRY(saved_put_text(out, access->receiver_id));
    TRY(bytes_append_u32le(out, (uint32_t)access->method_count));
    for (size_t i = 0; i < access->method_count; i++)
        TRY(saved_put_text(out, access->method_names[i]));
    return OUTCOME_OK;
}

static result_t put_account(const struct account *account, struct bytes *out)
{
    TRY(saved_put_text(out, account->id.text));
    TRY(saved_put_u128(out, account->balance));
    TRY(bytes_append_u32le(out, (uint32_t)account->key_count));
    for (size_t i = 0; i < account->key_count; i++) {
        TRY(saved_put_public_key(out, &account->keys[i].public_key));
        TRY(put_access_key(&account->keys[i].access, out));
    }
    return OUTCOME_OK;
}

/* Texts stay where they are: account_key_add() copies. */
static void borrow_text(char **out, const char *text)
{
    memcpy(out, &text, sizeof text);
}

static result_t take_method_names(struct cursor *from, struct near_access_key *out)
{
    const char *text;
    for (size_t i = 0; i < out->method_count; i++) {
        TAKE(saved_take_text(from, &text) && text);
        borrow_text(&out->method_names[i], text);
    }
    return OUTCOME_OK;
}

/* The list of names is ours. */
static void access_key_free(struct near_access_key *access)
{
    free(access->method_names);
}

static result_t take_key(struct cursor *from, struct account *account)
{
    CLEANUP(access_key_free) struct near_access_key access = {0};
    struct near_public_key public_key;
    const char *receiver;
    TAKE(saved_take_public_key(from, &public_key));
    TAKE(cursor_u64le(from, &access.nonce));
    TAKE(saved_take_bool(from, &access.full_access));
    TAKE(saved_take_bool(from, &access.has_allowance));
    TAKE(saved_take_u128(from, &access.allowance));
    TAKE(saved_take_text(from, &receiver));
    borrow_text(&access.receiver_id, receiver);
    TAKE(saved_take_count(from, &access.method_count));
    access.method_names = calloc(access.method_count + 1, sizeof(char *));
    if (!access.method_names)
        return OUTCOME_NO_MEMORY;
    TRY(take_method_names(from, &access));
    result_t result = account_key_add(account, &public_key, &access);
    return result == OUTCOME_LIMIT ? OUTCOME_STORE_CORRUPT : result;
}

static result_t fill_account(struct cursor *from, struct account *account)
{
    size_t count;
    TAKE(saved_take_u128(from, &account->balance));
    TAKE(saved_take_count(from, &count));
    for (size_t i = 0; i < count; i++)
        TRY(take_key(from, account));
    return OUTCOME_OK;
}

static result_t take_account(struct cursor *from, struct world *world)
{
    struct account_id id;
    TAKE(saved_take_account_id(from, &id));
    struct account *account = account_new(&id);
    if (!account)
        return OUTCOME_NO_MEMORY;
    result_t result = fill_account(from, account);
    if (result == OUTCOME_OK)
        result = world_account_put(world, account);
    if (result != OUTCOME_OK)
        account_unref(account);
    return result == OUTCOME_LIMIT ? OUTCOME_STORE_CORRUPT : result;
}

static result_t put_receipt(const struct chain_receipt *receipt, struct bytes *out)
{
    TRY(bytes_append_u8(out, (uint8_t)receipt->kind));
    TRY(bytes_append_u8(out, receipt->refund));
    TRY(bytes_append_u8(out, receipt->has_tx));
    TRY(bytes_append(out, receipt->tx_hash, SHA256_LEN));
    TRY(bytes_append(out, receipt->id, SHA256_LEN));
    TRY(saved_put_text(out, receipt->receiver.text));
    return saved_put_u128(out, receipt->amount);
}

static result_t take_receipt(struct cursor *from, struct world *world)
{
    struct chain_receipt receipt = {0};
    uint8_t kind;
    TAKE(cursor_u8(from, &kind) && kind <= RECEIPT_TRANSFER);
    receipt.kind = (enum receipt_kind)kind;
    TAKE(saved_take_bool(from, &receipt.refund));
    TAKE(saved_take_bool(from, &receipt.has_tx));
    TAKE(saved_take_copy(from, receipt.tx_hash, SHA256_LEN));
    TAKE(saved_take_copy(from, receipt.id, SHA256_LEN));
    TAKE(saved_take_account_id(from, &receipt.receiver));
    TAKE(saved_take_u128(from, &receipt.amount));
    return world_receipt_add(world, &receipt);
}

/* Accounts never go away and lie sorted by id, so that those of `since` are met in the same order. */
static bool is_in(const struct world *since, const struct account *account, size_t *at)
{
    while (since && *at < since->account_count && strcmp(since->accounts[*at]->id.text, account->id.text) < 0)
        ++*at;
    return since && *at < since->account_count && since->accounts[*at] == account;
}

static result_t put_accounts(const struct world *since, const struct world *world, struct bytes *out)
{
    size_t at = 0;
    for (size_t i = 0; i < world->account_count; i++) {
        if (is_in(since, world->accounts[i], &at))
            continue;
        TRY(bytes_append_u8(out, 1));
        TRY(put_account(world->accounts[i], out));
    }
    return bytes_append_u8(out, 0);
}

static result_t take_accounts(struct cursor *from, struct world *world)
{
    for (;;) { /* ends: every turn takes bytes */
        bool more;
        TAKE(saved_take_bool(from, &more));
        if (!more)
            return OUTCOME_OK;
        TRY(take_account(from, world));
    }
}

result_t saved_world_write(const struct world *since, const struct world *world, struct bytes *out)
{
    TRY(bytes_append_u8(out, since ? WORLD_CHANGES : WORLD_WHOLE));
    TRY(bytes_append(out, &world->contract, sizeof world->contract));
    TRY(bytes_append_u32le(out, (uint32_t)world->receipt_count));
    for (size_t i = 0; i < world->receipt_count; i++)
        TRY(put_receipt(&world->receipts[i], out));
    return put_accounts(since, world, out);
}

bool saved_world_is_whole(const void *data, size_t len)
{
    return len && *(const uint8_t *)data == WORLD_WHOLE;
}

static result_t fill_world(struct cursor *from, struct world *world)
{
    size_t count;
    TAKE(saved_take_copy(from, &world->contract, sizeof world->contract));
    world_receipts_drop(world, world->receipt_count);
    TAKE(saved_take_count(from, &count));
    for (size_t i = 0; i < count; i++)
        TRY(take_receipt(from, world));
    TRY(take_accounts(from, world));
    TAKE(!cursor_left(from));
    return OUTCOME_OK;
}

result_t saved_world_read(const void *data, size_t len, const struct world *since, struct world **out)
{
    struct cursor from = cursor_over(data, len);
    uint8_t form;
    TAKE(cursor_u8(&from, &form) && form == (since ? WORLD_CHANGES : WORLD_WHOLE));
    CLEANUP(world_unref_ptr) struct world *world = since ? world_fork(since) : world_new();
    if (!world)
        return OUTCOME_NO_MEMORY;
    TRY(fill_world(&from, world));
    *out = world;
    world = NULL;
    return OUTCOME_OK;
}

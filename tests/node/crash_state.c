#include "tests/node/crash_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/receipt.h"
#include "tests/support/support.h"

static PRINTF_LIKE(2, 3) void say(struct bytes *out, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ck_assert_ok(bytes_append_text(out, line));
}

static void say_set(struct bytes *out, const struct keyshares *shares)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(shares, digest));
    say(out, "%" PRIu64 " %s\n", shares->items[0].id.epoch_id, digest);
}

static result_t say_stored(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    result_t result = store_load(store, NULL, &shares, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    say_set(out, &shares);
    return OUTCOME_OK;
}

struct epochs {
    uint64_t ids[STORE_EPOCHS_MAX];
    size_t count;
};

/* Ascending and unique. */
static result_t visit_stored(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct epochs *epochs = (struct epochs *)context;
    size_t at = epochs->count;
    if (set->shelf != STORE_STORED)
        return OUTCOME_OK;
    uint64_t epoch_id = set->shares->items[0].id.epoch_id;
    while (at > 0 && epochs->ids[at - 1] > epoch_id)
        at--;
    if (at > 0 && epochs->ids[at - 1] == epoch_id)
        return OUTCOME_OK;
    ck_assert_uint_lt(epochs->count, ARRAY_LEN(epochs->ids));
    memmove(epochs->ids + at + 1, epochs->ids + at, (epochs->count++ - at) * sizeof epochs->ids[0]);
    epochs->ids[at] = epoch_id;
    return OUTCOME_OK;
}

static result_t say_epochs(struct store *store, struct bytes *out, struct error *err)
{
    struct epochs epochs = {.count = 0};
    TRY(store_each_set(store, visit_stored, &epochs, err));
    for (size_t i = 0; i < epochs.count; i++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        TRY(store_load(store, &epochs.ids[i], &shares, err));
        say_set(out, &shares);
    }
    return OUTCOME_OK;
}

struct attempts {
    struct bytes *out;
    struct keyshares current;
};

/* An attempt is kept before the stored set changes: until then it is there twice. */
static result_t visit_attempt(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct attempts *attempts = (struct attempts *)context;
    if (set->shelf == STORE_STORED && set->current)
        return keyshares_copy(set->shares, &attempts->current);
    if (set->shelf == STORE_ATTEMPTS && !keyshares_equal(set->shares, &attempts->current))
        say_set(attempts->out, set->shares);
    return OUTCOME_OK;
}

static result_t say_attempts(struct store *store, struct bytes *out, struct error *err)
{
    struct attempts attempts = {.out = out};
    result_t result = store_each_set(store, visit_attempt, &attempts, err);
    keyshares_free(&attempts.current);
    return result;
}

static result_t say_shelf(struct store *store, enum store_shelf shelf, struct bytes *out, struct error *err)
{
    say(out, "shelf %d\n", (int)shelf);
    for (size_t age = 0;; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = store_load_kept(store, shelf, age, &shares, err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            return OUTCOME_OK;
        TRY(result);
        say_set(out, &shares);
    }
}

static result_t say_adopted(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    result_t result = store_adopted_get(store, &adopted, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    say(out, "adopted %" PRIu64 " %s %" PRIu64 "\n", adopted.keyset.epoch_id, adopted.digest,
        adopted.block_height);
    return OUTCOME_OK;
}

static result_t say_kept(struct store *store, struct bytes *out, struct error *err)
{
    TRY(say_shelf(store, STORE_STAGED, out, err));
    TRY(say_shelf(store, STORE_SUPERSEDED, out, err));
    TRY(say_adopted(store, out, err));
    say(out, "outbox ");
    result_t result = store_outbox_get(store, out, err);
    return result == OUTCOME_STORE_NOT_FOUND ? OUTCOME_OK : result;
}

/* The oldest first, so that one more is at the end. */
static result_t say_receipts(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes receipt = {0};
    size_t count = 0;
    result_t result;
    while ((result = store_load_receipt(store, count, &receipt, err)) == OUTCOME_OK)
        count++;
    if (result != OUTCOME_STORE_NOT_FOUND)
        return result;
    CLEANUP(receipt_signed_free) struct receipt_signed before = {0};
    for (size_t age = count; age-- > 0;) {
        CLEANUP(receipt_signed_free) struct receipt_signed this = {0};
        TRY(store_load_receipt(store, age, &receipt, err));
        TRY(receipt_read((const char *)receipt.data, receipt.len, &this, err));
        if (age + 1 < count && receipt_link(&before, &this) != RECEIPT_LINKED)
            return error_set(err, OUTCOME_RECEIPT_INVALID, "a receipt does not follow the one before");
        receipt_signed_free(&before);
        before = this;
        this = (struct receipt_signed){0};
        ck_assert_ok(bytes_append(out, receipt.data, receipt.len));
        say(out, "\n");
    }
    return OUTCOME_OK;
}

static const struct {
    const char *name;
    result_t (*say)(struct store *store, struct bytes *out, struct error *err);
} parts[CRASH_PARTS] = {
    [CRASH_STORED] = {"the stored set", say_stored},
    [CRASH_EPOCHS] = {"the epochs", say_epochs},
    [CRASH_ATTEMPTS] = {"the attempts", say_attempts},
    [CRASH_KEPT] = {"staged, superseded, adopted and outbox", say_kept},
    [CRASH_RECEIPTS] = {"the receipts", say_receipts},
};

void crash_state_free(struct crash_state *state)
{
    for (size_t i = 0; i < CRASH_PARTS; i++)
        bytes_free(&state->parts[i]);
}

result_t crash_state_take(struct store *store, struct crash_state *out, struct error *err)
{
    for (size_t i = 0; i < CRASH_PARTS; i++)
        TRY(parts[i].say(store, &out->parts[i], err));
    return OUTCOME_OK;
}

static bool part_is(const struct crash_state *a, const struct crash_state *b, enum crash_part part)
{
    return a->parts[part].len == b->parts[part].len &&
           (a->parts[part].len == 0 ||
            memcmp(a->parts[part].data, b->parts[part].data, a->parts[part].len) == 0);
}

static size_t lines_of(const struct bytes *text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return lines;
}

/* A delivery that is repeated gets one more receipt; those after it follow that one. */
static bool receipts_are(const struct crash_state *found, const struct crash_state *expected, size_t repeats)
{
    size_t count = lines_of(&found->parts[CRASH_RECEIPTS]);
    size_t wanted = lines_of(&expected->parts[CRASH_RECEIPTS]);
    return part_is(found, expected, CRASH_RECEIPTS) ||
           (repeats > 0 && count >= wanted && count <= wanted + repeats);
}

bool crash_state_is(const struct crash_state *found, const struct crash_state *expected, enum crash_part part,
                    size_t repeats)
{
    return part == CRASH_RECEIPTS ? receipts_are(found, expected, repeats) : part_is(found, expected, part);
}

const char *crash_state_text(const struct crash_state *state, enum crash_part part)
{
    return state->parts[part].len ? (const char *)state->parts[part].data : "nothing\n";
}

const char *crash_part_name(enum crash_part part)
{
    return parts[part].name;
}

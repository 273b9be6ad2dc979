#include "backup/receipts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "common/os/mpc_home_files.h"
#include "common/receipt.h"

#define RECEIPTS_DIR_NAME "receipts"
#define PLACE_DIGITS      10
/* Two commands that keep a receipt at once want the same name. */
#define KEEP_TRIES 16
/* Longer apart, by the node's clock, than two deliveries at once can be. */
#define AT_ONCE_MS_MAX (10u * 60 * 1000)

struct place_name {
    char text[PLACE_DIGITS + sizeof ".json"];
};

static struct place_name place_name(unsigned long place)
{
    struct place_name name;
    snprintf(name.text, sizeof name.text, "%0*lu.json", PLACE_DIGITS, place);
    return name;
}

/* The place that a file's name says; 0 when it is no receipt of ours. */
static unsigned long place_of(const char *name)
{
    if (strspn(name, "0123456789") != PLACE_DIGITS || strcmp(name + PLACE_DIGITS, ".json") != 0)
        return 0;
    return strtoul(name, NULL, 10);
}

/* ---- keeping ----------------------------------------------------------------------------------------- */

struct places {
    size_t count;
    unsigned long last;
};

static result_t visit_place(const char *name, void *context, struct error *err)
{
    struct places *places = context;
    unsigned long place = place_of(name);
    (void)err;
    places->count += place > 0;
    if (place > places->last)
        places->last = place;
    return OUTCOME_OK;
}

static result_t keep_behind(const char *dir, unsigned long last, const struct bytes *envelope, char **path,
                            struct error *err)
{
    result_t result = OUTCOME_FILE_EXISTS;
    for (int tries = 0; tries < KEEP_TRIES && result == OUTCOME_FILE_EXISTS; tries++) {
        free_text(path);
        *path = file_path(dir, place_name(++last).text);
        if (!*path)
            return OUTCOME_NO_MEMORY;
        result = file_create(*path, envelope->data, envelope->len, err);
    }
    return result;
}

result_t receipts_keep(const char *home_dir, const struct bytes *envelope, char **path, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home_dir, RECEIPTS_DIR_NAME);
    struct places places = {.count = 0};
    *path = NULL;
    if (!dir)
        return OUTCOME_NO_MEMORY;
    TRY(file_make_dir(dir, err));
    TRY(file_sync_dir(home_dir, err));
    TRY(mpc_home_each(dir, visit_place, &places, err));
    /* Which of them will prove something is not known before it does, so that none is dropped for another. */
    if (places.count >= RECEIPTS_KEPT_MAX)
        return error_set(
            err, OUTCOME_LIMIT,
            "%s holds %zu receipts, as many as are kept, and none is dropped for another; move the "
            "oldest files, those with the lowest names, to an archive",
            dir, places.count);
    return keep_behind(dir, places.last, envelope, path, err);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

enum digest { DIGEST_NOT_COMPARED, DIGEST_SAME, DIGEST_OTHER };

struct kept {
    unsigned long place;
    struct receipt_signed receipt; /* without its domains, once they are compared */
    enum digest digest;            /* compared: it is for the keyset of the shares at hand */
};

struct kept_list {
    const char *dir;
    struct kept *items;
    size_t count;
    size_t cap;
};

static void kept_list_free(struct kept_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        receipt_signed_free(&list->items[i].receipt);
    free(list->items);
}

static result_t visit_kept(const char *name, void *context, struct error *err)
{
    struct kept_list *list = context;
    (void)err;
    if (place_of(name) == 0)
        return OUTCOME_OK;
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        struct kept *items = realloc(list->items, cap * sizeof *items);
        if (!items)
            return OUTCOME_NO_MEMORY;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = (struct kept){.place = place_of(name)};
    return OUTCOME_OK;
}

static result_t read_kept(const char *dir, struct kept *kept, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(dir, place_name(kept->place).text);
    CLEANUP(bytes_free) struct bytes text = {0};
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(file_read(path, RECEIPT_BYTES_MAX, &text, err));
    result_t result = receipt_read((const char *)text.data, text.len, &kept->receipt, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", path);
}

/* ---- the shares at hand ------------------------------------------------------------------------------ */

static bool is_of_keyset(const struct receipt *receipt, const struct receipt *expected)
{
    return receipt->epoch_id == expected->epoch_id &&
           memcmp(receipt->keyset_sha256, expected->keyset_sha256, SHA256_LEN) == 0;
}

static result_t describe_shares(const struct keyshares *shares, const struct secret *backup_key,
                                struct receipt *out)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    TRY(keyshares_keyset(shares, &keyset));
    return receipt_describe(&keyset, shares, backup_key, out);
}

static enum digest compare_digest(const struct receipt *receipt, const struct receipt *expected)
{
    return memcmp(receipt->shares_hmac, expected->shares_hmac, SHA256_LEN) == 0 ? DIGEST_SAME : DIGEST_OTHER;
}

static result_t check_each(struct kept_list *list, const struct receipt *expected, bool expect_digest,
                           struct receipts_summary *out, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct kept *kept = &list->items[i];
        TRY(read_kept(list->dir, kept, err));
        if (is_of_keyset(&kept->receipt.receipt, expected)) {
            result_t result = receipt_check(&kept->receipt.receipt, expected, false, err);
            if (result != OUTCOME_OK)
                return error_prefix(err, result, "%s/%s", list->dir, place_name(kept->place).text);
            if (expect_digest)
                kept->digest = compare_digest(&kept->receipt.receipt, expected);
            out->of_these++;
        }
        free(kept->receipt.receipt.domains);
        kept->receipt.receipt.domains = NULL;
    }
    return OUTCOME_OK;
}

/* ---- the chain of a node ----------------------------------------------------------------------------- */

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_key(const struct kept *a, const struct kept *b)
{
    return memcmp(a->receipt.key.bytes, b->receipt.key.bytes, ED25519_KEY_LEN);
}

static int by_place(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;
    int key = by_key(a, b);
    return key ? key : order(a->place, b->place);
}

static int by_number(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;
    int key = by_key(a, b);
    int number = order(a->receipt.receipt.number, b->receipt.receipt.number);
    return key ? key : number ? number : order(a->place, b->place);
}

/* What a node signed cannot both be true of one chain. */
static result_t contradiction(const char *dir, const struct kept *a, const struct kept *b, const char *what,
                              struct error *err)
{
    return error_set(
        err, OUTCOME_RECEIPT_INVALID,
        "%s: %s (receipt %" PRIu64 ") and %s (receipt %" PRIu64 ") are signed by one node and %s: "
        "it has lost, deleted or set aside receipts that it had given, or was restored from an older "
        "copy; keep both files, they prove it",
        dir, place_name(a->place).text, a->receipt.receipt.number, place_name(b->place).text,
        b->receipt.receipt.number, what);
}

/* Numbers that go down while the node's own clock goes up. The clock alone would not do: it may have been set
 * back; nor would the order in which they came: of two commands at once either may be the first to keep its
 * receipt, and either delivery the first to be written. */
static bool goes_back(const struct receipt *before, const struct receipt *after)
{
    return after->number < before->number && after->durable_at_ms > before->durable_at_ms &&
           after->durable_at_ms - before->durable_at_ms > AT_ONCE_MS_MAX;
}

static result_t check_arrivals(const struct kept_list *list, struct error *err)
{
    const struct kept *highest = list->items;
    qsort(list->items, list->count, sizeof *list->items, by_place);
    for (const struct kept *at = list->items; at < list->items + list->count; at++) {
        if (by_key(highest, at) != 0 || at->receipt.receipt.number > highest->receipt.receipt.number)
            highest = at;
        else if (goes_back(&highest->receipt.receipt, &at->receipt.receipt))
            return contradiction(list->dir, highest, at, "the later one has the lower number", err);
    }
    return OUTCOME_OK;
}

static result_t check_links(const struct kept_list *list, struct receipts_summary *out, struct error *err)
{
    qsort(list->items, list->count, sizeof *list->items, by_number);
    for (size_t i = 0; i < list->count; i++) {
        const struct kept *after = &list->items[i];
        const struct kept *before = i > 0 ? after - 1 : NULL;
        if (!before || by_key(before, after) != 0) {
            out->nodes++;
            continue;
        }
        switch (receipt_link(&before->receipt, &after->receipt)) {
        case RECEIPT_CONTRADICTS:
            return contradiction(list->dir, before, after, "do not belong to one chain", err);
        case RECEIPT_APART:
            out->apart += after->receipt.receipt.number - before->receipt.receipt.number - 1;
            break;
        default:
            break;
        }
    }
    return OUTCOME_OK;
}

/* ---- the digests of a node ---------------------------------------------------------------------------- */

static result_t refuse_digest(const char *dir, const struct kept *kept, const struct receipt *expected,
                              struct error *err)
{
    struct kept again = {.place = kept->place};
    result_t result = read_kept(dir, &again, err);
    if (result == OUTCOME_OK) {
        result = receipt_check(&again.receipt.receipt, expected, true, err);
        result = error_prefix(err, result, "%s/%s", dir, place_name(kept->place).text);
    }
    receipt_signed_free(&again.receipt);
    return result;
}

/* The receipts of one node, `count` from `first` on, by number. *last_other: its last one about the keyset has
 * another digest. True when one of them has the same. */
static bool look_at_node(const struct kept *first, size_t count, const struct kept **last_other,
                         struct receipts_summary *out)
{
    bool same = false;
    *last_other = NULL;
    for (const struct kept *kept = first; kept < first + count; kept++) {
        if (kept->digest == DIGEST_NOT_COMPARED)
            continue;
        same |= kept->digest == DIGEST_SAME;
        *last_other = kept->digest == DIGEST_OTHER ? kept : NULL;
        out->other_digest += kept->digest == DIGEST_OTHER;
    }
    return same;
}

static size_t count_of_node(const struct kept_list *list, size_t first)
{
    size_t end = first;
    while (end < list->count && by_key(&list->items[first], &list->items[end]) == 0)
        end++;
    return end - first;
}

/* Each node may have a backup encryption key of its own, and a new one at any time: under the key that is given,
 * the digests in the other receipts are other ones. So the last receipt of a node counts once one of its receipts
 * shows that the key is or was its own; and some node's has to be the same. The list is by node and number. */
static result_t check_digests(const struct kept_list *list, const struct receipt *expected,
                              struct receipts_summary *out, struct error *err)
{
    const struct kept *other = NULL;
    bool any_same = false;
    for (size_t i = 0, count; i < list->count; i += count) {
        const struct kept *last_other;
        count = count_of_node(list, i);
        bool same = look_at_node(&list->items[i], count, &last_other, out);
        if (same && last_other)
            return refuse_digest(list->dir, last_other, expected, err);
        any_same |= same;
        other = last_other ? last_other : other;
    }
    return any_same || !other ? OUTCOME_OK : refuse_digest(list->dir, other, expected, err);
}

result_t receipts_verify(const char *home_dir, const struct keyshares *shares,
                         const struct secret *backup_key, struct receipts_summary *out, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home_dir, RECEIPTS_DIR_NAME);
    CLEANUP(kept_list_free) struct kept_list list = {.dir = dir};
    CLEANUP(receipt_free) struct receipt expected = {0};
    *out = (struct receipts_summary){0};
    if (!dir)
        return OUTCOME_NO_MEMORY;
    TRY(mpc_home_each(dir, visit_kept, &list, err));
    out->kept = list.count;
    if (list.count == 0)
        return OUTCOME_OK;
    TRY(describe_shares(shares, backup_key, &expected));
    TRY(check_each(&list, &expected, backup_key != NULL, out, err));
    TRY(check_arrivals(&list, err));
    TRY(check_links(&list, out, err));
    return check_digests(&list, &expected, out, err);
}

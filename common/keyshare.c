#include "common/keyshare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "common/keys.h"
#include "common/secp256k1.h"

size_t keyshare_public_key_len(enum curve curve)
{
    return curve == CURVE_SECP256K1 ? SECP256K1_COMPRESSED_LEN : domain_key_len(curve);
}

result_t keyshare_domain_key(const struct keyshare *share, struct domain_key *out)
{
    *out = (struct domain_key){.curve = share->curve};
    if (share->curve != CURVE_SECP256K1) {
        memcpy(out->bytes, share->public_key, domain_key_len(share->curve));
        return OUTCOME_OK;
    }
    result_t result = secp256k1_decompress(share->public_key, out->bytes);
    return result == OUTCOME_KEY_MALFORMED ? OUTCOME_KEYSHARES_MALFORMED : result;
}

result_t keyshares_reserve(struct keyshares *shares, size_t count)
{
    if (count <= shares->cap)
        return OUTCOME_OK;
    struct keyshare *items = realloc(shares->items, count * sizeof *items);
    if (!items)
        return OUTCOME_NO_MEMORY;
    shares->items = items;
    shares->cap = count;
    return OUTCOME_OK;
}

result_t keyshares_add(struct keyshares *shares, const struct keyshare *share,
                       const uint8_t scalar[KEYSHARE_SCALAR_LEN])
{
    if (shares->count == shares->cap)
        TRY(keyshares_reserve(shares, shares->cap ? 2 * shares->cap : 4));
    TRY(secret_append(&shares->scalars, scalar, KEYSHARE_SCALAR_LEN));
    shares->items[shares->count++] = *share;
    return OUTCOME_OK;
}

result_t keyshares_copy(const struct keyshares *shares, struct keyshares *out)
{
    CLEANUP(keyshares_free) struct keyshares copy = {0};
    *out = copy;
    TRY(keyshares_reserve(&copy, shares->count));
    TRY(secret_copy(&copy.scalars, shares->scalars.data, shares->scalars.len));
    if (shares->count)
        memcpy(copy.items, shares->items, shares->count * sizeof *copy.items);
    copy.count = shares->count;
    *out = copy;
    copy = (struct keyshares){0};
    return OUTCOME_OK;
}

void keyshares_free(struct keyshares *shares)
{
    if (!shares)
        return;
    free(shares->items);
    secret_free(&shares->scalars);
    *shares = (struct keyshares){0};
}

result_t keyshares_index(const struct keyshares *shares, struct id_index *out)
{
    const uint64_t *first = shares->count ? &shares->items[0].id.domain_id : NULL;
    return id_index_make(first, shares->count, sizeof *shares->items, out);
}

static bool keyshares_sorted(const struct keyshares *shares)
{
    for (size_t i = 1; i < shares->count; i++)
        if (shares->items[i - 1].id.domain_id > shares->items[i].id.domain_id)
            return false;
    return true;
}

result_t keyshares_sort(struct keyshares *shares)
{
    if (keyshares_sorted(shares)) /* what was stored is, and its scalars need not be copied then */
        return OUTCOME_OK;
    CLEANUP(id_index_free) struct id_index index = {0};
    CLEANUP(keyshares_free) struct keyshares sorted = {0};
    TRY(keyshares_index(shares, &index));
    TRY(keyshares_reserve(&sorted, shares->count));
    for (size_t i = 0; i < index.count; i++) {
        size_t at = index.entries[i].at;
        TRY(keyshares_add(&sorted, &shares->items[at], keyshare_scalar(shares, at)));
    }
    struct keyshares unsorted = *shares;
    *shares = sorted;
    sorted = unsorted;
    return OUTCOME_OK;
}

result_t keyshares_check_set(const struct keyshares *shares, struct error *err)
{
    if (shares->count == 0)
        return error_set(err, OUTCOME_KEYSHARES_EMPTY, "the array holds no key shares");
    uint64_t epoch_id = shares->items[0].id.epoch_id;
    for (size_t i = 1; i < shares->count; i++) {
        if (shares->items[i].id.epoch_id != epoch_id)
            return error_set(err, OUTCOME_KEYSHARES_MALFORMED,
                             "keyshares[%zu] is of epoch %" PRIu64 ", keyshares[0] of epoch %" PRIu64, i,
                             shares->items[i].id.epoch_id, epoch_id);
    }
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(shares, &index));
    size_t first, second;
    if (id_index_duplicate(&index, &first, &second))
        return error_set(err, OUTCOME_KEYSHARES_MALFORMED,
                         "keyshares[%zu] and [%zu] are both of domain %" PRIu64, first, second,
                         shares->items[second].id.domain_id);
    return OUTCOME_OK;
}

result_t keyshares_keyset(const struct keyshares *shares, struct keyset *out)
{
    CLEANUP(id_index_free) struct id_index order = {0};
    CLEANUP(keyset_free) struct keyset keyset = {.epoch_id = shares->items[0].id.epoch_id};
    *out = (struct keyset){0};
    TRY(keyshares_index(shares, &order));
    keyset.domains = calloc(order.count, sizeof *keyset.domains);
    if (!keyset.domains)
        return OUTCOME_NO_MEMORY;
    for (; keyset.count < order.count; keyset.count++) {
        const struct keyshare *share = &shares->items[order.entries[keyset.count].at];
        struct keyset_domain *domain = &keyset.domains[keyset.count];
        domain->domain_id = share->id.domain_id;
        domain->attempt = share->id.attempt_id;
        TRY(keyshare_domain_key(share, &domain->key));
    }
    *out = keyset;
    keyset = (struct keyset){0};
    return OUTCOME_OK;
}

bool keyshare_has_key(const struct keyshare *share, const struct domain_key *key)
{
    if (share->curve != key->curve)
        return false;
    if (key->curve != CURVE_SECP256K1)
        return memcmp(share->public_key, key->bytes, domain_key_len(key->curve)) == 0;
    /* x||y compresses to x and the parity of y; the other way round would cost a square root. */
    uint8_t parity = key->bytes[domain_key_len(CURVE_SECP256K1) - 1] & 1;
    return share->public_key[0] == (0x02 | parity) &&
           memcmp(share->public_key + 1, key->bytes, keyshare_public_key_len(CURVE_SECP256K1) - 1) == 0;
}

/* The share against the keyset's entry of its domain. */
static result_t match_domain(const struct keyshare *share, uint64_t epoch_id,
                             const struct keyset_domain *domain, struct error *err)
{
    uint64_t id = share->id.domain_id;
    if (share->id.epoch_id != epoch_id)
        return error_set(err, OUTCOME_KEYSHARES_MISMATCH,
                         "the share of domain %" PRIu64 " is of epoch %" PRIu64
                         ", the keyset of epoch %" PRIu64,
                         id, share->id.epoch_id, epoch_id);
    if (!domain)
        return error_set(err, OUTCOME_KEYSHARES_MISMATCH, "domain %" PRIu64 " is not in the keyset", id);
    if (share->id.attempt_id != domain->attempt)
        return error_set(err, OUTCOME_KEYSHARES_MISMATCH,
                         "the share of domain %" PRIu64 " is of attempt %" PRIu64
                         ", the keyset has attempt %" PRIu64,
                         id, share->id.attempt_id, domain->attempt);
    if (!keyshare_has_key(share, &domain->key))
        return error_set(err, OUTCOME_KEYSHARES_MISMATCH,
                         "the public key of the share of domain %" PRIu64 " is not the keyset's", id);
    return OUTCOME_OK;
}

/* Every domain has its share, and one only. */
static result_t match_domains_covered(const struct keyshares *shares, const struct keyset *keyset,
                                      struct error *err)
{
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(shares, &index));
    size_t first, second;
    if (id_index_duplicate(&index, &first, &second))
        return error_set(err, OUTCOME_KEYSHARES_MISMATCH, "domain %" PRIu64 " has more than one share",
                         shares->items[second].id.domain_id);
    for (size_t i = 0; i < keyset->count; i++)
        if (!id_index_find(&index, keyset->domains[i].domain_id, &first))
            return error_set(err, OUTCOME_KEYSHARES_MISMATCH, "domain %" PRIu64 " of the keyset has no share",
                             keyset->domains[i].domain_id);
    return OUTCOME_OK;
}

result_t keyshares_match_keyset(const struct keyshares *shares, const struct keyset *keyset,
                                struct error *err)
{
    CLEANUP(id_index_free) struct id_index domains = {0};
    TRY(keyset_index(keyset, &domains));
    for (size_t i = 0; i < shares->count; i++) {
        const struct keyshare *share = &shares->items[i];
        size_t at;
        bool known = id_index_find(&domains, share->id.domain_id, &at);
        TRY(match_domain(share, keyset->epoch_id, known ? &keyset->domains[at] : NULL, err));
    }
    return match_domains_covered(shares, keyset, err);
}

static bool share_equal(const struct keyshares *a, size_t i, const struct keyshares *b, size_t j)
{
    const struct keyshare *left = &a->items[i];
    const struct keyshare *right = &b->items[j];
    return key_event_id_equal(&left->id, &right->id) && left->curve == right->curve &&
           memcmp(left->public_key, right->public_key, sizeof left->public_key) == 0 &&
           secret_equal(keyshare_scalar(a, i), KEYSHARE_SCALAR_LEN, keyshare_scalar(b, j),
                        KEYSHARE_SCALAR_LEN);
}

/* Needs no memory, for without it "not equal" would be a lie. Both are in one order nearly always: then
 * the share at `from` is the one. */
static size_t find_domain(const struct keyshares *shares, uint64_t domain_id, size_t from)
{
    for (size_t i = 0; i < shares->count; i++) {
        size_t at = (from + i) % shares->count;
        if (shares->items[at].id.domain_id == domain_id)
            return at;
    }
    return shares->count;
}

bool keyshares_equal(const struct keyshares *a, const struct keyshares *b)
{
    if (a->count != b->count)
        return false;
    bool equal = true;
    size_t at = 0;
    for (size_t i = 0; i < a->count; i++) {
        at = find_domain(b, a->items[i].id.domain_id, at);
        equal &= at < b->count && share_equal(a, i, b, at);
        at = at < b->count ? at + 1 : 0;
    }
    return equal;
}

result_t keyshares_digest(const struct keyshares *shares, char out[KEYSHARES_DIGEST_TEXT_LEN])
{
    CLEANUP(secret_free) struct secret canonical = {0};
    uint8_t digest[SHA256_LEN];
    TRY(permanent_keyshares_write(shares, &canonical));
    sha256(canonical.data, canonical.len, digest);
    hex_encode(digest, sizeof digest, out);
    out[2 * SHA256_LEN] = 0;
    return OUTCOME_OK;
}

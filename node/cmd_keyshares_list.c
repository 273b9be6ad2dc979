#include <inttypes.h>

#include "node/cmd_common.h"

/* A home of a Rust node may have files of more epochs; the highest are listed. */
#define LIST_EPOCHS_MAX 64

/* The list as it grows; text for people or an array of JSON objects. */
struct listing {
    const struct cmd_env *env;
    struct bytes out;
    bool first;
};

static const char *listing_comma(struct listing *listing)
{
    bool first = listing->first;
    listing->first = false;
    return first ? "" : ",";
}

/* Ids and the public key: nothing of the private share. */
static result_t list_share(struct listing *listing, const struct keyshare *share, bool first)
{
    struct domain_key key;
    char text[DOMAIN_KEY_TEXT_MAX];
    TRY(keyshare_domain_key(share, &key));
    domain_key_format_text(&key, text);
    if (!listing->env->json)
        return bytes_append_format(&listing->out, "  domain %" PRIu64 ", attempt %" PRIu64 ", %s\n",
                                   share->id.domain_id, share->id.attempt_id, text);
    return bytes_append_format(
        &listing->out, "%s{\"domain_id\":%" PRIu64 ",\"attempt_id\":%" PRIu64 ",\"public_key\":\"%s\"}",
        first ? "" : ",", share->id.domain_id, share->id.attempt_id, text);
}

static result_t list_set(struct listing *listing, const char *shelf, const struct keyshares *shares)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    uint64_t epoch_id = shares->items[0].id.epoch_id;
    TRY(keyshares_digest(shares, digest));
    if (listing->env->json)
        TRY(bytes_append_format(
            &listing->out, "%s{\"shelf\":\"%s\",\"epoch_id\":%" PRIu64 ",\"digest\":\"%s\",\"keyshares\":[",
            listing_comma(listing), shelf, epoch_id, digest));
    else
        TRY(bytes_append_format(&listing->out, "%s: epoch %" PRIu64 ", %zu key shares, digest %s\n", shelf,
                                epoch_id, shares->count, digest));
    for (size_t i = 0; i < shares->count; i++)
        TRY(list_share(listing, &shares->items[i], i == 0));
    return listing->env->json ? bytes_append_text(&listing->out, "]}") : OUTCOME_OK;
}

static result_t list_stored(struct listing *listing, struct store *store, struct error *err)
{
    uint64_t epochs[LIST_EPOCHS_MAX];
    size_t count;
    TRY(store_epochs(store, epochs, LIST_EPOCHS_MAX, &count, err));
    for (size_t i = count; i-- > 0;) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        TRY(store_load(store, &epochs[i], &shares, err));
        TRY(list_set(listing, "stored", &shares));
    }
    return OUTCOME_OK;
}

static result_t list_shelf(struct listing *listing, struct store *store, enum store_shelf shelf, size_t max,
                           struct error *err)
{
    for (size_t age = 0; age < max; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = store_load_kept(store, shelf, age, &shares, err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            break;
        TRY(result);
        TRY(list_set(listing, shelf == STORE_STAGED ? "staged" : "superseded", &shares));
    }
    return OUTCOME_OK;
}

static result_t list_all(struct listing *listing, struct store *store, struct error *err)
{
    bool json = listing->env->json;
    listing->first = true;
    if (json)
        TRY(bytes_append_format(&listing->out, "{\"keyshare_store\":\"%s\",\"sets\":[",
                                store_kind_name(store_kind(store))));
    TRY(list_stored(listing, store, err));
    TRY(list_shelf(listing, store, STORE_STAGED, STORE_STAGED_MAX, err));
    TRY(list_shelf(listing, store, STORE_SUPERSEDED, STORE_SUPERSEDED_MAX, err));
    if (!json && listing->first && listing->out.len == 0)
        TRY(bytes_append_text(&listing->out, "no key shares\n"));
    return json ? bytes_append_text(&listing->out, "]}\n") : OUTCOME_OK;
}

result_t cmd_keyshares_list(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    struct listing listing = {.env = env};
    TRY(cmd_open_store(env, true, &store, err));
    result_t result = list_all(&listing, store, err);
    if (result == OUTCOME_OK)
        result = cmd_print(env, &listing.out, err);
    bytes_free(&listing.out);
    return result;
}

#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "node/cmd_common.h"

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

static result_t list_head(struct listing *listing, const struct store_set *set)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    uint64_t epoch_id = set->shares->items[0].id.epoch_id;
    TRY(keyshares_digest(set->shares, digest));
    if (listing->env->json)
        return bytes_append_format(&listing->out,
                                   "%s{\"shelf\":\"%s\",\"epoch_id\":%" PRIu64
                                   ",\"digest\":\"%s\",\"current\":%s,\"adopted\":%s,\"keyshares\":[",
                                   listing_comma(listing), store_shelf_name(set->shelf), epoch_id, digest,
                                   set->current ? "true" : "false", set->adopted ? "true" : "false");
    return bytes_append_format(&listing->out, "%s: epoch %" PRIu64 ", %zu key shares, digest %s%s%s\n",
                               store_shelf_name(set->shelf), epoch_id, set->shares->count, digest,
                               set->current ? ", current" : "",
                               set->adopted ? ", adopted by the contract" : "");
}

/* A file that does not open is listed too: it may be in the way of a store. */
static result_t list_unreadable(struct listing *listing, const struct store_set *set)
{
    if (!listing->env->json)
        return bytes_append_format(&listing->out, "%s: %s\n", store_shelf_name(set->shelf), set->why->text);
    TRY(bytes_append_format(&listing->out, "%s{\"shelf\":\"%s\",\"error\":", listing_comma(listing),
                            store_shelf_name(set->shelf)));
    TRY(json_write_text(set->why->text, strlen(set->why->text), &listing->out));
    return bytes_append_text(&listing->out, "}");
}

static result_t list_set(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct listing *listing = context;
    if (!set->shares)
        return list_unreadable(listing, set);
    TRY(list_head(listing, set));
    for (size_t i = 0; i < set->shares->count; i++)
        TRY(list_share(listing, &set->shares->items[i], i == 0));
    return listing->env->json ? bytes_append_text(&listing->out, "]}") : OUTCOME_OK;
}

/* What the contract was last seen to have while its shares were here. */
static result_t list_adopted(struct listing *listing, struct store *store, struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    bool json = listing->env->json;
    result_t result = store_adopted_get(store, &adopted, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return json ? bytes_append_text(&listing->out, "null") : OUTCOME_OK;
    TRY(result);
    return bytes_append_format(
        &listing->out,
        json ? "{\"epoch_id\":%" PRIu64 ",\"block_height\":%" PRIu64 ",\"digest\":\"%s\"}"
             : "adopted by the contract: epoch %" PRIu64 ", seen at block %" PRIu64 ", digest %s\n",
        adopted.keyset.epoch_id, adopted.block_height, adopted.digest);
}

static result_t list_all(struct listing *listing, struct store *store, struct error *err)
{
    bool json = listing->env->json;
    listing->first = true;
    if (json)
        TRY(bytes_append_format(&listing->out, "{\"keyshare_store\":\"%s\",\"sets\":[",
                                store_kind_name(store_kind(store))));
    TRY(store_each_set(store, list_set, listing, err));
    if (!json && listing->out.len == 0)
        return bytes_append_text(&listing->out, "no key shares\n");
    if (json)
        TRY(bytes_append_text(&listing->out, "],\"adopted\":"));
    TRY(list_adopted(listing, store, err));
    return json ? bytes_append_text(&listing->out, "}\n") : OUTCOME_OK;
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

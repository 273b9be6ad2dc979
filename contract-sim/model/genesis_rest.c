/* The rest of a first state, beyond what `state` and `migration_info` show: in the form of a view where one
 * shows it whole, and in a form of its own where it does not. */
#include "contract-sim/model/genesis.h"

#include <string.h>

#include <json-c/linkhash.h>

#define ATTESTATION "an attestation"
#define IMAGE       "an image"
#define LAUNCHER    "a launcher"
#define RECEIPT     "a receipt"
#define VOTES       "votes"

/* The limits of what a contract holds are its storage's; these only bound a file's memory. */
#define REST_ENTRIES_MAX 16384

/* As get_tee_accounts lists it, with what get_attestation says of it. */
static bool element_attestation(struct reader *reader, const struct node *node, void *out)
{
    struct attestation *entry = out;
    struct node tls_key, account, key, form, mock;
    if (!reader_member(reader, node, ATTESTATION, "attestation", &form) ||
        !reader_member(reader, &form, ATTESTATION, "Mock", &mock) || !read_mock(reader, &mock, entry))
        return false;
    if (entry->kind == ATTESTATION_INVALID)
        return reader_fail(reader, &mock, AT_START, "the contract stores no invalid attestation");
    return reader_member(reader, node, ATTESTATION, "tls_public_key", &tls_key) &&
           reader_ed25519(reader, &tls_key, &entry->tls_key) &&
           reader_member(reader, node, ATTESTATION, "account_id", &account) &&
           reader_account(reader, &account, &entry->account) &&
           reader_member(reader, node, ATTESTATION, "account_public_key", &key) &&
           reader_ed25519(reader, &key, &entry->account_key);
}

static bool read_attestations(struct reader *reader, const struct node *node, struct model_state *out)
{
    return read_list(reader, node, REST_ENTRIES_MAX, sizeof(struct attestation), element_attestation,
                     &out->attestations);
}

/* {account: how many} */
static bool read_grants(struct reader *reader, const struct node *node, struct model_state *out)
{
    if (!reader_object(reader, node, "a map"))
        return false;
    json_object_object_foreach(node->value, name, value)
    {
        struct node member = {.value = value, .parent = node, .member = name};
        struct grant grant;
        if (!account_id_valid(name, strlen(name)))
            return reader_fail(reader, &member, AT_START, "not an account id");
        if (!reader_u32(reader, &member, &grant.count))
            return false;
        grant.account = pool_intern_text(reader->pool, name);
        out->grants = account_map_put(reader->pool, out->grants, sizeof grant, &grant);
    }
    return true;
}

static bool read_whole_config(struct reader *reader, const struct node *node, struct model_state *out)
{
    return read_config(reader, node, &out->config);
}

static bool read_accepts_requests(struct reader *reader, const struct node *node, struct model_state *out)
{
    if (!json_object_is_type(node->value, json_type_boolean))
        return reader_fail_type(reader, node, "a boolean");
    out->accepts_requests = (uint32_t)json_object_get_boolean(node->value);
    return true;
}

static bool element_receipt(struct reader *reader, const struct node *node, void *out)
{
    struct receipt *receipt = out;
    struct node method, args;
    return reader_member(reader, node, RECEIPT, "method", &method) &&
           reader_string(reader, &method, &receipt->method) &&
           reader_member(reader, node, RECEIPT, "args", &args) &&
           reader_string(reader, &args, &receipt->args);
}

static bool read_receipts(struct reader *reader, const struct node *node, struct model_state *out)
{
    return read_list(reader, node, REST_ENTRIES_MAX, sizeof(struct receipt), element_receipt, &out->receipts);
}

/* --- votes and lists of hashes: a part of the state of their own --- */

static struct tee_lists lists_of(const struct pool *pool, const struct model_state *state)
{
    size_t count;
    const struct tee_lists *lists = tee_lists_of(pool, state->tee, &count);
    return count ? *lists : (struct tee_lists){0};
}

static bool lists_set(struct reader *reader, const struct tee_lists *lists, struct model_state *out)
{
    static const struct tee_lists empty;
    bool none = memcmp(lists, &empty, sizeof empty) == 0;
    out->tee = none ? 0 : pool_intern(reader->pool, lists, sizeof *lists);
    return true;
}

/* "HEX", or {"Add":"HEX"} and {"Remove":"HEX"}. */
static bool read_hash_vote(struct reader *reader, const struct node *node, bool with_action,
                           struct hash_vote *out)
{
    struct node add, removal;
    if (!with_action)
        return reader_hash(reader, node, &out->hash);
    if (!reader_optional(reader, node, VOTES, "Add", &add))
        return false;
    removal = reader_child(node, "Remove");
    out->action = add.value ? HASH_ADD : HASH_REMOVE;
    if (!add.value && !removal.value)
        return reader_fail(reader, node, AT_START, "neither `Add` nor `Remove`");
    return reader_hash(reader, add.value ? &add : &removal, &out->hash);
}

/* The output of code_hash_votes or launcher_hash_votes: {NAME: {participant id: vote}}. */
static bool read_hash_votes(struct reader *reader, const struct node *node, const char *name,
                            bool with_action, handle_t *out)
{
    struct node votes;
    if (!reader_member(reader, node, VOTES, name, &votes) || !reader_object(reader, &votes, "a map"))
        return false;
    *out = 0;
    json_object_object_foreach(votes.value, id, value)
    {
        struct node member = {.value = value, .parent = &votes, .member = id};
        struct hash_vote vote = {0};
        if (!genesis_participant_id(reader, &member, &vote.participant_id) ||
            !read_hash_vote(reader, &member, with_action, &vote))
            return false;
        *out = id_map_put(reader->pool, *out, sizeof vote, &vote);
    }
    return true;
}

static bool read_code_votes(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct tee_lists lists = lists_of(reader->pool, out);
    return read_hash_votes(reader, node, "proposal_by_account", false, &lists.code_votes) &&
           lists_set(reader, &lists, out);
}

static bool read_launcher_votes(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct tee_lists lists = lists_of(reader->pool, out);
    return read_hash_votes(reader, node, "vote_by_account", true, &lists.launcher_votes) &&
           lists_set(reader, &lists, out);
}

static bool element_image(struct reader *reader, const struct node *node, void *out)
{
    struct allowed_image *image = out;
    struct node hash, added;
    return reader_member(reader, node, IMAGE, "image_hash", &hash) &&
           reader_hash(reader, &hash, &image->hash) &&
           reader_member(reader, node, IMAGE, "added_s", &added) &&
           reader_u64(reader, &added, &image->added_s);
}

static bool read_images(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct tee_lists lists = lists_of(reader->pool, out);
    return read_list(reader, node, REST_ENTRIES_MAX, sizeof(struct allowed_image), element_image,
                     &lists.images) &&
           lists_set(reader, &lists, out);
}

static bool element_hash(struct reader *reader, const struct node *node, void *out)
{
    return reader_hash(reader, node, out);
}

static bool element_launcher(struct reader *reader, const struct node *node, void *out)
{
    struct allowed_launcher *launcher = out;
    struct node hash, expires, composes;
    return reader_member(reader, node, LAUNCHER, "launcher_hash", &hash) &&
           reader_hash(reader, &hash, &launcher->hash) &&
           reader_member(reader, node, LAUNCHER, "expires_s", &expires) &&
           reader_u64(reader, &expires, &launcher->expires_s) &&
           reader_member(reader, node, LAUNCHER, "compose_hashes", &composes) &&
           read_list(reader, &composes, REST_ENTRIES_MAX, sizeof(handle_t), element_hash,
                     &launcher->composes);
}

static bool read_launchers(struct reader *reader, const struct node *node, struct model_state *out)
{
    struct tee_lists lists = lists_of(reader->pool, out);
    return read_list(reader, node, REST_ENTRIES_MAX, sizeof(struct allowed_launcher), element_launcher,
                     &lists.launchers) &&
           lists_set(reader, &lists, out);
}

static const struct {
    const char *member;
    bool (*read)(struct reader *reader, const struct node *node, struct model_state *out);
} rest[] = {
    {"accepts_requests", read_accepts_requests},
    {"attestations", read_attestations},
    {"attestation_grants", read_grants},
    {"config", read_whole_config},
    {"code_hash_votes", read_code_votes},
    {"launcher_hash_votes", read_launcher_votes},
    {"allowed_images", read_images},
    {"allowed_launchers", read_launchers},
    {"receipts", read_receipts},
};

bool genesis_rest_read(struct reader *reader, const struct node *root, struct model_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        struct node node = reader_child(root, rest[i].member);
        if (node.value && !rest[i].read(reader, &node, out))
            return false;
    }
    return true;
}

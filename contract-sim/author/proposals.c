/* Who is proposed, and which domains: lists made from a few words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "contract-sim/author/compiler.h"
#include "contract-sim/replay/replay.h"

static bool is_account(struct json_object *participant, const struct account_id *account)
{
    const char *text = json_object_get_string(json_object_array_get_idx(participant, 0));
    return text && strcmp(text, account->text) == 0;
}

/* SIZE_MAX when the account is not among them. */
static size_t participant_find(struct json_object *participants, const struct account_id *account)
{
    size_t count = json_object_array_length(participants);
    for (size_t i = 0; i < count; i++) {
        if (is_account(json_object_array_get_idx(participants, i), account))
            return i;
    }
    return SIZE_MAX;
}

static result_t participants_remove(struct compiler *compiler, struct slice list,
                                    struct json_object *participants)
{
    struct slice word;
    struct actor actor;
    while (list_next(&list, &word)) {
        TRY(actor_read(compiler, word, "op", &actor));
        size_t at = participant_find(participants, &actor.account);
        if (at == SIZE_MAX)
            return lexer_fail(&compiler->lexer, word.text, "%s is no participant", actor.account.text);
        json_object_array_del_idx(participants, at, 1);
    }
    return OUTCOME_OK;
}

/* ["dave.near",3,{"url":"https://dave.near:80","tls_public_key":"ed25519:.."}] */
static result_t participant_write(const struct actor *actor, uint64_t id, struct bytes *out)
{
    const char *account = actor->account.text;
    struct actor tls = actor_key_like(actor, "tls");
    TRY(bytes_append_format(out, "[\"%s\",%" PRIu64 ",{\"url\":\"https://%s:80\",\"tls_public_key\":\"",
                            account, id, account));
    TRY(actor_key_write(&tls, out));
    return bytes_append_text(out, "\"}]");
}

result_t participants_add(struct compiler *compiler, struct slice list, struct json_object *participants,
                          uint64_t *next_id)
{
    struct slice word;
    struct actor actor;
    while (list_next(&list, &word)) {
        CLEANUP(bytes_free) struct bytes text = {0};
        CLEANUP(json_put_ptr) struct json_object *participant = NULL;
        TRY(actor_read(compiler, word, "node", &actor));
        TRY(participant_write(&actor, (*next_id)++, &text));
        TRY(json_parse((const char *)text.data, text.len, &json_limits_view, &participant, NULL));
        if (json_object_array_add(participants, participant) != 0)
            return OUTCOME_NO_MEMORY;
        participant = NULL;
    }
    return OUTCOME_OK;
}

result_t proposed_participants(struct compiler *compiler, struct world *world,
                               const struct settings *settings, struct json_object **out, uint64_t *next_id)
{
    CLEANUP(json_put_ptr) struct json_object *copy = NULL;
    struct json_object *parameters, *value;
    TRY(world_parameters(world, &parameters));
    *next_id = 0;
    if (replay_pointer_get(parameters, "/participants/next_id", &value) && !json_is_u64(value, next_id))
        return OUTCOME_INTERNAL;
    if (replay_pointer_get(parameters, "/participants/participants", &value)) {
        if (json_object_deep_copy(value, &copy, NULL) != 0)
            return OUTCOME_NO_MEMORY;
    } else {
        copy = json_object_new_array();
    }
    if (!copy)
        return OUTCOME_NO_MEMORY;
    TRY(participants_remove(compiler, settings->values[SETTING_WITHOUT], copy));
    TRY(participants_add(compiler, settings->values[SETTING_WITH], copy, next_id));
    *out = copy;
    copy = NULL;
    return OUTCOME_OK;
}

/* What a domain is for when nothing is said, and the curve of its key (contract.md 4.1). */
static const struct protocol {
    const char *name;
    const char *purpose;
    enum curve curve;
} protocols[] = {
    {"CaitSith", "Sign", CURVE_SECP256K1},
    {"Frost", "Sign", CURVE_ED25519},
    {"ConfidentialKeyDerivation", "CKD", CURVE_BLS12381},
    {"DamgardEtAl", "Sign", CURVE_SECP256K1},
};
static const char *const protocol_names[] = {"CaitSith",    "Frost", "ConfidentialKeyDerivation",
                                             "DamgardEtAl", "CKD",   NULL};
static const char *const purposes[] = {"Sign", "ForeignTx", "CKD", NULL};

enum curve protocol_curve(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (strcmp(protocols[i].name, name) == 0)
            return protocols[i].curve;
    }
    return CURVE_SECP256K1;
}

struct domain_words {
    const struct protocol *protocol;
    uint64_t threshold;
    const char *purpose;
};

static struct slice part_next(struct slice *rest)
{
    const char *colon = rest->text ? memchr(rest->text, ':', rest->len) : NULL;
    struct slice part = {rest->text, colon ? (size_t)(colon - rest->text) : rest->len};
    *rest = colon ? (struct slice){colon + 1, rest->len - part.len - 1} : (struct slice){0};
    return part;
}

static result_t purpose_read(struct compiler *compiler, struct slice word, const char **out)
{
    for (size_t i = 0; purposes[i]; i++) {
        if (slice_is(word, purposes[i])) {
            *out = purposes[i];
            return OUTCOME_OK;
        }
    }
    return unknown_word(compiler, word, "purpose", purposes);
}

/* "Frost", "Frost:3", "CaitSith:2:ForeignTx"; CKD is short for the protocol with the long name. */
static result_t domain_read(struct compiler *compiler, struct slice word, struct domain_words *out)
{
    struct settings threshold = {0};
    struct slice name = part_next(&word);
    struct slice number = part_next(&word);
    *out = (struct domain_words){.threshold = 2};
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        if (slice_is(name, protocols[i].name) ||
            (protocols[i].curve == CURVE_BLS12381 && slice_is(name, protocols[i].purpose)))
            out->protocol = &protocols[i];
    }
    if (!out->protocol)
        return unknown_word(compiler, name, "protocol", protocol_names);
    threshold.values[SETTING_THRESHOLD] = number;
    TRY(setting_u64(compiler, &threshold, SETTING_THRESHOLD, &out->threshold));
    out->purpose = out->protocol->purpose;
    return word.text ? purpose_read(compiler, word, &out->purpose) : OUTCOME_OK;
}

static result_t domain_write(const struct domain_words *domain, uint64_t id, const char *comma,
                             struct bytes *out)
{
    return bytes_append_format(out,
                               "%s{\"id\":%" PRIu64
                               ",\"protocol\":\"%s\",\"reconstruction_threshold\":%" PRIu64
                               ",\"purpose\":\"%s\"}",
                               comma, id, domain->protocol->name, domain->threshold, domain->purpose);
}

static result_t domain_key_entry_write(const struct domain_words *domain, uint64_t id, const char *comma,
                                       struct bytes *out)
{
    char word[AUTHOR_ACTOR_LEN + 1];
    struct domain_key key;
    snprintf(word, sizeof word, "domain%" PRIu64, id);
    domain_key_named(word, domain->protocol->curve, &key);
    TRY(bytes_append_format(out, "%s{\"domain_id\":%" PRIu64 ",\"key\":", comma, id));
    TRY(domain_key_write(&key, out));
    return bytes_append_text(out, ",\"attempt\":0}");
}

result_t domains_write(struct compiler *compiler, struct slice list, uint64_t next_id, struct bytes *out,
                       struct bytes *keys)
{
    struct slice word;
    const char *comma = "";
    TRY(bytes_append_text(out, "["));
    TRY(keys ? bytes_append_text(keys, "[") : OUTCOME_OK);
    while (list_next(&list, &word)) {
        struct domain_words domain;
        TRY(domain_read(compiler, word, &domain));
        TRY(domain_write(&domain, next_id, comma, out));
        TRY(keys ? domain_key_entry_write(&domain, next_id, comma, keys) : OUTCOME_OK);
        next_id++;
        comma = ",";
    }
    TRY(bytes_append_text(out, "]"));
    return keys ? bytes_append_text(keys, "]") : OUTCOME_OK;
}

/* The methods as the form knows them: who signs, what is attached, and the arguments when none are written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "contract-sim/author/compiler.h"
#include "contract-sim/replay/replay.h"

#define MAKE_ARGS(name)                                                                                      \
    static result_t name(struct compiler *compiler, struct world *world, const struct method_call *call,     \
                         const struct actor *signer, struct bytes *out)
#define UNUSED(name) (void)(name)

/* Append the key of a setting's word, or of the actor when it was not given. */
static result_t key_write(struct compiler *compiler, const struct settings *settings, enum setting setting,
                          const struct actor *owner, struct actor key, struct bytes *out)
{
    if (setting_given(settings, setting))
        TRY(actor_key_read(compiler, settings->values[setting], owner, &key));
    return actor_key_write(&key, out);
}

static result_t url_write(const struct settings *settings, const char *otherwise, struct bytes *out)
{
    struct slice url = settings->values[SETTING_URL];
    if (url.text && url.text[0] == '"')
        return bytes_append(out, url.text, url.len);
    return url.text ? json_write_text(url.text, url.len, out)
                    : json_write_text(otherwise, strlen(otherwise), out);
}

MAKE_ARGS(register_args)
{
    UNUSED(world);
    struct actor key = actor_key_like(signer, "backup");
    TRY(bytes_append_text(out, "{\"backup_service_info\":{\"public_key\":\""));
    TRY(key_write(compiler, &call->settings, SETTING_KEY, signer, key, out));
    return bytes_append_text(out, "\"}}");
}

MAKE_ARGS(start_args)
{
    UNUSED(world);
    struct actor node = *signer;
    char url[2 * AUTHOR_ACTOR_LEN + 32];
    snprintf(node.key, sizeof node.key, "node2");
    if (setting_given(&call->settings, SETTING_TO))
        TRY(actor_key_read(compiler, call->settings.values[SETTING_TO], signer, &node));
    snprintf(url, sizeof url, "http://%s.%s.near:80", node.key, node.name);
    TRY(bytes_append_text(out, "{\"destination_node_info\":{\"signer_account_pk\":\""));
    TRY(key_write(compiler, &call->settings, SETTING_KEY, signer, node, out));
    TRY(bytes_append_text(out, "\",\"destination_node_info\":{\"url\":"));
    TRY(url_write(&call->settings, url, out));
    TRY(bytes_append_text(out, ",\"tls_public_key\":\""));
    TRY(key_write(compiler, &call->settings, SETTING_TLS, signer, actor_key_like(&node, "tls"), out));
    return bytes_append_text(out, "\"}}}");
}

MAKE_ARGS(conclude_args)
{
    UNUSED(compiler);
    UNUSED(call);
    UNUSED(signer);
    TRY(bytes_append_text(out, "{\"keyset\":"));
    TRY(world_keyset_write(world, out));
    return bytes_append_text(out, "}");
}

MAKE_ARGS(url_args)
{
    UNUSED(compiler);
    UNUSED(world);
    char url[AUTHOR_ACTOR_LEN + 32];
    snprintf(url, sizeof url, "https://new.%s.near:80", signer->name);
    TRY(bytes_append_text(out, "{\"url\":"));
    TRY(url_write(&call->settings, url, out));
    return bytes_append_text(out, "}");
}

/* "+100" is so many seconds from now. */
static result_t expiry_write(struct compiler *compiler, const struct world *world,
                             const struct settings *settings, struct bytes *out)
{
    struct settings number = *settings;
    struct slice *value = &number.values[SETTING_EXPIRES];
    uint64_t expiry = 0;
    bool from_now = value->text[0] == '+';
    value->text += from_now;
    value->len -= from_now;
    TRY(setting_u64(compiler, &number, SETTING_EXPIRES, &expiry));
    return bytes_append_format(out, "\"expiry_timestamp_seconds\":%" PRIu64,
                               expiry + (from_now ? world->time_s : 0));
}

static result_t hash_member_write(const char *name, struct slice word, const char *comma, struct bytes *out)
{
    TRY(bytes_append_format(out, "%s\"%s\":\"", comma, name));
    TRY(hash_write(word, out));
    return bytes_append_text(out, "\"");
}

static result_t mock_write(struct compiler *compiler, const struct world *world,
                           const struct settings *settings, struct bytes *out)
{
    static const struct slice valid = {"Valid", 5};
    const struct slice *values = settings->values;
    bool constrained =
        values[SETTING_EXPIRES].text || values[SETTING_IMAGE].text || values[SETTING_COMPOSE].text;
    if (!constrained) {
        struct slice mock = values[SETTING_MOCK].text ? values[SETTING_MOCK] : valid;
        return json_write_text(mock.text, mock.len, out);
    }
    const char *comma = "";
    TRY(bytes_append_text(out, "{\"WithConstraints\":{"));
    if (values[SETTING_IMAGE].text) {
        TRY(hash_member_write("mpc_docker_image_hash", values[SETTING_IMAGE], comma, out));
        comma = ",";
    }
    if (values[SETTING_COMPOSE].text) {
        TRY(hash_member_write("launcher_docker_compose_hash", values[SETTING_COMPOSE], comma, out));
        comma = ",";
    }
    if (values[SETTING_EXPIRES].text) {
        TRY(bytes_append_text(out, comma));
        TRY(expiry_write(compiler, world, settings, out));
    }
    return bytes_append_text(out, "}}");
}

MAKE_ARGS(submit_args)
{
    TRY(bytes_append_text(out, "{\"proposed_participant_attestation\":{\"Mock\":"));
    TRY(mock_write(compiler, world, &call->settings, out));
    TRY(bytes_append_text(out, "},\"tls_public_key\":\""));
    TRY(key_write(compiler, &call->settings, SETTING_TLS, signer, actor_key_like(signer, "tls"), out));
    return bytes_append_text(out, "\"}");
}

static result_t account_write(struct compiler *compiler, const struct settings *settings,
                              const struct actor *otherwise, struct bytes *out)
{
    struct actor actor = *otherwise;
    if (setting_given(settings, SETTING_FOR))
        TRY(actor_read(compiler, settings->values[SETTING_FOR], "op", &actor));
    return bytes_append_format(out, "\"account_id\":\"%s\"", actor.account.text);
}

MAKE_ARGS(prepay_args)
{
    UNUSED(world);
    uint64_t grants = 1;
    TRY(setting_u64(compiler, &call->settings, SETTING_GRANTS, &grants));
    TRY(bytes_append_text(out, "{"));
    TRY(account_write(compiler, &call->settings, signer, out));
    return bytes_append_format(out, ",\"grants\":%" PRIu64 "}", grants);
}

MAKE_ARGS(account_args)
{
    UNUSED(world);
    TRY(bytes_append_text(out, "{"));
    TRY(account_write(compiler, &call->settings, signer, out));
    return bytes_append_text(out, "}");
}

MAKE_ARGS(tls_args)
{
    UNUSED(world);
    TRY(bytes_append_text(out, "{\"tls_public_key\":\""));
    TRY(key_write(compiler, &call->settings, SETTING_TLS, signer, actor_key_like(signer, "tls"), out));
    return bytes_append_text(out, "\"}");
}

static result_t number_args(struct compiler *compiler, const struct method_call *call, enum setting setting,
                            const char *name, uint64_t otherwise, struct bytes *out)
{
    TRY(setting_u64(compiler, &call->settings, setting, &otherwise));
    return bytes_append_format(out, "{\"%s\":%" PRIu64 "}", name, otherwise);
}

MAKE_ARGS(scan_args)
{
    UNUSED(world);
    UNUSED(signer);
    return number_args(compiler, call, SETTING_SCAN, "max_scan", 30, out);
}

MAKE_ARGS(domain_args)
{
    UNUSED(world);
    UNUSED(signer);
    return number_args(compiler, call, SETTING_DOMAIN, "domain_id", 0, out);
}

MAKE_ARGS(next_domain_args)
{
    uint64_t next;
    UNUSED(signer);
    TRY(world_next_domain_id(world, &next));
    return number_args(compiler, call, SETTING_NEXT, "next_domain_id", next, out);
}

static result_t hash_args(const struct method_call *call, const char *name, struct bytes *out)
{
    static const struct slice image = {"image", 5};
    struct slice word = call->settings.values[SETTING_HASH];
    TRY(bytes_append_text(out, "{"));
    TRY(hash_member_write(name, word.text ? word : image, "", out));
    return bytes_append_text(out, "}");
}

MAKE_ARGS(code_hash_args)
{
    UNUSED(compiler);
    UNUSED(world);
    UNUSED(signer);
    return hash_args(call, "code_hash", out);
}

MAKE_ARGS(launcher_hash_args)
{
    UNUSED(compiler);
    UNUSED(world);
    UNUSED(signer);
    return hash_args(call, "launcher_hash", out);
}

MAKE_ARGS(proposal_args)
{
    CLEANUP(json_put_ptr) struct json_object *participants = NULL;
    struct json_object *current, *value;
    uint64_t next_id, epoch;
    uint64_t threshold = 0;
    UNUSED(signer);
    TRY(proposed_participants(compiler, world, &call->settings, &participants, &next_id));
    TRY(world_next_epoch(world, &epoch));
    TRY(setting_u64(compiler, &call->settings, SETTING_EPOCH, &epoch));
    TRY(world_parameters(world, &current));
    if (replay_pointer_get(current, "/threshold", &value) && json_is_u64(value, &threshold)) {
        /* The one that stands, as far as it is from three fifths to all: others are refused. */
        uint64_t all = json_object_array_length(participants);
        uint64_t least = (3 * all + 4) / 5;
        threshold = threshold < least ? least : threshold > all ? all : threshold;
    }
    TRY(setting_u64(compiler, &call->settings, SETTING_THRESHOLD, &threshold));
    TRY(bytes_append_format(out,
                            "{\"prospective_epoch_id\":%" PRIu64 ",\"proposal\":{\"parameters\":{"
                            "\"participants\":{\"next_id\":%" PRIu64 ",\"participants\":",
                            epoch, next_id));
    TRY(json_write(participants, out));
    return bytes_append_format(out, "},\"threshold\":%" PRIu64 "},\"per_domain_thresholds\":{}}}", threshold);
}

static result_t key_event_write(struct compiler *compiler, const struct settings *settings,
                                const struct event_facts *event, uint64_t attempt, struct bytes *out)
{
    uint64_t epoch = event->epoch_id;
    uint64_t domain = event->domain_id;
    TRY(setting_u64(compiler, settings, SETTING_EPOCH, &epoch));
    TRY(setting_u64(compiler, settings, SETTING_DOMAIN, &domain));
    TRY(setting_u64(compiler, settings, SETTING_ATTEMPT, &attempt));
    return bytes_append_format(out,
                               "\"key_event_id\":{\"epoch_id\":%" PRIu64 ",\"domain_id\":%" PRIu64
                               ",\"attempt_id\":%" PRIu64 "}",
                               epoch, domain, attempt);
}

MAKE_ARGS(instance_args)
{
    struct event_facts event;
    UNUSED(signer);
    TRY(world_key_event(world, &event));
    TRY(bytes_append_text(out, "{"));
    TRY(key_event_write(compiler, &call->settings, &event, event.next_attempt_id, out));
    return bytes_append_text(out, "}");
}

MAKE_ARGS(key_event_args)
{
    struct event_facts event;
    UNUSED(signer);
    TRY(world_key_event(world, &event));
    TRY(bytes_append_text(out, "{"));
    TRY(key_event_write(compiler, &call->settings, &event, event.attempt_id, out));
    return bytes_append_text(out, "}");
}

/* Everyone votes for the same key, which is the domain's own unless another word is given. */
MAKE_ARGS(public_key_args)
{
    struct event_facts event;
    struct domain_key key;
    char word[AUTHOR_ACTOR_LEN + 1], text[DOMAIN_KEY_TEXT_MAX];
    struct slice given = call->settings.values[SETTING_KEY];
    UNUSED(signer);
    TRY(world_key_event(world, &event));
    snprintf(word, sizeof word, "domain%" PRIu64, event.domain_id);
    if (given.text)
        snprintf(word, sizeof word, "%.*s", (int)given.len, given.text);
    domain_key_named(word, event.curve, &key);
    domain_key_format_text(&key, text);
    TRY(bytes_append_text(out, "{"));
    TRY(key_event_write(compiler, &call->settings, &event, event.attempt_id, out));
    return bytes_append_format(out, ",\"public_key\":\"%s\"}", text);
}

MAKE_ARGS(domains_args)
{
    static const struct slice frost = {"Frost", 5};
    struct slice list = call->settings.values[SETTING_DOMAINS];
    uint64_t next;
    UNUSED(signer);
    TRY(world_next_domain_id(world, &next));
    TRY(bytes_append_text(out, "{\"domains\":"));
    TRY(domains_write(compiler, list.text ? list : frost, next, out, NULL));
    return bytes_append_text(out, "}");
}

/* What the scenario's own contract began, or would have begun, with. */
MAKE_ARGS(init_running_args)
{
    UNUSED(world);
    UNUSED(call);
    UNUSED(signer);
    return bytes_append(out, compiler->init_running.data, compiler->init_running.len);
}

MAKE_ARGS(init_args)
{
    CLEANUP(json_put_ptr) struct json_object *running = NULL;
    struct json_object *parameters;
    UNUSED(world);
    UNUSED(call);
    UNUSED(signer);
    TRY(json_parse((const char *)compiler->init_running.data, compiler->init_running.len, &json_limits_view,
                   &running, NULL));
    json_object_object_get_ex(running, "parameters", &parameters);
    TRY(bytes_append_text(out, "{\"parameters\":"));
    TRY(json_write(parameters, out));
    return bytes_append_text(out, ",\"init_config\":null}");
}

#define ONE_YOCTO   "1"
#define GRANT_PRICE "20000000000000000000000" /* config.attestation_storage_fee_millinear, contract.md 4.2 */
#define KEY_EVENT   (TAKES(EPOCH) | TAKES(DOMAIN) | TAKES(ATTEMPT))

static const struct method_form forms[] = {
    {"register_backup_service", "op", ONE_YOCTO, VOTERS_MEMBERS, false, register_args, TAKES(KEY)},
    {"start_node_migration", "op", ONE_YOCTO, VOTERS_MEMBERS, false, start_args,
     TAKES(TO) | TAKES(URL) | TAKES(TLS) | TAKES(KEY)},
    {"cancel_node_migration", "op", ONE_YOCTO, VOTERS_MEMBERS, false, NULL, 0},
    {"conclude_node_migration", "node2", NULL, VOTERS_MEMBERS, false, conclude_args, 0},
    {"update_participant_url", "op", ONE_YOCTO, VOTERS_MEMBERS, false, url_args, TAKES(URL)},

    {"submit_participant_info", "node", NULL, VOTERS_KEY_EVENT, false, submit_args,
     TAKES(TLS) | TAKES(MOCK) | TAKES(EXPIRES) | TAKES(IMAGE) | TAKES(COMPOSE)},
    {"prepay_attestation_storage", "op", GRANT_PRICE, VOTERS_MEMBERS, false, prepay_args,
     TAKES(FOR) | TAKES(GRANTS)},
    {"clean_invalid_attestations", "op", NULL, VOTERS_MEMBERS, true, scan_args, TAKES(SCAN)},
    {"verify_tee", "op", NULL, VOTERS_MEMBERS, true, NULL, 0},

    {"vote_code_hash", "op", NULL, VOTERS_MEMBERS, false, code_hash_args, TAKES(HASH)},
    {"vote_add_launcher_hash", "op", NULL, VOTERS_MEMBERS, false, launcher_hash_args, TAKES(HASH)},
    {"vote_remove_launcher_hash", "op", NULL, VOTERS_MEMBERS, false, launcher_hash_args, TAKES(HASH)},
    {"latest_code_hash", "op", NULL, VOTERS_MEMBERS, true, NULL, 0},

    {"vote_new_parameters", "op", NULL, VOTERS_PROPOSED, false, proposal_args,
     TAKES(WITH) | TAKES(WITHOUT) | TAKES(THRESHOLD) | TAKES(EPOCH)},
    {"start_reshare_instance", "node", NULL, VOTERS_KEY_EVENT, false, instance_args, KEY_EVENT},
    {"vote_reshared", "node", NULL, VOTERS_KEY_EVENT, false, key_event_args, KEY_EVENT},
    {"vote_cancel_resharing", "op", NULL, VOTERS_MEMBERS, false, NULL, 0},
    {"vote_abort_key_event_instance", "node", NULL, VOTERS_KEY_EVENT, false, key_event_args, KEY_EVENT},
    {"vote_add_domains", "op", NULL, VOTERS_MEMBERS, false, domains_args, TAKES(DOMAINS)},
    {"start_keygen_instance", "node", NULL, VOTERS_KEY_EVENT, false, instance_args, KEY_EVENT},
    {"vote_pk", "node", NULL, VOTERS_KEY_EVENT, false, public_key_args, KEY_EVENT | TAKES(KEY)},
    {"vote_cancel_keygen", "op", NULL, VOTERS_MEMBERS, false, next_domain_args, TAKES(NEXT)},

    {"init", "op", NULL, VOTERS_MEMBERS, false, init_args, 0},
    {"init_running", "op", NULL, VOTERS_MEMBERS, false, init_running_args, 0},

    {"get_attestation", "op", NULL, VOTERS_MEMBERS, true, tls_args, TAKES(TLS)},
    {"available_attestation_grants", "op", NULL, VOTERS_MEMBERS, true, account_args, TAKES(FOR)},
    {"public_key", "op", NULL, VOTERS_MEMBERS, true, domain_args, TAKES(DOMAIN)},
};

const struct method_form *method_form(const char *name)
{
    static const struct method_form any_call = {"", "op", NULL, VOTERS_MEMBERS, false, NULL, 0};
    static const struct method_form any_view = {"", "op", NULL, VOTERS_MEMBERS, true, NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    }
    for (size_t i = 0; model_method_name(i); i++) {
        if (model_method_is_view(i) && strcmp(model_method_name(i), name) == 0)
            return &any_view;
    }
    return &any_call;
}

/* What the default arguments are, as all worlds have them. */
static result_t default_args(struct compiler *compiler, const struct method_call *call,
                             const struct actor *signer, struct bytes *out)
{
    if (!call->form->make_args)
        return bytes_append_text(out, "{}");
    TRY(call->form->make_args(compiler, &compiler->worlds[0], call, signer, out));
    for (size_t i = 1; i < compiler->world_count; i++) {
        CLEANUP(bytes_free) struct bytes other = {0};
        TRY(call->form->make_args(compiler, &compiler->worlds[i], call, signer, &other));
        if (other.len != out->len || memcmp(other.data, out->data, out->len) != 0)
            return lexer_fail(
                &compiler->lexer, call->at,
                "the arguments that %s has by default are not the same in %s and %s here: write "
                "them, as settings or as JSON",
                call->method, compiler->worlds[0].profile, compiler->worlds[i].profile);
    }
    return OUTCOME_OK;
}

/* Put a value at a pointer whose parent is there; in an array in place of an element, or as the next one. */
static bool place_set(struct json_object *root, const char *pointer, struct json_object *value)
{
    const char *last = strrchr(pointer, '/');
    char parent_pointer[256];
    struct json_object *parent = NULL;
    struct u128 index;
    int len = snprintf(parent_pointer, sizeof parent_pointer, "%.*s", (int)(last - pointer), pointer);
    if (len >= (int)sizeof parent_pointer || !replay_pointer_get(root, parent_pointer, &parent))
        return false;
    if (json_object_is_type(parent, json_type_object))
        return json_object_object_add(parent, last + 1, value) == 0;
    return json_object_is_type(parent, json_type_array) && u128_parse(last + 1, strlen(last + 1), &index) &&
           !index.high && index.low <= json_object_array_length(parent) &&
           json_object_array_put_idx(parent, (size_t)index.low, value) == 0;
}

static result_t patch_apply(struct compiler *compiler, const struct token *patch, struct json_object *root)
{
    CLEANUP(bytes_free) struct bytes pointer = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    TRY(bytes_append(&pointer, patch->name.text, patch->name.len));
    TRY(value_write(compiler, patch->value, &text));
    TRY(json_parse((const char *)text.data, text.len, &json_limits_view, &value, NULL));
    if (!place_set(root, (const char *)pointer.data, value))
        return lexer_fail(&compiler->lexer, patch->name.text, "the arguments have no place %.*s",
                          (int)patch->name.len, patch->name.text);
    value = NULL;
    return OUTCOME_OK;
}

result_t args_patch(struct compiler *compiler, const struct settings *settings, const struct bytes *args,
                    struct bytes *out)
{
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    if (settings->patch_count == 0)
        return bytes_append(out, args->data, args->len);
    TRY(json_parse((const char *)args->data, args->len, &json_limits_view, &root, NULL));
    for (size_t i = 0; i < settings->patch_count; i++)
        TRY(patch_apply(compiler, &settings->patches[i], root));
    return json_write(root, out);
}

result_t method_args(struct compiler *compiler, const struct method_call *call, const struct actor *signer,
                     struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    if (call->settings.json.text)
        TRY(value_write(compiler, call->settings.json, &text));
    else
        TRY(default_args(compiler, call, signer, &text));
    return args_patch(compiler, &call->settings, &text, out);
}

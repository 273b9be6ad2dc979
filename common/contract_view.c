#include "common/contract_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "common/json.h"
#include "common/json_walk.h"

/* "Resharing.resharing_key.parameters.participants.participants[4095]" and what follows it. */
#define PATH_LEN_MAX 160

static const char *const phase_names[] = {
    [PROTOCOL_NOT_INITIALIZED] = "NotInitialized",
    [PROTOCOL_INITIALIZING] = "Initializing",
    [PROTOCOL_RUNNING] = "Running",
    [PROTOCOL_RESHARING] = "Resharing",
};

const char *protocol_phase_name(enum protocol_phase phase)
{
    return phase_names[phase];
}

static result_t read_object(struct json_object *parent, const char *name, struct json_object **out,
                            const char *where, struct error *err)
{
    return json_member(parent, name, json_type_object, out, OUTCOME_VIEW_MALFORMED, where, err);
}

static result_t read_account(const char *text, size_t len, const char *where, struct account_id *out,
                             struct error *err)
{
    if (!account_id_set(out, text, len))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s: not an account id", where);
    return OUTCOME_OK;
}

static result_t read_key(struct json_object *object, const char *name, const char *where,
                         struct ed25519_public_key *out, struct error *err)
{
    const char *text;
    size_t len;
    struct error reason = {0};
    TRY(json_member_text(object, name, &text, &len, OUTCOME_VIEW_MALFORMED, where, err));
    if (ed25519_public_key_parse(text, len, out, &reason) != OUTCOME_OK)
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s.%s: %s", where, name, reason.text);
    return OUTCOME_OK;
}

/* {"url", "tls_public_key"}: a node as participants and destinations have it. *url is owned by the caller. */
static result_t read_node(struct json_object *node, const char *where, char **url,
                          struct ed25519_public_key *tls_public_key, struct error *err)
{
    const char *text;
    size_t len;
    /* "sign_pk" was the name until 2026-04 (wire.md 5.1). */
    bool old_name = !json_object_object_get_ex(node, "tls_public_key", NULL) &&
                    json_object_object_get_ex(node, "sign_pk", NULL);
    TRY(json_member_text(node, "url", &text, &len, OUTCOME_VIEW_MALFORMED, where, err));
    TRY(read_key(node, old_name ? "sign_pk" : "tls_public_key", where, tls_public_key, err));
    *url = strndup(text, len);
    return *url ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

/* ["alice.near", 0, {"url": .., "tls_public_key": ..}] */
static result_t read_participant(struct json_object *entry, const char *where, struct participant *out,
                                 struct error *err)
{
    uint64_t id;
    if (!json_object_is_type(entry, json_type_array) || json_object_array_length(entry) != 3)
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s: an array of three expected", where);
    struct json_object *account = json_object_array_get_idx(entry, 0);
    struct json_object *node = json_object_array_get_idx(entry, 2);
    if (!json_object_is_type(account, json_type_string) ||
        !json_is_u64(json_object_array_get_idx(entry, 1), &id) || id > UINT32_MAX ||
        !json_object_is_type(node, json_type_object))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s: [account, id, {url, tls_public_key}] expected",
                         where);
    TRY(read_account(json_object_get_string(account), (size_t)json_object_get_string_len(account), where,
                     &out->account_id, err));
    out->id = (uint32_t)id;
    return read_node(node, where, &out->url, &out->tls_public_key, err);
}

/* `parameters`.participants.participants */
static result_t read_parameters(struct json_object *parameters, const char *where, struct protocol_view *out,
                                struct error *err)
{
    struct json_object *outer, *list;
    char path[PATH_LEN_MAX];
    TRY(read_object(parameters, "participants", &outer, where, err));
    TRY(json_member(outer, "participants", json_type_array, &list, OUTCOME_VIEW_MALFORMED, where, err));
    size_t count = json_object_array_length(list);
    if (count > CONTRACT_PARTICIPANTS_MAX)
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s: %zu participants; the limit is %d", where, count,
                         CONTRACT_PARTICIPANTS_MAX);
    out->participants = calloc(count ? count : 1, sizeof *out->participants);
    if (!out->participants)
        return OUTCOME_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s.parameters.participants.participants[%zu]", where, i);
        out->participant_count = i + 1;
        TRY(read_participant(json_object_array_get_idx(list, i), path, &out->participants[i], err));
    }
    return OUTCOME_OK;
}

static result_t read_participants(struct json_object *holder, const char *where, struct protocol_view *out,
                                  struct error *err)
{
    struct json_object *parameters;
    TRY(read_object(holder, "parameters", &parameters, where, err));
    return read_parameters(parameters, where, out, err);
}

static result_t read_keyset(struct json_object *running, const char *where, struct protocol_view *out,
                            struct error *err)
{
    struct json_object *keyset;
    char path[PATH_LEN_MAX];
    snprintf(path, sizeof path, "%s.keyset", where);
    TRY(read_object(running, "keyset", &keyset, where, err));
    return keyset_from_json(keyset, path, &out->keyset, err);
}

static result_t read_initializing(struct json_object *body, const char *where, struct protocol_view *out,
                                  struct error *err)
{
    struct json_object *keys, *key_event;
    uint64_t epoch_id;
    TRY(json_member_u64(body, "epoch_id", &epoch_id, OUTCOME_VIEW_MALFORMED, where, err));
    TRY(json_member(body, "generated_keys", json_type_array, &keys, OUTCOME_VIEW_MALFORMED, where, err));
    TRY(keyset_domains_from_json(keys, "Initializing.generated_keys", &out->keyset, err));
    out->keyset.epoch_id = epoch_id;
    TRY(read_object(body, "generating_key", &key_event, where, err));
    return read_participants(key_event, "Initializing.generating_key", out, err);
}

static result_t read_running(struct json_object *body, const char *where, struct protocol_view *out,
                             struct error *err)
{
    TRY(read_keyset(body, where, out, err));
    return read_participants(body, where, out, err);
}

static result_t read_resharing(struct json_object *body, const char *where, struct protocol_view *out,
                               struct error *err)
{
    struct json_object *previous, *key_event;
    TRY(read_object(body, "previous_running_state", &previous, where, err));
    TRY(read_keyset(previous, "Resharing.previous_running_state", out, err));
    TRY(read_object(body, "resharing_key", &key_event, where, err));
    return read_participants(key_event, "Resharing.resharing_key", out, err);
}

/* "NotInitialized", or an object with one member, which is named as the phase. */
static result_t read_state(struct json_object *state, struct protocol_view *out, struct error *err)
{
    static result_t (*const readers[])(struct json_object *, const char *, struct protocol_view *,
                                       struct error *) = {
        [PROTOCOL_INITIALIZING] = read_initializing,
        [PROTOCOL_RUNNING] = read_running,
        [PROTOCOL_RESHARING] = read_resharing,
    };
    if (json_object_is_type(state, json_type_string) &&
        strcmp(json_object_get_string(state), phase_names[PROTOCOL_NOT_INITIALIZED]) == 0)
        return OUTCOME_OK;
    for (size_t i = PROTOCOL_INITIALIZING; i < ARRAY_LEN(readers); i++) {
        struct json_object *body;
        if (!json_object_is_type(state, json_type_object) ||
            !json_object_object_get_ex(state, phase_names[i], &body))
            continue;
        if (json_object_object_length(state) != 1 || !json_object_is_type(body, json_type_object))
            return error_set(err, OUTCOME_VIEW_MALFORMED, "state: an object with one object expected");
        out->phase = (enum protocol_phase)i;
        return readers[i](body, phase_names[i], out, err);
    }
    return error_set(
        err, OUTCOME_VIEW_MALFORMED,
        "state: \"NotInitialized\", {\"Initializing\"}, {\"Running\"} or {\"Resharing\"} expected");
}

/* The state in place, where it is Running or Resharing in the form that serde writes: nearly always. A tree of it
 * would take twenty times its memory, most of it for the keyset and for the registry of domains, which nobody
 * here reads. */

static result_t walk_keyset(struct json_walk *walk, void *target)
{
    struct protocol_view *view = target;
    return keyset_walk(walk, &view->keyset) ? OUTCOME_OK : OUTCOME_VIEW_MALFORMED;
}

static result_t walk_parameters(struct json_walk *walk, void *target)
{
    CLEANUP(json_put_ptr) struct json_object *parameters = NULL;
    const char *start = walk->at;
    json_walk_skip(walk);
    TRY(json_parse(start, (size_t)(walk->at - start), &json_limits_view, &parameters, NULL));
    return read_parameters(parameters, "parameters", target, NULL);
}

/* An object with all of these members, and others. */
static result_t walk_all(struct json_walk *walk, const struct json_walk_member *members, size_t count,
                         struct protocol_view *view)
{
    bool is_object;
    size_t missing;
    TRY(json_walk_object(walk, members, count, view, &is_object, &missing));
    return is_object && missing == count ? OUTCOME_OK : OUTCOME_VIEW_MALFORMED;
}

static result_t walk_running(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {{"keyset", walk_keyset},
                                                      {"parameters", walk_parameters}};
    return walk_all(walk, members, ARRAY_LEN(members), target);
}

static result_t walk_previous(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {{"keyset", walk_keyset}};
    return walk_all(walk, members, ARRAY_LEN(members), target);
}

static result_t walk_key_event(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {{"parameters", walk_parameters}};
    return walk_all(walk, members, ARRAY_LEN(members), target);
}

static result_t walk_resharing(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {{"previous_running_state", walk_previous},
                                                      {"resharing_key", walk_key_event}};
    return walk_all(walk, members, ARRAY_LEN(members), target);
}

/* False: it is not in that form, and `out` is empty. */
static bool walk_state(const char *text, size_t len, struct protocol_view *out)
{
    CLEANUP(protocol_view_free) struct protocol_view view = {0};
    struct json_walk walk = json_walk_over(text, len);
    const char *name;
    size_t name_len;
    if (!json_walk_take(&walk, '{') || !json_walk_text(&walk, &name, &name_len) ||
        !json_walk_take(&walk, ':'))
        return false;
    bool running = name_len == 7 && memcmp(name, phase_names[PROTOCOL_RUNNING], 7) == 0;
    bool resharing = name_len == 9 && memcmp(name, phase_names[PROTOCOL_RESHARING], 9) == 0;
    view.phase = running ? PROTOCOL_RUNNING : PROTOCOL_RESHARING;
    if ((!running && !resharing) || (running ? walk_running : walk_resharing)(&walk, &view) != OUTCOME_OK ||
        !json_walk_take(&walk, '}'))
        return false;
    *out = view;
    view = (struct protocol_view){0};
    return true;
}

/* By a tree, which also tells what is wrong and where. */
static result_t parse_state(const char *text, size_t len, struct protocol_view *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *state = NULL;
    CLEANUP(protocol_view_free) struct protocol_view view = {0};
    TRY(json_parse(text, len, &json_limits_view, &state, err));
    TRY(read_state(state, &view, err));
    *out = view;
    view = (struct protocol_view){0};
    return OUTCOME_OK;
}

result_t protocol_view_parse(const char *text, size_t len, struct protocol_view *out, struct error *err)
{
    *out = (struct protocol_view){0};
    TRY(json_scan(text, len, &json_limits_view, err));
    return walk_state(text, len, out) ? OUTCOME_OK : parse_state(text, len, out, err);
}

const struct participant *protocol_view_participant(const struct protocol_view *view,
                                                    const struct account_id *account_id)
{
    for (size_t i = 0; i < view->participant_count; i++)
        if (account_id_equal(&view->participants[i].account_id, account_id))
            return &view->participants[i];
    return NULL;
}

void protocol_view_free(struct protocol_view *view)
{
    if (!view)
        return;
    keyset_free(&view->keyset);
    for (size_t i = 0; i < view->participant_count; i++)
        free(view->participants[i].url);
    free(view->participants);
    *view = (struct protocol_view){0};
}

static result_t read_destination(struct json_object *value, const char *where, struct destination_node *out,
                                 struct error *err)
{
    struct json_object *node;
    TRY(read_key(value, "signer_account_pk", where, &out->signer_account_pk, err));
    TRY(read_object(value, "destination_node_info", &node, where, err));
    return read_node(node, where, &out->url, &out->tls_public_key, err);
}

/* [backup or null, destination or null] */
static result_t read_entry(const char *account, struct json_object *value, struct migration_entry *out,
                           struct error *err)
{
    char where[PATH_LEN_MAX];
    TRY(read_account(account, strlen(account), "migration_info", &out->account_id, err));
    snprintf(where, sizeof where, "migration_info.%s", account);
    if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) != 2)
        return error_set(err, OUTCOME_VIEW_MALFORMED, "%s: an array of two expected", where);
    struct json_object *halves[2];
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        halves[i] = json_object_array_get_idx(value, i);
        if (halves[i] && !json_object_is_type(halves[i], json_type_object))
            return error_set(err, OUTCOME_VIEW_MALFORMED, "%s[%zu]: an object or null expected", where, i);
    }
    out->has_backup_key = halves[0] != NULL;
    out->has_destination = halves[1] != NULL;
    if (halves[0])
        TRY(read_key(halves[0], "public_key", where, &out->backup_key, err));
    return halves[1] ? read_destination(halves[1], where, &out->destination, err) : OUTCOME_OK;
}

/* True when the view can do without this entry, which could not be read. */
static bool skip_entry(struct migration_view *view, const char *account, const struct account_id *own,
                       const struct error *cause)
{
    if (cause->code != OUTCOME_VIEW_MALFORMED || !own || strcmp(account, own->text) == 0)
        return false;
    view->entries[view->count] = (struct migration_entry){.has_backup_key = false};
    if (view->skipped++ == 0)
        view->cause = *cause;
    return true;
}

static result_t read_entries(struct json_object *map, const struct account_id *own,
                             struct migration_view *view, struct error *err)
{
    json_object_object_foreach(map, account, value)
    {
        struct error cause = {.text = ""};
        cause.code = read_entry(account, value, &view->entries[view->count], &cause);
        if (cause.code == OUTCOME_OK) {
            view->count++;
        } else if (!skip_entry(view, account, own, &cause)) {
            return cause.text[0] ? error_set(err, cause.code, "%s", cause.text) : cause.code;
        }
    }
    return OUTCOME_OK;
}

result_t migration_view_parse(const char *text, size_t len, const struct account_id *own,
                              struct migration_view *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *map = NULL;
    CLEANUP(migration_view_free) struct migration_view view = {0};
    *out = view;
    TRY(json_parse(text, len, &json_limits_view, &map, err));
    if (!json_object_is_type(map, json_type_object))
        return error_set(err, OUTCOME_VIEW_MALFORMED, "migration_info: an object expected");
    size_t count = (size_t)json_object_object_length(map);
    if (count > MIGRATION_ACCOUNTS_MAX)
        return error_set(err, OUTCOME_VIEW_MALFORMED, "migration_info: %zu accounts; the limit is %d", count,
                         MIGRATION_ACCOUNTS_MAX);
    view.entries = calloc(count ? count : 1, sizeof *view.entries);
    if (!view.entries)
        return OUTCOME_NO_MEMORY;
    TRY(read_entries(map, own, &view, err));
    *out = view;
    view = (struct migration_view){0};
    return OUTCOME_OK;
}

static result_t write_destination(const struct destination_node *destination, struct bytes *out)
{
    char signer[ED25519_KEY_TEXT_MAX], tls[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&destination->signer_account_pk, signer);
    ed25519_public_key_format(&destination->tls_public_key, tls);
    TRY(bytes_append_format(out,
                            "{\"signer_account_pk\":\"%s\",\"destination_node_info\":{\"url\":", signer));
    TRY(json_write_text(destination->url, strlen(destination->url), out));
    return bytes_append_format(out, ",\"tls_public_key\":\"%s\"}}", tls);
}

static result_t write_entry(const struct migration_entry *entry, struct bytes *out)
{
    TRY(bytes_append_format(out, "\"%s\":[", entry->account_id.text));
    if (entry->has_backup_key) {
        char key[ED25519_KEY_TEXT_MAX];
        ed25519_public_key_format(&entry->backup_key, key);
        TRY(bytes_append_format(out, "{\"public_key\":\"%s\"},", key));
    } else {
        TRY(bytes_append_text(out, "null,"));
    }
    if (entry->has_destination)
        TRY(write_destination(&entry->destination, out));
    else
        TRY(bytes_append_text(out, "null"));
    return bytes_append_text(out, "]");
}

result_t migration_view_write(const struct migration_view *view, struct bytes *out)
{
    TRY(bytes_append_text(out, "{"));
    for (size_t i = 0; i < view->count; i++) {
        if (i > 0)
            TRY(bytes_append_text(out, ","));
        TRY(write_entry(&view->entries[i], out));
    }
    return bytes_append_text(out, "}");
}

const struct migration_entry *migration_view_find(const struct migration_view *view,
                                                  const struct account_id *account_id)
{
    for (size_t i = 0; i < view->count; i++)
        if (account_id_equal(&view->entries[i].account_id, account_id))
            return &view->entries[i];
    return NULL;
}

void migration_view_free(struct migration_view *view)
{
    if (!view)
        return;
    for (size_t i = 0; i < view->count; i++)
        free(view->entries[i].destination.url);
    free(view->entries);
    *view = (struct migration_view){0};
}

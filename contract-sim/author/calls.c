/* Calls and views: who calls, what with, what comes of it. */
#include <stdio.h>
#include <string.h>

#include "common/nearest.h"
#include "contract-sim/author/compiler.h"
#include "contract-sim/replay/replay.h"

/* A known method, or any in quotes. */
static result_t method_read(struct compiler *compiler, const char *kind, struct method_call *out)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    out->at = token.text.text;
    bool quoted = token.kind == TOKEN_JSON && token.text.text[0] == '"';
    if (!quoted && token.kind != TOKEN_WORD)
        return lexer_fail(&compiler->lexer, out->at, "expected a %s", kind);
    struct slice name = quoted ? (struct slice){token.text.text + 1, token.text.len - 2} : token.text;
    if (name.len > AUTHOR_METHOD_LEN || memchr(name.text, '\\', name.len))
        return lexer_fail(&compiler->lexer, out->at, "a method's name has at most %d plain characters",
                          AUTHOR_METHOD_LEN);
    snprintf(out->method, sizeof out->method, "%.*s", (int)name.len, name.text);
    out->form = method_form(out->method);
    for (size_t i = 0; model_method_name(i) && !out->known; i++)
        out->known = slice_is(name, model_method_name(i));
    if (out->known || quoted)
        return OUTCOME_OK;
    struct nearest nearest = {.given = name.text, .given_len = name.len};
    for (size_t i = 0; model_method_name(i); i++)
        nearest_try(&nearest, model_method_name(i));
    return unknown_near(compiler, name, kind, nearest.word);
}

static bool expects_not_found(const struct bytes *expected)
{
    return expected->len && strstr((const char *)expected->data, "{\"error\":\"MethodNotFound\"");
}

/* Whoever asks for a method that nobody has means just that. */
static result_t unknown_check(struct compiler *compiler, const struct method_call *call,
                              const struct expectation *expect)
{
    bool expected = call->known || expects_not_found(&expect->others);
    for (size_t i = 0; i < compiler->world_count; i++)
        expected = expected || expects_not_found(&expect->by_world[i]);
    return expected ? OUTCOME_OK
                    : lexer_fail(&compiler->lexer, call->at,
                                 "no contract has a method \"%s\": all to expect is error MethodNotFound",
                                 call->method);
}

/* Settings, arguments as JSON, a view's pointer, and what is expected, in any order. */
static result_t call_read(struct compiler *compiler, struct method_call *call, struct slice *pointer,
                          struct expectation *expect)
{
    static const char *const words[] = {"expect", NULL};
    bool view = pointer != NULL;
    uint32_t takes = call->form->takes | (view ? 0 : TAKES(DEPOSIT) | TAKES(VIA));
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    while (token.kind != TOKEN_END) {
        if (token.kind == TOKEN_SETTING)
            TRY(setting_add(compiler, &token, takes, call->method, &call->settings));
        else if (token.kind == TOKEN_JSON && !call->settings.json.text)
            call->settings.json = token.text;
        else if (slice_is(token.text, "expect"))
            TRY(expect_read(compiler, view, expect));
        else if (view && token.text.text[0] == '/' && !pointer->text)
            *pointer = token.text;
        else
            return unknown_word(compiler, token.text, "word", words);
        TRY(lexer_next(&compiler->lexer, &token));
    }
    return OUTCOME_OK;
}

/* JSON is all of the arguments: no setting may make some of them too. */
static result_t settings_check(struct compiler *compiler, const struct method_call *call)
{
    for (size_t i = 0; call->settings.json.text && i < SETTING_COUNT; i++) {
        if (call->settings.values[i].text && i != SETTING_DEPOSIT && i != SETTING_VIA)
            return lexer_fail(&compiler->lexer, call->settings.values[i].text,
                              "%s has no meaning where the arguments are written as JSON", setting_names[i]);
    }
    return OUTCOME_OK;
}

struct actors {
    struct actor list[AUTHOR_LIST_MAX];
    size_t count;
};

static result_t actor_append(struct compiler *compiler, const struct actor *actor, struct actors *out)
{
    if (out->count == AUTHOR_LIST_MAX)
        return lexer_fail(&compiler->lexer, compiler->at, "more than %d callers in one statement",
                          AUTHOR_LIST_MAX);
    out->list[out->count++] = *actor;
    return OUTCOME_OK;
}

#define NODES_MAX 9

/* A member that moved to its second node signs with that node's key: the number is the one of its TLS key. */
static result_t node_key_find(struct json_object *info, struct actor *actor)
{
    struct json_object *tls_key;
    json_object_object_get_ex(info, "tls_public_key", &tls_key);
    for (unsigned n = 1; n <= NODES_MAX; n++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        char number[8] = "";
        if (n > 1)
            snprintf(number, sizeof number, "%u", n);
        snprintf(actor->key, sizeof actor->key, "tls%s", number);
        TRY(actor_key_write(actor, &text));
        snprintf(actor->key, sizeof actor->key, "node%s", number);
        if (strcmp((const char *)text.data, json_object_get_string(tls_key)) == 0)
            return OUTCOME_OK;
    }
    snprintf(actor->key, sizeof actor->key, "node");
    return OUTCOME_OK;
}

/* [account, id, info] */
static result_t participant_actor(struct json_object *participant, const struct method_call *call,
                                  struct actor *out)
{
    const char *account = json_object_get_string(json_object_array_get_idx(participant, 0));
    *out = (struct actor){0};
    snprintf(out->name, sizeof out->name, "%.*s", (int)strcspn(account, "."), account);
    account_id_set(&out->account, account, strlen(account));
    snprintf(out->key, sizeof out->key, "%s", call->form->key);
    return strcmp(out->key, "node") == 0 ? node_key_find(json_object_array_get_idx(participant, 2), out)
                                         : OUTCOME_OK;
}

/* All of them, or the one with the lowest id. */
static result_t participants_take(struct compiler *compiler, struct json_object *participants,
                                  const struct method_call *call, bool leader, struct actors *out)
{
    uint64_t lowest = UINT64_MAX;
    size_t count = participants ? json_object_array_length(participants) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *participant = json_object_array_get_idx(participants, i);
        struct actor actor;
        uint64_t id;
        if (!json_is_u64(json_object_array_get_idx(participant, 1), &id) || (leader && id >= lowest))
            continue;
        lowest = id;
        out->count = leader ? 0 : out->count;
        TRY(participant_actor(participant, call, &actor));
        TRY(actor_append(compiler, &actor, out));
    }
    return OUTCOME_OK;
}

static result_t world_callers(struct compiler *compiler, struct world *world, const struct method_call *call,
                              bool leader, struct actors *out)
{
    CLEANUP(json_put_ptr) struct json_object *proposed = NULL;
    struct json_object *participants;
    struct event_facts event;
    uint64_t next_id;
    if (leader || call->form->voters == VOTERS_KEY_EVENT) {
        TRY(world_key_event(world, &event));
        participants = event.participants;
    } else if (call->form->voters == VOTERS_PROPOSED) {
        TRY(proposed_participants(compiler, world, &call->settings, &proposed, &next_id));
        participants = proposed;
    } else {
        TRY(world_members(world, &participants));
    }
    return participants_take(compiler, participants, call, leader, out);
}

static bool actors_equal(const struct actors *a, const struct actors *b)
{
    return a->count == b->count && memcmp(a->list, b->list, a->count * sizeof a->list[0]) == 0;
}

/* `word` may be a macro's and not of the source: what is wrong is said of the statement. */
static result_t callers_of_state(struct compiler *compiler, struct slice word, const struct method_call *call,
                                 bool leader, struct actors *out)
{
    for (size_t i = 0; i < compiler->world_count; i++) {
        struct actors here = {0};
        TRY(world_callers(compiler, &compiler->worlds[i], call, leader, &here));
        if (here.count == 0)
            return lexer_fail(&compiler->lexer, compiler->at, "there are no members");
        if (i > 0 && !actors_equal(&here, out))
            return lexer_fail(&compiler->lexer, compiler->at,
                              "%.*s are not the same in %s and %s here: name them", (int)word.len, word.text,
                              compiler->worlds[0].profile, compiler->worlds[i].profile);
        *out = here;
    }
    return OUTCOME_OK;
}

/* "all", "leader", or "alice,bob.node2". */
static result_t callers_find(struct compiler *compiler, struct slice word, const struct method_call *call,
                             struct actors *out)
{
    struct slice rest = word;
    struct slice name;
    struct actor actor;
    bool leader = slice_is(word, "leader");
    out->count = 0;
    if (leader || slice_is(word, "all"))
        return callers_of_state(compiler, word, call, leader, out);
    while (list_next(&rest, &name)) {
        TRY(actor_read(compiler, name, call->form->key, &actor));
        TRY(actor_append(compiler, &actor, out));
    }
    return OUTCOME_OK;
}

result_t call_by(struct compiler *compiler, struct slice who, const struct method_call *call,
                 const struct expectation *expect)
{
    struct actors actors = {0};
    TRY(callers_find(compiler, who, call, &actors));
    for (size_t i = 0; i < actors.count; i++)
        TRY(call_emit(compiler, call, &actors.list[i], expect));
    return OUTCOME_OK;
}

result_t read_call(struct compiler *compiler, struct slice who)
{
    CLEANUP(expectation_free) struct expectation expect = {0};
    struct method_call call = {0};
    TRY(method_read(compiler, "method", &call));
    TRY(call_read(compiler, &call, NULL, &expect));
    TRY(settings_check(compiler, &call));
    TRY(unknown_check(compiler, &call, &expect));
    if (call.form->returns)
        TRY(expectation_check(compiler, &call, &expect, "expect ok VALUE"));
    return call_by(compiler, who, &call, &expect);
}

/* Nobody asks a view, so there is nobody whose key or account may be meant. */
static result_t view_settings_check(struct compiler *compiler, const struct method_call *call)
{
    static const enum setting needed[] = {SETTING_TLS, SETTING_FOR};
    for (size_t i = 0; i < ARRAY_LEN(needed) && call->form->returns && !call->settings.json.text; i++) {
        if ((call->form->takes >> needed[i] & 1) && !setting_given(&call->settings, needed[i]))
            return lexer_fail(&compiler->lexer, call->at, "%s needs %s=VALUE", call->method,
                              setting_names[needed[i]]);
    }
    return OUTCOME_OK;
}

result_t read_view(struct compiler *compiler)
{
    CLEANUP(expectation_free) struct expectation expect = {0};
    struct method_call call = {0};
    struct slice pointer = {0};
    TRY(method_read(compiler, "view", &call));
    TRY(call_read(compiler, &call, &pointer, &expect));
    if (!replay_pointer_is_valid(pointer.text, pointer.len))
        return lexer_fail(&compiler->lexer, pointer.text, "no JSON pointer: ~ in a name is written ~0, / ~1");
    TRY(settings_check(compiler, &call));
    TRY(unknown_check(compiler, &call, &expect));
    TRY(view_settings_check(compiler, &call));
    TRY(expectation_check(compiler, &call, &expect, "expect equals VALUE, present, absent or error ENUM"));
    return view_emit(compiler, &call, pointer, &expect);
}

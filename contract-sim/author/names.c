/* Words that stand for accounts, keys and hashes: the same word is the same bytes everywhere. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "common/encoding.h"
#include "common/nearest.h"
#include "contract-sim/author/compiler.h"

/* Members of the default genesis, outsiders, somebody to call through, the contract itself. */
static const char *const common_actors[] = {"alice", "bob",   "carol", "dave", "erin",
                                            "frank", "proxy", "mpc",   NULL};
/* Who a scenario may mean, and nobody's name. */
static const char *const callers[] = {"all", "leader", NULL};

/* A key's word is one of these, with a number behind it or without. */
static const char *const key_kinds[] = {"op", "node", "tls", "backup", "secp", NULL};

#define HASH_OWNER "hash"

result_t unknown_near(const struct compiler *compiler, struct slice word, const char *kind,
                      const char *nearest)
{
    int shown = word.len > NEAREST_WORD_LEN_MAX ? NEAREST_WORD_LEN_MAX : (int)word.len;
    if (nearest)
        return lexer_fail(&compiler->lexer, word.text, "unknown %s \"%.*s\"; did you mean %s?", kind, shown,
                          word.text, nearest);
    return lexer_fail(&compiler->lexer, word.text, "unknown %s \"%.*s\"", kind, shown, word.text);
}

result_t unknown_word(const struct compiler *compiler, struct slice word, const char *kind,
                      const char *const *words)
{
    struct nearest nearest = {.given = word.text, .given_len = word.len};
    for (size_t i = 0; words[i]; i++)
        nearest_try(&nearest, words[i]);
    return unknown_near(compiler, word, kind, nearest.word);
}

static struct actor *actor_find(struct compiler *compiler, struct slice name)
{
    for (size_t i = 0; i < compiler->actor_count; i++) {
        if (slice_is(name, compiler->actors[i].name))
            return &compiler->actors[i];
    }
    return NULL;
}

static void actor_put(struct compiler *compiler, struct slice name, const char *account)
{
    struct actor *actor = actor_find(compiler, name);
    if (!actor)
        actor = &compiler->actors[compiler->actor_count++];
    *actor = (struct actor){0};
    snprintf(actor->name, sizeof actor->name, "%.*s", (int)name.len, name.text);
    account_id_set(&actor->account, account, strlen(account));
}

static void actor_put_near(struct compiler *compiler, struct slice name)
{
    char account[ACCOUNT_ID_LEN_MAX + 1];
    snprintf(account, sizeof account, "%.*s.near", (int)name.len, name.text);
    actor_put(compiler, name, account);
}

void actors_begin(struct compiler *compiler)
{
    for (size_t i = 0; common_actors[i]; i++)
        actor_put_near(compiler, (struct slice){common_actors[i], strlen(common_actors[i])});
}

static bool is_listed(struct slice word, const char *const *words)
{
    while (*words && !slice_is(word, *words))
        words++;
    return *words != NULL;
}

/* Part of an account id, without the dot that parts its key from it. */
static bool actor_name_valid(struct slice word)
{
    char account[AUTHOR_ACTOR_LEN + sizeof ".near"];
    if (word.len == 0 || word.len > AUTHOR_ACTOR_LEN || memchr(word.text, '.', word.len))
        return false;
    int len = snprintf(account, sizeof account, "%.*s.near", (int)word.len, word.text);
    return account_id_valid(account, (size_t)len) && !is_listed(word, callers) && !slice_is(word, HASH_OWNER);
}

result_t actor_add(struct compiler *compiler, struct slice word)
{
    if (actor_find(compiler, word))
        return OUTCOME_OK;
    if (!actor_name_valid(word))
        return lexer_fail(&compiler->lexer, word.text,
                          "\"%.*s\" is no name for an actor: one part of an account id, without .near",
                          (int)word.len, word.text);
    if (compiler->actor_count == AUTHOR_ACTORS_MAX)
        return lexer_fail(&compiler->lexer, word.text, "more than %d actors", AUTHOR_ACTORS_MAX);
    actor_put_near(compiler, word);
    return OUTCOME_OK;
}

void actor_add_account(struct compiler *compiler, const char *account)
{
    struct slice name = {account, strcspn(account, ".")};
    const struct actor *known = actor_find(compiler, name);
    bool is_free = known ? strcmp(known->account.text + name.len, ".near") == 0
                         : compiler->actor_count < AUTHOR_ACTORS_MAX;
    if (is_free && actor_name_valid(name))
        actor_put(compiler, name, account);
}

#define STATEMENTS_MAX 32

/* What else may have been meant is in `more`. */
static result_t unknown_actor(const struct compiler *compiler, struct slice word, const char *const *more)
{
    const char *words[AUTHOR_ACTORS_MAX + ARRAY_LEN(callers) + STATEMENTS_MAX];
    size_t count = 0;
    for (size_t i = 0; more && more[i] && i < STATEMENTS_MAX; i++)
        words[count++] = more[i];
    for (size_t i = 0; i < compiler->actor_count; i++)
        words[count++] = compiler->actors[i].name;
    for (size_t i = 0; more && callers[i]; i++)
        words[count++] = callers[i];
    words[count] = NULL;
    return unknown_word(compiler, word, more ? "statement or actor" : "actor", words);
}

static bool is_key_kind(struct slice word)
{
    while (word.len > 0 && isdigit((unsigned char)word.text[word.len - 1]))
        word.len--;
    return is_listed(word, key_kinds);
}

static result_t key_take(struct compiler *compiler, struct slice word, struct actor *out)
{
    if (!is_key_kind(word) || word.len > AUTHOR_ACTOR_LEN)
        return unknown_word(compiler, word, "key", key_kinds);
    snprintf(out->key, sizeof out->key, "%.*s", (int)word.len, word.text);
    return OUTCOME_OK;
}

static result_t read_name(struct compiler *compiler, struct slice word, const char *key,
                          const char *const *more, struct actor *out)
{
    const char *dot = memchr(word.text, '.', word.len);
    struct slice name = {word.text, dot ? (size_t)(dot - word.text) : word.len};
    const struct actor *actor = actor_find(compiler, name);
    if (!actor)
        return unknown_actor(compiler, name, more);
    *out = *actor;
    snprintf(out->key, sizeof out->key, "%s", key);
    struct slice rest = {word.text + name.len + 1, word.len - name.len - 1};
    return dot ? key_take(compiler, rest, out) : OUTCOME_OK;
}

result_t actor_read(struct compiler *compiler, struct slice word, const char *key, struct actor *out)
{
    return read_name(compiler, word, key, NULL, out);
}

result_t caller_read(struct compiler *compiler, struct slice word, const char *const *statements,
                     struct actor *out)
{
    return read_name(compiler, word, "", statements, out);
}

result_t actor_key_read(struct compiler *compiler, struct slice word, const struct actor *owner,
                        struct actor *out)
{
    if (memchr(word.text, '.', word.len))
        return actor_read(compiler, word, "op", out);
    *out = *owner;
    return key_take(compiler, word, out);
}

struct actor actor_key_like(const struct actor *actor, const char *kind)
{
    struct actor like = *actor;
    bool numbered = strncmp(actor->key, "node", 4) == 0 || strncmp(actor->key, "tls", 3) == 0;
    const char *number = actor->key + strcspn(actor->key, "0123456789");
    snprintf(like.key, sizeof like.key, "%s%.16s", kind, numbered ? number : "");
    return like;
}

/* As many bytes as are asked for from one label: its SHA-256, that one's, and so on. */
static void bytes_named(const char *label, uint8_t *out, size_t len)
{
    uint8_t hash[SHA256_LEN];
    sha256(label, strlen(label), hash);
    for (size_t at = 0; at < len; at += sizeof hash) {
        memcpy(out + at, hash, len - at < sizeof hash ? len - at : sizeof hash);
        sha256(hash, sizeof hash, hash);
    }
}

void actor_public_key(const struct actor *actor, struct near_public_key *out)
{
    char label[2 * AUTHOR_ACTOR_LEN + 2];
    snprintf(label, sizeof label, "%s.%s", actor->name, actor->key);
    *out = (struct near_public_key){.type = NEAR_KEY_ED25519};
    if (strncmp(actor->key, "secp", 4) == 0)
        out->type = NEAR_KEY_SECP256K1;
    bytes_named(label, out->bytes, out->type == NEAR_KEY_ED25519 ? ED25519_KEY_LEN : sizeof out->bytes);
}

result_t actor_key_write(const struct actor *actor, struct bytes *out)
{
    struct near_public_key key;
    char text[NEAR_PUBLIC_KEY_TEXT_MAX];
    actor_public_key(actor, &key);
    near_public_key_format(&key, text);
    return bytes_append_text(out, text);
}

result_t hash_write(struct slice word, struct bytes *out)
{
    uint8_t hash[SHA256_LEN];
    char digits[2 * SHA256_LEN];
    if (hex_decode(word.text, word.len, hash, sizeof hash) == OUTCOME_OK)
        return bytes_append(out, word.text, word.len);
    sha256(word.text, word.len, hash);
    hex_encode(hash, sizeof hash, digits);
    return bytes_append(out, digits, sizeof digits);
}

void domain_key_named(const char *word, enum curve curve, struct domain_key *out)
{
    struct ed25519_public_key point;
    *out = (struct domain_key){.curve = curve};
    bytes_named(word, out->bytes, domain_key_len(curve));
    if (curve != CURVE_ED25519)
        return;
    /* Every second word is a point: the contract wants one. */
    memcpy(point.bytes, out->bytes, sizeof point.bytes);
    while (!ed25519_public_key_is_point(&point))
        sha256(point.bytes, sizeof point.bytes, point.bytes);
    memcpy(out->bytes, point.bytes, sizeof point.bytes);
}

/* "alice.tls2" or "hash.image", which stood behind an @. */
static result_t reference_write(struct compiler *compiler, struct slice word, struct bytes *out)
{
    static const char hash[] = HASH_OWNER ".";
    struct actor actor;
    if (word.len > sizeof hash - 1 && memcmp(word.text, hash, sizeof hash - 1) == 0) {
        struct slice name = {word.text + sizeof hash - 1, word.len - (sizeof hash - 1)};
        return hash_write(name, out);
    }
    TRY(actor_read(compiler, word, "", &actor));
    if (!actor.key[0])
        return lexer_fail(&compiler->lexer, word.text, "@%.*s names no key: @%.*s.node", (int)word.len,
                          word.text, (int)word.len, word.text);
    return actor_key_write(&actor, out);
}

/* A reference in JSON, replaced. The place of one that is wrong is looked for in the source, since the value
 * is a copy. */
static result_t text_replace(struct compiler *compiler, struct slice source, struct json_object *value,
                             struct json_object **out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    const char *word = json_object_get_string(value) + 1;
    const char *at = memmem(source.text, source.len, word, strlen(word));
    struct slice found = {at, strlen(word)};
    if (!at)
        return lexer_fail(&compiler->lexer, source.text,
                          "\"@%s\" is written with an escape; write it plainly", word);
    TRY(reference_write(compiler, found, &text));
    *out = json_object_new_string((const char *)text.data);
    return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

static result_t references_replace(struct compiler *compiler, struct slice source,
                                   struct json_object **value);

static result_t members_replace(struct compiler *compiler, struct slice source, struct json_object *object)
{
    json_object_object_foreach(object, name, member)
    {
        struct json_object *before = member;
        TRY(references_replace(compiler, source, &member));
        /* The name is there already: this changes the value in place. */
        if (member != before && json_object_object_add(object, name, member) != 0)
            return OUTCOME_NO_MEMORY;
    }
    return OUTCOME_OK;
}

static result_t elements_replace(struct compiler *compiler, struct slice source, struct json_object *array)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *element = json_object_array_get_idx(array, i);
        struct json_object *before = element;
        TRY(references_replace(compiler, source, &element));
        if (element != before && json_object_array_put_idx(array, i, element) != 0)
            return OUTCOME_NO_MEMORY;
    }
    return OUTCOME_OK;
}

/* A text that begins with @ is replaced by a new value, which *value then is; the old one stays its
 * container's until that takes the new one. No deeper than the JSON reader lets values be. */
static result_t references_replace(struct compiler *compiler, struct slice source, struct json_object **value)
{
    switch (json_object_get_type(*value)) {
    case json_type_object:
        return members_replace(compiler, source, *value);
    case json_type_array:
        return elements_replace(compiler, source, *value);
    case json_type_string:
        return json_object_get_string(*value)[0] == '@' ? text_replace(compiler, source, *value, value)
                                                        : OUTCOME_OK;
    default:
        return OUTCOME_OK;
    }
}

static result_t value_json(struct compiler *compiler, struct slice value, struct json_object **out)
{
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    TRY(lexer_json(&compiler->lexer, value, &root));
    struct json_object *replaced = root;
    TRY(references_replace(compiler, value, &replaced));
    *out = replaced;
    if (replaced == root)
        root = NULL;
    return OUTCOME_OK;
}

static bool is_bare_json(struct slice value)
{
    return json_scan(value.text, value.len, &json_limits_small, NULL) == OUTCOME_OK;
}

result_t value_write(struct compiler *compiler, struct slice value, struct bytes *out)
{
    bool open = value.len > 0 && strchr("{[\"", value.text[0]);
    if (open || is_bare_json(value)) {
        CLEANUP(json_put_ptr) struct json_object *json = NULL;
        TRY(value_json(compiler, value, &json));
        return json_write(json, out);
    }
    if (value.len == 0 || value.text[0] != '@')
        return json_write_text(value.text, value.len, out);
    struct slice word = {value.text + 1, value.len - 1};
    TRY(bytes_append_text(out, "\""));
    TRY(reference_write(compiler, word, out));
    return bytes_append_text(out, "\"");
}

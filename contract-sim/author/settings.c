/* What is written NAME=VALUE. */
#include <stdio.h>
#include <string.h>

#include "common/u128.h"
#include "contract-sim/author/compiler.h"

const char *const setting_names[SETTING_COUNT] = {
    [SETTING_DEPOSIT] = "deposit", [SETTING_VIA] = "via",           [SETTING_TO] = "to",
    [SETTING_URL] = "url",         [SETTING_TLS] = "tls",           [SETTING_KEY] = "key",
    [SETTING_MOCK] = "mock",       [SETTING_EXPIRES] = "expires",   [SETTING_IMAGE] = "image",
    [SETTING_COMPOSE] = "compose", [SETTING_FOR] = "for",           [SETTING_GRANTS] = "grants",
    [SETTING_WITH] = "with",       [SETTING_WITHOUT] = "without",   [SETTING_THRESHOLD] = "threshold",
    [SETTING_EPOCH] = "epoch",     [SETTING_DOMAIN] = "domain",     [SETTING_ATTEMPT] = "attempt",
    [SETTING_DOMAINS] = "domains", [SETTING_NEXT] = "next",         [SETTING_HASH] = "hash",
    [SETTING_SCAN] = "scan",       [SETTING_MEMBERS] = "members",   [SETTING_HEIGHT] = "height",
    [SETTING_TIME] = "time",       [SETTING_ATTESTED] = "attested", [SETTING_INITIALISED] = "initialised",
};

static result_t patch_add(struct compiler *compiler, const struct token *token, struct settings *out)
{
    if (out->patch_count == AUTHOR_PATCHES_MAX)
        return lexer_fail(&compiler->lexer, token->text.text, "more than %d changes of the arguments",
                          AUTHOR_PATCHES_MAX);
    out->patches[out->patch_count++] = *token;
    return OUTCOME_OK;
}

static result_t setting_unknown(struct compiler *compiler, const struct token *token, uint32_t takes,
                                const char *what)
{
    const char *words[SETTING_COUNT + 1];
    size_t count = 0;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (takes >> i & 1)
            words[count++] = setting_names[i];
    }
    words[count] = NULL;
    char kind[AUTHOR_METHOD_LEN + 32];
    snprintf(kind, sizeof kind, "setting of %s", what);
    return unknown_word(compiler, token->name, kind, words);
}

result_t setting_add(struct compiler *compiler, const struct token *token, uint32_t takes, const char *what,
                     struct settings *out)
{
    if (token->name.text[0] == '/')
        return patch_add(compiler, token, out);
    size_t i = 0;
    while (i < SETTING_COUNT && !((takes >> i & 1) && slice_is(token->name, setting_names[i])))
        i++;
    if (i == SETTING_COUNT)
        return setting_unknown(compiler, token, takes, what);
    if (out->values[i].text)
        return lexer_fail(&compiler->lexer, token->text.text, "%s is given twice", setting_names[i]);
    if (token->value.len == 0)
        return lexer_fail(&compiler->lexer, token->value.text, "%s= has no value", setting_names[i]);
    out->values[i] = token->value;
    return OUTCOME_OK;
}

bool setting_given(const struct settings *settings, enum setting setting)
{
    return settings->values[setting].text != NULL;
}

result_t setting_u64(struct compiler *compiler, const struct settings *settings, enum setting setting,
                     uint64_t *out)
{
    struct slice value = settings->values[setting];
    struct u128 number;
    if (!value.text)
        return OUTCOME_OK;
    if (!u128_parse(value.text, value.len, &number) || number.high)
        return lexer_fail(&compiler->lexer, value.text, "%s is a number below 2^64, not \"%.*s\"",
                          setting_names[setting], (int)value.len, value.text);
    *out = number.low;
    return OUTCOME_OK;
}

result_t setting_yes(struct compiler *compiler, const struct settings *settings, enum setting setting,
                     bool *out)
{
    struct slice value = settings->values[setting];
    if (!value.text)
        return OUTCOME_OK;
    *out = slice_is(value, "yes");
    return *out || slice_is(value, "no")
               ? OUTCOME_OK
               : lexer_fail(&compiler->lexer, value.text, "%s is yes or no, not \"%.*s\"",
                            setting_names[setting], (int)value.len, value.text);
}

bool list_next(struct slice *rest, struct slice *word)
{
    if (!rest->text)
        return false;
    const char *comma = memchr(rest->text, ',', rest->len);
    *word = (struct slice){rest->text, comma ? (size_t)(comma - rest->text) : rest->len};
    *rest = comma ? (struct slice){comma + 1, rest->len - word->len - 1} : (struct slice){0};
    return true;
}

/* The settings and the JSON that fill the rest of a statement. */
result_t settings_read(struct compiler *compiler, uint32_t takes, const char *what, bool json,
                       struct settings *out)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    while (token.kind != TOKEN_END) {
        if (token.kind == TOKEN_SETTING)
            TRY(setting_add(compiler, &token, takes, what, out));
        else if (token.kind == TOKEN_JSON && json && !out->json.text)
            out->json = token.text;
        else
            return lexer_fail(&compiler->lexer, token.text.text, "expected a setting of %s, as in name=value",
                              what);
        TRY(lexer_next(&compiler->lexer, &token));
    }
    return OUTCOME_OK;
}

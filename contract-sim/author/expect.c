/* What is expected of a call or a view. */
#include <string.h>

#include "common/nearest.h"
#include "contract-sim/author/compiler.h"

result_t profile_find(struct compiler *compiler, struct slice word, const char **out)
{
    struct nearest nearest = {.given = word.text, .given_len = word.len};
    for (size_t i = 0; model_profile_name(i); i++) {
        *out = model_profile_name(i);
        if (slice_is(word, *out))
            return OUTCOME_OK;
        nearest_try(&nearest, *out);
    }
    return unknown_near(compiler, word, "profile", nearest.word);
}

size_t world_find(const struct compiler *compiler, const char *profile)
{
    for (size_t i = 0; i < compiler->world_count; i++) {
        if (strcmp(compiler->worlds[i].profile, profile) == 0)
            return i;
    }
    return SIZE_MAX;
}

static result_t value_next(struct compiler *compiler, struct bytes *out)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    return token.kind == TOKEN_END ? lexer_fail(&compiler->lexer, token.text.text, "expected a value")
                                   : value_write(compiler, token.text, out);
}

static const char *last_part(const char *path)
{
    const char *colon = strrchr(path, ':');
    return colon ? colon + 1 : path;
}

static result_t error_unknown(struct compiler *compiler, struct slice word)
{
    struct nearest nearest = {.given = word.text, .given_len = word.len};
    for (size_t i = 0; model_error_name(i); i++) {
        nearest_try(&nearest, model_error_name(i));
        nearest_try(&nearest, last_part(model_error_name(i)));
    }
    return unknown_near(compiler, word, "error", nearest.word);
}

/* A whole enum path, or its last part: no two paths end alike. */
static result_t error_find(struct compiler *compiler, struct slice word, const char **out)
{
    for (size_t i = 0; model_error_name(i); i++) {
        *out = model_error_name(i);
        if (slice_is(word, *out) || slice_is(word, last_part(*out)))
            return OUTCOME_OK;
    }
    return error_unknown(compiler, word);
}

/* error ENUM, or with ["text"] or [contains "text"]. */
static result_t error_expected(struct compiler *compiler, struct bytes *out)
{
    struct slice word;
    struct token token;
    const char *path = NULL;
    TRY(lexer_word(&compiler->lexer, "the name of an error", &word));
    TRY(error_find(compiler, word, &path));
    TRY(bytes_append_format(out, "{\"error\":\"%s\",\"message\":", path));
    TRY(lexer_peek(&compiler->lexer, &token));
    bool contains = token.kind == TOKEN_WORD && slice_is(token.text, "contains");
    bool exact = token.kind == TOKEN_JSON;
    if (contains)
        TRY(lexer_next(&compiler->lexer, &token));
    TRY(contains || exact ? value_next(compiler, out) : bytes_append_text(out, "\"\""));
    return bytes_append_format(out, ",\"match\":\"%s\"}", exact ? "exact" : "contains");
}

static result_t ok_expected(struct compiler *compiler, struct bytes *out)
{
    struct token token;
    TRY(lexer_peek(&compiler->lexer, &token));
    bool given = token.kind == TOKEN_JSON || (token.kind == TOKEN_WORD && !slice_is(token.text, "expect"));
    TRY(bytes_append_text(out, "{\"ok\":"));
    TRY(given ? value_next(compiler, out) : bytes_append_text(out, "null"));
    return bytes_append_text(out, "}");
}

static result_t equals_expected(struct compiler *compiler, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"equals\":"));
    TRY(value_next(compiler, out));
    return bytes_append_text(out, "}");
}

static result_t what_expected(struct compiler *compiler, struct slice word, bool view, struct bytes *out)
{
    static const char *const call_words[] = {"ok", "error", NULL};
    static const char *const view_words[] = {"equals", "present", "absent", "error", NULL};
    if (out->len)
        return lexer_fail(&compiler->lexer, word.text, "this is expected twice");
    if (!view && slice_is(word, "ok"))
        return ok_expected(compiler, out);
    if (slice_is(word, "error"))
        return error_expected(compiler, out);
    if (view && slice_is(word, "equals"))
        return equals_expected(compiler, out);
    if (view && slice_is(word, "present"))
        return bytes_append_text(out, "{\"present\":true}");
    if (view && slice_is(word, "absent"))
        return bytes_append_text(out, "{\"present\":false}");
    return unknown_word(compiler, word, view ? "expectation of a view" : "expectation of a call",
                        view ? view_words : call_words);
}

/* "design,v3.14": a list of profiles begins with one. */
static bool is_profile_list(struct slice word)
{
    struct slice first;
    list_next(&word, &first);
    for (size_t i = 0; model_profile_name(i); i++) {
        if (slice_is(first, model_profile_name(i)))
            return true;
    }
    return false;
}

/* expect [PROFILE,..] WHAT, behind its first word. */
result_t expect_read(struct compiler *compiler, bool view, struct expectation *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    const char *words = view ? "equals, present, absent or error" : "ok or error";
    struct slice word, profiles, what, name;
    const char *profile;
    TRY(lexer_word(&compiler->lexer, words, &word));
    if (!is_profile_list(word))
        return what_expected(compiler, word, view, &out->others);
    profiles = word;
    TRY(lexer_word(&compiler->lexer, words, &what));
    TRY(what_expected(compiler, what, view, &text));
    while (list_next(&profiles, &name)) {
        TRY(profile_find(compiler, name, &profile));
        size_t world = world_find(compiler, profile);
        if (world == SIZE_MAX)
            return lexer_fail(&compiler->lexer, name.text, "the scenario is not for %s", profile);
        if (out->by_world[world].len)
            return lexer_fail(&compiler->lexer, name.text, "%s is expected something twice", profile);
        TRY(bytes_append(&out->by_world[world], text.data, text.len));
    }
    return OUTCOME_OK;
}

void expectation_free(struct expectation *expect)
{
    for (size_t i = 0; i < AUTHOR_PROFILES_MAX; i++)
        bytes_free(&expect->by_world[i]);
    bytes_free(&expect->others);
}

result_t expectation_check(struct compiler *compiler, const struct method_call *call,
                           const struct expectation *expect, const char *words)
{
    for (size_t i = 0; i < compiler->world_count && !expect->others.len; i++) {
        if (!expect->by_world[i].len)
            return lexer_fail(&compiler->lexer, call->at,
                              "%s returns a value: say what is expected of it in %s (%s)", call->method,
                              compiler->worlds[i].profile, words);
    }
    return OUTCOME_OK;
}

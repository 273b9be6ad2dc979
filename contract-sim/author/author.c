/* A file's statements, one after the other. */
#include "contract-sim/author/author.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/author/compiler.h"

static result_t read_title(struct compiler *compiler)
{
    if (compiler->title.text)
        return lexer_fail(&compiler->lexer, compiler->at, "title comes once");
    compiler->title = lexer_line(&compiler->lexer);
    if (compiler->title.len == 0)
        return lexer_fail(&compiler->lexer, compiler->title.text, "a title says what the scenario is about");
    return lexer_end(&compiler->lexer);
}

static result_t read_profiles(struct compiler *compiler)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    compiler->profiles_given = true;
    compiler->world_count = 0;
    while (token.kind != TOKEN_END) {
        const char *profile;
        TRY(profile_find(compiler, token.text, &profile));
        if (world_find(compiler, profile) != SIZE_MAX)
            return lexer_fail(&compiler->lexer, token.text.text, "%s is named twice", profile);
        compiler->worlds[compiler->world_count++].profile = profile;
        TRY(lexer_next(&compiler->lexer, &token));
    }
    return compiler->world_count
               ? OUTCOME_OK
               : lexer_fail(&compiler->lexer, token.text.text, "expected the name of a profile");
}

static result_t read_rule(struct compiler *compiler)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    if (token.kind != TOKEN_SETTING)
        return lexer_fail(&compiler->lexer, token.text.text, "expected NAME=VALUE");
    if (compiler->rule_count == SCENARIO_RULES_MAX)
        return lexer_fail(&compiler->lexer, token.text.text, "more than %u rules", SCENARIO_RULES_MAX);
    compiler->rules[compiler->rule_count++] = token.text;
    return lexer_end(&compiler->lexer);
}

static result_t read_launcher_template(struct compiler *compiler)
{
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    if (token.kind != TOKEN_JSON || token.text.text[0] != '"')
        return lexer_fail(&compiler->lexer, token.text.text, "expected a text in quotes");
    compiler->launcher_template = token.text;
    return lexer_end(&compiler->lexer);
}

static result_t read_actors(struct compiler *compiler)
{
    struct slice word;
    struct token token;
    TRY(lexer_next(&compiler->lexer, &token));
    while (token.kind == TOKEN_WORD) {
        word = token.text;
        TRY(actor_add(compiler, word));
        TRY(lexer_next(&compiler->lexer, &token));
    }
    return token.kind == TOKEN_END
               ? OUTCOME_OK
               : lexer_fail(&compiler->lexer, token.text.text, "expected an actor's name");
}

static result_t read_genesis(struct compiler *compiler)
{
    compiler->genesis_at = compiler->at;
    compiler->genesis_line = compiler->line;
    return settings_read(compiler,
                         TAKES(MEMBERS) | TAKES(THRESHOLD) | TAKES(DOMAINS) | TAKES(EPOCH) | TAKES(HEIGHT) |
                             TAKES(TIME) | TAKES(ATTESTED) | TAKES(INITIALISED),
                         "genesis", true, &compiler->genesis);
}

static const struct statement {
    const char *word;
    result_t (*read)(struct compiler *compiler);
    bool step; /* needs the contract; others come before the first of these */
} statements[] = {
    {"title", read_title, false},    {"profiles", read_profiles, false},
    {"rule", read_rule, false},      {"launcher_template", read_launcher_template, false},
    {"actors", read_actors, false},  {"genesis", read_genesis, false},
    {"view", read_view, true},       {"advance", read_advance, true},
    {"reshare", read_reshare, true}, {"keygen", read_keygen, true},
    {"attest", read_attest, true},
};

/* Who calls has to be known before the method is looked at. */
static result_t callers_check(struct compiler *compiler, struct slice list)
{
    const char *words[ARRAY_LEN(statements) + 1] = {0};
    struct slice name;
    struct actor actor;
    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        words[i] = statements[i].word;
    if (slice_is(list, "all") || slice_is(list, "leader"))
        return OUTCOME_OK;
    for (size_t i = 0; model_method_name(i); i++) {
        if (slice_is(list, model_method_name(i)))
            return lexer_fail(&compiler->lexer, list.text, "who calls? A call is \"alice %s\"",
                              model_method_name(i));
    }
    while (list_next(&list, &name))
        TRY(caller_read(compiler, name, words, &actor));
    return OUTCOME_OK;
}

static void statement_begin(struct compiler *compiler)
{
    const char *at = compiler->lexer.text + compiler->lexer.at;
    for (const char *c = compiler->at; c < at; c++)
        compiler->line += *c == '\n';
    compiler->at = at;
}

static result_t read_statement(struct compiler *compiler)
{
    struct slice word;
    statement_begin(compiler);
    TRY(lexer_word(&compiler->lexer, "a statement or who calls", &word));
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        if (!slice_is(word, statements[i].word))
            continue;
        if (statements[i].step)
            TRY(compiler_begin(compiler));
        else if (compiler->begun)
            return lexer_fail(&compiler->lexer, word.text, "%s comes before the first step",
                              statements[i].word);
        return statements[i].read(compiler);
    }
    TRY(compiler_begin(compiler));
    TRY(callers_check(compiler, word));
    return read_call(compiler, word);
}

/* Unless it says otherwise, a scenario is for every profile. */
static void worlds_default(struct compiler *compiler)
{
    for (size_t i = 0; model_profile_name(i) && i < AUTHOR_PROFILES_MAX; i++)
        compiler->worlds[compiler->world_count++].profile = model_profile_name(i);
}

static result_t list_write(const char *name, const char *const *words, size_t count, struct bytes *out)
{
    TRY(bytes_append_format(out, "\"%s\":[", name));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(json_write_text(words[i], strlen(words[i]), out));
    }
    return bytes_append_text(out, "],\n");
}

static result_t profiles_write(const struct compiler *compiler, struct bytes *out)
{
    const char *words[AUTHOR_PROFILES_MAX];
    for (size_t i = 0; i < compiler->world_count; i++)
        words[i] = compiler->worlds[i].profile;
    return compiler->profiles_given ? list_write("profiles", words, compiler->world_count, out) : OUTCOME_OK;
}

static result_t rules_write(const struct compiler *compiler, struct bytes *out)
{
    for (size_t i = 0; i < compiler->rule_count; i++) {
        TRY(bytes_append_text(out, i ? "," : "\"rules\":["));
        TRY(json_write_text(compiler->rules[i].text, compiler->rules[i].len, out));
    }
    return compiler->rule_count ? bytes_append_text(out, "],\n") : OUTCOME_OK;
}

static result_t scenario_write(const struct compiler *compiler, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"format\":\"mpc-scenario/1\",\n\"id\":"));
    TRY(json_write_text(compiler->id, strlen(compiler->id), out));
    TRY(bytes_append_text(out, ",\n\"title\":"));
    TRY(json_write_text(compiler->title.text, compiler->title.len, out));
    TRY(bytes_append_text(out, ",\n"));
    TRY(profiles_write(compiler, out));
    TRY(rules_write(compiler, out));
    if (compiler->launcher_template.text) {
        TRY(bytes_append_text(out, "\"launcher_template\":"));
        TRY(bytes_append(out, compiler->launcher_template.text, compiler->launcher_template.len));
        TRY(bytes_append_text(out, ",\n"));
    }
    TRY(bytes_append_text(out, "\"genesis\":"));
    TRY(bytes_append(out, compiler->genesis_json.data, compiler->genesis_json.len));
    TRY(bytes_append_text(out, ",\n\"steps\":["));
    TRY(bytes_append(out, compiler->steps.data, compiler->steps.len));
    return bytes_append_text(out, "\n]}\n");
}

static result_t statements_read(struct compiler *compiler)
{
    bool found;
    TRY(lexer_check(&compiler->lexer));
    TRY(lexer_statement(&compiler->lexer, &found));
    while (found) {
        TRY(read_statement(compiler));
        TRY(lexer_statement(&compiler->lexer, &found));
    }
    if (!compiler->title.text)
        return lexer_fail(&compiler->lexer, compiler->lexer.text, "there is no title");
    return compiler_begin(compiler);
}

static void compiler_free(struct compiler *compiler)
{
    for (size_t i = 0; i < AUTHOR_PROFILES_MAX; i++) {
        model_free(compiler->worlds[i].model);
        json_object_put(compiler->worlds[i].view);
    }
    bytes_free(&compiler->genesis_json);
    bytes_free(&compiler->init_running);
    bytes_free(&compiler->steps);
}

result_t author_compile(const char *text, size_t len, const char *id, const struct replay_start *start,
                        struct authored *out, struct error *err)
{
    CLEANUP(compiler_free)
    struct compiler compiler = {
        .lexer = {.text = text, .len = len, .err = err}, .out = out, .id = id, .start = start};
    *out = (struct authored){0};
    if (len > AUTHOR_BYTES_MAX)
        return error_set(err, OUTCOME_LIMIT, "a scenario has at most %u bytes", AUTHOR_BYTES_MAX);
    actors_begin(&compiler);
    worlds_default(&compiler);
    compiler.at = compiler.genesis_at = text;
    compiler.line = compiler.genesis_line = 1;
    result_t result = statements_read(&compiler);
    if (result == OUTCOME_OK)
        result = scenario_write(&compiler, &out->json);
    if (result != OUTCOME_OK)
        authored_free(out);
    return result == OUTCOME_NO_MEMORY ? error_set(err, result, "out of memory") : result;
}

void authored_free(struct authored *authored)
{
    bytes_free(&authored->json);
    free(authored->lines);
    *authored = (struct authored){0};
}

/* Time, and what takes several calls. */
#include <stdio.h>
#include <string.h>

#include "contract-sim/author/compiler.h"

result_t read_advance(struct compiler *compiler)
{
    static const struct {
        const char *one, *many;
        uint64_t seconds; /* 0: blocks */
    } units[] = {{"block", "blocks", 0},
                 {"second", "seconds", 1},
                 {"minute", "minutes", 60},
                 {"hour", "hours", 3600},
                 {"day", "days", 86400}};
    static const char *const words[] = {"blocks", "seconds", "minutes", "hours", "days", NULL};
    struct settings number = {0};
    struct slice unit;
    uint64_t amount = 0;
    TRY(lexer_word(&compiler->lexer, "a number", &number.values[SETTING_TIME]));
    TRY(setting_u64(compiler, &number, SETTING_TIME, &amount));
    TRY(lexer_word(&compiler->lexer, "blocks, seconds, minutes, hours or days", &unit));
    TRY(lexer_end(&compiler->lexer));
    if (amount == 0 || amount > AUTHOR_ADVANCE_MAX)
        return lexer_fail(&compiler->lexer, number.values[SETTING_TIME].text, "expected 1 to %u",
                          AUTHOR_ADVANCE_MAX);
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (slice_is(unit, units[i].one) || slice_is(unit, units[i].many))
            return units[i].seconds ? advance_emit(compiler, 0, amount * units[i].seconds)
                                    : advance_emit(compiler, amount, 0);
    }
    return unknown_word(compiler, unit, "unit of time", words);
}

/* A call with some of the settings of a macro. */
static struct method_call macro_call(const struct compiler *compiler, const char *method,
                                     const struct settings *settings)
{
    struct method_call call = {.form = method_form(method), .at = compiler->at};
    snprintf(call.method, sizeof call.method, "%s", method);
    if (settings)
        call.settings = *settings;
    return call;
}

static result_t macro_emit(struct compiler *compiler, const char *who, const char *method,
                           const struct settings *settings)
{
    static const struct expectation ok;
    struct method_call call = macro_call(compiler, method, settings);
    return call_by(compiler, (struct slice){who, strlen(who)}, &call, &ok);
}

/* reshare: everyone votes for the parameters, and then for the keys of all domains. */
result_t read_reshare(struct compiler *compiler)
{
    struct settings settings = {0};
    size_t domains;
    TRY(settings_read(compiler, method_form("vote_new_parameters")->takes, "reshare", false, &settings));
    TRY(macro_emit(compiler, "all", "vote_new_parameters", &settings));
    TRY(world_domain_count(&compiler->worlds[0], &domains));
    for (size_t i = 0; i < domains; i++) {
        TRY(macro_emit(compiler, "leader", "start_reshare_instance", NULL));
        TRY(macro_emit(compiler, "all", "vote_reshared", NULL));
    }
    return OUTCOME_OK;
}

/* keygen: everyone votes for the domains, and then for each one's key. */
result_t read_keygen(struct compiler *compiler)
{
    struct settings settings = {0};
    struct slice rest, word;
    size_t domains = 0;
    TRY(settings_read(compiler, TAKES(DOMAINS), "keygen", false, &settings));
    TRY(macro_emit(compiler, "all", "vote_add_domains", &settings));
    rest = settings.values[SETTING_DOMAINS];
    while (list_next(&rest, &word))
        domains++;
    for (size_t i = 0; i < domains || i == 0; i++) {
        TRY(macro_emit(compiler, "leader", "start_keygen_instance", NULL));
        TRY(macro_emit(compiler, "all", "vote_pk", NULL));
    }
    return OUTCOME_OK;
}

/* attest dave,alice.node2: pay for an entry, and submit it. */
result_t read_attest(struct compiler *compiler)
{
    static const struct expectation ok;
    struct method_call prepay = macro_call(compiler, "prepay_attestation_storage", NULL);
    struct method_call submit = macro_call(compiler, "submit_participant_info", NULL);
    struct slice rest, name;
    TRY(lexer_word(&compiler->lexer, "who attests", &rest));
    TRY(lexer_end(&compiler->lexer));
    while (list_next(&rest, &name)) {
        struct actor node;
        TRY(actor_read(compiler, name, "node", &node));
        struct actor payer = node;
        snprintf(payer.key, sizeof payer.key, "op");
        TRY(call_emit(compiler, &prepay, &payer, &ok));
        TRY(call_emit(compiler, &submit, &node, &ok));
    }
    return OUTCOME_OK;
}

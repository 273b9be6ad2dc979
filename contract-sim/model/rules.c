#include "contract-sim/model/rules.h"

#include <inttypes.h>
#include <string.h>

#include "common/near_tx.h"
#include "common/nearest.h"

static const char *const profile_names[PROFILES] = {"design", "v3.14", "v3.14+cancel"};

/* The words for 0 and 1; an amount is a number instead. */
static const char *const kind_words[][2] = {
    [RULE_KIND_YES_NO] = {"no", "yes"},
    [RULE_KIND_DIALECT] = {"tls_public_key", "sign_pk"},
    [RULE_KIND_AMOUNT] = {NULL, NULL},
};

const struct rule_row rule_table[RULE_COUNT] = {
    [RULE_ALWAYS] = {"", RULE_KIND_YES_NO, {1, 1, 1}, ""},
#define RULE(id, name, kind, design, v3_14, v3_14_cancel, meaning)                                           \
    [RULE_##id] = {name, RULE_KIND_##kind, {design, v3_14, v3_14_cancel}, meaning},
#include "contract-sim/model/rules.def"
#undef RULE
};

const char *rules_profile_name(size_t index)
{
    return index < PROFILES ? profile_names[index] : NULL;
}

result_t rules_of_profile(const char *profile, struct rules *out, struct error *err)
{
    for (size_t p = 0; p < PROFILES; p++) {
        if (strcmp(profile, profile_names[p]) != 0)
            continue;
        for (size_t i = 0; i < RULE_COUNT; i++)
            out->values[i] = rule_table[i].values[p];
        return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_CONFIG_INVALID, "no profile \"%s\"; there are design, v3.14, v3.14+cancel",
                     profile);
}

static result_t value_set(struct rules *rules, size_t index, const char *value, struct error *err)
{
    const char *const *words = kind_words[rule_table[index].kind];
    if (words[0]) {
        for (uint64_t i = 0; i < 2; i++) {
            if (strcmp(value, words[i]) == 0) {
                rules->values[index] = i;
                return OUTCOME_OK;
            }
        }
        return error_set(err, OUTCOME_CONFIG_INVALID, "rule %s is %s or %s, not \"%s\"",
                         rule_table[index].name, words[0], words[1], value);
    }
    struct u128 amount;
    if (!u128_parse(value, strlen(value), &amount) || amount.high)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "rule %s is a number of yoctoNEAR below 2^64, not \"%s\"", rule_table[index].name,
                         value);
    rules->values[index] = amount.low;
    return OUTCOME_OK;
}

static result_t unknown_rule(const char *name, size_t len, struct error *err)
{
    static const char names[] =
#define RULE(id, name, kind, design, v3_14, v3_14_cancel, meaning) " " name
#include "contract-sim/model/rules.def"
#undef RULE
        ;
    struct nearest nearest = {.given = name, .given_len = len};
    for (size_t i = RULE_ALWAYS + 1; i < RULE_COUNT; i++)
        nearest_try(&nearest, rule_table[i].name);
    if (nearest.word)
        return error_set(err, OUTCOME_CONFIG_INVALID, "no rule \"%.*s\"; did you mean %s?", (int)len, name,
                         nearest.word);
    return error_set(err, OUTCOME_CONFIG_INVALID, "no rule \"%.*s\"; there are%s", (int)len, name, names);
}

result_t rules_set(struct rules *rules, const char *setting, struct error *err)
{
    size_t name_len = strcspn(setting, "=");
    if (!setting[name_len])
        return error_set(err, OUTCOME_CONFIG_INVALID, "rule \"%s\" is not NAME=VALUE", setting);
    for (size_t i = RULE_ALWAYS + 1; i < RULE_COUNT; i++) {
        if (strlen(rule_table[i].name) == name_len && memcmp(rule_table[i].name, setting, name_len) == 0)
            return value_set(rules, i, setting + name_len + 1, err);
    }
    return unknown_rule(setting, name_len, err);
}

result_t rule_value_write(enum rule rule, uint64_t value, struct bytes *out)
{
    const char *const *words = kind_words[rule_table[rule].kind];
    return words[0] ? bytes_append_text(out, words[value]) : bytes_append_format(out, "%" PRIu64, value);
}

result_t rules_write(const struct rules *rules, struct bytes *out)
{
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        TRY(bytes_append_format(out, "%s=", rule_table[rule].name));
        TRY(rule_value_write(rule, rules->values[rule], out));
        TRY(bytes_append_text(out, "\n"));
    }
    return OUTCOME_OK;
}

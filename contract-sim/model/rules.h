/* The rule flags in which the contract's profiles differ (contract.md 0.2), from
 * rules.def. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_RULES_H
#define MPC_CONTRACT_SIM_MODEL_RULES_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

enum rule {
    RULE_ALWAYS, /* of what no rule decides; its value is 1 */
#define RULE(id, name, kind, design, v3_14, v3_14_cancel, meaning) RULE_##id,
#include "contract-sim/model/rules.def"
#undef RULE
    RULE_COUNT
};

struct rules {
    uint64_t values[RULE_COUNT];
};

enum rule_kind { RULE_KIND_YES_NO, RULE_KIND_DIALECT, RULE_KIND_AMOUNT };

enum profile { PROFILE_DESIGN, PROFILE_V3_14, PROFILE_V3_14_CANCEL, PROFILES };

struct rule_row {
    const char *name;
    enum rule_kind kind;
    uint64_t values[PROFILES];
    const char *meaning;
};

/* By enum rule. */
extern const struct rule_row rule_table[RULE_COUNT];

/* The flags of a profile by its name. CONFIG_INVALID, naming the profiles. */
MUST_USE result_t rules_of_profile(const char *profile, struct rules *out, struct error *err);
/* NULL past the last one. */
const char *rules_profile_name(size_t index);

/* Change one flag: "NAME=VALUE". CONFIG_INVALID, naming the nearest flag, or all, or the values that this one
 * takes. */
MUST_USE result_t rules_set(struct rules *rules, const char *setting, struct error *err);
/* A flag's value as rules_set() takes it: "yes", "1". NO_MEMORY. */
MUST_USE result_t rule_value_write(enum rule rule, uint64_t value, struct bytes *out);
/* One line "NAME=VALUE" per flag. */
MUST_USE result_t rules_write(const struct rules *rules, struct bytes *out);

#endif

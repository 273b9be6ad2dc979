/* What saved views do not say, and what stands there instead. */
#include "contract-sim/genesis.h"

#include <inttypes.h>

/* Members that older contracts did not show, by the object in which they would be. */
static const struct {
    const char *phase;
    const char *inner; /* or NULL */
    const char *member;
    const char *instead;
} optional_members[] = {
#define OF_RUNNING(phase, inner)                                                                             \
    {phase, inner, "parameters_votes", "nobody has voted for new parameters"},                               \
        {phase, inner, "add_domains_votes", "nobody has voted for new domains"},                             \
    {                                                                                                        \
        phase, inner, "previously_cancelled_resharing_epoch_id", "no resharing was cancelled"                \
    }
    OF_RUNNING("Running", NULL),
    OF_RUNNING("Resharing", "previous_running_state"),
    {"Resharing", NULL, "per_domain_thresholds", "the reconstruction thresholds stay"},
};

/* What neither of the two views shows; a genesis may give it beside them. */
static const struct {
    const char *member;
    const char *instead;
} beside[] = {
    {"migration_info", "nobody has a backup service or a migration record"},
    {"attestations",
     "every participant has one that passes, with its TLS key as account key; its node submits its "
     "own again before it takes part in key events"},
    {"attestation_grants", "nobody has one"},
    {"config", "the defaults of contract version 3.14.0"},
    {"code_hash_votes", "none"},
    {"launcher_hash_votes", "none"},
    {"allowed_images", "none"},
    {"allowed_launchers", "none"},
    {"receipts", "none wait"},
    {"accepts_requests", "true"},
};

static bool is_absent(struct json_object *state, size_t i)
{
    struct json_object *at = NULL;
    if (!json_object_object_get_ex(state, optional_members[i].phase, &at))
        return false;
    if (optional_members[i].inner && !json_object_object_get_ex(at, optional_members[i].inner, &at))
        return false;
    return !json_object_object_get_ex(at, optional_members[i].member, NULL);
}

result_t genesis_contract_defaults(const struct genesis *genesis, struct bytes *out)
{
    struct json_object *state = NULL;
    if (!json_object_object_get_ex(genesis->contract, "state", &state) ||
        json_object_is_type(state, json_type_string))
        return OUTCOME_OK;
    for (size_t i = 0; i < ARRAY_LEN(optional_members); i++) {
        if (is_absent(state, i))
            TRY(bytes_append_format(out, "%s: %s\n", optional_members[i].member,
                                    optional_members[i].instead));
    }
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        if (!json_object_object_get_ex(genesis->contract, beside[i].member, NULL))
            TRY(bytes_append_format(out, "%s: %s\n", beside[i].member, beside[i].instead));
    }
    return OUTCOME_OK;
}

result_t genesis_chain_defaults(const struct genesis *genesis, struct bytes *out)
{
    if (!genesis->contract_id_given)
        TRY(bytes_append_format(out, "contract_id: %s\n", genesis->contract_id.text));
    if (!json_object_object_get_ex(genesis->contract, "state", NULL))
        return OUTCOME_OK;
    if (!json_object_object_get_ex(genesis->contract, "block_height", NULL))
        TRY(bytes_append_format(out, "block_height: %" PRIu64 "%s\n", genesis->block_height,
                                genesis->has_block_height ? ", where the attempt under way was started"
                                                          : ""));
    if (!genesis->has_block_time)
        TRY(bytes_append_text(out, "block_time_s: the time of this start\n"));
    if (!genesis->accounts && !genesis->more)
        TRY(bytes_append_text(out,
                              "accounts: the contract and the participants, with 10^27 yoctoNEAR each and no "
                              "access keys; nobody can sign, sim_call does without\n"));
    return OUTCOME_OK;
}

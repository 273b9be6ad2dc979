/* An exploration from its options to its findings. */
#include "contract-sim/explore/explore.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/explore/search.h"

void explore_free(struct explore *explore)
{
    if (!explore)
        return;
    seen_free(explore->seen);
    model_free(explore->model);
    free(explore);
}

void explore_free_ptr(struct explore **explore)
{
    explore_free(*explore);
}

static result_t model_make(struct explore *explore, struct error *err)
{
    const struct explore_options *options = &explore->options;
    TRY(model_new(options->profile, WORLD_CONTRACT, &explore->model, err));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(model_rule_set(explore->model, options->rules[i], err));
    for (unsigned i = 0; model_profile_name(i); i++) {
        if (strcmp(options->profile, model_profile_name(i)) == 0)
            explore->profile = PROFILE_BIT(i);
    }
    return OUTCOME_OK;
}

/* Those that are named; else all that are claimed for the profile, without the costly ones. */
static result_t invariants_choose(struct explore *explore, struct error *err)
{
    const struct explore_options *options = &explore->options;
    for (size_t i = 0; i < options->invariant_count; i++) {
        size_t index;
        TRY(invariant_find(options->invariants[i], &index, err));
        explore->checked[index] = (invariant_table[index].claimed & explore->profile) != 0;
    }
    for (size_t i = 0; options->invariant_count == 0 && i < invariant_count; i++)
        explore->checked[i] =
            (invariant_table[i].claimed & explore->profile) != 0 && !invariant_table[i].only_by_name;
    for (size_t i = 0; i < invariant_count; i++) {
        enum invariant_kind kind = invariant_table[i].kind;
        if (explore->checked[i])
            explore->open[kind][explore->open_count[kind]++] = (uint8_t)i;
    }
    return OUTCOME_OK;
}

static result_t options_check(const struct explore_options *options, struct error *err)
{
    if (options->migration)
        return OUTCOME_OK;
    if (options->accounts < EXPLORE_ACCOUNTS_MIN || options->accounts > EXPLORE_ACCOUNTS_MAX)
        return error_set(err, OUTCOME_USAGE, "%zu accounts; there can be %u to %u", options->accounts,
                         EXPLORE_ACCOUNTS_MIN, EXPLORE_ACCOUNTS_MAX);
    if (options->epochs < 1 || options->epochs > EXPLORE_EPOCHS_MAX)
        return error_set(err, OUTCOME_USAGE, "the number of epochs is 1 to %u", EXPLORE_EPOCHS_MAX);
    return OUTCOME_OK;
}

#define MIGRATION_ACCOUNTS 3

result_t explore_new(const struct explore_options *options, struct explore **out, struct error *err)
{
    CLEANUP(explore_free_ptr) struct explore *explore = calloc(1, sizeof *explore);
    if (!explore)
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    explore->options = *options;
    TRY(options_check(options, err));
    TRY(model_make(explore, err));
    TRY(invariants_choose(explore, err));
    TRY(world_begin(explore->model, options->migration ? MIGRATION_ACCOUNTS : options->accounts,
                    &explore->world, err));
    if (options->migration)
        alphabet_migration(&explore->world, &explore->alphabet);
    else
        alphabet_generic(&explore->world, options->epochs, &explore->alphabet);
    if (seen_new(&explore->world, options->states_max, &explore->seen) != OUTCOME_OK)
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    *out = explore;
    explore = NULL;
    return OUTCOME_OK;
}

struct explore_figures explore_figures(const struct explore *explore)
{
    return explore->figures;
}

/* The ways that contract.md 7 gives are those of the migration alphabet under the profile's own rules:
 * there it is known at which depth a break must show, and that it cannot show before. */
static enum explore_verdict verdict_of(const struct explore *explore, size_t index)
{
    const struct invariant *invariant = &invariant_table[index];
    const struct breakage *breakage = &explore->breakages[index];
    const struct explore_options *options = &explore->options;
    bool known = (invariant->breaks & explore->profile) != 0;
    bool timed = known && options->migration && options->rule_count == 0;
    if (!explore->checked[index])
        return EXPLORE_NOT_CHECKED;
    if (breakage->broken)
        return known && !(timed && breakage->depth < invariant->path) ? EXPLORE_KNOWN_BREAK : EXPLORE_BROKEN;
    bool tried = options->depth_max >= invariant->path && explore->figures.end != EXPLORE_GAVE_UP;
    return timed && tried ? EXPLORE_MISSED : EXPLORE_HOLDS;
}

bool explore_finding(const struct explore *explore, size_t invariant, struct explore_finding *out)
{
    if (invariant >= invariant_count)
        return false;
    *out = (struct explore_finding){
        .id = invariant_table[invariant].id,
        .name = invariant_table[invariant].name,
        .sentence = invariant_table[invariant].sentence,
        .verdict = verdict_of(explore, invariant),
        .depth = explore->breakages[invariant].depth,
    };
    return true;
}

bool explore_as_expected(const struct explore *explore)
{
    for (size_t i = 0; i < invariant_count; i++) {
        enum explore_verdict verdict = verdict_of(explore, i);
        if (verdict == EXPLORE_BROKEN || verdict == EXPLORE_MISSED)
            return false;
    }
    return true;
}

result_t explore_path_write(const struct explore *explore, size_t invariant, struct bytes *out)
{
    const struct breakage *breakage = &explore->breakages[invariant];
    uint32_t *states;
    size_t count;
    if (breakage->from == SEEN_NONE)
        return bytes_append_text(out, "(the start)");
    TRY(search_ancestors(explore, breakage->from, &states, &count));
    result_t result = OUTCOME_OK;
    for (size_t i = 1; result == OUTCOME_OK && i < count; i++) {
        uint32_t parent, action;
        seen_origin(explore->seen, states[i], &parent, &action);
        result = bytes_append_format(out, "%s; ", explore->alphabet.actions[action].name);
    }
    free(states);
    return result == OUTCOME_OK ? bytes_append_text(out, explore->alphabet.actions[breakage->action].name)
                                : result;
}

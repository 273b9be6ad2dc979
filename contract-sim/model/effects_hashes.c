/* Effects of the votes on code and launcher hashes (contract.md 3.5). */
#include "contract-sim/model/effects.h"
#include "contract-sim/model/tee_lists.h"

/* Put the caller's vote in place of the one before. How many votes are for the same now. */
static size_t hash_vote_cast(struct call *call, handle_t *votes, enum hash_action action)
{
    handle_t participants = call->state->running.parameters.participants;
    struct hash_vote vote = {.participant_id = member_by_account(call->pool, participants, call->signer)->id,
                             .action = action,
                             .hash = call->args.hash};
    *votes = id_map_put(call->pool, *votes, sizeof vote, &vote);
    size_t count;
    size_t same = 0;
    const struct hash_vote *cast = hash_votes_of(call->pool, *votes, &count);
    for (size_t i = 0; i < count; i++)
        same += cast[i].hash == vote.hash && cast[i].action == vote.action;
    return same;
}

void effect_vote_code_hash(struct call *call)
{
    struct tee_lists lists = tee_lists_get(call);
    if (hash_vote_cast(call, &lists.code_votes, HASH_ADD) >= call->state->running.parameters.threshold) {
        lists.code_votes = 0;
        image_allow(call, &lists, call->args.hash);
    }
    tee_lists_set(call, &lists);
}

void effect_vote_add_launcher_hash(struct call *call)
{
    struct tee_lists lists = tee_lists_get(call);
    if (hash_vote_cast(call, &lists.launcher_votes, HASH_ADD) >= call->state->running.parameters.threshold) {
        lists.launcher_votes = 0;
        launcher_allow(call, &lists, call->args.hash);
    }
    tee_lists_set(call, &lists);
}

void effect_vote_remove_launcher_hash(struct call *call)
{
    struct tee_lists lists = tee_lists_get(call);
    size_t members = member_count(call->pool, call->state->running.parameters.participants);
    if (hash_vote_cast(call, &lists.launcher_votes, HASH_REMOVE) >= members) {
        lists.launcher_votes = 0;
        launcher_remove(call, &lists, call->args.hash);
    }
    tee_lists_set(call, &lists);
}

void effect_clean_tee_status(struct call *call)
{
    struct tee_lists lists = tee_lists_get(call);
    handle_t participants = call->state->running.parameters.participants;
    size_t size = sizeof(struct hash_vote);
    lists.code_votes = id_map_keep_members(call->pool, lists.code_votes, size, participants);
    lists.launcher_votes = id_map_keep_members(call->pool, lists.launcher_votes, size, participants);
    tee_lists_set(call, &lists);
}

#include "tests/support/virtual_node.h"

#include "tests/support/support.h"

static enum onboarding_event_kind import(struct virtual_node *node)
{
    node->imports++;
    if (node->store_fails)
        return EVENT_STORE_FAILED;
    if (node->staged_epoch == node->story.epoch_id)
        node->held_epoch = node->staged_epoch;
    return node->held_epoch == node->story.epoch_id || node->story.domains == 0 ? EVENT_SHARES_HELD
                                                                                : EVENT_SHARES_MISSING;
}

static enum onboarding_event_kind conclude(struct virtual_node *node)
{
    ck_assert_uint_lt(node->sends, SENDS_MAX);
    node->sends_ms[node->sends++] = node->now_ms;
    return node->blocked ? EVENT_BLOCKED : EVENT_TRIED;
}

void virtual_node_step(struct virtual_node *node, enum onboarding_event_kind kind,
                       const struct onboarding_view *view)
{
    struct onboarding_event event = {.kind = kind};
    if (view)
        event.view = *view;
    unsigned actions = onboarding_step(&node->machine, &event, node->now_ms);
    node->retired += (actions & ACTION_RETIRE) != 0;
    node->concluded += (actions & ACTION_CONCLUDED) != 0;
    if (actions & ACTION_IMPORT)
        virtual_node_step(node, import(node), NULL);
    if (actions & ACTION_CONCLUDE)
        virtual_node_step(node, conclude(node), NULL);
}

void virtual_node_see(struct virtual_node *node, const struct story *story)
{
    const struct chain_snapshot *snapshot = story_snapshot(story, 1, (struct chain_now){0, 0});
    struct account_id account = story_account();
    struct ed25519_public_key key = story_key(node->key);
    struct onboarding_view view;
    ck_assert_ok(onboarding_view_of(&snapshot->protocol, &snapshot->migrations, &account, &key, true, &view));
    chain_snapshot_unref(snapshot);
    node->story = *story;
    virtual_node_step(node, EVENT_VIEW, &view);
}

void virtual_node_loses_sight(struct virtual_node *node)
{
    struct onboarding_view view = {.fresh = false};
    virtual_node_step(node, EVENT_VIEW, &view);
}

void virtual_node_put(struct virtual_node *node, uint64_t epoch_id)
{
    node->staged_epoch = epoch_id;
    virtual_node_step(node, EVENT_STAGED, NULL);
}

void virtual_node_pass(struct virtual_node *node, uint64_t duration_ms)
{
    uint64_t end_ms = node->now_ms + duration_ms;
    for (uint64_t due_ms; (due_ms = onboarding_due_ms(&node->machine, node->now_ms)) != ONBOARDING_NEVER;) {
        if (node->now_ms + due_ms > end_ms)
            break;
        node->now_ms += due_ms;
        virtual_node_step(node, EVENT_TIMER, NULL);
    }
    node->now_ms = end_ms;
}

const struct story virtual_node_migrating = {.phase = PROTOCOL_RUNNING,
                                             .epoch_id = 5,
                                             .domains = 3,
                                             .listed_key = OTHERS,
                                             .destination = MINE,
                                             .signer = SIGNER};

struct story virtual_node_concluded_to(uint8_t key)
{
    struct story story = virtual_node_migrating;
    story.listed_key = key;
    story.destination = 0;
    return story;
}

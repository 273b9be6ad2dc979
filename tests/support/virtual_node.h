/* The machine of node/onboarding.h in virtual time: what its store holds, and a chain that answers as the
 * test wants. */
#ifndef MPC_TESTS_VIRTUAL_NODE_H
#define MPC_TESTS_VIRTUAL_NODE_H

#include "node/onboarding.h"
#include "tests/support/story.h"

/* The keys of this node and of the other one, and of who signs. */
#define MINE   1
#define OTHERS 2
#define SIGNER 8

#define SENDS_MAX 64

struct virtual_node {
    struct onboarding machine;
    uint64_t now_ms;
    uint8_t key;
    uint64_t held_epoch;   /* shares of this epoch are stored; 0: none */
    uint64_t staged_epoch; /* and staged */
    bool store_fails;
    bool blocked;
    struct story story;
    uint64_t sends_ms[SENDS_MAX]; /* when a conclude round ran */
    unsigned sends;
    unsigned imports;
    unsigned retired;
    unsigned concluded;
};

/* An event, and what the machine wants done at once. `view`: of EVENT_VIEW, else NULL. */
void virtual_node_step(struct virtual_node *node, enum onboarding_event_kind kind,
                       const struct onboarding_view *view);
/* The node sees the contract as `story` tells it. */
void virtual_node_see(struct virtual_node *node, const struct story *story);
void virtual_node_loses_sight(struct virtual_node *node);
void virtual_node_put(struct virtual_node *node, uint64_t epoch_id);
/* Time passes, timer by timer. */
void virtual_node_pass(struct virtual_node *node, uint64_t duration_ms);

/* The contract wants a migration to this node. */
extern const struct story virtual_node_migrating;
/* After it was concluded to the node with this key. */
struct story virtual_node_concluded_to(uint8_t key);

#define ck_assert_stage(node, expected)                                                                      \
    ck_assert_str_eq(onboarding_stage_name((node)->machine.stage), onboarding_stage_name(expected))
#define ck_assert_situation(node, expected)                                                                  \
    ck_assert_str_eq(onboarding_situation_name((node)->machine.situation),                                   \
                     onboarding_situation_name(expected))

#endif

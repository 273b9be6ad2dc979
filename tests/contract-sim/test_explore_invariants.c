/* Every invariant can fail: states and calls that no contract should show, and what is seen in them. */
#include "contract-sim/explore/alphabet.h"
#include "contract-sim/explore/invariants.h"

#include <string.h>

#include "tests/support/support.h"

static struct world world;
static struct model_state state; /* what the test makes of the start */
static struct model_state next;
static struct move move;

enum { ALICE, BOB, CAROL };
#define ACTOR(i) (&world.actors[i])

static void open_profile(const char *profile)
{
    struct model *model;
    struct error err = {0};
    ck_assert_ok_err(model_new(profile, WORLD_CONTRACT, &model, &err), err);
    ck_assert_ok_err(world_begin(model, 3, &world, &err), err);
    state = world.start;
    next = world.start;
}

static void open_deployed(void)
{
    open_profile("v3.14+cancel");
}

static void close_world(void)
{
    model_free(world.model);
}

static const struct invariant *invariant_of(const char *id)
{
    size_t index;
    ck_assert_ok(invariant_find(id, &index, NULL));
    return &invariant_table[index];
}

static bool holds_in(const char *id)
{
    const struct moment moment = {.world = &world, .after = &state, .method = WORLD_METHODS};
    return invariant_of(id)->holds(&moment);
}

/* Of `move` from `state` to `next`. */
static bool holds_of(const char *id, enum world_method method)
{
    const struct moment moment = {.world = &world,
                                  .before = &state,
                                  .after = &next,
                                  .method = method,
                                  .call = &move.call,
                                  .epoch_highest = WORLD_EPOCH + 1};
    return invariant_of(id)->holds(&moment);
}

/* Make the move, which must succeed, and forget what it led to: `next` is where it goes. */
static void make(struct model_state *from)
{
    ck_assert(call_apply(world.model, &move.call, from, WORLD_HEIGHT, WORLD_TIME_S, &next));
}

static void go(void)
{
    make(&state);
    state = next;
}

static void start(size_t actor, handle_t tls_key)
{
    move_start(&world, ACTOR(actor), tls_key, &move);
    go();
}

static void conclude_ready(size_t actor)
{
    move_conclude(&world, ACTOR(actor), ACTOR(actor)->node2_key, state.running.epoch_id, state.running.keys,
                  &move);
}

/* Every member but the last votes for the members as they are, the last one's vote is ready. */
static void reshare_ready(void)
{
    struct parameters proposed;
    ck_assert(alphabet_members_same(&world, &state, &proposed));
    uint64_t epoch = (state.phase == PROTOCOL_RESHARING ? state.key_event.epoch_id : WORLD_EPOCH) + 1;
    for (size_t i = 0; i < 3; i++) {
        if (i)
            go();
        move_vote_parameters(&world, ACTOR(i), epoch, &proposed, &move);
    }
}

static void reshare(void)
{
    reshare_ready();
    go();
}

static handle_t records_of_outsider(void)
{
    struct migration record = {.account = world.outsider, .signer_key = 1, .url = 1, .tls_key = 1};
    return pool_intern(world.pool, &record, sizeof record);
}

/* One field of a member, changed. */
static handle_t members_with(size_t index, struct member changed)
{
    return pool_splice(world.pool, state.running.parameters.participants, sizeof changed, index, 1, &changed,
                       1);
}

static struct member member_at(size_t index)
{
    size_t count;
    return members_of(world.pool, state.running.parameters.participants, &count)[index];
}

START_TEST(at_the_start_every_invariant_of_states_holds)
{
    for (size_t i = 0; i < invariant_count; i++) {
        if (invariant_table[i].kind == INVARIANT_OF_STATE)
            ck_assert_msg(holds_in(invariant_table[i].id), "%s", invariant_table[i].id);
    }
}
END_TEST

START_TEST(records_outside_running_and_of_outsiders_are_seen)
{
    state.migrations = records_of_outsider();
    ck_assert(holds_in("I1"));
    ck_assert(!holds_in("I10"));
    ck_assert(!holds_in("I5b"));
    struct receipt receipt = {1, 1};
    state.receipts = pool_intern(world.pool, &receipt, sizeof receipt);
    ck_assert(!holds_in("I10"));
    ck_assert(holds_in("I5b"));
    state.phase = PROTOCOL_RESHARING;
    ck_assert(!holds_in("I1"));
    ck_assert(holds_in("I10"));
}
END_TEST

START_TEST(backups_of_outsiders_are_seen_once_the_receipts_ran)
{
    struct backup entry = {world.outsider, 1};
    struct receipt receipt = {1, 1};
    state.backups = pool_intern(world.pool, &entry, sizeof entry);
    ck_assert(!holds_in("I5a"));
    state.receipts = pool_intern(world.pool, &receipt, sizeof receipt);
    ck_assert(holds_in("I5a"));
}
END_TEST

START_TEST(a_tls_key_that_two_have_is_seen_in_either_set)
{
    struct member bob = member_at(BOB);
    bob.tls_key = member_at(ALICE).tls_key;
    handle_t doubled = members_with(BOB, bob);
    state.key_event.parameters.participants = doubled;
    ck_assert(!holds_in("I3"));
    state.key_event.parameters.participants = 0;
    ck_assert(holds_in("I3"));
    state.running.parameters.participants = doubled;
    ck_assert(!holds_in("I3"));
}
END_TEST

START_TEST(a_kept_member_that_changed_is_seen_in_resharing)
{
    struct member changes[3];
    for (size_t i = 0; i < 3; i++)
        changes[i] = member_at(BOB);
    changes[0].id = 7;
    changes[1].url = world.move_url;
    changes[2].tls_key = world.unattested_key;
    reshare();
    ck_assert(holds_in("I6"));
    for (size_t i = 0; i < 3; i++) {
        state.key_event.parameters.participants = members_with(BOB, changes[i]);
        ck_assert(!holds_in("I6"));
    }
}
END_TEST

START_TEST(a_keyset_that_is_not_the_registry_is_seen)
{
    struct domain domain = {.id = 1};
    handle_t domains = state.running.domains;
    state.running.domains = pool_splice(world.pool, domains, sizeof domain, 0, 1, &domain, 1);
    ck_assert(!holds_in("I7"));
    state.running.domains = pool_splice(world.pool, domains, sizeof domain, 1, 0, &domain, 1);
    ck_assert(!holds_in("I7"));
    state.phase = PROTOCOL_INITIALIZING;
    ck_assert(holds_in("I7"));
}
END_TEST

START_TEST(a_resharing_for_an_old_epoch_is_seen)
{
    reshare();
    ck_assert(holds_in("I8"));
    state.key_event.epoch_id = WORLD_EPOCH;
    ck_assert(!holds_in("I8"));
}
END_TEST

START_TEST(ids_that_repeat_or_reach_next_id_are_seen_in_either_set)
{
    struct member bob = member_at(BOB);
    bob.id = member_at(ALICE).id;
    state.running.parameters.participants = members_with(BOB, bob);
    ck_assert(!holds_in("I9"));
    state = world.start;
    state.running.parameters.next_id = 2;
    ck_assert(!holds_in("I9"));
    state = world.start;
    state.key_event.parameters = state.running.parameters;
    state.key_event.parameters.next_id = 2;
    ck_assert(!holds_in("I9"));
}
END_TEST

START_TEST(entries_that_nobody_paid_and_entries_of_nobody_are_seen)
{
    size_t count;
    attestations_of(world.pool, state.attestations, &count);
    struct attestation entry = {.tls_key = world.unattested_key, .account = ACTOR(BOB)->account};
    handle_t entries = state.attestations;
    state.attestations = pool_splice(world.pool, entries, sizeof entry, count, 0, &entry, 1);
    ck_assert(!holds_in("I21b"));
    entry.account = world.outsider;
    state.attestations = pool_splice(world.pool, entries, sizeof entry, count, 0, &entry, 1);
    ck_assert(!holds_in("I21b"));
}
END_TEST

START_TEST(a_migration_call_that_touches_the_protocol_is_seen)
{
    move_register(&world, ACTOR(ALICE), &move);
    make(&state);
    ck_assert(holds_of("I2", WORLD_REGISTER));
    next.running.parameters.threshold = 3;
    ck_assert(!holds_of("I2", WORLD_REGISTER));
    ck_assert(holds_of("I2", WORLD_VOTE_PARAMETERS));
    next = state;
    next.running.epoch_id++;
    ck_assert(!holds_of("I2", WORLD_SWEEP));
    next = state;
    next.running.parameters.participants =
        pool_splice(world.pool, state.running.parameters.participants, sizeof(struct member), 2, 1, NULL, 0);
    ck_assert(!holds_of("I2", WORLD_CONCLUDE));
    next = state;
    struct member bob = member_at(BOB);
    bob.id = 9;
    next.running.parameters.participants = members_with(BOB, bob);
    ck_assert(!holds_of("I2", WORLD_START));
    next = state;
    next.phase = PROTOCOL_RESHARING;
    ck_assert(!holds_of("I2", WORLD_CANCEL));
}
END_TEST

START_TEST(an_epoch_that_was_proposed_before_is_seen)
{
    reshare_ready();
    make(&state);
    ck_assert(!holds_of("I4", WORLD_VOTE_PARAMETERS));
    next.key_event.epoch_id = WORLD_EPOCH + 2;
    ck_assert(holds_of("I4", WORLD_VOTE_PARAMETERS));
}
END_TEST

START_TEST(a_refusal_that_leaves_anything_behind_is_seen)
{
    ck_assert(holds_of("I11", WORLD_START));
    next.grants++;
    ck_assert(!holds_of("I11", WORLD_START));
}
END_TEST

/* One thing after the other is missing before, or too much afterwards. */
START_TEST(a_conclude_that_should_not_have_been_is_seen)
{
    struct model_state ready;
    start(ALICE, ACTOR(ALICE)->tls2_key);
    ready = state;
    conclude_ready(ALICE);
    make(&state);
    const struct model_state done = next;
    ck_assert(holds_of("I12", WORLD_CONCLUDE));
    state.phase = PROTOCOL_RESHARING;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = ready;
    state.running.epoch_id++;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = ready;
    state.running.keys = 0;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = ready;
    state.migrations = 0;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = ready;
    state.attestations = 0;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = ready;
    move.call.signer_key = ACTOR(ALICE)->node_key;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    conclude_ready(ALICE);
    next.migrations = ready.migrations;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    next = done;
    next.backups = ready.migrations;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    next = done;
    next.running.parameters.participants = ready.running.parameters.participants;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
    state = done;
    struct member bob = member_at(BOB);
    bob.url = world.move_url;
    next.running.parameters.participants = members_with(BOB, bob);
    state = ready;
    ck_assert(!holds_of("I12", WORLD_CONCLUDE));
}
END_TEST

START_TEST(a_start_that_records_something_else_or_for_others_is_seen)
{
    start(CAROL, ACTOR(CAROL)->tls2_key);
    const struct model_state carols = state;
    move_start(&world, ACTOR(ALICE), ACTOR(ALICE)->tls2_key, &move);
    make(&state);
    ck_assert(holds_of("I13", WORLD_START));
    move.call.args.destination.tls_key = world.unattested_key;
    ck_assert(!holds_of("I13", WORLD_START));
    move_start(&world, ACTOR(ALICE), ACTOR(ALICE)->tls2_key, &move);
    next = carols;
    ck_assert(!holds_of("I13", WORLD_START));
    state = world.start;
    move_cancel(&world, ACTOR(ALICE), &move);
    ck_assert(!holds_of("I13", WORLD_CANCEL));
    ck_assert(holds_of("I13", WORLD_SWEEP));
}
END_TEST

START_TEST(a_registration_that_mixes_with_migrations_is_seen)
{
    move_register(&world, ACTOR(ALICE), &move);
    make(&state);
    ck_assert(holds_of("I14", WORLD_REGISTER));
    next.migrations = records_of_outsider();
    ck_assert(!holds_of("I14", WORLD_REGISTER));
    next.migrations = 0;
    move.call.args.key = ACTOR(BOB)->backup_key;
    ck_assert(!holds_of("I14", WORLD_REGISTER));
    ck_assert(!holds_of("I14", WORLD_CONCLUDE));
    ck_assert(holds_of("I14", WORLD_SWEEP));
}
END_TEST

START_TEST(records_that_outlive_running_or_come_back_are_seen)
{
    next.phase = PROTOCOL_RESHARING;
    ck_assert(holds_of("I15", WORLD_VOTE_PARAMETERS));
    next.migrations = records_of_outsider();
    ck_assert(!holds_of("I15", WORLD_VOTE_PARAMETERS));
    state.phase = PROTOCOL_RESHARING;
    next.phase = PROTOCOL_RUNNING;
    ck_assert(!holds_of("I15", WORLD_CANCEL_RESHARING));
}
END_TEST

START_TEST(records_that_change_by_other_calls_are_seen)
{
    next.migrations = records_of_outsider();
    ck_assert(holds_of("I16", WORLD_START));
    ck_assert(!holds_of("I16", WORLD_REGISTER));
    ck_assert(!holds_of("I16", WORLD_VOTE_RESHARED));
    start(ALICE, ACTOR(ALICE)->tls2_key);
    next = state;
    next.migrations = 0;
    conclude_ready(ALICE);
    ck_assert(holds_of("L4", WORLD_CONCLUDE));
    ck_assert(holds_of("L4", WORLD_SWEEP));
    ck_assert(!holds_of("L4", WORLD_CANCEL));
    conclude_ready(BOB);
    ck_assert(!holds_of("L4", WORLD_CONCLUDE));
}
END_TEST

START_TEST(a_keyset_that_shrinks_goes_back_or_changes_is_seen)
{
    size_t count;
    struct domain_key_entry key = *key_entries_of(world.pool, state.running.keys, &count);
    next.running.keys = pool_splice(world.pool, state.running.keys, sizeof key, 1, 0, &key, 1);
    ck_assert(holds_of("I17", WORLD_VOTE_PK));
    key.attempt++;
    next.running.keys = pool_intern(world.pool, &key, sizeof key);
    ck_assert(!holds_of("I17", WORLD_VOTE_PK));
    next.running.epoch_id++;
    ck_assert(holds_of("I17", WORLD_VOTE_RESHARED));
    next.running.epoch_id -= 2;
    ck_assert(!holds_of("I17", WORLD_VOTE_RESHARED));
}
END_TEST

START_TEST(attempts_that_repeat_and_votes_that_come_late_are_seen)
{
    reshare();
    struct key_event_id id = move_key_event_id(&world, &state, 0);
    move_key_event(&world, ACTOR(ALICE), WORLD_START_RESHARE, ACTOR(ALICE)->node_key, &id, &move);
    make(&state);
    ck_assert(holds_of("I18", WORLD_START_RESHARE));
    next.key_event.next_attempt_id = 0;
    ck_assert(!holds_of("I18", WORLD_START_RESHARE));
    go();
    state.key_event.expires_on = WORLD_HEIGHT;
    ck_assert(!holds_of("I18", WORLD_VOTE_RESHARED));
    state.key_event.expires_on++;
    ck_assert(holds_of("I18", WORLD_VOTE_RESHARED));
    move.call.args.key_event_id.attempt_id = 1;
    ck_assert(!holds_of("I18", WORLD_VOTE_PK));
    next.key_event.next_attempt_id = 0;
    ck_assert(!holds_of("I18", WORLD_ABORT));
    next.key_event.epoch_id++;
    ck_assert(holds_of("I18", WORLD_VOTE_PARAMETERS));
}
END_TEST

START_TEST(a_resharing_that_ends_without_its_votes_is_seen)
{
    reshare();
    next = world.start;
    move_cancel_resharing(&world, ACTOR(ALICE), &move);
    ck_assert(!holds_of("I19", WORLD_CANCEL_RESHARING));
    ck_assert(!holds_of("I19", WORLD_VOTE_RESHARED));
    ck_assert(!holds_of("I19", WORLD_SWEEP));
    go();
    move_cancel_resharing(&world, ACTOR(ALICE), &move);
    next = world.start;
    ck_assert(!holds_of("I19", WORLD_CANCEL_RESHARING));
    move_cancel_resharing(&world, ACTOR(BOB), &move);
    make(&state);
    ck_assert(holds_of("I19", WORLD_CANCEL_RESHARING));
}
END_TEST

START_TEST(a_resharing_that_begins_anew_without_all_is_seen)
{
    reshare();
    const struct model_state first = state;
    reshare_ready();
    make(&state);
    ck_assert(holds_of("I19", WORLD_VOTE_PARAMETERS));
    state = first;
    ck_assert(!holds_of("I19", WORLD_VOTE_PARAMETERS));
}
END_TEST

START_TEST(a_cancelled_resharing_that_left_traces_is_seen)
{
    reshare_ready();
    make(&state);
    ck_assert(holds_of("I20", WORLD_VOTE_PARAMETERS));
    next.running.parameters.threshold = 3;
    ck_assert(!holds_of("I20", WORLD_VOTE_PARAMETERS));
    next = state;
    next.running.epoch_id++;
    ck_assert(!holds_of("I20", WORLD_CANCEL_RESHARING));
    ck_assert(holds_of("I20", WORLD_VOTE_RESHARED));
}
END_TEST

START_TEST(an_entry_that_changes_hands_is_seen)
{
    size_t count;
    struct attestation entry = *attestations_of(world.pool, state.attestations, &count);
    entry.account = ACTOR(BOB)->account;
    next.attestations = pool_splice(world.pool, state.attestations, sizeof entry, 0, 1, &entry, 1);
    ck_assert(!holds_of("I21a", WORLD_SUBMIT));
    next.attestations = pool_splice(world.pool, state.attestations, sizeof entry, 0, 1, NULL, 0);
    ck_assert(holds_of("I21a", WORLD_SUBMIT));
}
END_TEST

/* A member that is gone is refused too, but as no participant: that would be another fault. */
START_TEST(the_old_node_key_has_to_be_refused_for_its_attestation)
{
    start(ALICE, ACTOR(ALICE)->tls2_key);
    conclude_ready(ALICE);
    make(&state);
    ck_assert(holds_of("I22", WORLD_CONCLUDE));
    struct attestation entry = {.tls_key = ACTOR(ALICE)->tls2_key,
                                .account = ACTOR(ALICE)->account,
                                .account_key = ACTOR(ALICE)->node_key};
    next.attestations = pool_intern(world.pool, &entry, sizeof entry);
    ck_assert(holds_of("I22", WORLD_CONCLUDE));
    next.phase = PROTOCOL_RESHARING;
    next.attestations = state.attestations;
    next.key_event.parameters.participants =
        pool_splice(world.pool, state.running.parameters.participants, sizeof(struct member), 0, 1, NULL, 0);
    ck_assert(!holds_of("I22", WORLD_CONCLUDE));
}
END_TEST

START_TEST(a_call_that_others_may_send_is_seen)
{
    move_start(&world, ACTOR(ALICE), ACTOR(ALICE)->tls2_key, &move);
    ck_assert(holds_of("I23", WORLD_START));
    /* Anybody may prepay for anybody, also by way of another contract. */
    move_prepay(&world, ACTOR(ALICE), &move);
    ck_assert(!holds_of("I23", WORLD_PREPAY));
}
END_TEST

START_TEST(a_participant_that_cannot_conclude_is_seen)
{
    state.attestations = 0;
    ck_assert(!holds_in("L1"));
    state.phase = PROTOCOL_INITIALIZING;
    ck_assert(holds_in("L1"));
}
END_TEST

START_TEST(a_resharing_that_cannot_be_cancelled_is_seen)
{
    reshare();
    ck_assert(holds_in("L2"));
    state.running.parameters.threshold = 4;
    ck_assert(!holds_in("L2"));
}
END_TEST

START_TEST(a_record_that_can_be_used_after_the_return_is_seen)
{
    start(ALICE, ACTOR(ALICE)->tls2_key);
    next = state;
    state.phase = PROTOCOL_RESHARING;
    ck_assert(!holds_of("L3", WORLD_CANCEL_RESHARING));
    next.migrations = 0;
    ck_assert(holds_of("L3", WORLD_CANCEL_RESHARING));
}
END_TEST

/* With strict_tls_binding alice may take carol's key only after carol's node left it: the order counts. */
START_TEST(calls_that_do_not_commute_are_seen)
{
    ck_assert(holds_in("I24"));
    ck_assert_ok(model_rule_set(world.model, "strict_tls_binding=yes", NULL));
    /* The key that carol has now, and that her second node leaves, is attested as alice's. */
    struct attestation entry = {.tls_key = ACTOR(CAROL)->tls_key,
                                .account = ACTOR(ALICE)->account,
                                .account_key = ACTOR(ALICE)->node2_key,
                                .kind = ATTESTATION_CONSTRAINED};
    size_t index;
    attestation_find(world.pool, state.attestations, entry.tls_key, &index);
    state.attestations = pool_splice(world.pool, state.attestations, sizeof entry, index, 1, &entry, 1);
    start(ALICE, ACTOR(CAROL)->tls_key);
    start(CAROL, ACTOR(CAROL)->tls2_key);
    ck_assert(!holds_in("I24"));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "explore_invariants");
    tcase_add_checked_fixture(tcase, open_deployed, close_world);
    tcase_add_test(tcase, at_the_start_every_invariant_of_states_holds);
    tcase_add_test(tcase, records_outside_running_and_of_outsiders_are_seen);
    tcase_add_test(tcase, backups_of_outsiders_are_seen_once_the_receipts_ran);
    tcase_add_test(tcase, a_tls_key_that_two_have_is_seen_in_either_set);
    tcase_add_test(tcase, a_kept_member_that_changed_is_seen_in_resharing);
    tcase_add_test(tcase, a_keyset_that_is_not_the_registry_is_seen);
    tcase_add_test(tcase, a_resharing_for_an_old_epoch_is_seen);
    tcase_add_test(tcase, ids_that_repeat_or_reach_next_id_are_seen_in_either_set);
    tcase_add_test(tcase, entries_that_nobody_paid_and_entries_of_nobody_are_seen);
    tcase_add_test(tcase, a_migration_call_that_touches_the_protocol_is_seen);
    tcase_add_test(tcase, an_epoch_that_was_proposed_before_is_seen);
    tcase_add_test(tcase, a_refusal_that_leaves_anything_behind_is_seen);
    tcase_add_test(tcase, a_conclude_that_should_not_have_been_is_seen);
    tcase_add_test(tcase, a_start_that_records_something_else_or_for_others_is_seen);
    tcase_add_test(tcase, a_registration_that_mixes_with_migrations_is_seen);
    tcase_add_test(tcase, records_that_outlive_running_or_come_back_are_seen);
    tcase_add_test(tcase, records_that_change_by_other_calls_are_seen);
    tcase_add_test(tcase, a_keyset_that_shrinks_goes_back_or_changes_is_seen);
    tcase_add_test(tcase, attempts_that_repeat_and_votes_that_come_late_are_seen);
    tcase_add_test(tcase, a_resharing_that_ends_without_its_votes_is_seen);
    tcase_add_test(tcase, a_resharing_that_begins_anew_without_all_is_seen);
    tcase_add_test(tcase, a_cancelled_resharing_that_left_traces_is_seen);
    tcase_add_test(tcase, an_entry_that_changes_hands_is_seen);
    tcase_add_test(tcase, the_old_node_key_has_to_be_refused_for_its_attestation);
    tcase_add_test(tcase, a_call_that_others_may_send_is_seen);
    tcase_add_test(tcase, a_participant_that_cannot_conclude_is_seen);
    tcase_add_test(tcase, a_resharing_that_cannot_be_cancelled_is_seen);
    tcase_add_test(tcase, a_record_that_can_be_used_after_the_return_is_seen);
    tcase_add_test(tcase, calls_that_do_not_commute_are_seen);
    return run_suite(suite);
}

/* Memory that runs out at the Nth time that some is wanted, for every N: a call either succeeds or says
 * NO_MEMORY and changes nothing. Beside the allocator's functions the linker puts those below in the place of the
 * buffers' and the pool's, which want memory only now and then (see Makefile.inc). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/pool.h"
#include "contract-sim/replay/replay.h"
#include "tests/support/contract.h"
#include "tests/support/scenarios.h"
#include "tests/support/short_memory.h"

/* What the linker calls the function that is wrapped, and the one that it is wrapped in. */
#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name
#define WRAPPED(type, name, parameters)                                                                      \
    type REAL(name) parameters;                                                                              \
    type WRAP(name) parameters;                                                                              \
    type WRAP(name)                                                                                          \
    parameters

void REAL(free)(void *block);

WRAPPED(result_t, bytes_append, (struct bytes * buffer, const void *data, size_t len))
{
    return memory_is_short() ? OUTCOME_NO_MEMORY : REAL(bytes_append)(buffer, data, len);
}

WRAPPED(result_t, bytes_append_text, (struct bytes * buffer, const char *text))
{
    return memory_is_short() ? OUTCOME_NO_MEMORY : REAL(bytes_append_text)(buffer, text);
}

result_t WRAP(bytes_append_format)(struct bytes *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
WRAPPED(result_t, bytes_append_format, (struct bytes * buffer, const char *format, ...))
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int len = vasprintf(&text, format, list);
    va_end(list);
    result_t result =
        len < 0 || memory_is_short() ? OUTCOME_NO_MEMORY : REAL(bytes_append)(buffer, text, (size_t)len);
    REAL(free)(text); /* of what no wrap has counted */
    return result;
}

WRAPPED(handle_t, pool_intern, (struct pool * pool, const void *data, size_t len))
{
    if (!memory_is_short())
        return REAL(pool_intern)(pool, data, len);
    pool_fail(pool);
    return 0;
}

WRAPPED(handle_t, pool_intern_text, (struct pool * pool, const char *text))
{
    if (!memory_is_short())
        return REAL(pool_intern_text)(pool, text);
    pool_fail(pool);
    return 0;
}

WRAPPED(handle_t, pool_splice,
        (struct pool * pool, handle_t handle, size_t size, size_t index, size_t removed, const void *elements,
         size_t inserted))
{
    if (!memory_is_short())
        return REAL(pool_splice)(pool, handle, size, index, removed, elements, inserted);
    pool_fail(pool);
    return 0;
}

/* Wherever a test or a scenario asks the model, the answer is had first; then the same is asked with memory for
 * nothing, for one thing, for two, and so on, and found to be refused. What wants about as often as it did before
 * has very likely gone the same way, and is not asked again. Nothing is asserted while memory is short: the test
 * library wants some too. */
struct sweep {
    const struct model *model;
    long living;
    size_t pooled;
    size_t wants;
    size_t wants_in_all;
};

static bool sweeping;
static const struct bytes no_refusal;

static void sweep_count(void)
{
    sweeping = true;
    memory_shorten(SIZE_MAX);
}

/* So much of a refusal's text tells it from others. */
#define REFUSAL_BEGINS 24

/* `refusal` is what was answered instead of a value, or empty. */
static bool way_is_new(const char *what, const struct bytes *refusal, size_t wants)
{
    static bool known[65536];
    uint32_t hash = 2166136261u ^ (uint32_t)(wants / 8);
    for (; *what; what++)
        hash = (hash ^ (uint8_t)*what) * 16777619u;
    for (size_t i = 0; i < refusal->len && i < REFUSAL_BEGINS; i++)
        hash = (hash ^ refusal->data[i]) * 16777619u;
    bool *way = &known[(hash ^ hash >> 16) % ARRAY_LEN(known)];
    bool is_new = !*way;
    *way = true;
    return is_new;
}

static struct sweep sweep_begin(const struct model *model, const char *what, const struct bytes *refusal)
{
    size_t wants = memory_wanted();
    return (struct sweep){.model = model,
                          .pooled = model_pool_count(model),
                          .wants_in_all = way_is_new(what, refusal, wants) ? wants : 0};
}

static bool sweep_next(struct sweep *sweep)
{
    sweeping = sweep->wants < sweep->wants_in_all;
    sweep->living = memory_living();
    memory_shorten(sweeping ? ++sweep->wants : SIZE_MAX);
    return sweeping;
}

/* What the first time was for good, a larger buffer say, is not wanted again: such a sweep ends before. */
static void ck_short(struct sweep *sweep, result_t result, bool unchanged)
{
    long living = memory_living();
    bool fell_short = memory_wanted() >= sweep->wants;
    memory_shorten(SIZE_MAX);
    if (!fell_short) {
        sweep->wants_in_all = 0;
        return;
    }
    ck_assert_outcome(result, OUTCOME_NO_MEMORY);
    ck_assert(unchanged);
    ck_assert_int_eq(living, sweep->living);
    ck_assert_uint_eq(model_pool_count(sweep->model), sweep->pooled);
}

static bool outcome_empty(const struct model_outcome *outcome)
{
    return !outcome->value.data && !outcome->text.data && !outcome->logs[0].data;
}

WRAPPED(result_t, model_call,
        (struct model * model, const struct model_state *before, const struct model_context *context,
         const char *method, const void *args, size_t args_len, struct model_state *after,
         struct model_outcome *outcome))
{
    const struct model_state first = *before;
    struct model_state left;
    struct model_outcome dropped;
    if (sweeping) /* the genesis calls init_running */
        return REAL(model_call)(model, before, context, method, args, args_len, after, outcome);
    sweep_count();
    result_t result = REAL(model_call)(model, &first, context, method, args, args_len, after, outcome);
    for (struct sweep sweep = sweep_begin(model, method, &outcome->text); sweep_next(&sweep);) {
        result_t failed = REAL(model_call)(model, &first, context, method, args, args_len, &left, &dropped);
        ck_short(&sweep, failed, model_state_equal(&first, &left) && outcome_empty(&dropped));
        model_outcome_free(&dropped);
    }
    return result;
}

WRAPPED(result_t, model_view,
        (struct model * model, const struct model_state *state, uint64_t block_height, uint64_t block_time_s,
         const char *method, const void *args, size_t args_len, struct model_outcome *outcome))
{
    struct model_outcome dropped;
    sweep_count();
    result_t result =
        REAL(model_view)(model, state, block_height, block_time_s, method, args, args_len, outcome);
    for (struct sweep sweep = sweep_begin(model, method, &outcome->text); sweep_next(&sweep);) {
        result_t failed =
            REAL(model_view)(model, state, block_height, block_time_s, method, args, args_len, &dropped);
        ck_short(&sweep, failed, outcome_empty(&dropped));
        model_outcome_free(&dropped);
    }
    return result;
}

WRAPPED(result_t, model_receipts_run,
        (struct model * model, const struct model_state *before, uint64_t block_height, uint64_t block_time_s,
         struct model_state *after))
{
    const struct model_state first = *before;
    struct model_state left;
    sweep_count();
    result_t result = REAL(model_receipts_run)(model, &first, block_height, block_time_s, after);
    for (struct sweep sweep = sweep_begin(model, "receipts", &no_refusal); sweep_next(&sweep);) {
        left = first;
        result_t failed = REAL(model_receipts_run)(model, &first, block_height, block_time_s, &left);
        ck_short(&sweep, failed, model_state_equal(&first, &left));
    }
    return result;
}

WRAPPED(result_t, model_genesis,
        (struct model * model, struct json_object *genesis, uint64_t block_height, uint64_t block_time_s,
         struct model_state *out, struct error *err))
{
    struct model_state left;
    struct error dropped = {0};
    sweep_count();
    result_t result = REAL(model_genesis)(model, genesis, block_height, block_time_s, out, err);
    for (struct sweep sweep = sweep_begin(model, "genesis", &no_refusal); sweep_next(&sweep);) {
        result_t failed = REAL(model_genesis)(model, genesis, block_height, block_time_s, &left, &dropped);
        ck_short(&sweep, failed, true);
    }
    return result;
}

WRAPPED(result_t, model_genesis_write,
        (struct model * model, const struct model_state *state, struct bytes *out))
{
    sweep_count();
    result_t result = REAL(model_genesis_write)(model, state, out);
    for (struct sweep sweep = sweep_begin(model, "genesis written", &no_refusal); sweep_next(&sweep);) {
        CLEANUP(bytes_free) struct bytes dropped = {0};
        result_t failed = REAL(model_genesis_write)(model, state, &dropped);
        bytes_free(&dropped);
        ck_short(&sweep, failed, true);
    }
    return result;
}

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    memory_shorten(SIZE_MAX);
    contract_close(&c);
}

#define H4(x)  x x x x
#define H32(x) H4(H4(x)) H4(H4(x))

static const char template[] = "{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}}";

static const char *const profiles[] = {"design", "v3.14", "v3.14+cancel"};

/* Long ones make the calls of others in another order, which memory does not depend on. */
static void replay_in_every_profile(const struct scenario *scenario)
{
    for (size_t i = 0; i < ARRAY_LEN(profiles) && !scenario_is_long(scenario); i++) {
        CLEANUP(replay_result_free) struct replay_result result = {0};
        struct error err = {0};
        if (!scenario_is_for(scenario, profiles[i]))
            continue;
        ck_assert_ok_err(
            replay_run(scenario, &(struct replay_options){.profile = profiles[i]}, &result, &err), err);
        ck_assert_msg(result.difference_count == 0, "%s differs", scenario->id);
    }
}

START_TEST(whatever_our_scenarios_ask_survives_without_memory_and_then_comes_out_the_same)
{
    scenarios_visit_ours(replay_in_every_profile);
}
END_TEST

/* Its parts appear when there is something to show: votes, thresholds, an instance, requests to cancel. */
START_TEST(a_view_of_everything_that_finds_no_memory_is_none)
{
    static const char domains[] = "{'domains':[{'id':1,'protocol':'Frost','reconstruction_threshold':2,"
                                  "'purpose':'Sign'}]}";
    static const char proposal[] = "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'"
                                   "next_id':3,'participants':[%s]},"
                                   "'threshold':3},'per_domain_thresholds':{'0':3}}}";
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_json(proposal, contract_members));
    contract_ok(&c, "bob", "vote_new_parameters", NOTHING, contract_json(proposal, contract_members));
    contract_ok(&c, "alice", "vote_add_domains", NOTHING, domains);
    contract_ok(&c, "bob", "vote_add_domains", NOTHING, domains);
    ck_view(&c, "state", "/Running/parameters_votes/proposal_by_account/bob.near/per_domain_thresholds",
            "{'0':3}");
    contract_ok(&c, "carol", "vote_new_parameters", NOTHING, contract_json(proposal, contract_members));
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING,
                "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':0}}");
    contract_ok(&c, "carol/node", "vote_reshared", NOTHING,
                "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':0}}");
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    ck_view(&c, "state", "/Resharing/resharing_key/instance/completed", "[2]");
    ck_view(&c, "state", "/Resharing/cancellation_requests", "['bob.near']");
}
END_TEST

START_TEST(a_saved_state_that_finds_no_memory_is_no_genesis)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct json_object *root = NULL;
    struct error err = {0};
    contract_ok(&c, "alice", "register_backup_service", ONE, "{'backup_service_info':{'public_key':'@b'}}");
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    ck_assert_ok(bytes_append_format(&text, "{\"state\":%s,", contract_view(&c, "state", "{}")));
    ck_assert_ok(
        bytes_append_format(&text, "\"migration_info\":%s}", contract_view(&c, "migration_info", "{}")));
    ck_assert_ok(json_parse((const char *)text.data, text.len, &json_limits_view, &root, NULL));
    ck_assert_ok_err(model_genesis(c.model, root, c.height, c.time_s, &c.state, &err), err);
    ck_view(&c, "migration_info", "/alice.near/0/public_key", "'@b'");
    json_object_put(root);
}
END_TEST

/* Votes, lists, grants, receipts that wait: all that a genesis can hold beside the views. */
START_TEST(a_genesis_of_everything_that_finds_no_memory_is_not_written)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    static const char hashes[][100] = {"{'launcher_hash':'" H32("11") "'}",
                                       "{'launcher_hash':'" H32("22") "'}", "{'code_hash':'" H32("aa") "'}",
                                       "{'code_hash':'" H32("bb") "'}"};
    ck_assert_ok(model_launcher_template_set(c.model, template, sizeof template - 1, NULL));
    for (size_t i = 0; i < 4; i++) {
        contract_ok(&c, "alice", i < 2 ? "vote_add_launcher_hash" : "vote_code_hash", NOTHING, hashes[i]);
        contract_ok(&c, "bob", i < 2 ? "vote_add_launcher_hash" : "vote_code_hash", NOTHING, hashes[i]);
    }
    contract_ok(&c, "alice", "vote_remove_launcher_hash", NOTHING, hashes[0]);
    contract_ok(&c, "bob", "vote_add_launcher_hash", NOTHING, "{'launcher_hash':'" H32("33") "'}");
    contract_ok(&c, "alice", "vote_code_hash", NOTHING, "{'code_hash':'" H32("cc") "'}");
    contract_ok(&c, "bob", "vote_code_hash", NOTHING, "{'code_hash':'" H32("dd") "'}");
    contract_attest_again(&c, "alice", 2);
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'a1','grants':1}");
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'a2','grants':1}");
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    ck_assert_ok(model_genesis_write(c.model, &c.state, &text));
    ck_assert_text_has((const char *)text.data, "cleanup_orphaned_node_migrations");
}
END_TEST

START_TEST(a_sweep_of_attestations_that_finds_no_memory_changes_nothing)
{
    c.time_s += 604800;
    contract_call(&c, "alice", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "3");
    ck_view(&c, "get_tee_accounts", "", "[]");
}
END_TEST

START_TEST(a_compose_hash_that_finds_no_memory_changes_nothing)
{
    ck_assert_ok(model_launcher_template_set(c.model, template, sizeof template - 1, NULL));
    contract_ok(&c, "alice", "vote_add_launcher_hash", NOTHING, "{'launcher_hash':'" H32("11") "'}");
    contract_ok(&c, "bob", "vote_add_launcher_hash", NOTHING, "{'launcher_hash':'" H32("11") "'}");
    contract_ok(&c, "alice", "vote_code_hash", NOTHING, "{'code_hash':'" H32("aa") "'}");
    contract_ok(&c, "bob", "vote_code_hash", NOTHING, "{'code_hash':'" H32("aa") "'}");
    ck_assert_uint_eq(strlen(contract_view(&c, "allowed_launcher_compose_hashes", "{}")), 2 * 32 + 4);
}
END_TEST

START_TEST(a_template_and_a_stored_item_find_no_memory)
{
    memory_shorten(1);
    result_t set = model_launcher_template_set(c.model, template, sizeof template - 1, NULL);
    memory_shorten(1);
    result_t restored = model_pool_restore(c.model, "a new item", 10);
    memory_shorten(SIZE_MAX);
    ck_assert_outcome(set, OUTCOME_NO_MEMORY);
    ck_assert_outcome(restored, OUTCOME_NO_MEMORY);
    ck_assert_ok(model_pool_restore(c.model, "a new item", 10));
}
END_TEST

START_TEST(rules_that_find_no_memory_are_not_written)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    size_t wants = 0;
    result_t result = OUTCOME_NO_MEMORY;
    while (result == OUTCOME_NO_MEMORY) {
        bytes_free(&text);
        memory_shorten(++wants);
        result = model_rules_write(c.model, &text);
        memory_shorten(SIZE_MAX);
        ck_assert_uint_lt(wants, 1000);
    }
    ck_assert_ok(result);
    ck_assert_uint_gt(wants, 10);
}
END_TEST

START_TEST(a_pool_short_of_memory_says_so_once_and_goes_on)
{
    struct pool *pool = NULL;
    for (size_t n = 1; n <= 3; n++) {
        memory_shorten(n);
        result_t result = pool_new(&pool);
        memory_shorten(SIZE_MAX);
        ck_assert_outcome(result, OUTCOME_NO_MEMORY);
    }
    ck_assert_ok(pool_new(&pool));
    memory_shorten(1);
    handle_t handle = REAL(pool_intern_text)(pool, "the first content wants a chunk");
    memory_shorten(SIZE_MAX);
    ck_assert_uint_eq(handle, 0);
    ck_assert(pool_failed(pool));
    ck_assert(!pool_failed(pool));
    /* Growing takes two allocations; either may fail, and the pool is then as good as before. */
    uint32_t next = 0;
    for (size_t n = 1; n <= 2; n++) {
        bool failed = false;
        while (!failed) {
            uint32_t content = next++;
            ck_assert_uint_ne(pool_intern(pool, &content, sizeof content), 0);
            content = next;
            memory_shorten(n);
            failed = REAL(pool_intern)(pool, &content, sizeof content) == 0;
            memory_shorten(SIZE_MAX);
        }
        ck_assert(pool_failed(pool));
    }
    size_t count = pool_count(pool);
    for (uint32_t i = 0; i < next; i++)
        pool_intern(pool, &i, sizeof i);
    ck_assert_uint_eq(pool_count(pool), count);
    memory_shorten(1);
    handle = REAL(pool_splice)(pool, 0, sizeof next, 0, 0, &next, 1);
    memory_shorten(SIZE_MAX);
    ck_assert_uint_eq(handle, 0);
    ck_assert(pool_failed(pool));
    pool_free(pool);
}
END_TEST

START_TEST(a_model_short_of_memory_is_not_made)
{
    struct model *model = NULL;
    struct error err = {0};
    size_t n = 1;
    for (;; n++) {
        memory_shorten(n);
        result_t result = model_new("design", "mpc.near", &model, &err);
        memory_shorten(SIZE_MAX);
        if (result == OUTCOME_OK)
            break;
        ck_assert_outcome(result, OUTCOME_NO_MEMORY);
        ck_assert_uint_lt(n, 10);
    }
    ck_assert_uint_gt(n, 3);
    model_free(model);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_memory");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, whatever_our_scenarios_ask_survives_without_memory_and_then_comes_out_the_same);
    tcase_add_test(tcase, a_view_of_everything_that_finds_no_memory_is_none);
    tcase_add_test(tcase, a_saved_state_that_finds_no_memory_is_no_genesis);
    tcase_add_test(tcase, a_genesis_of_everything_that_finds_no_memory_is_not_written);
    tcase_add_test(tcase, a_sweep_of_attestations_that_finds_no_memory_changes_nothing);
    tcase_add_test(tcase, a_compose_hash_that_finds_no_memory_changes_nothing);
    tcase_add_test(tcase, a_template_and_a_stored_item_find_no_memory);
    tcase_add_test(tcase, rules_that_find_no_memory_are_not_written);
    tcase_add_test(tcase, a_pool_short_of_memory_says_so_once_and_goes_on);
    tcase_add_test(tcase, a_model_short_of_memory_is_not_made);
    return run_suite(suite);
}

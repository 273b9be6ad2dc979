/* Memory that runs out at the Nth allocation, for every N: a call either succeeds or says
 * NO_MEMORY and changes nothing. The linker puts the three functions below in the place of the
 * allocator's (see Makefile.inc). */
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/pool.h"
#include "tests/support/contract.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t allocations_left = SIZE_MAX;

static bool allocation_fails(void)
{
    if (allocations_left == SIZE_MAX)
        return false;
    return allocations_left == 0 || --allocations_left == 0;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

/* The test library allocates too: nothing is asserted while memory is short.
 * Enough for any of the calls below. */
#define ALLOCATIONS_MAX 2000

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    allocations_left = SIZE_MAX;
    contract_close(&c);
}

/* Run the call with less memory than it needs, then a little more, until it comes through. */
static void ck_call_survives(const char *signer, const char *method, uint64_t deposit, const char *template)
{
    struct model_context context = {
        .block_height = c.height, .block_time_s = c.time_s, .deposit = {.low = deposit}};
    const char *args = contract_json("%s", template);
    const struct model_state before = c.state;
    size_t pooled = model_pool_count(c.model);
    ck_assert(account_id_set(&context.signer, signer, strlen(signer)));
    context.predecessor = context.signer;
    for (size_t n = 1; n < ALLOCATIONS_MAX; n++) {
        struct model_outcome outcome = {0};
        allocations_left = n;
        result_t result =
            model_call(c.model, &before, &context, method, args, strlen(args), &c.state, &outcome);
        bool short_of_memory = allocations_left == 0;
        allocations_left = SIZE_MAX;
        if (result == OUTCOME_OK) {
            ck_assert_int_eq(outcome.kind, MODEL_OK);
        } else {
            ck_assert_outcome(result, OUTCOME_NO_MEMORY);
            ck_assert(model_state_equal(&before, &c.state));
            ck_assert_uint_eq(model_pool_count(c.model), pooled);
        }
        model_outcome_free(&outcome);
        if (!short_of_memory)
            return;
        c.state = before;
    }
    ck_abort_msg("%s never came through", method);
}

START_TEST(a_call_short_of_memory_changes_nothing)
{
    ck_call_survives("alice.near", "register_backup_service", 1,
                     "{'backup_service_info':{'public_key':'@backup'}}");
    ck_call_survives("alice.near", "start_node_migration", 1, contract_destination("alice", "2"));
    ck_call_survives("alice.near", "update_participant_url", 1, "{'url':'http://somewhere'}");
}
END_TEST

START_TEST(a_compose_hash_that_finds_no_memory_changes_nothing)
{
#define H4(x)  x x x x
#define H32(x) H4(H4(x)) H4(H4(x))
    static const char template[] = "{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}}";
    ck_assert_ok(model_launcher_template_set(c.model, template, sizeof template - 1, NULL));
    ck_call_survives("alice.near", "vote_add_launcher_hash", 0, "{'launcher_hash':'" H32("11") "'}");
    ck_call_survives("bob.near", "vote_add_launcher_hash", 0, "{'launcher_hash':'" H32("11") "'}");
    ck_call_survives("alice.near", "vote_code_hash", 0, "{'code_hash':'" H32("aa") "'}");
    ck_call_survives("bob.near", "vote_code_hash", 0, "{'code_hash':'" H32("aa") "'}");
    ck_assert_uint_eq(strlen(contract_view(&c, "allowed_launcher_compose_hashes", "{}")), 2 * 32 + 4);
}
END_TEST

START_TEST(domains_that_find_no_memory_change_nothing)
{
    static const char *const members[] = {"alice.near", "bob.near", "carol.near"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        ck_call_survives(members[i], "vote_add_domains", 0,
                         "{'domains':[{'id':1,'protocol':'Frost','reconstruction_threshold':2,'purpose':"
                         "'Sign'}]}");
    ck_assert_str_eq(contract_at(&c, "state", "/Initializing/generating_key/domain/id"), "1");
}
END_TEST

START_TEST(a_pool_short_of_memory_says_so_once_and_goes_on)
{
    struct pool *pool = NULL;
    for (size_t n = 1; n <= 3; n++) {
        allocations_left = n;
        result_t result = pool_new(&pool);
        allocations_left = SIZE_MAX;
        ck_assert_outcome(result, OUTCOME_NO_MEMORY);
    }
    ck_assert_ok(pool_new(&pool));
    allocations_left = 1;
    handle_t handle = pool_intern_text(pool, "the first content wants a chunk");
    allocations_left = SIZE_MAX;
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
            allocations_left = n;
            failed = pool_intern(pool, &content, sizeof content) == 0;
            allocations_left = SIZE_MAX;
        }
        ck_assert(pool_failed(pool));
    }
    size_t count = pool_count(pool);
    for (uint32_t i = 0; i < next; i++)
        pool_intern(pool, &i, sizeof i);
    ck_assert_uint_eq(pool_count(pool), count);
    allocations_left = 1;
    handle = pool_splice(pool, 0, sizeof next, 0, 0, &next, 1);
    allocations_left = SIZE_MAX;
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
        allocations_left = n;
        result_t result = model_new("design", "mpc.near", &model, &err);
        allocations_left = SIZE_MAX;
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
    tcase_add_test(tcase, a_call_short_of_memory_changes_nothing);
    tcase_add_test(tcase, a_compose_hash_that_finds_no_memory_changes_nothing);
    tcase_add_test(tcase, domains_that_find_no_memory_change_nothing);
    tcase_add_test(tcase, a_pool_short_of_memory_says_so_once_and_goes_on);
    tcase_add_test(tcase, a_model_short_of_memory_is_not_made);
    return run_suite(suite);
}

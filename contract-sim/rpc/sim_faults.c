#include "contract-sim/rpc/sim_faults.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "common/json.h"
#include "common/nearest.h"
#include "contract-sim/model/model.h"

#define OF(class)     (1u << (class))
#define OF_ANY        (OF(METHOD_INFO) | OF(METHOD_READ) | OF(METHOD_SEND) | OF(METHOD_ASK))
#define TAKES(number) (1u << (number))
#define TAKES_MESSAGE (1u << SIM_FAULT_NUMBERS)

#define MESSAGE_DEFAULT "Exceeded the prepaid gas."

struct kind;
/* False: what was planned before leaves nothing to this one, which waits for the next request. */
typedef bool plan_fn(const struct kind *kind, const struct sim_fault *fault, struct sim_fault_plan *plan);
static plan_fn plan_answer, plan_delay, plan_stale_final, plan_height_back, plan_transaction,
    plan_superseded_attempt;

/* The table of kinds. */
static const struct kind {
    const char *name;
    plan_fn *plan;                          /* where it takes hold */
    enum sim_fault_answer answer;           /* of plan_answer */
    enum sim_fault_transaction transaction; /* of plan_transaction */
    unsigned classes;                       /* of the methods it hits */
    enum sim_fault_reading reading;         /* and of those only requests that read at least so */
    const char *contract_method;            /* or that ask the contract for this */
    unsigned takes;                         /* what an order of it may name, */
    uint64_t numbers[SIM_FAULT_NUMBERS];    /* and what holds where it does not */
} kinds[] = {
    {.name = "drop",
     .plan = plan_answer,
     .answer = ANSWER_NOTHING,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_EXECUTED)},
    {.name = "delay",
     .plan = plan_delay,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_MS),
     .numbers = {[SIM_FAULT_MS] = 1000}},
    {.name = "timeout_408",
     .plan = plan_answer,
     .answer = ANSWER_TIMEOUT,
     .classes = OF(METHOD_SEND) | OF(METHOD_ASK),
     .numbers = {[SIM_FAULT_EXECUTED] = 1}},
    {.name = "http_429",
     .plan = plan_answer,
     .answer = ANSWER_STATUS,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_EXECUTED),
     .numbers = {[SIM_FAULT_STATUS] = 429}},
    {.name = "http_500",
     .plan = plan_answer,
     .answer = ANSWER_STATUS,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_EXECUTED),
     .numbers = {[SIM_FAULT_STATUS] = 500}},
    {.name = "http_503",
     .plan = plan_answer,
     .answer = ANSWER_STATUS,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_EXECUTED),
     .numbers = {[SIM_FAULT_STATUS] = 503}},
    {.name = "html_body",
     .plan = plan_answer,
     .answer = ANSWER_HTML,
     .classes = OF_ANY,
     .takes = TAKES(SIM_FAULT_EXECUTED) | TAKES(SIM_FAULT_STATUS),
     .numbers = {[SIM_FAULT_STATUS] = 200}},
    {.name = "truncated_body",
     .plan = plan_answer,
     .answer = ANSWER_CUT,
     .classes = OF_ANY,
     .numbers = {[SIM_FAULT_EXECUTED] = 1}},
    {.name = "stale_final",
     .plan = plan_stale_final,
     .classes = OF(METHOD_READ),
     .reading = READS_FINAL,
     .takes = TAKES(SIM_FAULT_BLOCKS),
     .numbers = {[SIM_FAULT_BLOCKS] = 100}},
    {.name = "height_back",
     .plan = plan_height_back,
     .classes = OF(METHOD_READ),
     .reading = READS_BY_NAME,
     .takes = TAKES(SIM_FAULT_BLOCKS),
     .numbers = {[SIM_FAULT_BLOCKS] = 100}},
    {.name = "invalid_nonce",
     .plan = plan_transaction,
     .transaction = TRANSACTION_INVALID_NONCE,
     .classes = OF(METHOD_SEND)},
    {.name = "expired",
     .plan = plan_transaction,
     .transaction = TRANSACTION_EXPIRED,
     .classes = OF(METHOD_SEND)},
    {.name = "failed_receipt",
     .plan = plan_transaction,
     .transaction = TRANSACTION_FAILS,
     .classes = OF(METHOD_SEND),
     .takes = TAKES_MESSAGE},
    {.name = "superseded_attempt",
     .plan = plan_superseded_attempt,
     .classes = OF(METHOD_READ),
     .contract_method = "state",
     .takes = TAKES(SIM_FAULT_DOMAIN_ID) | TAKES(SIM_FAULT_ATTEMPT),
     .numbers = {[SIM_FAULT_DOMAIN_ID] = SIM_FAULT_NONE, [SIM_FAULT_ATTEMPT] = SIM_FAULT_NONE}},
};

/* The numbers, by enum sim_fault_number. */
static const struct {
    const char *name;
    bool truth;
    uint64_t min;
    uint64_t max;
} number_rows[SIM_FAULT_NUMBERS] = {
    [SIM_FAULT_MS] = {"ms", false, 1, SIM_FAULT_DELAY_MS_MAX},
    [SIM_FAULT_STATUS] = {"status", false, 200, 599},
    [SIM_FAULT_BLOCKS] = {"blocks", false, 1, SIM_FAULT_BLOCKS_MAX},
    [SIM_FAULT_EXECUTED] = {"executed", true, 0, 1},
    [SIM_FAULT_DOMAIN_ID] = {"domain_id", false, 0, SIM_FAULT_NONE - 1},
    [SIM_FAULT_ATTEMPT] = {"attempt", false, 0, SIM_FAULT_NONE - 1},
};

/* --- what a fault does to a request --- */

/* Only what runs can be read or sent otherwise, and only once. */
static bool join(struct sim_fault_plan *plan, bool taken)
{
    if (plan->skip_method || taken)
        return false;
    plan->needs_method = true;
    return true;
}

static bool refused(const struct sim_fault_plan *plan)
{
    return plan->transaction == TRANSACTION_INVALID_NONCE || plan->transaction == TRANSACTION_EXPIRED;
}

/* An answer that is lost after execution is lost after execution. */
static bool plan_answer(const struct kind *kind, const struct sim_fault *fault, struct sim_fault_plan *plan)
{
    bool skip = !fault->numbers[SIM_FAULT_EXECUTED];
    if (plan->answer != ANSWER_OWN || (skip ? plan->needs_method : refused(plan)))
        return false;
    plan->answer = kind->answer;
    plan->status = (int)fault->numbers[SIM_FAULT_STATUS];
    plan->skip_method = skip;
    return true;
}

static bool plan_delay(const struct kind *kind, const struct sim_fault *fault, struct sim_fault_plan *plan)
{
    (void)kind;
    if (plan->delay_ms)
        return false;
    plan->delay_ms = fault->numbers[SIM_FAULT_MS];
    return true;
}

static bool plan_stale_final(const struct kind *kind, const struct sim_fault *fault,
                             struct sim_fault_plan *plan)
{
    (void)kind;
    if (!join(plan, plan->final_lag))
        return false;
    plan->final_lag = fault->numbers[SIM_FAULT_BLOCKS];
    return true;
}

static bool plan_height_back(const struct kind *kind, const struct sim_fault *fault,
                             struct sim_fault_plan *plan)
{
    (void)kind;
    if (!join(plan, plan->head_lag))
        return false;
    plan->head_lag = fault->numbers[SIM_FAULT_BLOCKS];
    return true;
}

static bool plan_transaction(const struct kind *kind, const struct sim_fault *fault,
                             struct sim_fault_plan *plan)
{
    bool runs = kind->transaction == TRANSACTION_FAILS;
    if (!join(plan, plan->transaction != TRANSACTION_OWN || (!runs && plan->answer != ANSWER_OWN)))
        return false;
    plan->transaction = kind->transaction;
    memcpy(plan->message, fault->message, sizeof plan->message);
    return true;
}

static bool plan_superseded_attempt(const struct kind *kind, const struct sim_fault *fault,
                                    struct sim_fault_plan *plan)
{
    (void)kind;
    if (!join(plan, plan->old_attempt))
        return false;
    plan->old_attempt = true;
    plan->domain_id = fault->numbers[SIM_FAULT_DOMAIN_ID];
    plan->attempt = fault->numbers[SIM_FAULT_ATTEMPT];
    return true;
}

static bool wanted(const char *filter, const char *given)
{
    return !*filter || (given && strcmp(filter, given) == 0);
}

static bool hits(const struct sim_fault *fault, const struct sim_fault_target *target)
{
    const struct kind *kind = &kinds[fault->kind];
    return (kind->classes & OF(target->class)) && wanted(fault->method, target->method) &&
           wanted(fault->contract_method, target->contract_method) && target->reading >= kind->reading &&
           (!kind->contract_method || wanted(kind->contract_method, target->contract_method));
}

static void forget(struct sim_faults *faults, size_t index)
{
    faults->count--;
    memmove(&faults->active[index], &faults->active[index + 1],
            (faults->count - index) * sizeof faults->active[0]);
}

void sim_faults_plan(struct sim_faults *faults, const struct sim_fault_target *target,
                     struct sim_fault_plan *plan)
{
    *plan = (struct sim_fault_plan){0};
    size_t i = 0;
    while (i < faults->count) {
        struct sim_fault *fault = &faults->active[i];
        if (hits(fault, target) && kinds[fault->kind].plan(&kinds[fault->kind], fault, plan)) {
            fault->hits++;
            if (fault->left != SIM_FAULT_NONE && --fault->left == 0) {
                forget(faults, i);
                continue;
            }
        }
        i++;
    }
}

/* Where a state of the contract holds the keys with their attempts. */
static const char *const key_lists[] = {
    "/Running/keyset/domains",
    "/Resharing/previous_running_state/keyset/domains",
    "/Initializing/generated_keys",
};

static void attempt_change(const struct sim_fault_plan *plan, struct json_object *key)
{
    struct json_object *id = NULL, *attempt = NULL;
    uint64_t domain_id, number;
    json_object_object_get_ex(key, "domain_id", &id);
    json_object_object_get_ex(key, "attempt", &attempt);
    if (!json_is_u64(id, &domain_id) || !json_is_u64(attempt, &number) ||
        (plan->domain_id != SIM_FAULT_NONE && plan->domain_id != domain_id))
        return;
    if (plan->attempt != SIM_FAULT_NONE)
        json_object_set_uint64(attempt, plan->attempt);
    else if (number > 0)
        json_object_set_uint64(attempt, number - 1);
}

result_t sim_fault_state_view(const struct sim_fault_plan *plan, struct bytes *value)
{
    CLEANUP(json_put_ptr) struct json_object *state = NULL;
    struct json_object *keys;
    if (!plan->old_attempt)
        return OUTCOME_OK;
    TRY(json_parse((const char *)value->data, value->len, &json_limits_view, &state, NULL));
    for (size_t i = 0; i < ARRAY_LEN(key_lists); i++) {
        if (json_pointer_get(state, key_lists[i], &keys) != 0)
            continue;
        for (size_t k = 0; k < json_object_array_length(keys); k++)
            attempt_change(plan, json_object_array_get_idx(keys, k));
    }
    bytes_clear(value);
    return json_write(state, value);
}

/* --- ordering and clearing --- */

static result_t wrong(struct error *err, const char *name, const char *expected)
{
    return error_set(err, OUTCOME_CONFIG_INVALID, "`%.64s` is not %s", name, expected);
}

/* A text of at most `size` - 1 bytes without a 0 in it. */
static result_t read_text(struct json_object *value, const char *name, char *out, size_t size,
                          struct error *err)
{
    size_t len = json_object_is_type(value, json_type_string) ? (size_t)json_object_get_string_len(value) : 0;
    if (!len || len >= size || strlen(json_object_get_string(value)) != len)
        return error_set(err, OUTCOME_CONFIG_INVALID, "`%s` is not a text of 1 to %zu bytes", name, size - 1);
    memcpy(out, json_object_get_string(value), len + 1);
    return OUTCOME_OK;
}

static result_t kind_names(struct bytes *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        TRY(bytes_append_format(out, "%s%s", i ? ", " : "", kinds[i].name));
    return OUTCOME_OK;
}

static result_t read_kind(struct json_object *params, size_t *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes names = {0};
    struct json_object *value = NULL;
    json_object_object_get_ex(params, "kind", &value);
    if (json_object_is_type(value, json_type_string))
        for (*out = 0; *out < ARRAY_LEN(kinds); ++*out)
            if (strcmp(json_object_get_string(value), kinds[*out].name) == 0)
                return OUTCOME_OK;
    TRY(kind_names(&names));
    return error_set(err, OUTCOME_CONFIG_INVALID, "`kind` is not one of %s", (const char *)names.data);
}

static result_t read_number(struct json_object *value, enum sim_fault_number number, uint64_t *out,
                            struct error *err)
{
    const char *name = number_rows[number].name;
    if (number_rows[number].truth) {
        *out = (uint64_t)json_object_get_boolean(value);
        return json_object_is_type(value, json_type_boolean) ? OUTCOME_OK : wrong(err, name, "true or false");
    }
    if (json_is_u64(value, out) && *out >= number_rows[number].min && *out <= number_rows[number].max)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "`%s` is not a number from %" PRIu64 " to %" PRIu64, name,
                     number_rows[number].min, number_rows[number].max);
}

static result_t read_count(struct json_object *value, uint64_t *out, struct error *err)
{
    if (json_is_u64(value, out) && *out >= 1 && *out <= SIM_FAULT_COUNT_MAX)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID,
                     "`count` is not a number from 1 to %d; leave it out for no end", SIM_FAULT_COUNT_MAX);
}

static result_t read_method(struct json_object *value, const struct kind *kind,
                            sim_method_class *method_class_of, char out[SIM_FAULT_METHOD_MAX + 1],
                            struct error *err)
{
    enum method_class class;
    TRY(read_text(value, "method", out, SIM_FAULT_METHOD_MAX + 1, err));
    if (!method_class_of(out, &class))
        return error_set(err, OUTCOME_CONFIG_INVALID, "`method`: there is no method %s", out);
    if (class == METHOD_CONTROL)
        return error_set(err, OUTCOME_CONFIG_INVALID, "`method`: no fault ever hits %s", out);
    if (kind->classes & OF(class))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "`method`: %s does nothing to %s", kind->name, out);
}

/* A name that the contract does not have is a slip: the fault would wait for ever. */
static result_t read_contract_method(struct json_object *value, char out[NEAR_METHOD_NAME_LEN_MAX + 1],
                                     struct error *err)
{
    struct nearest nearest;
    TRY(read_text(value, "contract_method", out, NEAR_METHOD_NAME_LEN_MAX + 1, err));
    nearest = (struct nearest){.given = out, .given_len = strlen(out)};
    for (size_t i = 0; model_method_name(i); i++) {
        if (strcmp(model_method_name(i), out) == 0)
            return OUTCOME_OK;
        nearest_try(&nearest, model_method_name(i));
    }
    return error_set(err, OUTCOME_CONFIG_INVALID, "`contract_method`: the contract has no method %.64s%s%s",
                     out, nearest.word ? "; did you mean " : "", nearest.word ? nearest.word : "");
}

/* One member of an order. */
static result_t read_member(const char *name, struct json_object *value, sim_method_class *method_class_of,
                            struct sim_fault *out, struct error *err)
{
    const struct kind *kind = &kinds[out->kind];
    if (strcmp(name, "kind") == 0)
        return OUTCOME_OK;
    if (strcmp(name, "count") == 0)
        return read_count(value, &out->left, err);
    if (strcmp(name, "method") == 0)
        return read_method(value, kind, method_class_of, out->method, err);
    if (strcmp(name, "contract_method") == 0 && !kind->contract_method)
        return read_contract_method(value, out->contract_method, err);
    if (strcmp(name, "message") == 0 && (kind->takes & TAKES_MESSAGE))
        return read_text(value, name, out->message, sizeof out->message, err);
    for (enum sim_fault_number i = 0; i < SIM_FAULT_NUMBERS; i++)
        if ((kind->takes & TAKES(i)) && strcmp(name, number_rows[i].name) == 0)
            return read_number(value, i, &out->numbers[i], err);
    return error_set(err, OUTCOME_CONFIG_INVALID, "%s takes no `%.64s`", kind->name, name);
}

result_t sim_faults_order(struct sim_faults *faults, struct json_object *params,
                          sim_method_class *method_class_of, struct error *err)
{
    struct sim_fault fault = {.left = SIM_FAULT_NONE, .message = MESSAGE_DEFAULT};
    TRY(read_kind(params, &fault.kind, err));
    memcpy(fault.numbers, kinds[fault.kind].numbers, sizeof fault.numbers);
    json_object_object_foreach(params, name, value)
    {
        TRY(read_member(name, value, method_class_of, &fault, err));
    }
    if (faults->count == SIM_FAULTS_MAX)
        return error_set(err, OUTCOME_LIMIT, "%d faults are active; clear one first", SIM_FAULTS_MAX);
    fault.id = ++faults->last_id;
    faults->active[faults->count++] = fault;
    return OUTCOME_OK;
}

result_t sim_faults_clear(struct sim_faults *faults, uint64_t id)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (faults->active[i].id == id) {
            forget(faults, i);
            return OUTCOME_OK;
        }
    }
    return OUTCOME_STORE_NOT_FOUND;
}

void sim_faults_clear_all(struct sim_faults *faults)
{
    faults->count = 0;
}

/* --- listing --- */

static result_t write_text(const char *name, const char *text, struct bytes *out)
{
    if (!*text)
        return OUTCOME_OK;
    TRY(bytes_append_format(out, ",\"%s\":", name));
    return json_write_text(text, strlen(text), out);
}

static result_t write_number(const struct sim_fault *fault, enum sim_fault_number number, struct bytes *out)
{
    uint64_t value = fault->numbers[number];
    if (!(kinds[fault->kind].takes & TAKES(number)) || value == SIM_FAULT_NONE)
        return OUTCOME_OK;
    if (number_rows[number].truth)
        return bytes_append_format(out, ",\"%s\":%s", number_rows[number].name, value ? "true" : "false");
    return bytes_append_format(out, ",\"%s\":%" PRIu64, number_rows[number].name, value);
}

static result_t write_fault(const struct sim_fault *fault, struct bytes *out)
{
    const struct kind *kind = &kinds[fault->kind];
    TRY(bytes_append_format(out, "{\"id\":%" PRIu64 ",\"kind\":\"%s\"", fault->id, kind->name));
    TRY(write_text("method", fault->method, out));
    TRY(write_text("contract_method", fault->contract_method, out));
    for (enum sim_fault_number i = 0; i < SIM_FAULT_NUMBERS; i++)
        TRY(write_number(fault, i, out));
    if (kind->takes & TAKES_MESSAGE)
        TRY(write_text("message", fault->message, out));
    if (fault->left == SIM_FAULT_NONE)
        TRY(bytes_append_text(out, ",\"left\":null"));
    else
        TRY(bytes_append_format(out, ",\"left\":%" PRIu64, fault->left));
    return bytes_append_format(out, ",\"hits\":%" PRIu64 "}", fault->hits);
}

result_t sim_faults_write(const struct sim_faults *faults, struct bytes *out)
{
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < faults->count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(write_fault(&faults->active[i], out));
    }
    return bytes_append_text(out, "]");
}

#include "contract-sim/model/coverage.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/call.h"

/* Refusals that are no fault, in the order of model_error_name(): the call came to no row, or the row is no
 * view. */
enum { ERROR_METHOD_NOT_FOUND = FAULT_COUNT, ERROR_PROHIBITED_IN_VIEW, ERROR_COUNT };

/* Sets of rows are words, bit i for method_table[i]. */
typedef uint64_t rows_t;

#define GUARD_SLOTS (2 * WRAPPER_GUARDS_MAX + METHOD_GUARDS_MAX)

struct coverage {
    rows_t existing;
    rows_t done;
    rows_t arguments_refused;
    rows_t held[GUARD_COUNT];
    rows_t refused[GUARD_COUNT];
    rows_t followed_by[METHOD_ROWS_MAX];
    uint8_t raised[ERROR_COUNT];
    const struct method *last; /* the last row of the sequence that succeeded and is no view */
};

result_t coverage_new(struct coverage **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

void coverage_free(struct coverage *coverage)
{
    free(coverage);
}

void coverage_free_ptr(struct coverage **coverage)
{
    coverage_free(*coverage);
}

static size_t row_index(const struct method *method)
{
    return (size_t)(method - method_table);
}

static rows_t row_bit(const struct method *method)
{
    return (rows_t)1 << row_index(method);
}

void model_coverage_set(struct model *model, struct coverage *coverage)
{
    model->coverage = coverage;
    if (!coverage)
        return;
    coverage->last = NULL;
    for (const struct method *method = method_table; method->name; method++) {
        if (method_find(model, method->name))
            coverage->existing |= row_bit(method);
    }
}

void coverage_guard(struct coverage *coverage, const struct method *method, uint8_t guard, bool holds)
{
    rows_t *rows = holds ? coverage->held : coverage->refused;
    rows[guard] |= row_bit(method);
}

void coverage_refused(struct coverage *coverage, const struct method *method, enum fault_id fault)
{
    coverage->raised[fault] = 1;
    if (fault == FAULT_DESERIALIZE)
        coverage->arguments_refused |= row_bit(method);
}

static bool is_view(const struct method *method)
{
    return method->kind == METHOD_VIEW || method->kind == METHOD_STATIC_VIEW;
}

void coverage_done(struct coverage *coverage, const struct method *method)
{
    coverage->done |= row_bit(method);
    if (is_view(method))
        return;
    if (coverage->last)
        coverage->followed_by[row_index(coverage->last)] |= row_bit(method);
    coverage->last = method;
}

void coverage_not_found(struct coverage *coverage)
{
    coverage->raised[ERROR_METHOD_NOT_FOUND] = 1;
}

void coverage_prohibited(struct coverage *coverage)
{
    coverage->raised[ERROR_PROHIBITED_IN_VIEW] = 1;
}

void coverage_forget(struct coverage *coverage)
{
    *coverage = (struct coverage){.existing = coverage->existing};
}

static void rows_merge(rows_t *into, const rows_t *other, size_t count)
{
    for (size_t i = 0; i < count; i++)
        into[i] |= other[i];
}

void coverage_merge(struct coverage *into, const struct coverage *other)
{
    into->existing |= other->existing;
    into->done |= other->done;
    into->arguments_refused |= other->arguments_refused;
    rows_merge(into->held, other->held, GUARD_COUNT);
    rows_merge(into->refused, other->refused, GUARD_COUNT);
    rows_merge(into->followed_by, other->followed_by, METHOD_ROWS_MAX);
    for (size_t i = 0; i < ERROR_COUNT; i++)
        into->raised[i] |= other->raised[i];
}

/* The guard in a slot of a row: the wrapper's before the arguments are read, those after, the row's own.
 * GUARD_END where there is none. */
static uint8_t guard_in_slot(const struct method *method, size_t slot)
{
    const struct wrapper *wrapper = &wrapper_table[method->kind];
    uint8_t guard = GUARD_END;
    if (slot < WRAPPER_GUARDS_MAX)
        guard = wrapper->before[slot];
    else if (slot < 2 * WRAPPER_GUARDS_MAX)
        guard = wrapper->after[slot - WRAPPER_GUARDS_MAX];
    else
        guard = method->guards[slot - 2 * WRAPPER_GUARDS_MAX];
    return guard_stands(method, guard) ? guard : GUARD_END;
}

static rows_t rows_with_guard(const struct coverage *coverage, uint8_t guard)
{
    rows_t rows = 0;
    for (const struct method *method = method_table; method->name; method++) {
        for (size_t slot = 0; slot < GUARD_SLOTS; slot++) {
            if (guard_in_slot(method, slot) == guard)
                rows |= row_bit(method);
        }
    }
    return rows & coverage->existing;
}

/* One function per form of item: the item at an index of the kind's space, or false when there is none. */

static bool row_item(const struct coverage *coverage, rows_t reached, size_t index, struct coverage_item *out)
{
    const struct method *method = &method_table[index];
    *out = (struct coverage_item){.name = method->name, .reached = reached & row_bit(method)};
    return coverage->existing & row_bit(method);
}

static bool guard_item(const struct coverage *coverage, const rows_t *reached, size_t index,
                       struct coverage_item *out)
{
    *out = (struct coverage_item){.name = guard_table[index].name, .reached = reached[index] != 0};
    return index != GUARD_END && rows_with_guard(coverage, (uint8_t)index) != 0;
}

static bool fault_can_be(const struct coverage *coverage, enum fault_id fault)
{
    if (fault == FAULT_DESERIALIZE)
        return true;
    for (uint8_t guard = GUARD_END + 1; guard < GUARD_COUNT; guard++) {
        if (guard_table[guard].fault == fault && rows_with_guard(coverage, guard))
            return true;
    }
    return false;
}

/* A path that several faults share does not say which of them it is. */
static bool fault_path_is_shared(enum fault_id fault)
{
    for (enum fault_id other = FAULT_NONE + 1; other < FAULT_COUNT; other++) {
        if (other != fault && strcmp(fault_path(other), fault_path(fault)) == 0)
            return true;
    }
    return false;
}

static bool error_item(const struct coverage *coverage, size_t index, struct coverage_item *out)
{
    enum fault_id fault = (enum fault_id)(index + 1);
    *out = (struct coverage_item){.name = model_error_name(index), .reached = coverage->raised[fault]};
    if (fault >= FAULT_COUNT)
        return true;
    out->other = fault_path_is_shared(fault) ? fault_text(fault) : NULL;
    return fault_can_be(coverage, fault);
}

static bool arguments_item(const struct coverage *coverage, size_t index, struct coverage_item *out)
{
    return row_item(coverage, coverage->arguments_refused, index, out) && method_table[index].args;
}

static bool row_guard_item(const struct coverage *coverage, const rows_t *reached, size_t index,
                           struct coverage_item *out)
{
    const struct method *method = &method_table[index / GUARD_SLOTS];
    uint8_t guard = guard_in_slot(method, index % GUARD_SLOTS);
    *out = (struct coverage_item){
        .name = method->name, .other = guard_table[guard].name, .reached = reached[guard] & row_bit(method)};
    return guard != GUARD_END && coverage->existing & row_bit(method);
}

static bool is_initialiser(const struct method *method)
{
    return method->kind == METHOD_INIT || method->kind == METHOD_PRIVATE_INIT;
}

/* The phases of the protocol in which a row is not refused for the phase alone. */
static uint32_t phases_of(const struct method *method)
{
    uint32_t phases = ANY_PHASE;
    for (size_t slot = 0; slot < GUARD_SLOTS; slot++) {
        uint8_t guard = guard_in_slot(method, slot);
        if (guard != GUARD_END)
            phases &= guard_table[guard].phases;
    }
    return phases;
}

/* Whether the first row may leave the protocol in a phase in which the second is let through. */
static bool may_follow(const struct method *first, const struct method *second)
{
    return !is_view(first) && !is_view(second) && !is_initialiser(second) &&
           (phases_of(first) | first->leads_to) & phases_of(second);
}

static bool pair_item(const struct coverage *coverage, size_t index, struct coverage_item *out)
{
    const struct method *first = &method_table[index / method_count];
    const struct method *second = &method_table[index % method_count];
    *out = (struct coverage_item){.name = first->name,
                                  .other = second->name,
                                  .reached = coverage->followed_by[row_index(first)] & row_bit(second)};
    return coverage->existing & row_bit(first) && coverage->existing & row_bit(second) &&
           may_follow(first, second);
}

static bool item_at(const struct coverage *coverage, enum coverage_kind kind, size_t index,
                    struct coverage_item *out)
{
    switch (kind) {
    case COVERAGE_ROW:
        return row_item(coverage, coverage->done, index, out);
    case COVERAGE_GUARD_HELD:
        return guard_item(coverage, coverage->held, index, out);
    case COVERAGE_GUARD_REFUSED:
        return guard_item(coverage, coverage->refused, index, out);
    case COVERAGE_ERROR:
        return error_item(coverage, index, out);
    case COVERAGE_ARGUMENTS_REFUSED:
        return arguments_item(coverage, index, out);
    case COVERAGE_ROW_GUARD_HELD:
        return row_guard_item(coverage, coverage->held, index, out);
    case COVERAGE_ROW_GUARD_REFUSED:
        return row_guard_item(coverage, coverage->refused, index, out);
    case COVERAGE_ROW_PAIR:
    case COVERAGE_KINDS:
        break;
    }
    return pair_item(coverage, index, out);
}

/* The size of the kind's space. */
static size_t places(enum coverage_kind kind)
{
    switch (kind) {
    case COVERAGE_ROW:
    case COVERAGE_ARGUMENTS_REFUSED:
        return method_count;
    case COVERAGE_GUARD_HELD:
    case COVERAGE_GUARD_REFUSED:
        return GUARD_COUNT;
    case COVERAGE_ERROR:
        return ERROR_COUNT - 1;
    case COVERAGE_ROW_GUARD_HELD:
    case COVERAGE_ROW_GUARD_REFUSED:
        return method_count * GUARD_SLOTS;
    case COVERAGE_ROW_PAIR:
    case COVERAGE_KINDS:
        break;
    }
    return method_count * method_count;
}

bool coverage_next(const struct coverage *coverage, enum coverage_kind kind, size_t *cursor,
                   struct coverage_item *out)
{
    size_t end = places(kind);
    while (*cursor < end) {
        if (item_at(coverage, kind, (*cursor)++, out))
            return true;
    }
    return false;
}

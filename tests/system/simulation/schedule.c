#include "tests/system/simulation/schedule.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_before(const struct schedule_event *a, const struct schedule_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void swap(struct schedule *schedule, size_t a, size_t b)
{
    struct schedule_event event = schedule->heap[a];
    schedule->heap[a] = schedule->heap[b];
    schedule->heap[b] = event;
}

static void rise(struct schedule *schedule, size_t at)
{
    while (at > 0 && is_before(&schedule->heap[at], &schedule->heap[(at - 1) / 2])) {
        swap(schedule, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sink(struct schedule *schedule)
{
    size_t at = 0;
    for (;;) {
        size_t first = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < schedule->count; child++)
            if (is_before(&schedule->heap[child], &schedule->heap[first]))
                first = child;
        if (first == at)
            return;
        swap(schedule, at, first);
        at = first;
    }
}

static void add(struct schedule *schedule, uint64_t delay_ms, struct schedule_event event)
{
    if (schedule->count == SCHEDULE_EVENTS_MAX) {
        fputs("simulate: too many events wait at once\n", stderr);
        abort();
    }
    event.at_ms = schedule->now_ms + delay_ms;
    event.number = ++schedule->added;
    schedule->heap[schedule->count] = event;
    rise(schedule, schedule->count++);
}

void schedule_add(struct schedule *schedule, uint64_t delay_ms, schedule_work *work, void *context,
                  uint64_t argument)
{
    add(schedule, delay_ms, (struct schedule_event){.work = work, .context = context, .argument = argument});
}

void schedule_add_routine(struct schedule *schedule, uint64_t delay_ms, schedule_work *work, void *context,
                          uint64_t argument)
{
    add(schedule, delay_ms,
        (struct schedule_event){.work = work, .context = context, .argument = argument, .routine = true});
}

uint64_t schedule_quiet_ms(const struct schedule *schedule)
{
    uint64_t at_ms = SCHEDULE_NEVER;
    for (size_t i = 0; i < schedule->count; i++)
        if (!schedule->heap[i].routine && schedule->heap[i].at_ms < at_ms)
            at_ms = schedule->heap[i].at_ms;
    if (at_ms == SCHEDULE_NEVER)
        return SCHEDULE_NEVER;
    return at_ms > schedule->now_ms ? at_ms - schedule->now_ms : 0;
}

static void run_first(struct schedule *schedule)
{
    struct schedule_event event = schedule->heap[0];
    schedule->heap[0] = schedule->heap[--schedule->count];
    sink(schedule);
    if (event.at_ms > schedule->now_ms)
        schedule->now_ms = event.at_ms;
    schedule->ran++;
    schedule->depth++;
    event.work(event.context, event.argument);
    schedule->depth--;
    if (schedule->after)
        schedule->after(schedule->after_context);
}

void schedule_run_until(struct schedule *schedule, uint64_t until_ms)
{
    while (!schedule->stopped && schedule->count > 0 && schedule->heap[0].at_ms <= until_ms)
        run_first(schedule);
    if (!schedule->stopped && until_ms > schedule->now_ms)
        schedule->now_ms = until_ms;
}

void schedule_pass(struct schedule *schedule, uint64_t delay_ms)
{
    schedule_run_until(schedule, schedule->now_ms + delay_ms);
}

/* Virtual time: what is to happen and when. Nothing waits; time is what the next event says it is.
 *
 * Events of the same moment run in the order in which they were added. An event may let time pass while it
 * is under way (schedule_pass()): others run meanwhile, as they would beside a thread that waits for an
 * answer. */
#ifndef MPC_TESTS_SIMULATION_SCHEDULE_H
#define MPC_TESTS_SIMULATION_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_EVENTS_MAX 1024
#define SCHEDULE_NEVER      UINT64_MAX

/* `argument` is whatever the event was added with; most give the incarnation of a process, and an event for
 * one that has died meanwhile does nothing. */
typedef void schedule_work(void *context, uint64_t argument);

struct schedule_event {
    uint64_t at_ms;
    uint64_t number; /* by age: breaks ties */
    schedule_work *work;
    void *context;
    uint64_t argument;
    bool routine; /* it changes nothing where nothing else has happened */
};

/* Zero-initialised is the beginning of time. */
struct schedule {
    uint64_t now_ms;
    uint64_t added;
    uint64_t ran;
    unsigned depth; /* events that are under way */
    bool stopped;   /* nothing runs any more */
    struct schedule_event heap[SCHEDULE_EVENTS_MAX];
    size_t count;
    void (*after)(void *context); /* called after every event; NULL: nobody */
    void *after_context;
};

/* Let `work` run in `delay_ms`. More than SCHEDULE_EVENTS_MAX at once is a mistake of the simulation and
 * ends it. */
void schedule_add(struct schedule *schedule, uint64_t delay_ms, schedule_work *work, void *context,
                  uint64_t argument);
/* The same for what comes again and again, and changes nothing where nothing else has happened: polls, for
 * one. */
void schedule_add_routine(struct schedule *schedule, uint64_t delay_ms, schedule_work *work, void *context,
                          uint64_t argument);
/* Milliseconds until something else than routine is due; SCHEDULE_NEVER: nothing is. Who does routine may
 * leave it until shortly before that. */
uint64_t schedule_quiet_ms(const struct schedule *schedule);
/* Run what is due until `until_ms`, then it is that late. */
void schedule_run_until(struct schedule *schedule, uint64_t until_ms);
/* The same for the next `delay_ms`. */
void schedule_pass(struct schedule *schedule, uint64_t delay_ms);

#endif

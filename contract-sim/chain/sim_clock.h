/* The time of the chain: the wall clock and an offset that control methods move, or no clock at all (cli.md).
 * Pure: the wall clock's reading is passed in. */
#ifndef MPC_CONTRACT_SIM_CHAIN_SIM_CLOCK_H
#define MPC_CONTRACT_SIM_CHAIN_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What one block adds where there is no clock (contract.md 6). */
#define SIM_CLOCK_STEP_MS 1000

struct sim_clock {
    uint64_t block_time_ms; /* 0: no clock, blocks are made on demand */
    bool paused;
    int64_t offset_ms; /* chain time minus wall time while it runs */
};

/* Blocks every `block_time_ms`; at `wall_ms` the chain's time is `chain_ms`. */
struct sim_clock sim_clock_start(uint64_t block_time_ms, uint64_t chain_ms, int64_t wall_ms);
/* Go on after a restart from how it stood: a clock that ran shows the time that it would show now, had nobody
 * stopped it; any other begins at the head's time. Never before the head's; paused stays paused. */
struct sim_clock sim_clock_continue(const struct sim_clock *before, uint64_t block_time_ms, uint64_t head_ms,
                                    int64_t wall_ms);
bool sim_clock_running(const struct sim_clock *clock);
/* The chain's time now: while it stands still, that of the head. */
uint64_t sim_clock_now(const struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms);
/* The time of a block made now: while time stands still, one step after the head. */
uint64_t sim_clock_next(const struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms);
/* How much one block of sim_advance moves the time. */
uint64_t sim_clock_step(const struct sim_clock *clock);
/* The chain's time was moved on by so much; while it stands still there is nothing to note. */
void sim_clock_moved(struct sim_clock *clock, uint64_t by_ms);
void sim_clock_pause(struct sim_clock *clock);
/* Go on from the head's time. */
void sim_clock_resume(struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms);

#endif

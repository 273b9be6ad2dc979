#include "contract-sim/chain/sim_clock.h"

struct sim_clock sim_clock_start(uint64_t block_time_ms, uint64_t chain_ms, int64_t wall_ms)
{
    return (struct sim_clock){.block_time_ms = block_time_ms, .offset_ms = (int64_t)chain_ms - wall_ms};
}

struct sim_clock sim_clock_continue(const struct sim_clock *before, uint64_t block_time_ms, uint64_t head_ms,
                                    int64_t wall_ms)
{
    struct sim_clock clock = *before;
    clock.block_time_ms = block_time_ms;
    if (!sim_clock_running(before) || wall_ms + clock.offset_ms < (int64_t)head_ms)
        clock.offset_ms = (int64_t)head_ms - wall_ms;
    return clock;
}

bool sim_clock_running(const struct sim_clock *clock)
{
    return clock->block_time_ms && !clock->paused;
}

uint64_t sim_clock_now(const struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms)
{
    int64_t now_ms = wall_ms + clock->offset_ms;
    return sim_clock_running(clock) && now_ms > (int64_t)head_ms ? (uint64_t)now_ms : head_ms;
}

uint64_t sim_clock_next(const struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms)
{
    if (sim_clock_running(clock))
        return sim_clock_now(clock, head_ms, wall_ms);
    return head_ms + sim_clock_step(clock);
}

uint64_t sim_clock_step(const struct sim_clock *clock)
{
    return clock->block_time_ms ? clock->block_time_ms : SIM_CLOCK_STEP_MS;
}

void sim_clock_moved(struct sim_clock *clock, uint64_t by_ms)
{
    if (sim_clock_running(clock))
        clock->offset_ms += (int64_t)by_ms;
}

void sim_clock_pause(struct sim_clock *clock)
{
    clock->paused = true;
}

void sim_clock_resume(struct sim_clock *clock, uint64_t head_ms, int64_t wall_ms)
{
    if (!clock->paused)
        return;
    clock->paused = false;
    clock->offset_ms = (int64_t)head_ms - wall_ms;
}

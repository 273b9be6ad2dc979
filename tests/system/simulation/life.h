/* What happens in a simulated world besides its machines: operators migrate, change their minds and their
 * keys, members reshare and generate keys, kick accounts out and let them in again, and things break. */
#ifndef MPC_TESTS_SIMULATION_LIFE_H
#define MPC_TESTS_SIMULATION_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/system/simulation/world.h"

/* The plan of the world with this seed. */
struct world_plan life_plan(uint64_t seed);

/* A life as the seed has it: everything happens and breaks for a while; then nothing breaks any more, every
 * account is given a migration to finish, and has to have finished it in time. */
void life_run(struct simulated *world);

#endif

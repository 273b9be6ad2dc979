/* The one source of chance of a simulation: xoshiro256** of Blackman and Vigna, started from a seed by
 * splitmix64. Nobody draws twice in one statement, so that the order of draws is the program's and not the
 * compiler's. */
#ifndef MPC_TESTS_SIMULATION_DICE_H
#define MPC_TESTS_SIMULATION_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state[4];
};

struct dice dice_of(uint64_t seed);
uint64_t dice_next(struct dice *dice);
/* 0 .. bound-1; `bound` is at least 1. */
uint64_t dice_below(struct dice *dice, uint64_t bound);
/* `low` .. `high`, both possible. */
uint64_t dice_between(struct dice *dice, uint64_t low, uint64_t high);
/* True in `per_mille` of 1,000 cases. */
bool dice_chance(struct dice *dice, unsigned per_mille);

#endif

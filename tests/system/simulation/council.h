/* What the members of the network vote together: resharings and key generations, a vote at a time, to their
 * end or cancelled. A resharing with other members is how an account is kicked out and let in again. */
#ifndef MPC_TESTS_SIMULATION_COUNCIL_H
#define MPC_TESTS_SIMULATION_COUNCIL_H

#include <stdbool.h>

#include "tests/system/simulation/chain_side.h"

#define COUNCIL_ALL         ((1u << CAST_ACCOUNTS) - 1)
#define COUNCIL_DOMAINS_MAX 6

/* The members as a set of bits, by account: those of Running, in Resharing the proposed ones. */
unsigned council_members(struct chain_side *chain);

/* Everybody in `members` votes for that set, attested anew where it has to be: Running becomes Resharing.
 * Whoever comes in is listed with node `newcomer_node`. False where it cannot begin. */
bool council_reshare(struct chain_side *chain, unsigned members, size_t newcomer_node);
/* The members vote for one domain more: Running becomes Initializing. */
bool council_keygen(struct chain_side *chain);
/* One vote of what is under way, or its next attempt where the last one ran out. False: nothing is under
 * way. */
bool council_vote(struct chain_side *chain);
/* Vote until it is over. */
void council_finish(struct chain_side *chain);
/* Vote it away. */
void council_cancel(struct chain_side *chain);

#endif

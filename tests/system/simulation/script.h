/* A simulated world for stories that are told step by step: no faults, no polls left out, nothing happens
 * that the story does not say. */
#ifndef MPC_TESTS_SIMULATION_SCRIPT_H
#define MPC_TESTS_SIMULATION_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/system/simulation/world.h"

/* The rules of `profile`; the first `accounts` have backup key 0 registered, and their backup services have
 * the key shares of the beginning. */
void script_open(struct simulated *world, const char *profile, unsigned accounts);

/* Attest the machine and start the account's migration to it. False: refused. */
bool script_start(struct simulated *world, size_t account, size_t machine);

/* The contract lists this machine, no migration is recorded, it alone believes itself active, and nothing
 * waits in anybody's outbox. */
bool script_is_at(struct simulated *world, size_t account, size_t machine);

/* Let time pass until all accounts of the world are at these machines, one for each. False: that took more
 * than SCRIPT_PATIENCE_MS, or something is broken. */
#define SCRIPT_PATIENCE_MS 1200000u
bool script_wait(struct simulated *world, const size_t *machines);

/* The members' keyset is a new one now: the listed nodes took part in making it and hold their shares of
 * it. */
void script_share(struct simulated *world);

#endif

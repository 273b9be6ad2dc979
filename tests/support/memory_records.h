/* A disk for the store's records, in memory: it keeps what was committed and loses the rest, and it can crash.
 * It outlives the stores that are opened over it, as a disk does. */
#ifndef MPC_TESTS_MEMORY_RECORDS_H
#define MPC_TESTS_MEMORY_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "node/records.h"

struct memory_records; /* opaque */

/* Empty. */
struct memory_records *memory_records_make(void);
/* No store may be open over it. NULL-safe. */
void memory_records_free(struct memory_records *disk);

/* For struct store_options. */
struct records *memory_records_of(struct memory_records *disk);

enum memory_crash {
    MEMORY_CRASH_BEFORE, /* of the commit: nothing of it is written */
    MEMORY_CRASH_AFTER,  /* all of it is written, but its owner does not get to know */
};

/* Crash at the commit that comes after `commits` more (0: the next one). From then on every call is STORE_IO
 * and nothing is written, until memory_records_restart(). Replaces an earlier order. */
void memory_records_crash(struct memory_records *disk, enum memory_crash when, uint64_t commits);
bool memory_records_crashed(struct memory_records *disk);
/* The machine is back, with what was committed; an order to crash that was not carried out is gone. */
void memory_records_restart(struct memory_records *disk);

/* How many transactions were committed so far. */
uint64_t memory_records_commits(struct memory_records *disk);

#endif

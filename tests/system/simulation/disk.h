/* The disk of a node's migration store: in memory, or LMDB in a folder. It is slow or refuses as the
 * weather has it, and its machine can crash before or after any commit; what was committed is there when
 * the machine is back. */
#ifndef MPC_TESTS_SIMULATION_DISK_H
#define MPC_TESTS_SIMULATION_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "node/records.h"
#include "tests/system/simulation/dice.h"
#include "tests/system/simulation/faults.h"
#include "tests/system/simulation/schedule.h"

struct memory_records;

/* Mistakes that a disk of this kind must not make: tests see to it that they are found. */
enum disk_sabotage {
    DISK_HONEST,
    DISK_LOSES_COMMITS,   /* it says that a commit is durable and drops it */
    DISK_FORGETS_IMPORTS, /* what onboarding commits is readable, and gone after a crash */
};

struct disk {
    struct records base; /* first */
    struct schedule *schedule;
    struct dice *dice;
    struct faults *faults;
    struct records durable;        /* reads what a crash would leave */
    struct memory_records *memory; /* one of the two */
    struct records *lmdb;
    struct memory_records *cache; /* of a disk that forgets: what its machine reads */
    const char *dir;              /* of LMDB; NULL: in memory. Borrowed */
    enum disk_sabotage sabotage;
    bool importing;   /* onboarding is at work */
    bool down;        /* every call fails */
    bool undisturbed; /* nothing strikes: somebody only looks */
    uint64_t commits;
    void (*crashed)(void *context); /* its machine, by a commit */
    void *context;
};

/* `dir` is an empty folder that outlives the disk, or NULL. The other members are the caller's to fill in. */
void disk_open(struct disk *disk, const char *dir);
void disk_close(struct disk *disk);
/* The machine stops: nothing is written from now on. And it is back, with what was committed. */
void disk_crash(struct disk *disk);
void disk_restart(struct disk *disk);

#endif

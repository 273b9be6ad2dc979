/* One operation, with each of its calls failing once in each way (tests/support/faults.h): whatever fails,
 * it says what happened, leaves nothing open and nothing half done. */
#ifndef MPC_TESTS_SUPPORT_SWEEP_H
#define MPC_TESTS_SUPPORT_SWEEP_H

#include "common/outcome.h"
#include "tests/support/faults.h"

/* What an operation may say of a failure. The first row that fits decides: those of the operation, then
 * those for all (sweep.c). */
struct sweep_row {
    enum fault_class class;
    const char *function; /* NULL: any; then for a row of the class alone give error too */
    int error;            /* 0: any */
    bool or_ok;           /* the operation may do without */
    result_t outcomes[4]; /* one of these; ends with OK */
};

struct sweep {
    const char *name;
    /* Make the state before; nothing fails in here. */
    void (*prepare)(void);
    /* What is swept. */
    result_t (*act)(struct error *err);
    /* Check what is there now, that doing it again succeeds, and release all of it. */
    void (*finish)(result_t result);
    const struct sweep_row *rows; /* ends with SWEEP_ROWS_END; NULL: none */
    bool threads;                 /* it has some, of which libc keeps memory for the next ones */
};

/* How many classes a program sweeps, from the first one on. */
#ifdef FAULTS_EVERYWHERE
#define SWEEP_CLASSES 1 /* memory, which fails for the libraries too */
#else
#define SWEEP_CLASSES FAULT_CLASSES
#endif

#define SWEEP_ROWS_END                                                                                       \
    {                                                                                                        \
        .class = FAULT_CLASSES                                                                               \
    }

struct sweep_figures {
    size_t calls;    /* of an undisturbed run, all of which were reached */
    size_t failures; /* that were injected */
};

/* Let the test make its homes on a file system in memory, where there is one: no sweep cuts the power. For main(). */
void sweep_in_memory(void);

/* Every call of a class in each of its ways, alone, and where MPC_SWEEP_LASTING is set also with all that
 * follow. Fails the test when an outcome is none of those allowed, when memory, a descriptor or a thread
 * stays behind, or when a call was not reached. MPC_SWEEP_EVERY=N fails every Nth call only. Prints the figures. */
struct sweep_figures sweep_run(const struct sweep *sweep, enum fault_class class);

#endif

/* Calls that fail when a test says so: the Nth of a class, in each way in which it may. Only calls of the
 * thread that asked for it are counted and fail, so that the count does not depend on what other threads do; or,
 * of a server that runs in the same process, those of all other threads.
 *
 * What is counted, and in which ways each call may fail, is written where the calls are replaced:
 *   short_memory.c      allocations of our own code      (the linker's --wrap: $(fault_ldflags))
 *   faults_libraries.c  LMDB, wolfSSL and wolfCrypt      (the linker's --wrap: $(fault_ldflags))
 *   faults_system.c     files, descriptors and threads, also where a library calls them
 *   faults_everywhere.c allocations of everybody, libraries and the C library too
 * The last two define the functions anew and so are named in the sources of a program that wants them. */
#ifndef MPC_TESTS_SUPPORT_FAULTS_H
#define MPC_TESTS_SUPPORT_FAULTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum fault_class { FAULT_MEMORY, FAULT_SYSTEM, FAULT_LMDB, FAULT_CRYPTO, FAULT_CLASSES };

/* "memory", "system", "lmdb", "crypto". */
const char *fault_class_name(enum fault_class class);

/* Half of the bytes were read or written, which is no error. */
#define FAULT_SHORT INT_MAX

struct fault_plan {
    enum fault_class class;
    size_t nth;   /* the call that fails, from 1; 0: none, they are counted */
    size_t way;   /* which of its ways, from 0 */
    bool lasting; /* and from then on every call that may fail in this way */
};

/* What became of a plan. */
struct fault {
    enum fault_class class;
    size_t calls;         /* of the class */
    const char *function; /* the Nth call; NULL: there were fewer */
    size_t ways;          /* in which it may fail */
    int error;            /* the one it failed with, as the function gives it; 0: `way` is not below `ways` */
};

void faults_begin(const struct fault_plan *plan);
struct fault faults_end(void);
/* The same for the calls of every thread but this one. */
void faults_begin_elsewhere(const struct fault_plan *plan);
struct fault faults_end_elsewhere(void);
/* In between, for what a test does on behalf of others. */
void faults_pause(void);
void faults_go_on(void);
/* Not so an interruption: whoever tries again comes through. */
bool fault_may_last(const struct fault *fault);
/* "ENOSPC", "MDB_CORRUPTED", .. as a person knows it; borrowed until the next call. */
const char *fault_error_text(const struct fault *fault);

/* For the replacements: one more call. `errors` ends with 0. What it shall fail with, or 0. */
int faults_next(enum fault_class class, const char *function, const int *errors);

/* Whether allocations of the libraries fail too (faults_everywhere.c, which says so). */
extern bool faults_are_everywhere;

/* Allocations that nobody has released, of all threads; as far as they are replaced. */
void faults_count_living(long change);
long faults_living(void);

#endif

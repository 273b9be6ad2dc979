#include "tests/support/faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lmdb.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

static _Thread_local bool armed, paused;

struct counting {
    struct fault_plan plan;
    struct fault seen;
};

static _Thread_local struct counting mine;
static struct counting others;
static pthread_mutex_t others_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool others_armed;
static _Thread_local bool spared; /* of the others */
static atomic_long living;
bool faults_are_everywhere;

const char *fault_class_name(enum fault_class class)
{
    static const char *const names[] = {[FAULT_MEMORY] = "memory",
                                        [FAULT_SYSTEM] = "system",
                                        [FAULT_LMDB] = "lmdb",
                                        [FAULT_CRYPTO] = "crypto"};
    return names[class];
}

void faults_begin(const struct fault_plan *wanted)
{
    mine = (struct counting){.plan = *wanted, .seen.class = wanted->class};
    armed = true;
}

struct fault faults_end(void)
{
    armed = false;
    return mine.seen;
}

void faults_begin_elsewhere(const struct fault_plan *wanted)
{
    spared = true;
    others = (struct counting){.plan = *wanted, .seen.class = wanted->class};
    atomic_store(&others_armed, true);
}

struct fault faults_end_elsewhere(void)
{
    atomic_store(&others_armed, false);
    pthread_mutex_lock(&others_lock);
    struct fault seen = others.seen;
    pthread_mutex_unlock(&others_lock);
    return seen;
}

void faults_pause(void)
{
    paused = true;
}

void faults_go_on(void)
{
    paused = false;
}

static size_t count_ways(const int *errors)
{
    size_t count = 0;
    while (errors[count])
        count++;
    return count;
}

bool fault_may_last(const struct fault *fault)
{
    return fault->error && fault->error != EINTR && fault->error != FAULT_SHORT;
}

static bool lasts(const struct counting *counting, const int *errors)
{
    int error = counting->seen.error;
    if (!counting->plan.lasting || !fault_may_last(&counting->seen))
        return false;
    while (*errors && *errors != error)
        errors++;
    return *errors == error;
}

static int count(struct counting *counting, enum fault_class class, const char *function, const int *errors)
{
    const struct fault_plan *plan = &counting->plan;
    struct fault *seen = &counting->seen;
    if (class != plan->class)
        return 0;
    seen->calls++;
    if (plan->nth && seen->calls > plan->nth)
        return lasts(counting, errors) ? seen->error : 0;
    if (seen->calls != plan->nth)
        return 0;
    seen->function = function;
    seen->ways = count_ways(errors);
    if (plan->way < seen->ways)
        seen->error = errors[plan->way];
    return seen->error;
}

int faults_next(enum fault_class class, const char *function, const int *errors)
{
    if (paused)
        return 0;
    if (armed)
        return count(&mine, class, function, errors);
    if (spared || !atomic_load(&others_armed))
        return 0;
    pthread_mutex_lock(&others_lock);
    int error = atomic_load(&others_armed) ? count(&others, class, function, errors) : 0;
    pthread_mutex_unlock(&others_lock);
    return error;
}

const char *fault_error_text(const struct fault *fault)
{
    static _Thread_local char number[32];
    if (fault->error == FAULT_SHORT)
        return "a short one";
    if (fault->class == FAULT_CRYPTO) {
        snprintf(number, sizeof number, "%d", fault->error);
        return fault->error == MEMORY_E ? "MEMORY_E" : number;
    }
    return fault->error < 0 ? mdb_strerror(fault->error) : strerrorname_np(fault->error);
}

void faults_count_living(long change)
{
    atomic_fetch_add(&living, change);
}

long faults_living(void)
{
    return atomic_load(&living);
}

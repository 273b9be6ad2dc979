/* What a process is short of when the system refuses it a descriptor or a thread. */
#ifndef MPC_OS_RESOURCE_H
#define MPC_OS_RESOURCE_H

#include "common/outcome.h"

/* What an errno is told as: LIMIT (descriptors, threads, watches), NO_MEMORY, else INTERNAL. */
result_t resource_outcome(int error);

#endif

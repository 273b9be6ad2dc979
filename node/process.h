/* What the daemon asks of the system for its own process. */
#ifndef MPC_NODE_PROCESS_H
#define MPC_NODE_PROCESS_H

#include <stddef.h>

#include "node/limits.h"

/* No core dump and no debugger, since keys are in memory; nothing we make is for others to read; descriptors
 * for all the connections of so many workers. What is refused is logged, and the daemon goes on. */
void process_harden(unsigned workers);

/* Before other threads run: what was taken for a large set goes back to the system when it is freed. Left to
 * itself the heap would keep it, and move it about while it grows. */
void process_return_memory(void);

/* How many descriptors this process may have. */
size_t process_descriptors(void);
/* Where the connections of all workers could use up the descriptors, let each worker take fewer of both
 * kinds, so that what strangers hold is never what a session lacks. Pure. */
void process_fit_connections(size_t descriptors, unsigned workers, struct front_limits *limits);

/* Give back the pages of code that only the start needed: the libraries' initialisation reads more than half
 * of what is resident. Pages that are needed after all come back from the page cache. */
void process_trim(void);

#endif

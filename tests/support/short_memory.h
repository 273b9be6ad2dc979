/* Memory that runs out when a test says so. The linker puts the functions of short_memory.c in the place
 * of the allocator's: a test that asks for them links with $(short_memory_ldflags). */
#ifndef MPC_TESTS_SUPPORT_SHORT_MEMORY_H
#define MPC_TESTS_SUPPORT_SHORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the first `wants` - 1 times that memory is wanted are met, and none after them; SIZE_MAX: all
 * are. Counting begins anew. */
void memory_shorten(size_t wants);

/* How often it was wanted since then. */
size_t memory_wanted(void);

/* How many allocations of ours nobody has released. What a library hands out is not counted when it is
 * made. */
long memory_living(void);

/* Count one more want: true where it is not to be met. For what a test wraps besides the allocator. */
bool memory_is_short(void);

#endif

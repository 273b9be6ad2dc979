/* The two clocks. Nothing pure reads them: the shell does and passes the time in. */
#ifndef MPC_OS_CLOCK_H
#define MPC_OS_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970, UTC; may jump. */
int64_t clock_wall_ms(void);
/* Milliseconds since some moment in the past; never goes back. For durations and deadlines. */
int64_t clock_mono_ms(void);
/* The same in microseconds, for what takes less than a millisecond. */
int64_t clock_mono_us(void);

/* "2026-01-31T23:59:59.123Z" and a terminator. */
#define CLOCK_TEXT_LEN 25
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_LEN]);

#endif

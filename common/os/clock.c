#include "common/os/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_LEN])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    int ms = (int)(wall_ms % 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    struct tm utc;
    char date[CLOCK_TEXT_LEN];
    /* Years of more than four digits do not fit the form; nothing here is from then. */
    if (!gmtime_r(&seconds, &utc) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc) != 19)
        snprintf(date, sizeof date, "0000-00-00T00:00:00");
    snprintf(out, CLOCK_TEXT_LEN, "%.19s.%03dZ", date, ms);
}

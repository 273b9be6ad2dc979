/* An image: what a crash left, written into a folder and judged by the program that finds it. */
#ifndef MPC_TESTS_SUPPORT_CRASH_IMAGE_H
#define MPC_TESTS_SUPPORT_CRASH_IMAGE_H

#include "tests/support/disk_log.h"

#define CRASH_WHY_MAX 1024

/* True where the folder is as it should be; else the reason is in `why`. */
typedef bool crash_judge(const char *folder, const void *context, char why[CRASH_WHY_MAX]);

/* Write it into an empty folder. */
void crash_image_write(const struct disk_log *left, const char *folder);
/* Write it, have it judged by a process of its own (what is found may make it crash), and empty the folder. */
bool crash_image_try(const struct disk_log *left, const char *folder, crash_judge *judge, const void *context,
                     char why[CRASH_WHY_MAX]);
void crash_image_clear(const char *folder);

#endif

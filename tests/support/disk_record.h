/* Records what this process asks of the files under one folder, into a log (disk_log.h).
 *
 * The functions of disk_record.c have the names of libc's (write, fsync, link, ...). In a program that is
 * linked with it they take precedence, for the shared libraries too: what LMDB asks for is seen. Nothing of
 * this program waits for the disk any more: a sync is noted, and done at once. One thread only. */
#ifndef MPC_TESTS_SUPPORT_DISK_RECORD_H
#define MPC_TESTS_SUPPORT_DISK_RECORD_H

#include "tests/support/disk_log.h"

/* From now on, until the end. The folder (an absolute path) holds what the log says. */
void disk_record_begin(struct disk_log *log, const char *folder);
void disk_record_end(void);

/* The file that was mapped so that writing to memory changes it, which nobody can record; "" for none.
 * LMDB's lock file is one, and what is in it is made anew by whoever comes first. */
const char *disk_record_mapped(void);

#endif

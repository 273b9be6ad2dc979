/* A home of mpc-backup in a temporary folder, and its commands run in this process. */
#ifndef MPC_TESTS_BACKUP_HOME_H
#define MPC_TESTS_BACKUP_HOME_H

#include <sys/stat.h>

#include "backup/backup.h"
#include "common/outcome.h"

/* The folder, which does not exist yet, and what the last command left. */
extern char backup_home[128];
extern struct report backup_home_report;
extern struct error backup_home_err;

/* Before and after each test. */
void backup_home_setup(void);
void backup_home_release(void);

/* Run `words`, separated by single spaces, with --home-dir of this home. */
result_t backup_home_run(const char *words);

/* Fail unless the error, or a line for the person, has `part` in it. */
void backup_home_said(const char *part);
void backup_home_printed(const char *part);

void backup_home_write(const char *name, const char *text);
mode_t backup_home_mode(const char *name);

#endif

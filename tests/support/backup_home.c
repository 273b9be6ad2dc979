#include "tests/support/backup_home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "tests/support/support.h"

#define ARGUMENTS_MAX 24

char backup_home[128];
struct report backup_home_report;
struct error backup_home_err;

void backup_home_setup(void)
{
    snprintf(backup_home, sizeof backup_home, "%s/home", temporary_dir());
    backup_home_report = (struct report){0};
    backup_home_err = (struct error){0};
    unsetenv("BACKUP_HOME_DIR");
    unsetenv("BACKUP_ENCRYPTION_KEY_HEX");
}

void backup_home_release(void)
{
    report_free(&backup_home_report);
}

result_t backup_home_run(const char *words)
{
    char line[2048];
    char *argv[ARGUMENTS_MAX] = {line};
    int argc = 0;
    report_free(&backup_home_report);
    backup_home_err = (struct error){0};
    snprintf(line, sizeof line, "mpc-backup --home-dir %s %s", backup_home, words);
    for (char *at = strtok(line, " "); at && argc < ARGUMENTS_MAX - 1; at = strtok(NULL, " "))
        argv[argc++] = at;
    CLEANUP(options_free) struct options options = {0};
    TRY(options_parse(&backup_program, argc, argv, &options, &backup_home_err));
    return backup_run(&options, &backup_home_report, &backup_home_err);
}

void backup_home_said(const char *part)
{
    ck_assert_text_has(backup_home_err.text, part);
}

void backup_home_printed(const char *part)
{
    ck_assert_msg(backup_home_report.lines.len && strstr((const char *)backup_home_report.lines.data, part),
                  "`%s` lacks `%s`",
                  backup_home_report.lines.len ? (const char *)backup_home_report.lines.data : "", part);
}

void backup_home_write(const char *name, const char *text)
{
    CLEANUP(free_text) char *path = file_path(backup_home, name);
    ck_assert_ok_err(file_write(path, text, strlen(text), &backup_home_err), backup_home_err);
}

mode_t backup_home_mode(const char *name)
{
    CLEANUP(free_text) char *path = file_path(backup_home, name);
    struct stat info;
    ck_assert_msg(stat(path, &info) == 0, "%s is not there", path);
    return info.st_mode & 07777;
}

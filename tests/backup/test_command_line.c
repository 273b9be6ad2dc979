#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "common/os/file.h"

static void read_manual(struct bytes *out)
{
    const char *top = getenv("top_srcdir");
    char path[4096];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/docs/mpc-backup.1", top ? top : ".");
    ck_assert_ok_err(file_read(path, 1 << 20, out, &err), err);
}

START_TEST(the_manual_has_every_option_with_its_variable)
{
    CLEANUP(bytes_free) struct bytes manual = {0};
    char words[128];
    read_manual(&manual);
    for (size_t i = 0; i < backup_program.row_count; i++) {
        const struct option_row *row = &backup_program.rows[i];
        snprintf(words, sizeof words, ".It Fl -%s", row->name);
        ck_assert_msg(strstr((const char *)manual.data, words) != NULL, "--%s is missing", row->name);
        ck_assert_msg(!row->environment || strstr((const char *)manual.data, row->environment),
                      "%s is missing", row->environment);
    }
}
END_TEST

START_TEST(the_manual_has_every_command)
{
    CLEANUP(bytes_free) struct bytes manual = {0};
    char words[128];
    read_manual(&manual);
    for (size_t i = 0; i < backup_program.command_count; i++) {
        snprintf(words, sizeof words, ".It Cm %s\n", backup_program.commands[i].words);
        ck_assert_msg(strstr((const char *)manual.data, words) != NULL, "%s is missing",
                      backup_program.commands[i].words);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup command line");
    tcase_add_test(tcase, the_manual_has_every_option_with_its_variable);
    tcase_add_test(tcase, the_manual_has_every_command);
    return run_suite(suite);
}

/* A home, and what a subcommand of mpc-migrationd is given and prints there; one at a time. All of it
 * fails the test where something fails that the caller does not ask about. */
#ifndef MPC_TESTS_CMD_HOME_H
#define MPC_TESTS_CMD_HOME_H

#include "common/keyshare.h"
#include "node/cmd.h"

struct cmd_home {
    struct cmd_env env; /* a fresh home, a key, and `file` as the operand */
    char *home;
    char *file;              /* a path for input; nothing is there yet */
    struct keyset keyset;    /* three domains of epoch 5 */
    struct keyshares shares; /* of it, in no store yet */
    struct bytes printed;    /* what cmd_home_output() returned last */
    struct error err;        /* of the last call */
};

extern struct cmd_home cmd;

/* For tcase_add_checked_fixture(). */
void cmd_home_open(void);
void cmd_home_close(void);

/* Make `file` this. */
void cmd_home_write(const void *data, size_t len);
void cmd_home_write_shares(const struct keyshares *shares);

/* What was printed since the last call, as a string; until the next one. */
const char *cmd_home_output(void);
/* None of the private shares is in it. */
void cmd_home_check_no_scalar(const char *text);

#endif

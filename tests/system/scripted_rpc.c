/* A NEAR RPC that misbehaves on command, for tests with real processes: tests/support/fake_rpc.h behind
 * standard input. Its contract is tests/support/story.h's: alice.near, epoch 5, one domain. Prints its URL,
 * then "done" after every command:
 *
 *   good HEIGHT         this final block, and its views
 *   lie HEIGHT          the views answer for the block below
 *   other HEIGHT        this final block, and another contract: epoch 6, and another backup key
 *   nonsense HEIGHT     the state is not one
 *   syncing             it says so of itself
 *   status NUMBER       every answer has this HTTP status
 *   html                every answer is a web page
 *   cut                 every answer ends in the middle
 *   hang                no answer at all
 *
 * A block is of now, or of a time in milliseconds that is given after its height: several RPCs have to say the
 * same of it. Ends with its input. The scripted server asserts, so all of it runs as one test, unforked. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/clock.h"
#include "tests/support/story.h"
#include "tests/support/support.h"

#define LINE_MAX_LEN 64

static const struct story story = {
    .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 1, .listed_key = 0x11, .backup_key = 0x22};

static uint64_t block_ms; /* of the command that is obeyed */

/* The same reply to whatever is asked. */
static void reply_to_all(struct fake_rpc *fake, const struct fake_reply *reply)
{
    static const char *const names[] = {"status", "block", "query:state", "query:migration_info"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        fake_rpc_forget(fake, names[i]);
        fake_rpc_reply(fake, names[i], reply);
    }
}

static void serve_good(struct fake_rpc *fake, unsigned number)
{
    story_serve(&story, fake, number, block_ms);
}

static void serve_lie(struct fake_rpc *fake, unsigned number)
{
    story_serve_status(fake, false);
    story_serve_views(&story, fake, number - 1);
    story_serve_block(fake, number, block_ms);
}

static void serve_other(struct fake_rpc *fake, unsigned number)
{
    struct story other = story;
    other.epoch_id++;
    other.backup_key++;
    story_serve(&other, fake, number, block_ms);
}

static void serve_nonsense(struct fake_rpc *fake, unsigned number)
{
    char text[HASH_TEXT_MAX];
    uint8_t raw[SHA256_LEN];
    memset(raw, (int)number, sizeof raw);
    hash_format(raw, text);
    serve_good(fake, number);
    fake_rpc_forget(fake, "query:state");
    fake_rpc_view(fake, "query:state", "{\"Walking\":{}}", number, text);
}

static void serve_syncing(struct fake_rpc *fake, unsigned number)
{
    (void)number;
    story_serve_status(fake, true);
}

static void serve_status(struct fake_rpc *fake, unsigned number)
{
    reply_to_all(fake, &(struct fake_reply){.kind = FAKE_ANSWER, .status = (int)number, .body = "{}"});
}

static void serve_html(struct fake_rpc *fake, unsigned number)
{
    (void)number;
    reply_to_all(fake,
                 &(struct fake_reply){.kind = FAKE_ANSWER,
                                      .header = "Content-Type: text/html",
                                      .body = "<!DOCTYPE html><html><title>Just a moment...</title></html>"});
}

static void serve_cut(struct fake_rpc *fake, unsigned number)
{
    (void)number;
    reply_to_all(fake,
                 &(struct fake_reply){.kind = FAKE_TRUNCATE, .body = "{\"jsonrpc\":\"2.0\",\"result\":{}}"});
}

static void serve_hang(struct fake_rpc *fake, unsigned number)
{
    (void)number;
    reply_to_all(fake, &(struct fake_reply){.kind = FAKE_HANG});
}

static const struct {
    const char *name;
    void (*serve)(struct fake_rpc *fake, unsigned number);
} commands[] = {
    {"good", serve_good},         {"lie", serve_lie},         {"other", serve_other},
    {"nonsense", serve_nonsense}, {"syncing", serve_syncing}, {"status", serve_status},
    {"html", serve_html},         {"cut", serve_cut},         {"hang", serve_hang},
};

static void obey(struct fake_rpc *fake, const char *line)
{
    char name[LINE_MAX_LEN] = "";
    unsigned number = 0;
    block_ms = (uint64_t)clock_wall_ms();
    ck_assert_int_ge(sscanf(line, "%63s %u %" SCNu64, name, &number, &block_ms), 1);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].serve(fake, number);
            puts("done");
            return;
        }
    }
    ck_abort_msg("no such command: %s", name);
}

START_TEST(commands_on_standard_input_are_obeyed)
{
    char line[LINE_MAX_LEN];
    /* check's own handlers pass these on to the whole process group. */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    CLEANUP(fake_rpc_stop) struct fake_rpc *fake = fake_rpc_start();
    puts(fake_rpc_url(fake));
    while (fgets(line, sizeof line, stdin))
        obey(fake, line);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "scripted_rpc");
    tcase_add_test(tcase, commands_on_standard_input_are_obeyed);
    SRunner *runner = srunner_create(suite);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

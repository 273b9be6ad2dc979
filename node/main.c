/* mpc-migrationd: the migration endpoint of a NEAR MPC node. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/os/log.h"
#include "common/os/options.h"
#include "node/cmd.h"
#include "node/config.h"
#include "node/daemon.h"

static result_t (*const runs[COMMAND_COUNT])(const struct cmd_env *env, struct error *err) = {
    [COMMAND_SHOW_KEYS] = cmd_show_keys,
    [COMMAND_LIST] = cmd_keyshares_list,
    [COMMAND_RECEIPTS] = cmd_keyshares_receipts,
    [COMMAND_VERIFY] = cmd_keyshares_verify,
    [COMMAND_IMPORT] = cmd_keyshares_import,
    [COMMAND_EXPORT] = cmd_keyshares_export,
    [COMMAND_QUARANTINE] = cmd_keyshares_quarantine,
    [COMMAND_STATUS] = cmd_status,
};

static result_t run_command(const struct config *config, struct error *err)
{
    const struct cmd_env env = {
        .home_dir = config->home_dir,
        .store_kind = config->store_kind,
        .secret_store_key = config->secret_store_key.len ? &config->secret_store_key : NULL,
        .telemetry = &config->telemetry,
        .operand = config->operand,
        .keyset_file = config->keyset_file,
        .epoch = config->has_epoch ? &config->epoch : NULL,
        .drill = config->drill,
        .digest = config->digest,
        .even_adopted = config->even_adopted,
        .restore = config->restore,
        .set_aside = config->set_aside,
        .unreadable = config->unreadable,
        .json = config->json,
        .in = stdin,
        .out = stdout,
    };
    return runs[config->command](&env, err);
}

/* What a failure looks like with --json, which scripts read from stdout. */
static void print_failure(result_t result, const char *text)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    if (json_write_text(text, strlen(text), &out) == OUTCOME_OK)
        printf("{\"outcome\":\"%s\",\"text\":%.*s}\n", outcome_of(result)->name, (int)out.len,
               (const char *)out.data);
}

static int report(result_t result, bool json, const struct error *err)
{
    const char *text = err->text[0] ? err->text : outcome_of(result)->text;
    if (!outcome_ok(result)) {
        log_outcome(LOG_LEVEL_ERROR, result, "%s", text);
        if (json)
            print_failure(result, text);
    }
    return outcome_of(result)->exit_code;
}

static int run(const struct options *options)
{
    struct error err = {.text = ""};
    CLEANUP(config_free) struct config config = {.command = COMMAND_RUN};
    result_t result = config_read(options, &config, &err);
    if (result != OUTCOME_OK)
        return report(result, false, &err);
    if (config.command != COMMAND_RUN)
        return report(run_command(&config, &err), config.json, &err);
    if (config.check_only)
        return report(config_check(&config, stdout, &err), config.json, &err);
    return daemon_run(&config);
}

int main(int argc, char **argv)
{
    CLEANUP(options_free) struct options options;
    int exit_code;
    if (!options_start(&config_program, argc, argv, &options, &exit_code))
        return exit_code;
    return run(&options);
}

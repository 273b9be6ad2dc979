/* mpc-migrationd: the migration endpoint of a NEAR MPC node. */
#include <stdio.h>

#include "common/os/log.h"
#include "common/os/options.h"
#include "node/cmd.h"
#include "node/config.h"
#include "node/daemon.h"

static result_t (*const runs[COMMAND_COUNT])(const struct cmd_env *env, struct error *err) = {
    [COMMAND_SHOW_KEYS] = cmd_show_keys,     [COMMAND_LIST] = cmd_keyshares_list,
    [COMMAND_VERIFY] = cmd_keyshares_verify, [COMMAND_IMPORT] = cmd_keyshares_import,
    [COMMAND_EXPORT] = cmd_keyshares_export, [COMMAND_STATUS] = cmd_status,
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
        .json = config->json,
        .in = stdin,
        .out = stdout,
    };
    return runs[config->command](&env, err);
}

static int report(result_t result, const struct error *err)
{
    if (!outcome_ok(result))
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err->text[0] ? err->text : outcome_of(result)->text);
    return outcome_of(result)->exit_code;
}

static int run(const struct options *options)
{
    struct error err = {.text = ""};
    CLEANUP(config_free) struct config config = {.command = COMMAND_RUN};
    result_t result = config_read(options, &config, &err);
    if (result != OUTCOME_OK)
        return report(result, &err);
    if (config.command != COMMAND_RUN)
        return report(run_command(&config, &err), &err);
    if (config.check_only)
        return report(config_check(&config, stdout, &err), &err);
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

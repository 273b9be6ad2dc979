/* `serve`: files, clocks and signals around the node. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "common/os/log.h"
#include "contract-sim/commands.h"
#include "contract-sim/genesis.h"
#include "contract-sim/limits.h"
#include "contract-sim/rpc/server.h"

/* Everything that lives as long as the process. */
struct serve {
    struct model *model;
    struct sim_node node;
    struct sim_server *server;
    int signals;
};

static result_t read_genesis(const struct options *options, struct bytes *text, struct genesis *out,
                             struct error *err)
{
    CLEANUP(bytes_free) struct bytes accounts = {0};
    const char *path = option_text(options, OPTION_GENESIS);
    TRY(file_read(path, SIM_GENESIS_BYTES_MAX, text, err));
    result_t result = genesis_parse(text, out, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, "%s", path);
    path = option_text(options, OPTION_ACCOUNTS);
    if (!path)
        return OUTCOME_OK;
    TRY(file_read(path, SIM_GENESIS_BYTES_MAX, &accounts, err));
    result = genesis_parse_accounts(&accounts, out, err);
    return result == OUTCOME_OK ? OUTCOME_OK : error_prefix(err, result, "%s", path);
}

static const char *profile_name(const struct options *options)
{
    const char *name = option_text(options, OPTION_PROFILE);
    return name ? name : "design";
}

static result_t read_launcher_template(const struct options *options, struct model *model, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    const char *path = option_text(options, OPTION_LAUNCHER_TEMPLATE);
    if (!path)
        return OUTCOME_OK;
    TRY(file_read(path, SIM_LAUNCHER_TEMPLATE_BYTES_MAX, &text, err));
    result_t result =
        model_launcher_template_set(model, text.data ? (const char *)text.data : "", text.len, err);
    return result == OUTCOME_OK ? OUTCOME_OK : error_prefix(err, result, "%s", path);
}

static result_t make_model(const struct options *options, const struct genesis *genesis, struct model **out,
                           struct error *err)
{
    const struct option_value *rules = &options->values[OPTION_RULE];
    TRY(model_new(profile_name(options), genesis->contract_id.text, out, err));
    for (size_t i = 0; i < rules->item_count; i++)
        TRY(model_rule_set(*out, rules->items[i], err));
    return read_launcher_template(options, *out, err);
}

static void say_defaults(const struct options *options, const struct genesis *genesis)
{
    if (!genesis->contract_id_given)
        log_warn("%s names no contract_id: the contract is %s", option_text(options, OPTION_GENESIS),
                 genesis->contract_id.text);
}

static result_t make_node(const struct options *options, struct serve *serve, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(genesis_free) struct genesis genesis = {0};
    CLEANUP(world_unref_ptr) struct world *world = NULL;
    int64_t wall_ms = clock_wall_ms();
    TRY(read_genesis(options, &text, &genesis, err));
    uint64_t time_ms = genesis.has_block_time ? genesis.block_time_s * 1000 : (uint64_t)wall_ms;
    TRY(make_model(options, &genesis, &serve->model, err));
    result_t result = genesis_world(&genesis, serve->model, time_ms / 1000, &world, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, "%s", option_text(options, OPTION_GENESIS));
    say_defaults(options, &genesis);
    serve->node.started_wall_ms = wall_ms;
    serve->node.clock = sim_clock_start(option_u64(options, OPTION_BLOCK_TIME_MS), time_ms, wall_ms);
    return chain_init(&serve->node.chain, serve->model, world, genesis.block_height, time_ms, text.data,
                      text.len);
}

static result_t write_port_file(const char *path, const char *listen, struct error *err)
{
    char text[ADDRESS_TEXT_MAX + 32];
    int len = snprintf(text, sizeof text, "{\"listen\":\"%s\"}\n", listen);
    return path ? file_write(path, text, (size_t)len, err) : OUTCOME_OK;
}

static int64_t due_in_ms(int64_t due_ms)
{
    int64_t left_ms = due_ms - clock_mono_ms();
    return left_ms > 0 ? left_ms : 0;
}

/* Make blocks until a signal says stop. A clock that was held up makes one late block, not all it missed. */
static result_t run(struct serve *serve)
{
    int64_t step_ms = (int64_t)serve->node.clock.block_time_ms;
    int64_t due_ms = clock_mono_ms() + step_ms;
    for (;;) {
        struct pollfd signals = {.fd = serve->signals, .events = POLLIN};
        int ready = poll(&signals, 1, step_ms ? (int)due_in_ms(due_ms) : -1);
        if (ready > 0)
            return OUTCOME_OK;
        if (ready < 0)
            continue;
        TRY(sim_server_tick(serve->server));
        due_ms += step_ms;
        if (!due_in_ms(due_ms))
            due_ms = clock_mono_ms() + step_ms;
    }
}

static result_t serve_until_signal(const struct options *options, struct serve *serve, struct error *err)
{
    struct address bound;
    char listen[ADDRESS_TEXT_MAX];
    TRY(make_node(options, serve, err));
    TRY(sim_server_start(&serve->node, option_address(options, OPTION_LISTEN), &serve->server, &bound, err));
    address_format(&bound, listen);
    TRY(write_port_file(option_text(options, OPTION_PORT_FILE), listen, err));
    log_info("ready: %s answers at http://%s, profile %s", model_contract_id(serve->model), listen,
             profile_name(options));
    result_t result = run(serve);
    return result == OUTCOME_OK ? OUTCOME_OK : error_set(err, result, "no memory for the next block");
}

/* Blocked before any thread is started, so that only the descriptor gets them. */
static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int cmd_serve(const struct options *options)
{
    struct serve serve = {0};
    struct error err = {0};
    serve.signals = block_signals();
    result_t result = serve_until_signal(options, &serve, &err);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text);
    else
        log_info("stopping");
    sim_server_stop(serve.server);
    chain_free(&serve.node.chain);
    model_free(serve.model);
    close(serve.signals);
    return outcome_of(result)->exit_code;
}

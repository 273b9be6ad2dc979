/* `serve`: files, clocks and signals around the node. */
#include <inttypes.h>
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
#include "contract-sim/genesis_file.h"
#include "contract-sim/limits.h"
#include "contract-sim/rpc/server.h"
#include "contract-sim/store/chain_store.h"

/* Hashes of the files that a chain depends on, in base58; "none" where there is none. */
struct serve_files {
    char genesis[HASH_TEXT_MAX];
    char migration_info[HASH_TEXT_MAX];
    char accounts[HASH_TEXT_MAX];
    char launcher_template[HASH_TEXT_MAX];
};

/* Everything that lives as long as the process. */
struct serve {
    struct model *model;
    struct sim_node node;
    struct sim_server *server;
    struct serve_files files;
    int signals;
};

static void file_hash(const struct bytes *text, char out[HASH_TEXT_MAX])
{
    uint8_t hash[SHA256_LEN];
    sha256(text->data, text->len, hash);
    hash_format(hash, out);
}

/* A file that goes beside the genesis, and its hash. */
static result_t read_beside(const char *path, genesis_parse_fn *parse, struct genesis *genesis,
                            char hash[HASH_TEXT_MAX], struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(genesis_file_read(path, parse, &text, genesis, err));
    if (path)
        file_hash(&text, hash);
    return OUTCOME_OK;
}

static result_t read_genesis(const struct options *options, struct bytes *text, struct genesis *out,
                             struct serve_files *files, struct error *err)
{
    TRY(genesis_file_read(option_text(options, OPTION_GENESIS), genesis_parse, text, out, err));
    file_hash(text, files->genesis);
    TRY(read_beside(option_text(options, OPTION_MIGRATION_INFO), genesis_parse_migration_info, out,
                    files->migration_info, err));
    return read_beside(option_text(options, OPTION_ACCOUNTS), genesis_parse_accounts, out, files->accounts,
                       err);
}

static const char *profile_name(const struct options *options)
{
    const char *name = option_text(options, OPTION_PROFILE);
    return name ? name : "design";
}

static result_t read_launcher_template(const struct options *options, struct model *model,
                                       struct serve_files *files, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    const char *path = option_text(options, OPTION_LAUNCHER_TEMPLATE);
    if (!path)
        return OUTCOME_OK;
    TRY(file_read(path, SIM_LAUNCHER_TEMPLATE_BYTES_MAX, &text, err));
    file_hash(&text, files->launcher_template);
    result_t result =
        model_launcher_template_set(model, text.data ? (const char *)text.data : "", text.len, err);
    return result == OUTCOME_OK ? OUTCOME_OK : error_prefix(err, result, "%s", path);
}

static result_t make_model(const struct options *options, const struct genesis *genesis, struct serve *serve,
                           struct error *err)
{
    const struct option_value *rules = &options->values[OPTION_RULE];
    TRY(model_new(profile_name(options), genesis->contract_id.text, &serve->model, err));
    for (size_t i = 0; i < rules->item_count; i++)
        TRY(model_rule_set(serve->model, rules->items[i], err));
    return read_launcher_template(options, serve->model, &serve->files, err);
}

static result_t say_defaults(const struct options *options, const struct genesis *genesis)
{
    const char *path = option_text(options, OPTION_GENESIS);
    TRY(genesis_file_warn(path, genesis, genesis_chain_defaults));
    return genesis_file_warn(path, genesis, genesis_contract_defaults);
}

/* What a stored chain depends on beside itself (chain_store_open()). */
static result_t open_store(const struct options *options, struct serve *serve, struct error *err)
{
    CLEANUP(bytes_free) struct bytes identity = {0};
    const struct serve_files *files = &serve->files;
    TRY(bytes_append_format(
        &identity,
        "profile=%s\ngenesis file=%s\nmigration_info file=%s\naccounts file=%s\nlauncher template=%s\n",
        profile_name(options), files->genesis, files->migration_info, files->accounts,
        files->launcher_template));
    TRY(model_rules_write(serve->model, &identity));
    return chain_store_open(option_text(options, OPTION_DATA_DIR), &identity, &serve->node.store, err);
}

/* The stored chain wins: the genesis is what it began with. */
static result_t continue_chain(const struct options *options, struct serve *serve, struct error *err)
{
    const char *dir = option_text(options, OPTION_DATA_DIR);
    struct sim_node *node = &serve->node;
    struct sim_clock before;
    result_t result = chain_store_load(node->store, serve->model, &node->chain, &before, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, "%s", dir);
    const struct block *head = blocks_head(&node->chain.blocks);
    node->clock = sim_clock_continue(&before, option_u64(options, OPTION_BLOCK_TIME_MS), head->time_ms,
                                     node->started_wall_ms);
    log_info("%s holds the chain up to block %" PRIu64 ": it goes on there, and %s is only compared%s", dir,
             head->height, option_text(options, OPTION_GENESIS),
             node->clock.paused ? "; block production is paused" : "");
    return OUTCOME_OK;
}

static result_t begin_chain(const struct options *options, struct serve *serve, const struct genesis *genesis,
                            const struct bytes *seed, struct error *err)
{
    CLEANUP(world_unref_ptr) struct world *world = NULL;
    struct sim_node *node = &serve->node;
    int64_t wall_ms = node->started_wall_ms;
    uint64_t time_ms = genesis->has_block_time ? genesis->block_time_s * 1000 : (uint64_t)wall_ms;
    result_t result = genesis_world(genesis, serve->model, time_ms / 1000, &world, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, "%s", option_text(options, OPTION_GENESIS));
    TRY(say_defaults(options, genesis));
    node->clock = sim_clock_start(option_u64(options, OPTION_BLOCK_TIME_MS), time_ms, wall_ms);
    return chain_init(&node->chain, serve->model, world, genesis->block_height, time_ms, seed->data,
                      seed->len);
}

static result_t make_node(const struct options *options, struct serve *serve, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(genesis_free) struct genesis genesis = {0};
    struct sim_node *node = &serve->node;
    node->started_wall_ms = clock_wall_ms();
    node->profile = profile_name(options);
    node->record_dir = option_text(options, OPTION_RECORD_DIR);
    if (node->record_dir)
        TRY(file_make_dir(node->record_dir, err));
    TRY(read_genesis(options, &text, &genesis, &serve->files, err));
    TRY(make_model(options, &genesis, serve, err));
    if (option_text(options, OPTION_DATA_DIR))
        TRY(open_store(options, serve, err));
    if (node->store && chain_store_has_chain(node->store))
        return continue_chain(options, serve, err);
    TRY(begin_chain(options, serve, &genesis, &text, err));
    return node->store ? chain_store_commit(node->store, &node->chain, &node->clock, err) : OUTCOME_OK;
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
static result_t run(struct serve *serve, struct error *err)
{
    int64_t step_ms = (int64_t)serve->node.clock.block_time_ms;
    int64_t due_ms = clock_mono_ms() + step_ms;
    for (;;) {
        struct pollfd fds[] = {{.fd = serve->signals, .events = POLLIN},
                               {.fd = sim_server_failed_fd(serve->server), .events = POLLIN}};
        int ready = poll(fds, ARRAY_LEN(fds), step_ms ? (int)due_in_ms(due_ms) : -1);
        if (ready < 0)
            continue;
        if (fds[0].revents)
            return OUTCOME_OK;
        TRY(sim_server_tick(serve->server, err));
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
    return run(serve, err);
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
    struct serve serve = {.files = {"none", "none", "none", "none"}};
    struct error err = {0};
    serve.signals = block_signals();
    result_t result = serve_until_signal(options, &serve, &err);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text);
    else
        log_info("stopping");
    sim_server_stop(serve.server);
    recorder_stop(&serve.node.recorder);
    chain_free(&serve.node.chain);
    chain_store_close(serve.node.store);
    model_free(serve.model);
    close(serve.signals);
    return outcome_of(result)->exit_code;
}

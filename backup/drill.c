#include "backup/backup.h"

#include <inttypes.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/os/scratch_dir.h"
#include "common/seal.h"

#define SCRATCH_PREFIX "drill-"
#define LAST_NAME      "last_drill.prom"
#define METRIC_NAME    "mpc_backup_last_drill_success_timestamp_seconds"

struct drill {
    const char *home_dir;
    const struct keyshares *shares;
    const struct keyset *keyset;
    struct secret key; /* of the scratch folder; like the next one, never on a disk */
    struct secret wire_key;
    struct scratch_dir dir;
    struct bytes sealed;
    struct keyshares received;
    struct keyshares back;
};

static void drill_free(struct drill *drill)
{
    secret_free(&drill->key);
    secret_free(&drill->wire_key);
    scratch_dir_remove(&drill->dir);
    bytes_free(&drill->sealed);
    keyshares_free(&drill->received);
    keyshares_free(&drill->back);
}

static result_t prepare(struct drill *drill, struct error *err)
{
    TRY(random_secret(&drill->key, SEAL_AT_REST_KEY_LEN));
    TRY(random_secret(&drill->wire_key, SEAL_TRANSPORT_KEY_LEN));
    return scratch_dir_make(drill->home_dir, SCRATCH_PREFIX, &drill->dir, err);
}

static result_t seal_for_node(struct drill *drill, struct error *err)
{
    (void)err;
    return backup_seal_shares(&drill->wire_key, drill->shares, &drill->sealed);
}

/* What a node does with the body of a PUT before it stores anything (wire.md 4.5). */
static result_t receive(struct drill *drill, struct error *err)
{
    CLEANUP(secret_free) struct secret json = {0};
    TRY(unseal_transport(&drill->wire_key, (const char *)drill->sealed.data, drill->sealed.len, &json, err));
    TRY(keyshares_parse((const char *)json.data, json.len, &drill->received, err));
    TRY(keyshares_check_set(&drill->received, err));
    return keyshares_match_keyset(&drill->received, drill->keyset, err);
}

static result_t store(struct drill *drill, struct error *err)
{
    result_t result = backup_store_shares(drill->dir.path, &drill->key, &drill->received, err);
    return outcome_ok(result) ? OUTCOME_OK : result;
}

static result_t read_back(struct drill *drill, struct error *err)
{
    return backup_load_shares(drill->dir.path, &drill->key, &drill->back, err);
}

static result_t compare(struct drill *drill, struct error *err)
{
    if (keyshares_equal(&drill->back, drill->shares))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_STORE_CORRUPT, "what was restored is not what the backup holds");
}

static const struct {
    const char *name;
    result_t (*run)(struct drill *drill, struct error *err);
} steps[] = {
    {"prepare", prepare}, {"seal", seal_for_node}, {"receive", receive},
    {"store", store},     {"read", read_back},     {"compare", compare},
};

static result_t run_steps(struct drill *drill, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        result_t result = steps[i].run(drill, err);
        if (result != OUTCOME_OK)
            return error_prefix(err, result, BACKUP_DRILL_STEP, steps[i].name);
    }
    return OUTCOME_OK;
}

/* In the form that Prometheus' node exporter collects from text files. */
static result_t note(const char *home_dir, int64_t now_s, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, LAST_NAME);
    CLEANUP(bytes_free) struct bytes text = {0};
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(bytes_append_format(&text,
                            "# HELP " METRIC_NAME " UNIX time of the last restore drill that went well\n"
                            "# TYPE " METRIC_NAME " gauge\n" METRIC_NAME " %" PRId64 "\n",
                            now_s));
    result_t result = file_write(path, text.data, text.len, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, BACKUP_DRILL_STEP, "note");
}

result_t backup_drill(const char *home_dir, const struct keyshares *shares, const struct keyset *keyset,
                      struct report *report, struct error *err)
{
    CLEANUP(drill_free)
    struct drill drill = {.home_dir = home_dir, .shares = shares, .keyset = keyset, .dir = SCRATCH_DIR_NONE};
    int64_t start_ms = clock_mono_ms();
    int64_t now_s = clock_wall_ms() / 1000;
    TRY(run_steps(&drill, err));
    TRY(note(home_dir, now_s, err));
    uint64_t took_ms = (uint64_t)(clock_mono_ms() - start_ms);
    TRY(report_u64(report, "drill_at", (uint64_t)now_s));
    TRY(report_u64(report, "drill_ms", took_ms));
    return report_line(
        report, "the drill restored it into a scratch folder and read the same back, in %" PRIu64 " ms",
        took_ms);
}

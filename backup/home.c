/* What the home holds besides secrets.json: contract_state.json, and the shares as a Rust node keeps them
 * (wire.md 6.3). */
#include "backup/backup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/contract_view.h"
#include "common/os/file.h"
#include "common/os/log.h"
#include "common/os/mpc_home.h"

#define BACKUP_SUPERSEDED_DIR "superseded_keys"
#define STATE_FILE_NAME       "contract_state.json"
#define STATE_FILE_BYTES_MAX  (16u * 1024 * 1024)

static result_t load_view(const char *path, struct protocol_view *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    result_t result = file_read(path, STATE_FILE_BYTES_MAX, &text, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, OUTCOME_CONTRACT_STATE_MISSING,
                         "%s does not exist; save the output of the contract's `state` view there", path);
    TRY(result);
    result = protocol_view_parse((const char *)text.data, text.len, out, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", path);
}

result_t backup_load_keyset(const char *home_dir, struct keyset *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, STATE_FILE_NAME);
    CLEANUP(protocol_view_free) struct protocol_view view = {0};
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(load_view(path, &view, err));
    if (view.phase != PROTOCOL_RUNNING && view.phase != PROTOCOL_RESHARING)
        return error_set(err, OUTCOME_NOTHING_TO_BACK_UP,
                         "%s: the contract is in %s, not in Running or Resharing", path,
                         protocol_phase_name(view.phase));
    if (view.keyset.count == 0)
        return error_set(err, OUTCOME_NOTHING_TO_BACK_UP, "%s: the contract's keyset has no domains", path);
    *out = view.keyset;
    view.keyset = (struct keyset){0};
    return OUTCOME_OK;
}

result_t backup_load_shares(const char *home_dir, const struct secret *key, struct keyshares *out,
                            struct error *err)
{
    CLEANUP(mpc_home_close) struct mpc_home home = {0};
    TRY(mpc_home_open(home_dir, home_dir, key, &home));
    result_t result = mpc_home_load(&home, out, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, result, "%s holds no key shares; `get-keyshares` fetches them", home_dir);
    return result;
}

struct search {
    const struct keyset *keyset;
    const struct keyshares *stored; /* behind `key` */
    struct keyshares *out;
};

/* Exactly the keyset's, and not older than `key`: contract_state.json may be. Of one epoch the file with
 * fewer domains is the older one. */
static result_t visit_file(const struct mpc_home_set *set, void *context, struct error *err)
{
    struct search *search = context;
    bool older;
    (void)err;
    if (set->current || !set->shares || search->out->count ||
        (search->stored->count && search->stored->items[0].id.epoch_id > search->keyset->epoch_id))
        return OUTCOME_OK;
    result_t result = keyshares_match_keyset(set->shares, search->keyset, NULL);
    if (result == OUTCOME_KEYSHARES_MISMATCH)
        return OUTCOME_OK;
    TRY(result);
    TRY(keyshares_contain(search->stored, set->shares, &older));
    if (older)
        return OUTCOME_OK;
    log_info(
        "%s has the key shares of contract_state.json, and `key` has not: a fetch was stopped in between",
        set->path);
    return keyshares_copy(set->shares, search->out);
}

static result_t find_unlinked(const char *home_dir, const struct secret *key, const struct keyset *keyset,
                              struct keyshares *shares, struct error *err)
{
    CLEANUP(mpc_home_close) struct mpc_home home = {0};
    CLEANUP(keyshares_free) struct keyshares found = {0};
    struct search search = {keyset, shares, &found};
    TRY(mpc_home_open(home_dir, home_dir, key, &home));
    TRY(mpc_home_each_set(&home, &keyset->epoch_id, visit_file, &search, err));
    if (found.count == 0)
        return OUTCOME_OK;
    keyshares_free(shares);
    *shares = found;
    found = (struct keyshares){0};
    return OUTCOME_OK;
}

result_t backup_find_shares(const char *home_dir, const struct secret *key, struct keyshares *out,
                            struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    result_t loaded = backup_load_shares(home_dir, key, out, err);
    if (loaded != OUTCOME_OK && loaded != OUTCOME_STORE_NOT_FOUND)
        return loaded;
    if (backup_load_keyset(home_dir, &keyset, NULL) != OUTCOME_OK ||
        (loaded == OUTCOME_OK && keyshares_match_keyset(out, &keyset, NULL) == OUTCOME_OK))
        return loaded;
    TRY(find_unlinked(home_dir, key, &keyset, out, err));
    return out->count ? OUTCOME_OK : loaded;
}

/* Another attempt of the epoch was fetched: the one before it stays, sealed, where backup-cli does not
 * look. */
static result_t keep_superseded(const struct keyshares *set, const char *path, void *context,
                                struct error *err)
{
    const struct mpc_home *home = context;
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    CLEANUP(free_text) char *dir = file_path(home->path, BACKUP_SUPERSEDED_DIR);
    CLEANUP(free_text) char *to = NULL;
    if (!dir)
        return OUTCOME_NO_MEMORY;
    TRY(keyshares_digest(set, digest));
    if (asprintf(&to, "%s/epoch_%" PRIu64 "_with_%zu_domains.%.16s", dir, set->items[0].id.epoch_id,
                 set->count, digest) < 0)
        return OUTCOME_NO_MEMORY;
    TRY(file_make_dir(dir, err));
    TRY(file_sync_dir(home->path, err));
    if (link(path, to) != 0 && errno != EEXIST)
        return error_set(err, file_outcome(errno), "cannot make %s: %s", to, strerror(errno));
    log_info("the key shares of another attempt that were there are %s now", to);
    return file_sync_dir(dir, err);
}

/* contract_state.json names these shares: another attempt of their epoch makes room, an earlier epoch than
 * the stored one and other private shares of the same key event are refused. */
static result_t may_store(const struct keyshares *stored, const struct keyshares *incoming, struct error *err)
{
    if (stored->count && stored->items[0].id.epoch_id != incoming->items[0].id.epoch_id)
        return keyshares_may_replace(stored, incoming, err);
    result_t verdict = keyshares_may_coexist(stored, incoming, err);
    /* What is delivered has to be exactly the contract's: a larger set that has them all makes room too. */
    return verdict == OUTCOME_KEYSHARES_UNCHANGED && stored->count != incoming->count ? OUTCOME_OK : verdict;
}

result_t backup_store_shares(const char *home_dir, const struct secret *key, const struct keyshares *shares,
                             struct error *err)
{
    CLEANUP(mpc_home_close) struct mpc_home home = {0};
    TRY(mpc_home_open(home_dir, home_dir, key, &home));
    const struct keyshares_terms terms = {.rule = may_store, .keep = keep_superseded, .context = &home};
    return mpc_home_store(&home, shares, &terms, err);
}

result_t backup_report_shares(struct report *report, const struct keyshares *shares)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    uint64_t epoch_id = shares->count ? shares->items[0].id.epoch_id : 0;
    TRY(keyshares_digest(shares, digest));
    TRY(report_u64(report, "epoch_id", epoch_id));
    TRY(report_u64(report, "domains", shares->count));
    TRY(report_text(report, "digest", digest));
    return report_line(report, "epoch %llu, %zu domains, digest %s", (unsigned long long)epoch_id,
                       shares->count, digest);
}

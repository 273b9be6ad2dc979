#include "common/os/mpc_home.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/mpc_home_files.h"
#include "common/seal.h"

result_t mpc_home_open(const char *path, const char *work_dir, const struct secret *key, struct mpc_home *out)
{
    CLEANUP(mpc_home_close) struct mpc_home home = {.path = strdup(path), .work_dir = strdup(work_dir)};
    if (!home.path || !home.work_dir)
        return OUTCOME_NO_MEMORY;
    TRY(secret_copy(&home.key, key->data, key->len));
    *out = home;
    home = (struct mpc_home){0};
    return OUTCOME_OK;
}

void mpc_home_close(struct mpc_home *home)
{
    free_text(&home->path);
    free_text(&home->work_dir);
    secret_free(&home->key);
}

result_t mpc_home_is_one(const char *path, bool *is_one, struct error *err)
{
    CLEANUP(free_text) char *key = file_path(path, MPC_HOME_KEY);
    CLEANUP(free_text) char *permanent = file_path(path, MPC_HOME_PERMANENT);
    if (!key || !permanent)
        return OUTCOME_NO_MEMORY;
    TRY(file_look(key, is_one, err));
    return *is_one ? OUTCOME_OK : file_look(permanent, is_one, err);
}

static result_t failed_to_list(const char *dir, struct error *err)
{
    int error = errno;
    return error_set(err, file_outcome(error), "cannot list %s: %s", dir, strerror(error));
}

result_t mpc_home_each(const char *dir, mpc_home_visit *visit, void *context, struct error *err)
{
    DIR *listing = opendir(dir);
    if (!listing && errno == ENOENT)
        return OUTCOME_OK;
    if (!listing)
        return failed_to_list(dir, err);
    result_t result = OUTCOME_OK;
    struct dirent *entry;
    /* The end and a fault are told apart by errno alone, and `visit` may change it. */
    for (size_t seen = 0; result == OUTCOME_OK && (errno = 0, entry = readdir(listing)) != NULL; seen++) {
        if (seen == MPC_HOME_FILES_MAX)
            result = error_set(err, OUTCOME_LIMIT, "%s has more than %d entries", dir, MPC_HOME_FILES_MAX);
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = visit(entry->d_name, context, err);
    }
    if (result == OUTCOME_OK && errno)
        result = failed_to_list(dir, err);
    closedir(listing);
    return result;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static result_t read_sealed(const struct mpc_home *home, const char *path, struct secret *out,
                            struct error *err)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    TRY(file_read(path, MPC_HOME_FILE_BYTES_MAX, &sealed, err));
    result_t result = unseal(&home->key, NULL, 0, sealed.data, sealed.len, out, NULL);
    if (result == OUTCOME_NONCE_TRUNCATED || result == OUTCOME_UNSEAL_FAILED)
        return error_set(
            err, OUTCOME_STORE_CORRUPT,
            "%s cannot be opened: it is damaged, or was sealed with another key than the one given", path);
    return result == OUTCOME_OK ? result : error_set(err, result, "%s cannot be opened", path);
}

/* {"epoch","private_share","public_key"}, of before there were domains (wire.md 6.1). */
static bool is_single_key_form(const struct secret *text)
{
    static const char epoch[] = "\"epoch\"", set[] = "\"keyshares\"";
    return text->len > 0 && memmem(text->data, text->len, epoch, sizeof epoch - 1) &&
           !memmem(text->data, text->len, set, sizeof set - 1);
}

static result_t not_a_set(const char *path, result_t result, bool single_key, struct error *err)
{
    if (single_key)
        return error_set(
            err, OUTCOME_STORE_CORRUPT,
            "%s holds a single key in the form of before 2025; start the Rust node once, which rewrites it",
            path);
    if (result == OUTCOME_NO_MEMORY)
        return result;
    if (err)
        err->code = OUTCOME_STORE_CORRUPT;
    return error_prefix(err, OUTCOME_STORE_CORRUPT, "%s", path);
}

result_t mpc_home_read_set(const struct mpc_home *home, const char *path, struct keyshares *out,
                           struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    TRY(read_sealed(home, path, &text, err));
    result_t result = permanent_keyshares_parse((const char *)text.data, text.len, out, err);
    return result == OUTCOME_OK ? keyshares_sort(out)
                                : not_a_set(path, result, is_single_key_form(&text), err);
}

result_t mpc_home_load(const struct mpc_home *home, struct keyshares *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home->path, MPC_HOME_KEY);
    return path ? mpc_home_read_set(home, path, out, err) : OUTCOME_NO_MEMORY;
}

result_t mpc_home_stamp(const struct mpc_home *home, struct file_stamp *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home->path, MPC_HOME_KEY);
    return path ? file_stamp(path, out, err) : OUTCOME_NO_MEMORY;
}

/* ---- temporary_keys ---------------------------------------------------------------------------------- */

/* One share as an array of one, for the reader of arrays. */
static result_t parse_one(const struct secret *text, struct keyshares *out, struct error *err)
{
    CLEANUP(secret_free) struct secret array = {0};
    TRY(secret_append_text(&array, "["));
    TRY(secret_append(&array, text->data, text->len));
    TRY(secret_append_text(&array, "]"));
    return keyshares_parse((const char *)array.data, array.len, out, err);
}

result_t mpc_home_load_temporary(const struct mpc_home *home, const struct key_event_id *id,
                                 struct keyshares *out, struct error *err)
{
    CLEANUP(free_text) char *path = NULL;
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares one = {0};
    if (asprintf(&path, "%s/" MPC_HOME_TEMPORARY "/keyshare_%" PRIu64 "_%" PRIu64 "_%" PRIu64, home->path,
                 id->epoch_id, id->domain_id, id->attempt_id) < 0)
        return OUTCOME_NO_MEMORY;
    TRY(read_sealed(home, path, &text, err));
    result_t result = parse_one(&text, &one, err);
    if (result != OUTCOME_OK)
        return not_a_set(path, result, false, err);
    if (one.count != 1 || !key_event_id_equal(&one.items[0].id, id))
        return error_set(err, OUTCOME_STORE_CORRUPT, "%s holds another key share than its name says", path);
    return keyshares_add(out, &one.items[0], keyshare_scalar(&one, 0));
}

/* The epoch in KIND_EPOCH_DOMAIN_ATTEMPT, the form that upstream's own sweep
 * expects of every name (wire.md 6.1). */
static bool read_temporary_name(const char *name, uint64_t *epoch_id)
{
    size_t parts = 1;
    for (const char *at = name; *at; at++)
        parts += *at == '_';
    const char *second = strchr(name, '_');
    int end = 0;
    return parts == 4 && second[1] >= '0' && second[1] <= '9' &&
           sscanf(second + 1, "%" SCNu64 "%n", epoch_id, &end) == 1 && second[1 + end] == '_';
}

struct drop {
    const char *dir;
    uint64_t epoch_id;
};

static result_t visit_drop(const char *name, void *context, struct error *err)
{
    const struct drop *drop = (const struct drop *)context;
    uint64_t epoch_id;
    if (!read_temporary_name(name, &epoch_id) || epoch_id >= drop->epoch_id)
        return OUTCOME_OK;
    CLEANUP(free_text) char *path = file_path(drop->dir, name);
    if (!path)
        return OUTCOME_NO_MEMORY;
    if (unlink(path) != 0 && errno != ENOENT)
        return error_set(err, file_outcome(errno), "cannot delete %s: %s", path, strerror(errno));
    return OUTCOME_OK;
}

result_t mpc_home_drop_temporary(const struct mpc_home *home, uint64_t epoch_id, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home->path, MPC_HOME_TEMPORARY);
    if (!dir)
        return OUTCOME_NO_MEMORY;
    struct drop drop = {.dir = dir, .epoch_id = epoch_id};
    return mpc_home_each(dir, visit_drop, &drop, err);
}

/* The sets in a home: `key`, and the files of permanent_keys. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "common/os/mpc_home_files.h"

/* "epoch_", two u64 and what is between them. */
#define FILE_NAME_MAX 96

void mpc_home_list_free(struct mpc_home_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->files[i].path);
    free(list->files);
    *list = (struct mpc_home_list){0};
}

char *mpc_home_epoch_path(const struct mpc_home *home, const struct keyshares *shares)
{
    char *path;
    if (asprintf(&path, "%s/" MPC_HOME_PERMANENT "/epoch_%" PRIu64 "_with_%zu_domains", home->path,
                 shares->items[0].id.epoch_id, shares->count) < 0)
        return NULL;
    return path;
}

static bool read_permanent_name(const char *name, struct mpc_home_file *out)
{
    char back[FILE_NAME_MAX];
    if (sscanf(name, "epoch_%" SCNu64 "_with_%" SCNu64 "_domains", &out->epoch_id, &out->domains) != 2)
        return false;
    snprintf(back, sizeof back, "epoch_%" PRIu64 "_with_%" PRIu64 "_domains", out->epoch_id, out->domains);
    return strcmp(back, name) == 0;
}

struct listing {
    const char *dir;
    const uint64_t *epoch_id;
    struct mpc_home_list list;
    size_t cap;
};

static result_t listing_add(struct listing *listing, const struct mpc_home_file *file)
{
    struct mpc_home_list *list = &listing->list;
    if (list->count == listing->cap) {
        size_t cap = listing->cap ? 2 * listing->cap : 16;
        struct mpc_home_file *files = realloc(list->files, cap * sizeof *files);
        if (!files)
            return OUTCOME_NO_MEMORY;
        list->files = files;
        listing->cap = cap;
    }
    list->files[list->count++] = *file;
    return OUTCOME_OK;
}

static result_t visit_permanent(const char *name, void *context, struct error *err)
{
    struct listing *listing = (struct listing *)context;
    struct mpc_home_file file = {0};
    struct stat info;
    if (!read_permanent_name(name, &file) || (listing->epoch_id && file.epoch_id != *listing->epoch_id))
        return OUTCOME_OK;
    CLEANUP(free_text) char *path = file_path(listing->dir, name);
    if (!path)
        return OUTCOME_NO_MEMORY;
    if (stat(path, &info) != 0)
        return errno == ENOENT
                   ? OUTCOME_OK
                   : error_set(err, OUTCOME_STORE_IO, "cannot look at %s: %s", path, strerror(errno));
    file.path = path;
    file.inode = info.st_ino;
    file.changed = info.st_mtim;
    TRY(listing_add(listing, &file));
    path = NULL;
    return OUTCOME_OK;
}

static int falling(const void *a, const void *b)
{
    const struct mpc_home_file *left = a, *right = b;
    if (left->epoch_id != right->epoch_id)
        return left->epoch_id < right->epoch_id ? 1 : -1;
    return (left->domains < right->domains) - (left->domains > right->domains);
}

result_t mpc_home_list_files(const struct mpc_home *home, const uint64_t *epoch_id, struct mpc_home_list *out,
                             struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home->path, MPC_HOME_PERMANENT);
    struct listing listing = {.dir = dir, .epoch_id = epoch_id};
    if (!dir)
        return OUTCOME_NO_MEMORY;
    result_t result = mpc_home_each(dir, visit_permanent, &listing, err);
    if (result != OUTCOME_OK) {
        mpc_home_list_free(&listing.list);
        return result;
    }
    if (listing.list.count)
        qsort(listing.list.files, listing.list.count, sizeof *listing.list.files, falling);
    *out = listing.list;
    return OUTCOME_OK;
}

/* ---- every set --------------------------------------------------------------------------------------- */

struct each {
    const struct mpc_home *home;
    const uint64_t *epoch_id;
    mpc_home_set_visit *visit;
    void *context;
};

/* `key`, which is *current afterwards. */
static result_t each_key(const struct each *each, struct keyshares *current, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(each->home->path, MPC_HOME_KEY);
    struct error why = {.text = ""};
    if (!path)
        return OUTCOME_NO_MEMORY;
    result_t result = mpc_home_read_set(each->home, path, current, &why);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    if (result != OUTCOME_OK && result != OUTCOME_STORE_CORRUPT)
        return error_set(err, result, "%s", why.text);
    struct mpc_home_set set = {
        .path = path, .shares = result == OUTCOME_OK ? current : NULL, .why = &why, .current = true};
    if (set.shares && each->epoch_id && current->items[0].id.epoch_id != *each->epoch_id)
        return OUTCOME_OK;
    return each->visit(&set, each->context, err);
}

static result_t each_file(const struct each *each, const struct mpc_home_file *file,
                          const struct keyshares *current, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error why = {.text = ""};
    result_t result = mpc_home_read_set(each->home, file->path, &shares, &why);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    if (result != OUTCOME_OK && result != OUTCOME_STORE_CORRUPT)
        return error_set(err, result, "%s", why.text);
    bool is_current = keyshares_equal(&shares, current); /* the other link of `key`, or its copy */
    if (result == OUTCOME_OK && is_current)
        return OUTCOME_OK;
    struct mpc_home_set set = {
        .path = file->path, .shares = result == OUTCOME_OK ? &shares : NULL, .why = &why};
    return each->visit(&set, each->context, err);
}

result_t mpc_home_each_set(const struct mpc_home *home, const uint64_t *epoch_id, mpc_home_set_visit *visit,
                           void *context, struct error *err)
{
    const struct each each = {home, epoch_id, visit, context};
    CLEANUP(mpc_home_list_free) struct mpc_home_list list = {0};
    CLEANUP(keyshares_free) struct keyshares current = {0};
    TRY(each_key(&each, &current, err));
    TRY(mpc_home_list_files(home, epoch_id, &list, err));
    for (size_t i = 0; i < list.count; i++)
        TRY(each_file(&each, &list.files[i], &current, err));
    return OUTCOME_OK;
}

result_t mpc_home_load_epoch(const struct mpc_home *home, uint64_t epoch_id, struct keyshares *out,
                             struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares current = {0};
    CLEANUP(mpc_home_list_free) struct mpc_home_list list = {0};
    result_t result = mpc_home_load(home, &current, err);
    if (result == OUTCOME_OK && current.items[0].id.epoch_id == epoch_id) {
        *out = current;
        current = (struct keyshares){0};
        return OUTCOME_OK;
    }
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    TRY(mpc_home_list_files(home, &epoch_id, &list, err));
    for (size_t i = 0; i < list.count; i++) {
        result = mpc_home_read_set(home, list.files[i].path, out, err);
        if (result != OUTCOME_STORE_CORRUPT)
            return result;
    }
    return list.count ? result
                      : error_set(err, OUTCOME_STORE_NOT_FOUND, "%s has no key shares of epoch %" PRIu64,
                                  home->path, epoch_id);
}

#include "tests/support/rust_home.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

struct rust_home rust;

const struct keyshares_terms rust_home_terms = {.rule = keyshares_may_replace};

void rust_home_open(void)
{
    CLEANUP(secret_free) struct secret key = {0};
    snprintf(rust.path, sizeof rust.path, "%s/home", temporary_dir());
    snprintf(rust.work_path, sizeof rust.work_path, "%s/migration-store", rust.path);
    ck_assert_ok(file_make_dir(rust.path, NULL));
    ck_assert_ok(secret_make(&key, SEAL_AT_REST_KEY_LEN));
    memset(key.data, 0xaa, key.len);
    ck_assert_ok(mpc_home_open(rust.path, rust.work_path, &key, &rust.home));
}

void rust_home_close(void)
{
    mpc_home_close(&rust.home);
}

void rust_home_sample(uint64_t epoch_id, size_t domains, uint64_t seed, struct keyshares *out)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(epoch_id, domains, &keyset);
    sample_keyshares(&keyset, seed, out);
}

result_t rust_home_store(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    rust_home_sample(epoch_id, domains, seed, &shares);
    return mpc_home_store(&rust.home, &shares, &rust_home_terms, &rust.err);
}

bool rust_home_key_is(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares wanted = {0}, got = {0};
    rust_home_sample(epoch_id, domains, seed, &wanted);
    ck_assert_ok_err(mpc_home_load(&rust.home, &got, &rust.err), rust.err);
    return keyshares_equal(&wanted, &got);
}

static char sets_text[512];

static result_t note_set(const struct mpc_home_set *set, void *context, struct error *error)
{
    (void)context, (void)error;
    size_t at = strlen(sets_text);
    if (!set->shares)
        snprintf(sets_text + at, sizeof sets_text - at, "?%s ", strrchr(set->path, '/') + 1);
    else
        snprintf(sets_text + at, sizeof sets_text - at, set->current ? "[%llu/%zu] " : "%llu/%zu ",
                 (unsigned long long)set->shares->items[0].id.epoch_id, set->shares->count);
    return OUTCOME_OK;
}

const char *rust_home_sets(const uint64_t *epoch_id)
{
    sets_text[0] = 0;
    ck_assert_ok_err(mpc_home_each_set(&rust.home, epoch_id, note_set, NULL, &rust.err), rust.err);
    return sets_text;
}

char *rust_home_path(const char *name)
{
    char *path = file_path(rust.path, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

ino_t rust_home_inode(const char *name)
{
    CLEANUP(free_text) char *path = rust_home_path(name);
    struct stat info;
    ck_assert_msg(stat(path, &info) == 0, "%s", path);
    return info.st_ino;
}

int rust_home_entries(const char *dir)
{
    DIR *listing = opendir(dir);
    int count = -2; /* . and .. */
    if (!listing)
        return 0;
    while (readdir(listing))
        count++;
    closedir(listing);
    return count;
}

void rust_home_put_sealed(const char *name, const char *text)
{
    CLEANUP(free_text) char *path = rust_home_path(name);
    CLEANUP(bytes_free) struct bytes sealed = {0};
    static const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    ck_assert_ok(seal(&rust.home.key, nonce, NULL, 0, text, strlen(text), &sealed));
    ck_assert_ok_err(file_write(path, sealed.data, sealed.len, &rust.err), rust.err);
}

void rust_home_make_dir(const char *name)
{
    CLEANUP(free_text) char *path = rust_home_path(name);
    ck_assert_ok(file_make_dir(path, NULL));
}

void rust_home_make_old(const char *path)
{
    const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
}

#include "common/os/mpc_home.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static struct mpc_home home;
static struct error err;
static char home_path[128], work_path[160];
static const struct keyshares_terms upstream = {.rule = keyshares_may_replace};

static bool is_one(void)
{
    bool is;
    ck_assert_ok_err(mpc_home_is_one(home_path, &is, &err), err);
    return is;
}

static void setup(void)
{
    CLEANUP(secret_free) struct secret key = {0};
    snprintf(home_path, sizeof home_path, "%s/home", temporary_dir());
    snprintf(work_path, sizeof work_path, "%s/migration-store", home_path);
    ck_assert_ok(file_make_dir(home_path, NULL));
    ck_assert_ok(secret_make(&key, SEAL_AT_REST_KEY_LEN));
    memset(key.data, 0xaa, key.len);
    ck_assert_ok(mpc_home_open(home_path, work_path, &key, &home));
}

static void teardown(void)
{
    mpc_home_close(&home);
}

static void sample(uint64_t epoch_id, size_t domains, uint64_t seed, struct keyshares *out)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(epoch_id, domains, &keyset);
    sample_keyshares(&keyset, seed, out);
}

static result_t store(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample(epoch_id, domains, seed, &shares);
    return mpc_home_store(&home, &shares, &upstream, &err);
}

static bool stored_is(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares wanted = {0}, got = {0};
    sample(epoch_id, domains, seed, &wanted);
    ck_assert_ok_err(mpc_home_load(&home, &got, &err), err);
    return keyshares_equal(&wanted, &got);
}

/* The sets there are, "5/3 " for three domains of epoch 5 and "?name " for what cannot be opened, `key` in
 * brackets. */
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

static const char *sets_of(const uint64_t *epoch_id)
{
    sets_text[0] = 0;
    ck_assert_ok_err(mpc_home_each_set(&home, epoch_id, note_set, NULL, &err), err);
    return sets_text;
}

static char *in_home(const char *name)
{
    char *path = file_path(home_path, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

static ino_t inode_of(const char *name)
{
    CLEANUP(free_text) char *path = in_home(name);
    struct stat info;
    ck_assert_msg(stat(path, &info) == 0, "%s", path);
    return info.st_ino;
}

static int entries(const char *dir)
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

/* A file of the home, sealed as the Rust node does. */
static void put_sealed(const char *name, const char *text)
{
    CLEANUP(free_text) char *path = in_home(name);
    CLEANUP(bytes_free) struct bytes sealed = {0};
    static const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    ck_assert_ok(seal(&home.key, nonce, NULL, 0, text, strlen(text), &sealed));
    ck_assert_ok_err(file_write(path, sealed.data, sealed.len, &err), err);
}

static void make_dir(const char *name)
{
    CLEANUP(free_text) char *path = in_home(name);
    ck_assert_ok(file_make_dir(path, NULL));
}

/* ---- storing and reading ----------------------------------------------------------------------------- */

START_TEST(an_empty_home_has_no_set_and_is_not_a_rust_nodes)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert(!is_one());
    ck_assert_outcome(mpc_home_load(&home, &got, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(mpc_home_load_epoch(&home, 5, &got, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_str_eq(sets_of(NULL), "");
    ck_assert_ok(mpc_home_drop_temporary(&home, 5, NULL));
    ck_assert_int_eq(entries(home_path), 0);
}
END_TEST

START_TEST(a_stored_set_is_a_hard_link_of_its_epoch_file_and_nothing_else_lies_about)
{
    CLEANUP(free_text) char *permanent = in_home("permanent_keys");
    CLEANUP(free_text) char *key = in_home("key");
    struct stat info;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert(stored_is(5, 3, 1));
    ck_assert(is_one());
    ck_assert_uint_eq(inode_of("key"), inode_of("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_int_eq(entries(permanent), 1);
    ck_assert_int_eq(entries(work_path), 0);
    ck_assert_int_eq(stat(key, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_uint_eq(info.st_nlink, 2);
}
END_TEST

START_TEST(the_file_is_the_rust_nodes_layout)
{
    CLEANUP(free_text) char *key = in_home("key");
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok_err(store(5, 2, 1), err);
    ck_assert_ok(file_read(key, 100000, &sealed, NULL));
    ck_assert_ok(unseal(&home.key, NULL, 0, sealed.data, sealed.len, &text, NULL));
    static const char head[] =
        "{\"epoch_id\":5,\"keyshares\":[{\"key_id\":{\"epoch_id\":5,\"domain_id\":0,\"attempt_id\":";
    ck_assert_uint_gt(text.len, sizeof head);
    ck_assert_mem_eq(text.data, head, sizeof head - 1);
}
END_TEST

START_TEST(a_newer_epoch_and_more_domains_replace_and_older_files_stay)
{
    CLEANUP(free_text) char *permanent = in_home("permanent_keys");
    CLEANUP(keyshares_free) struct keyshares old = {0}, wanted = {0};
    ck_assert_ok_err(store(5, 2, 1), err);
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_ok_err(store(18446744073709551615u, 3, 2), err);
    ck_assert(stored_is(18446744073709551615u, 3, 2));
    ck_assert_int_eq(entries(permanent), 3);
    ck_assert_str_eq(sets_of(NULL), "[18446744073709551615/3] 5/3 5/2 ");
    ck_assert_str_eq(sets_of(&(uint64_t){5}), "5/3 5/2 ");
    ck_assert_ok_err(mpc_home_load_epoch(&home, 5, &old, &err), err);
    sample(5, 3, 1, &wanted);
    ck_assert(keyshares_equal(&old, &wanted));
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(mpc_home_load_epoch(&home, 18446744073709551615u, &current, &err), err);
    ck_assert_uint_eq(current.count, 3);
}
END_TEST

START_TEST(the_same_again_changes_nothing)
{
    ck_assert_ok_err(store(5, 3, 1), err);
    ino_t before = inode_of("key");
    ck_assert_outcome(store(5, 3, 1), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(inode_of("key"), before);
    ck_assert_int_eq(entries(work_path), 0);
}
END_TEST

START_TEST(what_the_rules_refuse_leaves_the_home_as_it_was)
{
    CLEANUP(free_text) char *permanent = in_home("permanent_keys");
    CLEANUP(keyshares_free) struct keyshares none = {0};
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_outcome(store(4, 3, 1), OUTCOME_KEYSHARES_OLDER);
    ck_assert_outcome(store(5, 2, 1), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_outcome(store(5, 3, 2), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_outcome(mpc_home_store(&home, &none, &upstream, &err), OUTCOME_KEYSHARES_EMPTY);
    ck_assert(stored_is(5, 3, 1));
    ck_assert_int_eq(entries(permanent), 1);
    ck_assert_int_eq(entries(work_path), 0);
}
END_TEST

START_TEST(the_home_itself_may_be_the_work_folder)
{
    CLEANUP(free_text) char *stranger = in_home(".keyshares-of-somebody");
    free_text(&home.work_dir);
    home.work_dir = strdup(home_path);
    ck_assert_ok(file_write(stranger, "left by a crash", 15, NULL));
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert(stored_is(5, 3, 1));
    ck_assert_int_eq(entries(home_path), 2);
}
END_TEST

/* ---- what others left there -------------------------------------------------------------------------- */

START_TEST(another_key_opens_nothing_and_overwrites_nothing)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert_ok_err(store(5, 3, 1), err);
    home.key.data[0] ^= 1;
    ck_assert_outcome(mpc_home_load(&home, &got, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "sealed with another key");
    ck_assert_outcome(store(6, 3, 1), OUTCOME_STORE_CORRUPT);
    home.key.data[0] ^= 1;
    ck_assert(stored_is(5, 3, 1));
}
END_TEST

START_TEST(a_damaged_or_strange_key_file_is_named_and_kept)
{
    static const char *const strange[] = {"", "{}", "[]", "{\"epoch_id\":5,\"keyshares\":[]}", "not json"};
    CLEANUP(free_text) char *key = in_home("key");
    CLEANUP(keyshares_free) struct keyshares got = {0};
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        put_sealed("key", strange[i]);
        ck_assert_outcome(mpc_home_load(&home, &got, &err), OUTCOME_STORE_CORRUPT);
        ck_assert_int_eq(err.code, OUTCOME_STORE_CORRUPT);
        ck_assert_text_has(err.text, key);
        ck_assert_outcome(store(6, 3, 1), OUTCOME_STORE_CORRUPT);
    }
    ck_assert_ok(file_write(key, "short", 5, NULL));
    ck_assert_outcome(mpc_home_load(&home, &got, &err), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(the_single_key_form_of_before_2025_is_refused_with_what_to_do)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    put_sealed("key", "{\"epoch\":3,\"private_share\":\"00\",\"public_key\":\"00\"}");
    ck_assert_outcome(mpc_home_load(&home, &got, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "start the Rust node once");
}
END_TEST

START_TEST(a_file_under_the_epochs_name_with_other_shares_is_never_overwritten)
{
    CLEANUP(free_text) char *key = in_home("key");
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_outcome(store(5, 3, 2), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "permanent_keys/epoch_5_with_3_domains");
    ck_assert(!file_exists(key));
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert(stored_is(5, 3, 1));
}
END_TEST

START_TEST(half_a_file_that_the_rust_node_left_is_named_and_never_overwritten)
{
    CLEANUP(free_text) char *half = in_home("permanent_keys/epoch_5_with_3_domains");
    CLEANUP(free_text) char *key = in_home("key");
    make_dir("permanent_keys");
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, half);
    ck_assert_text_has(err.text, "move it to another folder");
    ck_assert(!file_exists(key));
    ck_assert_int_eq(unlink(half), 0);
    ck_assert_ok_err(store(5, 3, 1), err);
}
END_TEST

/* ---- superseded attempts ------------------------------------------------------------------------------- */

/* What was handed over, "5/3 5/3 ", and whether it is taken. */
static char kept_text[64];
static bool keeps;

static result_t note_kept(const struct keyshares *set, const char *path, void *context, struct error *error)
{
    (void)path, (void)context;
    size_t at = strlen(kept_text);
    snprintf(kept_text + at, sizeof kept_text - at, "%llu/%zu ",
             (unsigned long long)set->items[0].id.epoch_id, set->count);
    return keeps ? OUTCOME_OK : error_set(error, OUTCOME_STORE_FULL, "nothing more is kept");
}

/* Another attempt of the last domain, as the contract names it now. */
static void sample_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt, struct keyshares *out)
{
    sample(epoch_id, domains, 1, out);
    out->items[domains - 1].id.attempt_id = attempt;
    out->scalars.data[(domains - 1) * KEYSHARE_SCALAR_LEN + 7] ^= (uint8_t)attempt;
}

static result_t store_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt)
{
    const struct keyshares_terms named = {.rule = keyshares_may_coexist, .keep = note_kept};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_attempt(epoch_id, domains, attempt, &shares);
    kept_text[0] = 0;
    return mpc_home_store(&home, &shares, &named, &err);
}

static bool key_is_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt)
{
    CLEANUP(keyshares_free) struct keyshares wanted = {0}, got = {0};
    sample_attempt(epoch_id, domains, attempt, &wanted);
    ck_assert_ok_err(mpc_home_load(&home, &got, &err), err);
    return keyshares_equal(&wanted, &got);
}

START_TEST(another_attempt_takes_the_name_once_the_superseded_one_is_kept)
{
    ck_assert_ok_err(store_attempt(5, 3, 7), err);
    keeps = false;
    ck_assert_outcome(store_attempt(5, 3, 9), OUTCOME_STORE_FULL);
    ck_assert(key_is_attempt(5, 3, 7));
    ck_assert_str_eq(sets_of(NULL), "[5/3] ");
    keeps = true;
    ck_assert_ok_err(store_attempt(5, 3, 9), err);
    ck_assert_str_eq(kept_text, "5/3 ");
    ck_assert(key_is_attempt(5, 3, 9));
    ck_assert_uint_eq(inode_of("key"), inode_of("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_str_eq(sets_of(NULL), "[5/3] ");
    ck_assert_int_eq(entries(work_path), 0);
}
END_TEST

START_TEST(a_superseded_key_of_another_size_leaves_its_name_free)
{
    keeps = true;
    ck_assert_ok_err(store(4, 2, 1), err);
    ck_assert_ok_err(store_attempt(5, 4, 7), err);
    ck_assert_str_eq(kept_text, "");
    ck_assert_ok_err(store_attempt(5, 3, 9), err);
    ck_assert_str_eq(kept_text, "5/4 ");
    ck_assert_str_eq(sets_of(NULL), "[5/3] 4/2 ");
    /* One of a later epoch came to nothing, the contract is at this one. */
    ck_assert_ok_err(store(6, 3, 1), err);
    ck_assert_ok_err(store_attempt(5, 3, 11), err);
    ck_assert_str_eq(kept_text, "6/3 5/3 ");
    ck_assert_str_eq(sets_of(NULL), "[5/3] 4/2 ");
    ck_assert(key_is_attempt(5, 3, 11));
}
END_TEST

START_TEST(a_file_in_the_way_that_is_not_the_key_is_kept_and_replaced)
{
    CLEANUP(free_text) char *key = in_home("key");
    keeps = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_ok_err(store_attempt(5, 3, 9), err);
    ck_assert_str_eq(kept_text, "5/3 ");
    ck_assert(key_is_attempt(5, 3, 9));
}
END_TEST

START_TEST(a_larger_key_that_has_all_the_shares_is_left_alone)
{
    ck_assert_ok_err(store(5, 4, 1), err);
    CLEANUP(keyshares_free) struct keyshares all = {0}, part = {0};
    sample(5, 4, 1, &all);
    for (size_t i = 0; i < 2; i++)
        ck_assert_ok(keyshares_add(&part, &all.items[i], keyshare_scalar(&all, i)));
    const struct keyshares_terms named = {.rule = keyshares_may_coexist};
    ck_assert_outcome(mpc_home_store(&home, &part, &named, &err), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_str_eq(sets_of(NULL), "[5/4] ");
}
END_TEST

START_TEST(a_key_without_its_file_gets_one_before_it_is_replaced)
{
    CLEANUP(free_text) char *file = in_home("permanent_keys/epoch_5_with_3_domains");
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_ok_err(store(6, 3, 1), err);
    ck_assert_str_eq(sets_of(NULL), "[6/3] 5/3 ");
}
END_TEST

static void make_old(const char *path)
{
    const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
}

START_TEST(half_a_file_that_nobody_writes_any_more_is_moved_aside)
{
    CLEANUP(free_text) char *half = in_home("permanent_keys/epoch_5_with_3_domains");
    CLEANUP(free_text) char *aside = in_home("migration-store/torn_epoch_5_with_3_domains.1700000000");
    CLEANUP(bytes_free) struct bytes found = {0};
    ck_assert_ok_err(store(4, 2, 1), err);
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_CORRUPT); /* it may be being written just now */
    make_old(half);
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert(stored_is(5, 3, 1));
    ck_assert_ok_err(file_read(aside, 100, &found, &err), err);
    ck_assert_uint_eq(found.len, 30);
}
END_TEST

START_TEST(a_file_that_does_not_open_stays_where_nothing_shows_that_the_key_is_the_right_one)
{
    CLEANUP(free_text) char *half = in_home("permanent_keys/epoch_5_with_3_domains");
    make_dir("permanent_keys");
    ck_assert_ok(file_write(half, "sealed with another key, perhaps", 32, NULL));
    make_old(half);
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_CORRUPT);
    ck_assert(file_exists(half));
}
END_TEST

/* ---- what stopped stores left, and taking out ---------------------------------------------------------- */

static bool fits;

static result_t fit_all(const struct keyshares *set, void *context, bool *fit, struct error *error)
{
    (void)set, (void)context, (void)error;
    *fit = fits;
    return OUTCOME_OK;
}

static const char *mended(void)
{
    ck_assert_ok_err(mpc_home_mend(&home, fit_all, NULL, &err), err);
    return sets_of(NULL);
}

/* As a Rust node that is stopped before its link: the file is whole, and `key` is still the older one. */
static void leave_unlinked(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(free_text) char *path = NULL;
    char name[96];
    sample(epoch_id, domains, seed, &shares);
    ck_assert_ok(permanent_keyshares_write(&shares, &text));
    ck_assert_ok(secret_append(&text, "", 1));
    snprintf(name, sizeof name, "permanent_keys/epoch_%llu_with_%zu_domains", (unsigned long long)epoch_id,
             domains);
    make_dir("permanent_keys");
    put_sealed(name, (const char *)text.data);
    path = in_home(name);
    make_old(path);
}

START_TEST(a_file_whose_link_is_missing_becomes_key_once_nobody_writes_it)
{
    CLEANUP(free_text) char *file = in_home("permanent_keys/epoch_6_with_3_domains");
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_str_eq(mended(), "[5/3] ");
    leave_unlinked(6, 3, 2);
    ck_assert_int_eq(utimensat(AT_FDCWD, file, NULL, 0), 0);
    ck_assert_str_eq(mended(), "[5/3] 6/3 "); /* a Rust node may be at it */
    make_old(file);
    fits = false;
    ck_assert_str_eq(mended(), "[5/3] 6/3 ");
    fits = true;
    ck_assert_str_eq(mended(), "[6/3] 5/3 ");
    ck_assert_uint_eq(inode_of("key"), inode_of("permanent_keys/epoch_6_with_3_domains"));
    ck_assert_int_eq(entries(work_path), 0);
    ck_assert_str_eq(mended(), "[6/3] 5/3 ");
}
END_TEST

START_TEST(a_key_that_was_unlinked_and_not_linked_again_comes_back)
{
    CLEANUP(free_text) char *key = in_home("key");
    fits = true;
    leave_unlinked(5, 2, 1);
    leave_unlinked(5, 3, 1);
    leave_unlinked(4, 3, 2);
    ck_assert(!file_exists(key));
    ck_assert_text_has(mended(), "[5/");
    ck_assert(file_exists(key));
}
END_TEST

START_TEST(what_a_rust_node_would_not_store_does_not_become_key)
{
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    leave_unlinked(4, 3, 2); /* older */
    leave_unlinked(6, 2, 2); /* without a stored domain */
    leave_unlinked(5, 4, 2); /* with other private shares */
    ck_assert_text_has(mended(), "[5/3] ");
    ck_assert(stored_is(5, 3, 1));
}
END_TEST

START_TEST(a_file_that_is_not_what_its_name_says_does_not_become_key)
{
    CLEANUP(free_text) char *named = in_home("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *renamed = in_home("permanent_keys/epoch_7_with_3_domains");
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    leave_unlinked(6, 3, 2);
    ck_assert_int_eq(rename(named, renamed), 0);
    mended();
    ck_assert(stored_is(5, 3, 1));
}
END_TEST

START_TEST(half_a_file_is_moved_aside_at_the_start_and_the_next_store_of_a_rust_node_works)
{
    CLEANUP(free_text) char *half = in_home("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *aside = in_home("migration-store/torn_epoch_6_with_3_domains.1700000000");
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    mended();
    ck_assert(file_exists(half));
    make_old(half);
    ck_assert_str_eq(mended(), "[5/3] ");
    ck_assert(!file_exists(half) && file_exists(aside));
    home.key.data[0] ^= 1; /* nothing opens: then nothing shows that it is torn */
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    make_old(half);
    ck_assert_ok_err(mpc_home_mend(&home, fit_all, NULL, &err), err);
    ck_assert(file_exists(half));
    home.key.data[0] ^= 1;
}
END_TEST

/* As after a home was put back from a copy that had the half file too. */
START_TEST(half_a_file_that_comes_back_is_moved_aside_again_beside_the_first)
{
    CLEANUP(free_text) char *half = in_home("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *first = in_home("migration-store/torn_epoch_6_with_3_domains.1700000000");
    CLEANUP(free_text) char *second = in_home("migration-store/torn_epoch_6_with_3_domains.1700000000.1");
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    for (int times = 0; times < 2; times++) {
        ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
        make_old(half);
        ck_assert_str_eq(mended(), "[5/3] ");
        ck_assert(!file_exists(half));
    }
    ck_assert(file_exists(first) && file_exists(second));
}
END_TEST

static void remove_set(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample(epoch_id, domains, seed, &shares);
    ck_assert_ok_err(mpc_home_remove(&home, &shares, fit_all, NULL, &err), err);
}

START_TEST(a_set_that_is_taken_out_leaves_the_one_before_it_as_key)
{
    fits = true;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_ok_err(store(6, 3, 2), err);
    remove_set(6, 3, 7); /* others of that name are not meant */
    ck_assert_str_eq(sets_of(NULL), "[6/3] 5/3 ");
    remove_set(6, 3, 2);
    ck_assert_str_eq(sets_of(NULL), "[5/3] ");
    remove_set(6, 3, 2);
    ck_assert_uint_eq(inode_of("key"), inode_of("permanent_keys/epoch_5_with_3_domains"));
    remove_set(5, 3, 1);
    ck_assert_str_eq(sets_of(NULL), "");
    ck_assert_int_eq(entries(work_path), 0);
}
END_TEST

START_TEST(a_set_that_may_not_be_key_does_not_take_its_place)
{
    CLEANUP(free_text) char *key = in_home("key");
    fits = false;
    ck_assert_ok_err(store(5, 3, 1), err);
    ck_assert_ok_err(store(6, 3, 2), err);
    remove_set(6, 3, 2);
    ck_assert_str_eq(sets_of(NULL), "5/3 ");
    ck_assert(!file_exists(key));
}
END_TEST

static void put_another_key(enum mpc_home_step now, void *context)
{
    if (now == MPC_HOME_KEY_LINKED)
        put_sealed("key", (const char *)context);
}

START_TEST(a_key_that_another_program_replaced_meanwhile_is_not_overwritten)
{
    static char other[] = "the Rust node's";
    ck_assert_ok_err(store(5, 2, 1), err);
    home.step = put_another_key;
    home.step_context = other;
    ck_assert_outcome(store(5, 3, 1), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "changed by another program");
    ck_assert_uint_ne(inode_of("key"), inode_of("permanent_keys/epoch_5_with_3_domains"));
}
END_TEST

START_TEST(a_home_that_cannot_be_written_is_an_io_error)
{
    CLEANUP(free_text) char *file = in_home("permanent_keys");
    ck_assert_ok(file_write(file, "a file", 6, NULL));
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, "permanent_keys");
    ck_assert_outcome(mpc_home_each_set(&home, NULL, note_set, NULL, &err), OUTCOME_STORE_IO);
    free_text(&home.work_dir);
    home.work_dir = strdup("/nonexistent/work");
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_IO);
}
END_TEST

START_TEST(a_work_folder_on_another_file_system_is_refused_with_nothing_changed)
{
    char other[] = "/dev/shm/mpc-test-XXXXXX";
    struct stat here, there;
    if (!mkdtemp(other) || stat(other, &there) != 0 || stat(home_path, &here) != 0 ||
        here.st_dev == there.st_dev) {
        printf("SKIP: there is no second file system here\n");
        return;
    }
    CLEANUP(free_text) char *key = in_home("key");
    free_text(&home.work_dir);
    home.work_dir = strdup(other);
    ck_assert_outcome(store(5, 3, 1), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, "epoch_5_with_3_domains");
    ck_assert(!file_exists(key));
    ck_assert_int_eq(entries(other), 0);
    rmdir(other);
}
END_TEST

START_TEST(sets_come_by_falling_epoch_and_size_and_strange_names_are_left_out)
{
    static const char *const strange[] = {
        "permanent_keys/epoch_08_with_1_domains",
        "permanent_keys/epoch_6_with_1_domains.tmp",
        "permanent_keys/other",
    };
    ck_assert_ok_err(store(5, 1, 1), err);
    ck_assert_ok_err(store(5, 2, 1), err);
    ck_assert_ok_err(store(7, 2, 1), err);
    for (size_t i = 0; i < ARRAY_LEN(strange); i++)
        put_sealed(strange[i], "x");
    put_sealed("permanent_keys/epoch_9_with_1_domains", "x");
    put_sealed("permanent_keys/epoch_5_with_3_domains", "x");
    ck_assert_str_eq(sets_of(NULL), "[7/2] ?epoch_9_with_1_domains ?epoch_5_with_3_domains 5/2 5/1 ");
    /* One that cannot be opened does not hide the others of its epoch. */
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert_ok_err(mpc_home_load_epoch(&home, 5, &got, &err), err);
    ck_assert_uint_eq(got.count, 2);
    CLEANUP(keyshares_free) struct keyshares none = {0};
    ck_assert_outcome(mpc_home_load_epoch(&home, 9, &none, &err), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(stores_of_two_processes_take_turns)
{
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            result_t result = store(i == 0 ? 5 : 6, 2, 1);
            _exit(result == OUTCOME_OK || (i == 0 && result == OUTCOME_KEYSHARES_OLDER) ? 0 : 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert(stored_is(6, 2, 1));
    ck_assert_int_eq(entries(work_path), 0);
}
END_TEST

/* ---- crashes ----------------------------------------------------------------------------------------- */

static void die_at(enum mpc_home_step now, void *context)
{
    if (now == *(const enum mpc_home_step *)context)
        _exit(42);
}

static void store_and_die(enum mpc_home_step at, size_t domains)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        home.step = die_at;
        home.step_context = &at;
        result_t result = store(5, domains, 1);
        _exit(result == OUTCOME_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 42);
}

START_TEST(a_crash_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_store_works)
{
    enum mpc_home_step at = (enum mpc_home_step)_i;
    CLEANUP(free_text) char *permanent = in_home("permanent_keys");
    ck_assert_ok_err(store(5, 2, 1), err);
    store_and_die(at, 3);
    ck_assert(stored_is(5, at >= MPC_HOME_KEY_RENAMED ? 3 : 2, 1));
    ck_assert_outcome(store(5, 3, 1), at >= MPC_HOME_KEY_RENAMED ? OUTCOME_KEYSHARES_UNCHANGED : OUTCOME_OK);
    ck_assert(stored_is(5, 3, 1));
    ck_assert_uint_eq(inode_of("key"), inode_of("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_int_eq(entries(permanent), 2);
    ck_assert_int_eq(entries(work_path), 0);
    ck_assert_ok_err(store(6, 3, 3), err);
}
END_TEST

START_TEST(a_crash_in_the_first_store_leaves_no_set_or_the_whole_one)
{
    enum mpc_home_step at = (enum mpc_home_step)_i;
    CLEANUP(keyshares_free) struct keyshares got = {0};
    store_and_die(at, 3);
    ck_assert_outcome(mpc_home_load(&home, &got, &err),
                      at >= MPC_HOME_KEY_RENAMED ? OUTCOME_OK : OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(store(5, 3, 1), at >= MPC_HOME_KEY_RENAMED ? OUTCOME_KEYSHARES_UNCHANGED : OUTCOME_OK);
    ck_assert(stored_is(5, 3, 1));
}
END_TEST

/* ---- temporary keys ---------------------------------------------------------------------------------- */

static void put_temporary(const struct keyshares *shares, size_t index, const char *name)
{
    CLEANUP(keyshares_free) struct keyshares one = {0};
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok(keyshares_add(&one, &shares->items[index], keyshare_scalar(shares, index)));
    ck_assert_ok(keyshares_write(&one, &text));
    text.data[text.len - 1] = 0; /* without the brackets of the array */
    put_sealed(name, (const char *)text.data + 1);
}

START_TEST(a_temporary_share_is_found_by_its_exact_id)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0}, got = {0};
    make_dir("temporary_keys");
    sample(5, 3, 1, &shares);
    struct key_event_id id = shares.items[1].id, other = id;
    char name[128];
    snprintf(name, sizeof name, "temporary_keys/keyshare_5_1_%llu", (unsigned long long)id.attempt_id);
    put_temporary(&shares, 1, name);
    ck_assert_ok_err(mpc_home_load_temporary(&home, &id, &got, &err), err);
    ck_assert_uint_eq(got.count, 1);
    ck_assert(key_event_id_equal(&got.items[0].id, &id));
    ck_assert_mem_eq(keyshare_scalar(&got, 0), keyshare_scalar(&shares, 1), KEYSHARE_SCALAR_LEN);
    other.attempt_id++;
    ck_assert_outcome(mpc_home_load_temporary(&home, &other, &got, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(a_temporary_file_that_is_not_what_its_name_says_is_corrupt)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0}, got = {0};
    struct key_event_id id = {.epoch_id = 5, .domain_id = 7, .attempt_id = 8};
    make_dir("temporary_keys");
    sample(5, 3, 1, &shares);
    put_temporary(&shares, 1, "temporary_keys/keyshare_5_7_8");
    ck_assert_outcome(mpc_home_load_temporary(&home, &id, &got, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "keyshare_5_7_8");
    put_sealed("temporary_keys/keyshare_5_7_8", "{},{}");
    ck_assert_outcome(mpc_home_load_temporary(&home, &id, &got, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(a_temporary_file_that_cannot_be_deleted_is_named)
{
    make_dir("temporary_keys");
    make_dir("temporary_keys/keyshare_4_0_0");
    ck_assert_outcome(mpc_home_drop_temporary(&home, 5, &err), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, "keyshare_4_0_0");
}
END_TEST

START_TEST(temporary_files_of_older_epochs_are_dropped_and_nothing_else)
{
    static const struct {
        const char *name;
        bool stays;
    } files[] = {
        {"temporary_keys/keyshare_4_0_0", false},  {"temporary_keys/started_4_0_0", false},
        {"temporary_keys/keyshare_5_0_0", true},   {"temporary_keys/started_18446744073709551615_0_0", true},
        {"temporary_keys/keyshare_4_0", true},     {"temporary_keys/keyshare_x_0_0", true},
        {"temporary_keys/keyshare_-4_0_0", true},  {"temporary_keys/keyshare_4x_0_0", true},
        {"temporary_keys/keyshare_4_0_0_0", true}, {"temporary_keys/note", true},
    };
    make_dir("temporary_keys");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        put_sealed(files[i].name, "x");
    ck_assert_ok_err(mpc_home_drop_temporary(&home, 5, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(free_text) char *path = in_home(files[i].name);
        ck_assert_msg(file_exists(path) == files[i].stays, "%s", files[i].name);
    }
}
END_TEST

/* ---- the reference file ------------------------------------------------------------------------------ */

START_TEST(the_reference_permanent_file_opens_as_key)
{
    CLEANUP(bytes_free) struct bytes file = {0}, json = {0};
    CLEANUP(keyshares_free) struct keyshares got = {0}, wanted = {0};
    CLEANUP(free_text) char *key = in_home("key");
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &file) ||
        !reference_data("keyshares/keyshares.json", &json))
        return;
    ck_assert_ok(file_write(key, file.data, file.len, NULL));
    ck_assert_ok_err(mpc_home_load(&home, &got, &err), err);
    ck_assert_ok_err(keyshares_parse((const char *)json.data, json.len, &wanted, &err), err);
    ck_assert(keyshares_equal(&got, &wanted));
    ck_assert_outcome(mpc_home_store(&home, &wanted, &upstream, &err), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/mpc_home");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_empty_home_has_no_set_and_is_not_a_rust_nodes);
    tcase_add_test(tcase, a_stored_set_is_a_hard_link_of_its_epoch_file_and_nothing_else_lies_about);
    tcase_add_test(tcase, the_file_is_the_rust_nodes_layout);
    tcase_add_test(tcase, a_newer_epoch_and_more_domains_replace_and_older_files_stay);
    tcase_add_test(tcase, the_same_again_changes_nothing);
    tcase_add_test(tcase, what_the_rules_refuse_leaves_the_home_as_it_was);
    tcase_add_test(tcase, the_home_itself_may_be_the_work_folder);
    tcase_add_test(tcase, another_key_opens_nothing_and_overwrites_nothing);
    tcase_add_test(tcase, a_damaged_or_strange_key_file_is_named_and_kept);
    tcase_add_test(tcase, the_single_key_form_of_before_2025_is_refused_with_what_to_do);
    tcase_add_test(tcase, a_file_under_the_epochs_name_with_other_shares_is_never_overwritten);
    tcase_add_test(tcase, half_a_file_that_the_rust_node_left_is_named_and_never_overwritten);
    tcase_add_test(tcase, another_attempt_takes_the_name_once_the_superseded_one_is_kept);
    tcase_add_test(tcase, a_superseded_key_of_another_size_leaves_its_name_free);
    tcase_add_test(tcase, a_file_in_the_way_that_is_not_the_key_is_kept_and_replaced);
    tcase_add_test(tcase, a_larger_key_that_has_all_the_shares_is_left_alone);
    tcase_add_test(tcase, a_key_without_its_file_gets_one_before_it_is_replaced);
    tcase_add_test(tcase, half_a_file_that_nobody_writes_any_more_is_moved_aside);
    tcase_add_test(tcase, a_file_that_does_not_open_stays_where_nothing_shows_that_the_key_is_the_right_one);
    tcase_add_test(tcase, a_file_whose_link_is_missing_becomes_key_once_nobody_writes_it);
    tcase_add_test(tcase, a_key_that_was_unlinked_and_not_linked_again_comes_back);
    tcase_add_test(tcase, what_a_rust_node_would_not_store_does_not_become_key);
    tcase_add_test(tcase, a_file_that_is_not_what_its_name_says_does_not_become_key);
    tcase_add_test(tcase, half_a_file_is_moved_aside_at_the_start_and_the_next_store_of_a_rust_node_works);
    tcase_add_test(tcase, half_a_file_that_comes_back_is_moved_aside_again_beside_the_first);
    tcase_add_test(tcase, a_set_that_is_taken_out_leaves_the_one_before_it_as_key);
    tcase_add_test(tcase, a_set_that_may_not_be_key_does_not_take_its_place);
    tcase_add_test(tcase, a_key_that_another_program_replaced_meanwhile_is_not_overwritten);
    tcase_add_test(tcase, a_home_that_cannot_be_written_is_an_io_error);
    tcase_add_test(tcase, a_work_folder_on_another_file_system_is_refused_with_nothing_changed);
    tcase_add_test(tcase, sets_come_by_falling_epoch_and_size_and_strange_names_are_left_out);
    tcase_add_test(tcase, stores_of_two_processes_take_turns);
    tcase_add_loop_test(tcase, a_crash_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_store_works,
                        0, MPC_HOME_STEPS);
    tcase_add_loop_test(tcase, a_crash_in_the_first_store_leaves_no_set_or_the_whole_one, 0, MPC_HOME_STEPS);
    tcase_add_test(tcase, a_temporary_share_is_found_by_its_exact_id);
    tcase_add_test(tcase, a_temporary_file_that_is_not_what_its_name_says_is_corrupt);
    tcase_add_test(tcase, a_temporary_file_that_cannot_be_deleted_is_named);
    tcase_add_test(tcase, temporary_files_of_older_epochs_are_dropped_and_nothing_else);
    tcase_add_test(tcase, the_reference_permanent_file_opens_as_key);
    return run_suite(suite);
}

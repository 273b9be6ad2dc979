#include "tests/support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/copy_tree.h"

int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const char *reference_data_dir(void)
{
    static char path[4096];
    const char *given = getenv("MPC_REFERENCE_DATA");
    if (given) {
        snprintf(path, sizeof path, "%s", given);
    } else {
        const char *top = getenv("top_srcdir");
        snprintf(path, sizeof path, "%s/../shared/data", top ? top : ".");
    }
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? path : NULL;
}

bool reference_data(const char *name, struct bytes *out)
{
    const char *dir = reference_data_dir();
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", dir ? dir : "(reference data)", name);
    FILE *file = dir ? fopen(path, "rbe") : NULL;
    if (!file) {
        printf("SKIP: reference data %s is not here\n", name);
        return false;
    }
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        ck_assert_ok(bytes_append(out, chunk, got));
    fclose(file);
    return true;
}

static char temporary_path[256];
static pid_t temporary_owner;

static void temporary_remove(void)
{
    if (temporary_path[0] && getpid() == temporary_owner)
        remove_tree(temporary_path);
}

const char *temporary_dir(void)
{
    if (temporary_owner != getpid()) {
        const char *base = getenv("MPC_TEST_DIR");
        snprintf(temporary_path, sizeof temporary_path, "%s/mpc-test-XXXXXX", base ? base : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(temporary_path));
        temporary_owner = getpid();
        atexit(temporary_remove);
    }
    return temporary_path;
}

char *fresh_dir(void)
{
    char *path;
    ck_assert_int_gt(asprintf(&path, "%s/XXXXXX", temporary_dir()), 0);
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

uint64_t test_seed(void)
{
    static uint64_t seed;
    if (!seed) {
        const char *given = getenv("MPC_TEST_SEED");
        seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
        printf("MPC_TEST_SEED=%" PRIu64 "\n", seed);
    }
    return seed;
}

uint64_t test_random(uint64_t *state)
{
    /* splitmix64 */
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

const char *read_printed(FILE *file, struct bytes *out)
{
    char chunk[4096];
    ssize_t len;
    bytes_clear(out);
    ck_assert_ok(bytes_append(out, "", 0));
    ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
    while ((len = read(fileno(file), chunk, sizeof(chunk))) > 0)
        ck_assert_ok(bytes_append(out, chunk, (size_t)len));
    ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
    rewind(file);
    return out->len ? (const char *)out->data : "";
}

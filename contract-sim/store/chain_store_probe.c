#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "contract-sim/store/chain_store_internal.h"

static result_t look(const struct chain_table_record *record, void *context, struct error *err)
{
    (void)record, (void)context, (void)err;
    return OUTCOME_OK;
}

/* Whether it is ours at all is for the one who opens it to say. */
static result_t read_everything(struct database_txn *base, void *context, struct error *err)
{
    (void)context;
    struct chain_tables tables;
    result_t result = chain_tables_open(base, false, &tables, err);
    if (result != OUTCOME_OK)
        return result == OUTCOME_STORE_NOT_FOUND || result == OUTCOME_CONFIG_INVALID ? OUTCOME_OK : result;
    struct chain_table_txn txn = {.tables = &tables, .base = base};
    for (size_t i = 0; i < CHAIN_TABLES; i++)
        TRY(chain_table_each(&txn, (enum chain_table)i, look, NULL, err));
    return OUTCOME_OK;
}

/* What a child says in its exit code. */
enum { PROBE_GOOD, PROBE_CORRUPT, PROBE_NO_MEMORY, PROBE_FAILED };

static int probe(const char *dir)
{
    struct database_settings settings = chain_store_settings(DATABASE_UNTOUCHED);
    struct database database;
    result_t result = database_open(dir, &settings, &database, NULL);
    if (result == OUTCOME_OK)
        result = database_read(&database, read_everything, NULL, NULL);
    switch (result) {
    case OUTCOME_OK:
        return PROBE_GOOD;
    case OUTCOME_STORE_CORRUPT:
        return PROBE_CORRUPT;
    case OUTCOME_NO_MEMORY:
        return PROBE_NO_MEMORY;
    default:
        return PROBE_FAILED;
    }
}

/* What LMDB or a sanitizer has to say about a page that makes no sense would only confuse. */
static void silence(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        dup2(fd, STDERR_FILENO);
}

static result_t verdict(int status, struct error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == PROBE_GOOD)
        return OUTCOME_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == PROBE_NO_MEMORY)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the chain store");
    if (WIFEXITED(status) && WEXITSTATUS(status) == PROBE_FAILED)
        return error_set(err, OUTCOME_STORE_IO, CHAIN_STORE_WHAT ": data.mdb cannot be read");
    return error_set(err, OUTCOME_STORE_CORRUPT,
                     CHAIN_STORE_WHAT
                     ": data.mdb is damaged; put a copy of the folder back, or give an empty one "
                     "for a new chain");
}

result_t chain_store_probe(const char *dir, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(dir, "data.mdb");
    struct stat info;
    int status;
    if (!path)
        return OUTCOME_NO_MEMORY;
    if (stat(path, &info) || !info.st_size)
        return OUTCOME_OK;
    pid_t child = fork();
    if (child < 0)
        return error_set(err, OUTCOME_STORE_IO, "cannot start a process: %s", strerror(errno));
    if (!child) {
        silence();
        _exit(probe(dir));
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(err, OUTCOME_STORE_IO, "cannot wait for a process: %s", strerror(errno));
    return verdict(status, err);
}

#include "tests/support/crash_image.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

void crash_image_write(const struct disk_log *left, const char *folder)
{
    struct disk_tree tree;
    disk_tree_make(left, &tree);
    disk_tree_write(&tree, folder);
    disk_tree_free(&tree);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind;
    return walk->level ? remove(path) : 0;
}

void crash_image_clear(const char *folder)
{
    ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static bool judge_apart(const char *folder, crash_judge *judge, const void *context, char why[CRASH_WHY_MAX])
{
    int pipe_fds[2];
    int status;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    fflush(stdout);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        bool good = judge(folder, context, why);
        _exit(good || write(pipe_fds[1], why, strlen(why)) < 0 ? 0 : 1);
    }
    close(pipe_fds[1]);
    ssize_t len = read(pipe_fds[0], why, CRASH_WHY_MAX - 1);
    why[len > 0 ? len : 0] = 0;
    close(pipe_fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        snprintf(why, CRASH_WHY_MAX, "signal %d", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool crash_image_try(const struct disk_log *left, const char *folder, crash_judge *judge, const void *context,
                     char why[CRASH_WHY_MAX])
{
    crash_image_write(left, folder);
    bool good = judge_apart(folder, judge, context, why);
    crash_image_clear(folder);
    return good;
}

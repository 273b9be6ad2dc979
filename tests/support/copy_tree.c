#include "tests/support/copy_tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/support.h"

static const char *copy_from, *copy_to;

static void copy_file(const char *from, const char *to, const struct stat *info)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info->st_mode);
    ck_assert_int_ge(in, 0);
    ck_assert_int_ge(out, 0);
    for (off_t left = info->st_size; left > 0;) {
        ssize_t sent = sendfile(out, in, NULL, (size_t)left);
        ck_assert_int_gt(sent, 0);
        left -= sent;
    }
    close(in);
    close(out);
}

static int copy_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    char to[4096];
    snprintf(to, sizeof to, "%s%s", copy_to, path + strlen(copy_from));
    if (type == FTW_D)
        ck_assert(walk->level == 0 || mkdir(to, info->st_mode) == 0);
    else
        copy_file(path, to, info);
    return 0;
}

void copy_tree(const char *from, const char *to)
{
    copy_from = from;
    copy_to = to;
    ck_assert_int_eq(nftw(from, copy_one, 16, FTW_PHYS), 0);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

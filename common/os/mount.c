#include "common/os/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"

static result_t look(const char *path, struct statx *out, struct error *err)
{
    if (statx(AT_FDCWD, path, 0, STATX_TYPE | STATX_MNT_ID, out) == 0)
        return OUTCOME_OK;
    return error_set(err, file_outcome(errno), "cannot look at %s: %s", path, strerror(errno));
}

/* Linux before 5.8 does not say which mount it is. */
static bool has_mount(const struct statx *info)
{
    return (info->stx_mask & STATX_MNT_ID) != 0;
}

result_t mount_is_same(const char *a, const char *b, bool *same, struct error *err)
{
    struct statx left, right;
    TRY(look(a, &left, err));
    TRY(look(b, &right, err));
    *same = left.stx_dev_major == right.stx_dev_major && left.stx_dev_minor == right.stx_dev_minor;
    if (has_mount(&left) && has_mount(&right))
        *same = *same && left.stx_mnt_id == right.stx_mnt_id;
    return OUTCOME_OK;
}

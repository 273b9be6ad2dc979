#include "node/home_lock.h"

#include "common/os/file.h"
#include "node/store_internal.h"

result_t home_lock_take(const char *home_dir, struct lock_file *out, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home_dir, STORE_DIR_NAME);
    return dir ? lock_file_take(dir, home_dir, out, err) : OUTCOME_NO_MEMORY;
}

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "node/cmd_common.h"

/* Past stdio, whose buffer would keep a copy. */
static result_t export_write(int fd, const struct secret *text, struct error *err)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t len = write(fd, text->data + done, text->len - done);
        if (len < 0 && errno != EINTR)
            return error_set(err, OUTCOME_STORE_IO, "standard output cannot be written: %s", strerror(errno));
        done += len > 0 ? (size_t)len : 0;
    }
    return OUTCOME_OK;
}

/* With a keyset what GET would serve for it, wherever it lies. */
static result_t export_load(const struct cmd_env *env, struct store *store, struct keyshares *out,
                            struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    if (!env->keyset_file)
        return cmd_load_held(env, store, out, err);
    TRY(cmd_read_keyset(env->keyset_file, &keyset, err));
    if (env->epoch && *env->epoch != keyset.epoch_id)
        return error_set(err, OUTCOME_USAGE,
                         "--epoch %" PRIu64 ": the keyset of --keyset is of epoch %" PRIu64, *env->epoch,
                         keyset.epoch_id);
    if (keyset.count == 0)
        return error_set(err, OUTCOME_KEYSHARES_EMPTY, "%s: a keyset without domains has no key shares",
                         env->keyset_file);
    return store_get(store, &keyset, out, err);
}

result_t cmd_keyshares_export(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret text = {0};
    int fd = fileno(env->out);
    if (isatty(fd))
        return error_set(
            err, OUTCOME_USAGE,
            "key shares are not written to a terminal: send standard output to a file or a pipe");
    TRY(cmd_open_store(env, true, &store, err));
    TRY(export_load(env, store, &shares, err));
    TRY(keyshares_write(&shares, &text));
    return export_write(fd, &text, err);
}

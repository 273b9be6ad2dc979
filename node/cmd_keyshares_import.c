#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/cmd_common.h"

#define IMPORT_CHUNK_BYTES 65536

/* Past stdio, whose buffer would keep a copy. */
static result_t import_read_stream(FILE *in, struct secret *out, struct error *err)
{
    CLEANUP(secret_free) struct secret chunk = {0};
    TRY(secret_make(&chunk, IMPORT_CHUNK_BYTES));
    for (;;) {
        ssize_t len = read(fileno(in), chunk.data, chunk.len);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return error_set(err, OUTCOME_STORE_IO, "standard input cannot be read: %s", strerror(errno));
        if (len == 0)
            return OUTCOME_OK;
        if (out->len + (size_t)len > KEYSHARES_JSON_BYTES_MAX)
            return error_set(err, OUTCOME_JSON_TOO_LARGE, "standard input is larger than %u bytes",
                             KEYSHARES_JSON_BYTES_MAX);
        TRY(secret_append(out, chunk.data, (size_t)len));
    }
}

static result_t import_read(const struct cmd_env *env, struct secret *out, struct error *err)
{
    if (strcmp(env->operand, "-") == 0)
        return import_read_stream(env->in, out, err);
    result_t result = file_read_secret(env->operand, KEYSHARES_JSON_BYTES_MAX, FILE_EXPOSED_WARN, out, err);
    if (result == OUTCOME_LIMIT)
        return error_set(err, OUTCOME_JSON_TOO_LARGE, "%s is larger than %u bytes", env->operand,
                         KEYSHARES_JSON_BYTES_MAX);
    return result;
}

result_t cmd_keyshares_import(const struct cmd_env *env, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(cmd_close_store) struct store *store = NULL;
    TRY(import_read(env, &text, err));
    TRY(keyshares_parse((const char *)text.data, text.len, &shares, err));
    secret_free(&text);
    TRY(cmd_open_store(env, false, &store, err));
    result_t result = store_put(store, &shares, err);
    if (!outcome_ok(result))
        return result;
    TRY(cmd_print_set(env, result, outcome_of(result)->text, &shares, err));
    return result;
}

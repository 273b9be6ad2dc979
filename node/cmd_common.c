#include "node/cmd_common.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/os/file.h"

void cmd_close_store(struct store **store)
{
    store_close(*store);
}

result_t cmd_open_store(const struct cmd_env *env, bool read_only, struct store **out, struct error *err)
{
    struct store_options options = {.home_dir = env->home_dir,
                                    .kind = env->store_kind,
                                    .key = env->secret_store_key,
                                    .access = read_only ? STORE_READ_ONLY : STORE_READ_WRITE};
    return store_open(&options, out, err);
}

result_t cmd_open_unmended(const struct cmd_env *env, struct store **out, struct error *err)
{
    struct store_options options = {.home_dir = env->home_dir,
                                    .kind = env->store_kind,
                                    .key = env->secret_store_key,
                                    .access = STORE_READ_WRITE,
                                    .unmended = true};
    return store_open(&options, out, err);
}

result_t cmd_read_keyset(const char *path, struct keyset *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(file_read(path, json_limits_keyset.bytes_max, &text, err));
    result_t result = keyset_parse((const char *)text.data, text.len, out, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", path);
}

result_t cmd_print(const struct cmd_env *env, const struct bytes *text, struct error *err)
{
    if (fwrite(text->data, 1, text->len, env->out) != text->len || fflush(env->out) != 0)
        return error_set(err, OUTCOME_STORE_IO, "the result cannot be written: %s", strerror(errno));
    return OUTCOME_OK;
}

result_t cmd_print_set(const struct cmd_env *env, result_t result, const char *sentence,
                       const struct keyshares *shares, struct error *err)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    uint64_t epoch_id = shares->items[0].id.epoch_id;
    TRY(keyshares_digest(shares, digest));
    if (env->json)
        TRY(bytes_append_format(
            &out, "{\"outcome\":\"%s\",\"epoch_id\":%" PRIu64 ",\"keyshares\":%zu,\"digest\":\"%s\"}\n",
            outcome_of(result)->name, epoch_id, shares->count, digest));
    else
        TRY(bytes_append_format(&out, "epoch %" PRIu64 ", %zu key shares, digest %s: %s\n", epoch_id,
                                shares->count, digest, sentence));
    return cmd_print(env, &out, err);
}

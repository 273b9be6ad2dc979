#include "node/cmd_common.h"

static result_t unreadable_print(const struct cmd_env *env, const struct store_unreadable *moved,
                                 struct error *err)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    if (env->json)
        TRY(bytes_append_text(&out, "{\"unreadable\":["));
    else if (moved->count == 0)
        TRY(bytes_append_text(&out, "every record of key shares can be opened; none was moved\n"));
    for (size_t i = 0; i < moved->count; i++)
        TRY(env->json ? bytes_append_format(&out, "%s\"%s\"", i ? "," : "", moved->records[i])
                      : bytes_append_format(&out, "%s could not be opened: taken out of the way, and kept\n",
                                            moved->records[i]));
    if (env->json)
        TRY(bytes_append_text(&out, "]}\n"));
    return cmd_print(env, &out, err);
}

static result_t move_unreadable(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    struct store_unreadable moved = {.count = 0};
    if (env->epoch || env->digest || env->restore || env->even_adopted)
        return error_set(
            err, OUTCOME_USAGE,
            "--unreadable: it means every record that does not open, and takes no choice of a set");
    TRY(cmd_open_unmended(env, &store, err));
    TRY(store_set_unreadable_aside(store, &moved, err));
    return unreadable_print(env, &moved, err);
}

/* Names one set, by its epoch or the first digits of its digest, and takes it out of service or back. The
 * daemon may be running: it looks at its next request, or import. */
result_t cmd_keyshares_quarantine(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct store_choice choice = {
        .epoch = env->epoch, .digest = env->digest, .even_adopted = env->even_adopted};
    if (env->unreadable)
        return move_unreadable(env, err);
    if (!env->epoch && !env->digest)
        return error_set(err, OUTCOME_USAGE,
                         "say which set of key shares: --digest or --epoch (`keyshares list` shows both)");
    TRY(cmd_open_store(env, false, &store, err));
    result_t result = env->restore ? store_restore(store, &choice, &shares, err)
                                   : store_quarantine(store, &choice, &shares, err);
    if (!outcome_ok(result))
        return result;
    const char *sentence = "taken out of service, and kept; --restore takes it back";
    if (env->restore)
        sentence = result == OUTCOME_KEYSHARES_STORED ? "taken back; it is the stored set again"
                                                      : "taken back; it is used when the contract names it";
    TRY(cmd_print_set(env, result, sentence, &shares, err));
    return result;
}

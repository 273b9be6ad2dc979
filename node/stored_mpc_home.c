#include <stdlib.h>

#include "common/os/mpc_home.h"
#include "node/stored_set.h"

struct stored_mpc_home {
    struct stored_set base;
    struct mpc_home home;
    void (*step)(const char *name); /* of struct store_options */
};

static const char *const step_names[MPC_HOME_STEPS] = {
    [MPC_HOME_WRITTEN] = "file written",           [MPC_HOME_EPOCH_LINKED] = "epoch file linked",
    [MPC_HOME_EPOCH_SYNCED] = "epoch file synced", [MPC_HOME_KEY_LINKED] = "key linked",
    [MPC_HOME_KEY_RENAMED] = "key renamed",        [MPC_HOME_KEY_SYNCED] = "key synced",
};

static struct stored_mpc_home *stored_mpc_home_of(struct stored_set *set)
{
    return (struct stored_mpc_home *)set;
}

static void stored_mpc_home_step(enum mpc_home_step step, void *context)
{
    const struct stored_mpc_home *self = context;
    self->step(step_names[step]);
}

static result_t stored_mpc_home_load(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                                     struct keyshares *out, struct error *err)
{
    (void)txn;
    const struct mpc_home *home = &stored_mpc_home_of(set)->home;
    if (epoch)
        TRY(mpc_home_load_epoch(home, *epoch, out, err));
    else
        TRY(mpc_home_load(home, out, err));
    return keyshares_sort(out);
}

static result_t stored_mpc_home_epochs(struct stored_set *set, struct store_txn *txn, uint64_t *out,
                                       size_t max, size_t *count, struct error *err)
{
    (void)txn;
    return mpc_home_epochs(&stored_mpc_home_of(set)->home, out, max, count, err);
}

static result_t stored_mpc_home_replace(struct stored_set *set, struct store_txn *txn,
                                        const struct keyshares *shares, struct error *err)
{
    (void)txn;
    result_t result = mpc_home_store(&stored_mpc_home_of(set)->home, shares, err);
    return result == OUTCOME_KEYSHARES_UNCHANGED ? OUTCOME_OK : result;
}

static result_t stored_mpc_home_load_temporary(struct stored_set *set, const struct key_event_id *id,
                                               struct keyshares *out, struct error *err)
{
    return mpc_home_load_temporary(&stored_mpc_home_of(set)->home, id, out, err);
}

static result_t stored_mpc_home_drop_temporary(struct stored_set *set, uint64_t epoch_id, struct error *err)
{
    return mpc_home_drop_temporary(&stored_mpc_home_of(set)->home, epoch_id, err);
}

static void stored_mpc_home_close(struct stored_set *set)
{
    mpc_home_close(&stored_mpc_home_of(set)->home);
    free(set);
}

static const struct stored_set_ops stored_mpc_home_ops = {
    .kind = STORE_MPC_HOME,
    .load = stored_mpc_home_load,
    .epochs = stored_mpc_home_epochs,
    .replace = stored_mpc_home_replace,
    .load_temporary = stored_mpc_home_load_temporary,
    .drop_temporary = stored_mpc_home_drop_temporary,
    .close = stored_mpc_home_close,
};

result_t stored_set_mpc_home(const struct store_options *options, const char *work_dir,
                             struct stored_set **out)
{
    struct stored_mpc_home *self = calloc(1, sizeof(*self));
    if (!self)
        return OUTCOME_NO_MEMORY;
    result_t result = mpc_home_open(options->home_dir, work_dir, options->key, &self->home);
    if (result != OUTCOME_OK) {
        free(self);
        return result;
    }
    self->base.ops = &stored_mpc_home_ops;
    if (options->step) {
        self->step = options->step;
        self->home.step = stored_mpc_home_step;
        self->home.step_context = self;
    }
    *out = &self->base;
    return OUTCOME_OK;
}

#include <stdlib.h>

#include "common/os/mpc_home.h"
#include "node/stored_set.h"

struct stored_mpc_home {
    struct stored_set base;
    struct mpc_home home;
    void (*step)(const char *name); /* of struct store_options */
};

static const char *const step_names[MPC_HOME_STEPS] = {
    [MPC_HOME_WRITTEN] = "file written",
    [MPC_HOME_EPOCH_LINKED] = "epoch file linked",
    [MPC_HOME_EPOCH_SYNCED] = "epoch file synced",
    [MPC_HOME_KEY_LINKED] = "key linked",
    [MPC_HOME_KEY_RENAMED] = "key renamed",
    [MPC_HOME_KEY_SYNCED] = "key synced",
    [MPC_HOME_DISPLACED] = "superseded file deleted",
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
    return epoch ? mpc_home_load_epoch(home, *epoch, out, err) : mpc_home_load(home, out, err);
}

struct stored_mpc_home_each_call {
    stored_visit *visit;
    void *context;
};

static result_t stored_mpc_home_visit(const struct mpc_home_set *set, void *context, struct error *err)
{
    const struct stored_mpc_home_each_call *call = context;
    struct stored_item item = {
        .shares = set->shares, .why = set->why, .where = set->path, .current = set->current};
    return call->visit(&item, call->context, err);
}

static result_t stored_mpc_home_each(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                                     stored_visit *visit, void *context, struct error *err)
{
    (void)txn;
    struct stored_mpc_home_each_call call = {visit, context};
    return mpc_home_each_set(&stored_mpc_home_of(set)->home, epoch, stored_mpc_home_visit, &call, err);
}

static result_t stored_mpc_home_replace(struct stored_set *set, struct store_txn *txn,
                                        const struct keyshares *shares, const struct keyshares_terms *terms,
                                        struct error *err)
{
    (void)txn;
    return mpc_home_store(&stored_mpc_home_of(set)->home, shares, terms, err);
}

static result_t stored_mpc_home_remove(struct stored_set *set, struct store_txn *txn,
                                       const struct keyshares *shares, stored_fit *fit, void *context,
                                       struct error *err)
{
    (void)txn;
    return mpc_home_remove(&stored_mpc_home_of(set)->home, shares, fit, context, err);
}

static result_t stored_mpc_home_mend(struct stored_set *set, stored_fit *fit, void *context,
                                     struct error *err)
{
    return mpc_home_mend(&stored_mpc_home_of(set)->home, fit, context, err);
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

static result_t stored_mpc_home_stamp(struct stored_set *set, struct file_stamp *out, struct error *err)
{
    return mpc_home_stamp(&stored_mpc_home_of(set)->home, out, err);
}

static void stored_mpc_home_close(struct stored_set *set)
{
    mpc_home_close(&stored_mpc_home_of(set)->home);
    free(set);
}

static const struct stored_set_ops stored_mpc_home_ops = {
    .kind = STORE_MPC_HOME,
    .immediate = true,
    .current_only = true,
    .load = stored_mpc_home_load,
    .each = stored_mpc_home_each,
    .replace = stored_mpc_home_replace,
    .remove = stored_mpc_home_remove,
    .mend = stored_mpc_home_mend,
    .load_temporary = stored_mpc_home_load_temporary,
    .drop_temporary = stored_mpc_home_drop_temporary,
    .stamp = stored_mpc_home_stamp,
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

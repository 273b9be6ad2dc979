/* A state as a genesis that gives it back: the other half of genesis.c and genesis_rest.c. */
#include <inttypes.h>

#include "contract-sim/model/tee_lists.h"
#include "contract-sim/model/views.h"

static result_t attestations_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct attestation *entries = attestations_of(call->pool, call->state->attestations, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? ",{" : "{"));
        TRY(view_attested_node(call->pool, &entries[i], out));
        TRY(bytes_append_text(out, ",\"attestation\":"));
        TRY(view_attestation(call->pool, &entries[i], out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "]");
}

static result_t grants_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct grant *grants = grants_of(call->pool, call->state->grants, &count);
    TRY(bytes_append_text(out, "{"));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(view_text(call->pool, grants[i].account, out));
        TRY(bytes_append_format(out, ":%" PRIu32, grants[i].count));
    }
    return bytes_append_text(out, "}");
}

static result_t images_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct allowed_image *images = images_of(call->pool, tee_lists_get(call).images, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? ",{\"image_hash\":" : "{\"image_hash\":"));
        TRY(view_hash(call->pool, images[i].hash, out));
        TRY(bytes_append_format(out, ",\"added_s\":%" PRIu64 "}", images[i].added_s));
    }
    return bytes_append_text(out, "]");
}

static result_t launcher_write(const struct pool *pool, const struct allowed_launcher *launcher,
                               struct bytes *out)
{
    size_t count;
    const handle_t *composes = handles_of(pool, launcher->composes, &count);
    TRY(bytes_append_text(out, "{\"launcher_hash\":"));
    TRY(view_hash(pool, launcher->hash, out));
    TRY(bytes_append_format(out, ",\"expires_s\":%" PRIu64 ",\"compose_hashes\":[", launcher->expires_s));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(view_hash(pool, composes[i], out));
    }
    return bytes_append_text(out, "]}");
}

static result_t launchers_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct allowed_launcher *launchers =
        launchers_of(call->pool, tee_lists_get(call).launchers, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(launcher_write(call->pool, &launchers[i], out));
    }
    return bytes_append_text(out, "]");
}

static result_t receipts_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct receipt *receipts = receipts_of(call->pool, call->state->receipts, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? ",{\"method\":" : "{\"method\":"));
        TRY(view_text(call->pool, receipts[i].method, out));
        TRY(bytes_append_text(out, ",\"args\":"));
        TRY(view_text(call->pool, receipts[i].args, out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "]");
}

static result_t accepts_write(const struct call *call, struct bytes *out)
{
    return bytes_append_text(out, call->state->accepts_requests ? "true" : "false");
}

static const struct {
    const char *member;
    view_fn *write;
} members[] = {
    {"state", view_state},
    {"migration_info", view_migration_info},
    {"accepts_requests", accepts_write},
    {"attestations", attestations_write},
    {"attestation_grants", grants_write},
    {"config", view_config},
    {"code_hash_votes", view_code_hash_votes},
    {"launcher_hash_votes", view_launcher_hash_votes},
    {"allowed_images", images_write},
    {"allowed_launchers", launchers_write},
    {"receipts", receipts_write},
};

result_t model_genesis_write(struct model *model, const struct model_state *state, struct bytes *out)
{
    struct model_state unchanged = *state;
    const struct call call = {
        .model = model, .pool = model->pool, .rules = model->rules.values, .state = &unchanged};
    if (state->phase == PROTOCOL_NOT_INITIALIZED)
        return bytes_append_text(out, "\"state\":\"NotInitialized\"");
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        TRY(bytes_append_format(out, "%s\"%s\":", i ? "," : "", members[i].member));
        TRY(members[i].write(&call, out));
    }
    return OUTCOME_OK;
}

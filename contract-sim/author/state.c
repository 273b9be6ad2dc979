/* What arguments that are left out are made of: the contract's own view of its state (contract.md 4.1). */
#include <inttypes.h>
#include <string.h>

#include "contract-sim/author/compiler.h"
#include "contract-sim/replay/replay.h"

static result_t view_ask(struct world *world)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    if (world->view && model_state_equal(&world->viewed, &world->state))
        return OUTCOME_OK;
    json_object_put(world->view);
    world->view = NULL;
    world->viewed = world->state;
    TRY(model_view(world->model, &world->state, world->height, world->time_s, "state", "{}", 2, &outcome));
    if (outcome.kind != MODEL_OK) /* not initialised: there is nothing to find */
        return OUTCOME_OK;
    return json_parse((const char *)outcome.value.data, outcome.value.len, &json_limits_view, &world->view,
                      NULL);
}

/* The value at the first of the pointers that leads somewhere in the `state` view; NULL when none does. */
static result_t world_at(struct world *world, const char *const *pointers, struct json_object **out)
{
    TRY(view_ask(world));
    *out = NULL;
    for (size_t i = 0; pointers[i]; i++) {
        if (replay_pointer_get(world->view, pointers[i], out) && *out)
            return OUTCOME_OK;
    }
    return OUTCOME_OK;
}

#define WORLD_AT(world, out, ...) world_at(world, (const char *const[]){__VA_ARGS__, NULL}, out)

/* A number at the pointer, or `otherwise`. */
static uint64_t number_at(struct json_object *root, const char *pointer, uint64_t otherwise)
{
    struct json_object *value;
    uint64_t number;
    return replay_pointer_get(root, pointer, &value) && json_is_u64(value, &number) ? number : otherwise;
}

result_t world_parameters(struct world *world, struct json_object **out)
{
    return WORLD_AT(world, out, "/Running/parameters", "/Resharing/previous_running_state/parameters",
                    "/Initializing/generating_key/parameters");
}

result_t world_members(struct world *world, struct json_object **out)
{
    struct json_object *parameters;
    TRY(world_parameters(world, &parameters));
    if (!replay_pointer_get(parameters, "/participants/participants", out))
        *out = NULL;
    return OUTCOME_OK;
}

result_t world_domain_count(struct world *world, size_t *out)
{
    struct json_object *domains;
    TRY(WORLD_AT(world, &domains, "/Resharing/previous_running_state/domains/domains"));
    *out = domains ? json_object_array_length(domains) : 0;
    return OUTCOME_OK;
}

result_t world_keyset_write(struct world *world, struct bytes *out)
{
    struct json_object *keyset, *keys;
    TRY(WORLD_AT(world, &keyset, "/Running/keyset", "/Resharing/previous_running_state/keyset"));
    if (keyset)
        return json_write(keyset, out);
    TRY(WORLD_AT(world, &keys, "/Initializing/generated_keys"));
    TRY(bytes_append_format(
        out, "{\"epoch_id\":%" PRIu64 ",\"domains\":", number_at(world->view, "/Initializing/epoch_id", 0)));
    TRY(keys ? json_write(keys, out) : bytes_append_text(out, "[]"));
    return bytes_append_text(out, "}");
}

result_t world_next_epoch(struct world *world, uint64_t *out)
{
    TRY(view_ask(world));
    uint64_t epoch = number_at(world->view, "/Running/keyset/epoch_id", 0);
    epoch = number_at(world->view, "/Initializing/epoch_id", epoch);
    epoch = number_at(world->view, "/Running/previously_cancelled_resharing_epoch_id", epoch);
    *out = number_at(world->view, "/Resharing/resharing_key/epoch_id", epoch) + 1;
    return OUTCOME_OK;
}

result_t world_next_domain_id(struct world *world, uint64_t *out)
{
    struct json_object *registry;
    TRY(WORLD_AT(world, &registry, "/Running/domains", "/Initializing/domains",
                 "/Resharing/previous_running_state/domains"));
    *out = number_at(registry, "/next_domain_id", 0);
    return OUTCOME_OK;
}

static enum curve curve_at(struct json_object *event)
{
    struct json_object *value;
    return protocol_curve(
        replay_pointer_get(event, "/domain/protocol", &value) ? json_object_get_string(value) : "");
}

result_t world_key_event(struct world *world, struct event_facts *out)
{
    struct json_object *event, *parameters;
    *out = (struct event_facts){0};
    TRY(WORLD_AT(world, &event, "/Resharing/resharing_key", "/Initializing/generating_key"));
    TRY(world_parameters(world, &parameters));
    if (!event)
        TRY(world_next_epoch(world, &out->epoch_id));
    else
        replay_pointer_get(event, "/parameters", &parameters);
    uint64_t next = number_at(event, "/next_attempt_id", 0);
    out->epoch_id = number_at(event, "/epoch_id", out->epoch_id);
    out->domain_id = number_at(event, "/domain/id", 0);
    out->next_attempt_id = next;
    out->attempt_id = number_at(event, "/instance/attempt_id", next ? next - 1 : 0);
    out->curve = curve_at(event);
    replay_pointer_get(parameters, "/participants/participants", &out->participants);
    return OUTCOME_OK;
}

#include "contract-sim/explore/move.h"

#include <inttypes.h>

#include "contract-sim/model/views.h"

/* What the operator sends carries 1 yoctoNEAR (explore.md, "Actions"). */
#define OPERATOR_DEPOSIT 1u

static bool move_begin(const struct world *world, const struct actor *actor, enum world_method method,
                       handle_t signer_key, struct move *out)
{
    out->kind = MOVE_CALL;
    out->method = method;
    out->call = (struct prepared_call){
        .method = world->methods[method],
        .signer = actor->account,
        .predecessor = actor->account,
        .signer_key = signer_key,
    };
    return out->call.method != NULL;
}

static bool operator_begin(const struct world *world, const struct actor *actor, enum world_method method,
                           struct move *out)
{
    bool exists = move_begin(world, actor, method, actor->operator_key, out);
    out->call.deposit = u128_of(OPERATOR_DEPOSIT);
    return exists;
}

bool move_prepay(const struct world *world, const struct actor *actor, struct move *out)
{
    const struct u128 one_grant = {.low = 20000000000000000u};
    bool exists = move_begin(world, actor, WORLD_PREPAY, actor->operator_key, out);
    out->call.args.account = actor->account;
    out->call.args.grants = 1;
    /* 20 thousandths of a NEAR, the default fee (contract.md 3.3). */
    return u128_mul_u64(one_grant, 1000000, &out->call.deposit) && exists;
}

bool move_submit(const struct world *world, const struct actor *actor, handle_t tls_key, handle_t account_key,
                 struct move *out)
{
    bool exists = move_begin(world, actor, WORLD_SUBMIT, account_key, out);
    out->call.args.attestation = (struct attestation){.tls_key = tls_key, .kind = ATTESTATION_VALID};
    return exists;
}

bool move_register(const struct world *world, const struct actor *actor, struct move *out)
{
    bool exists = operator_begin(world, actor, WORLD_REGISTER, out);
    out->call.args.key = actor->backup_key;
    return exists;
}

bool move_start(const struct world *world, const struct actor *actor, handle_t tls_key, struct move *out)
{
    bool exists = operator_begin(world, actor, WORLD_START, out);
    out->call.args.destination =
        (struct migration){.signer_key = actor->node2_key, .url = world->move_url, .tls_key = tls_key};
    return exists;
}

bool move_cancel(const struct world *world, const struct actor *actor, struct move *out)
{
    return operator_begin(world, actor, WORLD_CANCEL, out);
}

bool move_conclude(const struct world *world, const struct actor *actor, handle_t signer_key,
                   uint64_t epoch_id, handle_t keys, struct move *out)
{
    bool exists = move_begin(world, actor, WORLD_CONCLUDE, signer_key, out);
    out->call.args.epoch_id = epoch_id;
    out->call.args.keys = keys;
    return exists;
}

bool move_vote_parameters(const struct world *world, const struct actor *actor, uint64_t epoch_id,
                          const struct parameters *proposed, struct move *out)
{
    bool exists = move_begin(world, actor, WORLD_VOTE_PARAMETERS, actor->operator_key, out);
    out->call.args.epoch_id = epoch_id;
    out->call.args.proposal.parameters = *proposed;
    return exists;
}

bool move_key_event(const struct world *world, const struct actor *actor, enum world_method method,
                    handle_t signer_key, const struct key_event_id *id, struct move *out)
{
    bool exists = move_begin(world, actor, method, signer_key, out);
    out->call.args.key_event_id = *id;
    return exists;
}

bool move_vote_pk(const struct world *world, const struct actor *actor, handle_t signer_key,
                  const struct key_event_id *id, handle_t domain_key, struct move *out)
{
    bool exists = move_key_event(world, actor, WORLD_VOTE_PK, signer_key, id, out);
    out->call.args.domain_key = domain_key;
    return exists;
}

bool move_cancel_resharing(const struct world *world, const struct actor *actor, struct move *out)
{
    return move_begin(world, actor, WORLD_CANCEL_RESHARING, actor->operator_key, out);
}

bool move_cancel_keygen(const struct world *world, const struct actor *actor, uint64_t next_domain_id,
                        struct move *out)
{
    bool exists = move_begin(world, actor, WORLD_CANCEL_KEYGEN, actor->operator_key, out);
    out->call.args.next_domain_id = next_domain_id;
    return exists;
}

bool move_add_domain(const struct world *world, const struct actor *actor, uint64_t domain_id,
                     struct move *out)
{
    struct domain domain = {
        .id = domain_id, .reconstruction_threshold = 2, .protocol = PROTOCOL_FROST, .purpose = PURPOSE_SIGN};
    bool exists = move_begin(world, actor, WORLD_ADD_DOMAINS, actor->operator_key, out);
    out->call.args.domains = pool_intern(world->pool, &domain, sizeof domain);
    return exists;
}

static result_t key_event_id_write(const struct key_event_id *id, struct bytes *out)
{
    return bytes_append_format(out,
                               "\"key_event_id\":{\"epoch_id\":%" PRIu64 ",\"domain_id\":%" PRIu64
                               ",\"attempt_id\":%" PRIu64 "}",
                               id->epoch_id, id->domain_id, id->attempt_id);
}

static result_t destination_write(const struct pool *pool, const struct migration *destination,
                                  struct bytes *out)
{
    TRY(bytes_append_text(out, "\"destination_node_info\":{\"signer_account_pk\":"));
    TRY(view_ed25519(pool, destination->signer_key, out));
    TRY(bytes_append_text(out, ",\"destination_node_info\":"));
    TRY(view_info(pool, destination->url, destination->tls_key, out));
    return bytes_append_text(out, "}");
}

static result_t keyset_write_args(const struct pool *pool, const struct call_args *args, struct bytes *out)
{
    TRY(bytes_append_format(out, "\"keyset\":{\"epoch_id\":%" PRIu64 ",\"domains\":", args->epoch_id));
    TRY(view_keys(pool, args->keys, out));
    return bytes_append_text(out, "}");
}

static result_t proposal_write(const struct pool *pool, const struct call_args *args, struct bytes *out)
{
    TRY(bytes_append_format(
        out, "\"prospective_epoch_id\":%" PRIu64 ",\"proposal\":{\"parameters\":", args->epoch_id));
    TRY(view_parameters(pool, &args->proposal.parameters, out));
    return bytes_append_text(out, ",\"per_domain_thresholds\":{}}");
}

static result_t public_key_vote_write(const struct pool *pool, const struct call_args *args,
                                      struct bytes *out)
{
    char key[DOMAIN_KEY_TEXT_MAX];
    size_t one;
    domain_key_format_text(domain_keys_of(pool, args->domain_key, &one), key);
    TRY(key_event_id_write(&args->key_event_id, out));
    return bytes_append_format(out, ",\"public_key\":\"%s\"", key);
}

static result_t key_write(const struct pool *pool, const char *before, handle_t key, const char *after,
                          struct bytes *out)
{
    TRY(bytes_append_text(out, before));
    TRY(view_ed25519(pool, key, out));
    return bytes_append_text(out, after);
}

static result_t members_write(const struct pool *pool, enum world_method method, const struct call_args *args,
                              struct bytes *out)
{
    switch (method) {
    case WORLD_PREPAY:
        TRY(bytes_append_text(out, "\"account_id\":"));
        TRY(view_text(pool, args->account, out));
        return bytes_append_format(out, ",\"grants\":%" PRIu32, args->grants);
    case WORLD_SUBMIT:
        return key_write(pool,
                         "\"proposed_participant_attestation\":{\"Mock\":\"Valid\"},\"tls_public_key\":",
                         args->attestation.tls_key, "", out);
    case WORLD_REGISTER:
        return key_write(pool, "\"backup_service_info\":{\"public_key\":", args->key, "}", out);
    case WORLD_START:
        return destination_write(pool, &args->destination, out);
    case WORLD_CONCLUDE:
        return keyset_write_args(pool, args, out);
    case WORLD_VOTE_PARAMETERS:
        return proposal_write(pool, args, out);
    case WORLD_START_RESHARE:
    case WORLD_VOTE_RESHARED:
    case WORLD_START_KEYGEN:
    case WORLD_ABORT:
        return key_event_id_write(&args->key_event_id, out);
    case WORLD_VOTE_PK:
        return public_key_vote_write(pool, args, out);
    case WORLD_ADD_DOMAINS:
        TRY(bytes_append_text(out, "\"domains\":"));
        return view_domains(pool, args->domains, out);
    case WORLD_CANCEL_KEYGEN:
        return bytes_append_format(out, "\"next_domain_id\":%" PRIu64, args->next_domain_id);
    case WORLD_CANCEL:
    case WORLD_CANCEL_RESHARING:
    case WORLD_SWEEP:
    case WORLD_METHODS:
        break;
    }
    return OUTCOME_OK;
}

result_t move_args_write(const struct world *world, const struct move *move, struct bytes *out)
{
    TRY(bytes_append_text(out, "{"));
    TRY(members_write(world->pool, move->method, &move->call.args, out));
    return bytes_append_text(out, "}");
}

const struct member *move_voters(const struct world *world, const struct model_state *state, size_t *count)
{
    handle_t none = 0;
    return members_of(world->pool,
                      state->phase == PROTOCOL_INITIALIZING ? none : state->running.parameters.participants,
                      count);
}

struct key_event_id move_key_event_id(const struct world *world, const struct model_state *state,
                                      uint64_t attempt_id)
{
    size_t count;
    const struct domain *domains = domains_of(world->pool, state->running.domains, &count);
    return (struct key_event_id){state->key_event.epoch_id, domains[state->key_event.domain_index].id,
                                 attempt_id};
}

handle_t move_attested_key(const struct world *world, const struct model_state *state, handle_t tls_key)
{
    size_t index;
    const struct attestation *found = attestation_find(world->pool, state->attestations, tls_key, &index);
    return found ? found->account_key : 0;
}

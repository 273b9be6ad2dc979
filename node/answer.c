#include "node/answer.h"

static struct chain_now now_of(const struct answerer *answerer)
{
    return chain_clock_read(&answerer->options.clock);
}

uint64_t answerer_fresh_ms(const struct answerer *answerer)
{
    return chain_snapshot_fresh_ms(answerer->snapshot, now_of(answerer), answerer->options.max_view_age_ms);
}

void answerer_refresh(struct answerer *answerer)
{
    if (snapshot_cell_refresh(answerer->options.cell, &answerer->version, &answerer->snapshot))
        answerer->registered = door_of(answerer->snapshot, answerer->options.account_id);
    answerer->door = door_aged(answerer->registered, answerer->snapshot && answerer_fresh_ms(answerer) == 0);
}

void answerer_init(struct answerer *answerer, const struct answer_options *options)
{
    *answerer = (struct answerer){.options = *options, .registered = door_of(NULL, options->account_id)};
    answerer_refresh(answerer);
}

void answerer_free(struct answerer *answerer)
{
    chain_snapshot_unref_ptr(&answerer->snapshot);
}

/* Is the session's key still the registered one? */
static result_t recheck(struct answerer *answerer, const struct ed25519_public_key *key)
{
    answerer_refresh(answerer);
    return door_recheck(&answerer->door, key);
}

static void ask_route(const struct answerer *answerer, const struct route_request *request,
                      struct route_response *out)
{
    const struct answer_options *options = &answerer->options;
    struct route_context context = {
        .snapshot = answerer->snapshot,
        .store = options->store,
        .seal_key = options->seal_key,
        .p2p_key = options->p2p_key,
        .now_ms = now_of(answerer).wall_ms,
    };
    if (options->random(context.nonce, sizeof context.nonce) == OUTCOME_OK)
        route(request, &context, out);
    else
        route_refusal(OUTCOME_CRYPTO_FAILED, NULL, out);
}

result_t answerer_answer(struct answerer *answerer, const struct ed25519_public_key *key,
                         const struct route_request *request, bool (*keep)(size_t bytes, void *context),
                         void *keep_context, struct route_response *out)
{
    *out = (struct route_response){.status = 0};
    TRY(recheck(answerer, key));
    ask_route(answerer, request, out);
    if (out->staged && answerer->options.staged)
        answerer->options.staged(answerer->options.staged_context);
    if (out->id == ROUTE_GET_KEYSHARES && keep && !keep(out->body.len, keep_context)) {
        out->keyshares = 0;
        route_refusal(OUTCOME_BUSY, NULL, out);
    }
    /* The route took its time. */
    return recheck(answerer, key);
}

#include "tests/system/simulation/council.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/json.h"
#include "tests/system/simulation/must.h"
#include "tests/system/simulation/operator.h"

#define VOTES_MAX 200 /* of one process, attempts that ran out included */
#define ARGS_MAX  512

/* ---- reading the state ---- */

static struct json_object *state_of(struct chain_side *chain)
{
    const struct truth *truth = chain_side_head_truth(chain);
    struct json_object *state = json_tokener_parse((const char *)truth->state.data);
    must_be(state != NULL);
    return state;
}

static uint64_t number_at(struct json_object *state, const char *pointer)
{
    struct json_object *value = NULL;
    must_be(json_pointer_get(state, pointer, &value) == 0);
    return json_object_get_uint64(value);
}

static enum protocol_phase phase_of(struct chain_side *chain)
{
    return chain_side_head_truth(chain)->protocol.phase;
}

unsigned council_members(struct chain_side *chain)
{
    unsigned members = 0;
    for (size_t i = 0; i < CAST_ACCOUNTS; i++)
        members |= (chain_side_listed(chain, &cast()->accounts[i].id) != NULL ? 1u : 0u) << i;
    return members;
}

/* ---- calls ---- */

static bool vote_of_account(struct chain_side *chain, size_t account, const char *method, const char *args)
{
    const struct cast_account *who = &cast()->accounts[account];
    return chain_side_call(chain, &who->id, &who->operator.public_key, method, "0", args);
}

/* Key events are voted on with the key of the node that is attested (contract.md 2.7). */
static bool vote_of_node(struct chain_side *chain, size_t account, const char *method, const char *args)
{
    const struct cast_account *who = &cast()->accounts[account];
    size_t node = operator_listed(chain, account);
    return node < CAST_NODES &&
           chain_side_call(chain, &who->id, &who->nodes[node].signer.public_key, method, "0", args);
}

/* ---- resharing ---- */

static void write_member(struct chain_side *chain, size_t account, uint64_t id, size_t newcomer_node,
                         const char *comma, struct bytes *out)
{
    const struct cast_account *who = &cast()->accounts[account];
    const struct participant *listed =
        protocol_view_participant(&chain_side_head_truth(chain)->protocol, &who->id);
    const struct cast_node *node = &who->nodes[newcomer_node];
    char key[ED25519_KEY_TEXT_MAX];
    if (listed)
        ed25519_public_key_format(&listed->tls_public_key, key);
    must(bytes_append_format(out, "%s[\"%s\",%" PRIu64 ",{\"url\":\"%s\",\"tls_public_key\":\"%s\"}]", comma,
                             who->id.text, id, listed ? listed->url : node->url,
                             listed ? key : node->p2p_text));
}

static void write_proposal(struct chain_side *chain, unsigned members, size_t newcomer_node,
                           struct bytes *out)
{
    CLEANUP(json_put_ptr) struct json_object *state = state_of(chain);
    const struct protocol_view *view = &chain_side_head_truth(chain)->protocol;
    uint64_t next_id = number_at(state, "/Running/parameters/participants/next_id");
    struct json_object *cancelled = NULL;
    uint64_t epoch = view->keyset.epoch_id;
    if (json_pointer_get(state, "/Running/previously_cancelled_resharing_epoch_id", &cancelled) == 0 &&
        cancelled)
        epoch = json_object_get_uint64(cancelled);
    CLEANUP(bytes_free) struct bytes list = {0};
    for (size_t i = 0; i < CAST_ACCOUNTS; i++) {
        if (!(members >> i & 1))
            continue;
        const struct participant *listed = protocol_view_participant(view, &cast()->accounts[i].id);
        uint64_t id = listed ? listed->id : next_id++;
        write_member(chain, i, id, newcomer_node, list.len ? "," : "", &list);
    }
    must(bytes_append_format(out,
                             "{\"prospective_epoch_id\":%" PRIu64
                             ",\"proposal\":{\"parameters\":{\"participants\":{\"next_id\":%" PRIu64
                             ",\"participants\":[%s]},\"threshold\":2},\"per_domain_thresholds\":{}}}",
                             epoch + 1, next_id, (const char *)list.data));
}

/* Every proposed TLS key has to hold a valid attestation, and they last a week. */
static bool attest_all(struct chain_side *chain, unsigned members, size_t newcomer_node)
{
    for (size_t i = 0; i < CAST_ACCOUNTS; i++) {
        size_t listed = operator_listed(chain, i);
        size_t node = listed < CAST_NODES ? listed : newcomer_node;
        if ((members >> i & 1) && !operator_attest(chain, i, node))
            return false;
    }
    return true;
}

static void vote_for(struct chain_side *chain, unsigned members, size_t newcomer_node)
{
    CLEANUP(bytes_free) struct bytes proposal = {0};
    unsigned present = council_members(chain);
    write_proposal(chain, members, newcomer_node, &proposal);
    /* A newcomer may vote once enough of the others have. */
    for (size_t i = 0; i < CAST_ACCOUNTS; i++)
        if ((members & present) >> i & 1)
            (void)vote_of_account(chain, i, "vote_new_parameters", (const char *)proposal.data);
    for (size_t i = 0; i < CAST_ACCOUNTS; i++)
        if ((members & ~present) >> i & 1)
            (void)vote_of_account(chain, i, "vote_new_parameters", (const char *)proposal.data);
}

bool council_reshare(struct chain_side *chain, unsigned members, size_t newcomer_node)
{
    if (phase_of(chain) != PROTOCOL_RUNNING)
        return false;
    vote_for(chain, members, newcomer_node);
    if (phase_of(chain) == PROTOCOL_RUNNING && attest_all(chain, members, newcomer_node))
        vote_for(chain, members, newcomer_node);
    return phase_of(chain) == PROTOCOL_RESHARING;
}

/* ---- key generation ---- */

bool council_keygen(struct chain_side *chain)
{
    static const char *const kinds[] = {
        [CURVE_SECP256K1] = "\"CaitSith\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"",
        [CURVE_ED25519] = "\"Frost\",\"reconstruction_threshold\":2,\"purpose\":\"Sign\"",
        [CURVE_BLS12381] = "\"ConfidentialKeyDerivation\",\"reconstruction_threshold\":2,\"purpose\":\"CKD\"",
    };
    char args[ARGS_MAX];
    if (phase_of(chain) != PROTOCOL_RUNNING)
        return false;
    CLEANUP(json_put_ptr) struct json_object *state = state_of(chain);
    uint64_t id = number_at(state, "/Running/domains/next_domain_id");
    unsigned members = council_members(chain);
    if (id >= COUNCIL_DOMAINS_MAX)
        return false;
    snprintf(args, sizeof args, "{\"domains\":[{\"id\":%" PRIu64 ",\"protocol\":%s}]}", id,
             kinds[cast_domain_key(id).curve]);
    for (size_t i = 0; i < CAST_ACCOUNTS; i++)
        if (members >> i & 1)
            (void)vote_of_account(chain, i, "vote_add_domains", args);
    return phase_of(chain) == PROTOCOL_INITIALIZING;
}

/* ---- what is under way ---- */

struct key_event_now {
    struct json_object *event;
    bool resharing;
    uint64_t epoch_id;
    uint64_t domain_id;
    uint64_t next_attempt_id;
    struct json_object *instance; /* NULL: none */
};

static void key_event_read(struct json_object *state, bool resharing, struct key_event_now *out)
{
    *out = (struct key_event_now){.resharing = resharing};
    must_be(json_pointer_get(state, resharing ? "/Resharing/resharing_key" : "/Initializing/generating_key",
                             &out->event) == 0);
    out->epoch_id = number_at(out->event, "/epoch_id");
    out->domain_id = number_at(out->event, "/domain/id");
    out->next_attempt_id = number_at(out->event, "/next_attempt_id");
    if (json_pointer_get(out->event, "/instance", &out->instance) != 0)
        out->instance = NULL;
}

static bool has_voted(const struct key_event_now *now, uint64_t participant)
{
    struct json_object *completed = NULL;
    must_be(json_pointer_get(now->instance, "/completed", &completed) == 0);
    for (size_t i = 0; i < json_object_array_length(completed); i++)
        if (json_object_get_uint64(json_object_array_get_idx(completed, i)) == participant)
            return true;
    return false;
}

static size_t account_of(const struct participant *participant)
{
    size_t account = 0;
    while (strcmp(cast()->accounts[account].id.text, participant->account_id.text) != 0)
        account++;
    return account;
}

/* The lowest id leads. */
static size_t leader_of(const struct protocol_view *view)
{
    const struct participant *leader = &view->participants[0];
    for (size_t i = 1; i < view->participant_count; i++)
        if (view->participants[i].id < leader->id)
            leader = &view->participants[i];
    return account_of(leader);
}

static void write_event(const struct key_event_now *now, uint64_t attempt, bool with_key, char *out,
                        size_t out_cap)
{
    char key[DOMAIN_KEY_TEXT_MAX + 32] = "";
    if (with_key) {
        struct domain_key generated = cast_domain_key(now->domain_id);
        char text[DOMAIN_KEY_TEXT_MAX];
        domain_key_format_text(&generated, text);
        snprintf(key, sizeof key, ",\"public_key\":\"%s\"", text);
    }
    snprintf(out, out_cap,
             "{\"key_event_id\":{\"epoch_id\":%" PRIu64 ",\"domain_id\":%" PRIu64 ",\"attempt_id\":%" PRIu64
             "}%s}",
             now->epoch_id, now->domain_id, attempt, key);
}

static void begin_attempt(struct chain_side *chain, const struct key_event_now *now)
{
    const char *method = now->resharing ? "start_reshare_instance" : "start_keygen_instance";
    char args[ARGS_MAX];
    write_event(now, now->next_attempt_id, false, args, sizeof args);
    size_t leader = leader_of(&chain_side_head_truth(chain)->protocol);
    if (vote_of_node(chain, leader, method, args))
        return;
    must_be(attest_all(chain, council_members(chain), 0));
    must_be(vote_of_node(chain, leader, method, args));
}

/* The next member that has not voted; false where the attempt has run out. */
static bool vote_once(struct chain_side *chain, const struct key_event_now *now)
{
    char args[ARGS_MAX];
    const struct protocol_view *view = &chain_side_head_truth(chain)->protocol;
    write_event(now, number_at(now->instance, "/attempt_id"), !now->resharing, args, sizeof args);
    for (size_t i = 0; i < view->participant_count; i++)
        if (!has_voted(now, view->participants[i].id))
            return vote_of_node(chain, account_of(&view->participants[i]),
                                now->resharing ? "vote_reshared" : "vote_pk", args);
    return false;
}

bool council_vote(struct chain_side *chain)
{
    enum protocol_phase phase = phase_of(chain);
    struct key_event_now now;
    if (phase != PROTOCOL_RESHARING && phase != PROTOCOL_INITIALIZING)
        return false;
    CLEANUP(json_put_ptr) struct json_object *state = state_of(chain);
    key_event_read(state, phase == PROTOCOL_RESHARING, &now);
    if (now.instance && vote_once(chain, &now))
        return true;
    /* Somebody's attestation is too old, or the attempt is. */
    if (now.instance && attest_all(chain, council_members(chain), 0) && vote_once(chain, &now))
        return true;
    begin_attempt(chain, &now);
    return true;
}

void council_finish(struct chain_side *chain)
{
    for (unsigned votes = 0; council_vote(chain); votes++)
        must_be(votes < VOTES_MAX);
}

void council_cancel(struct chain_side *chain)
{
    char args[ARGS_MAX] = "{}";
    enum protocol_phase phase = phase_of(chain);
    CLEANUP(json_put_ptr) struct json_object *state = state_of(chain);
    if (phase == PROTOCOL_INITIALIZING)
        snprintf(args, sizeof args, "{\"next_domain_id\":%" PRIu64 "}",
                 number_at(state, "/Initializing/domains/next_domain_id"));
    for (size_t i = 0; i < CAST_ACCOUNTS && phase_of(chain) == phase; i++)
        (void)vote_of_account(
            chain, i, phase == PROTOCOL_RESHARING ? "vote_cancel_resharing" : "vote_cancel_keygen", args);
}

/* The contract, called by anybody with anything: the input is the method's name, a line break, and
 * its arguments. A call that is refused leaves the state as it was; what the contract accepted, its
 * own views can be read back from. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "contract-sim/model/model.h"

static const char genesis_text[] =
    "{\"init_running\":{\"domains\":[],\"next_domain_id\":0,\"keyset\":{\"epoch_id\":5,\"domains\":[]},"
    "\"parameters\":"
    "{\"participants\":{\"next_id\":2,\"participants\":[[\"alice.near\",0,{\"url\":\"u\",\"tls_public_key\":"
    "\"ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC\"}],[\"bob.near\",1,{\"url\":\"u\",\"tls_public_"
    "key\":"
    "\"ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47\"}]]},\"threshold\":2}}}";

static struct model *open_contract(const char *text, size_t len, struct model_state *state)
{
    struct model *model = NULL;
    struct json_object *genesis = NULL;
    struct error err = {0};
    FUZZ_CHECK(model_new("design", "mpc.near", &model, &err) == OUTCOME_OK);
    FUZZ_CHECK(json_parse(text, len, &json_limits_view, &genesis, &err) == OUTCOME_OK);
    FUZZ_CHECK(model_genesis(model, genesis, 1, 1, state, &err) == OUTCOME_OK);
    json_object_put(genesis);
    return model;
}

/* A saved state is a genesis, whatever is in it. */
static void views_read_back(struct model *model, const struct model_state *state)
{
    struct model_outcome outcome = {0};
    struct model_state again;
    FUZZ_CHECK(model_view(model, state, 1, 1, "state", "{}", 2, &outcome) == OUTCOME_OK &&
               outcome.kind == MODEL_OK);
    model_free(open_contract((const char *)outcome.value.data, outcome.value.len, &again));
    model_outcome_free(&outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char method[64];
    const uint8_t *line_end = memchr(data, '\n', size);
    size_t name_len = line_end ? (size_t)(line_end - data) : size;
    if (name_len >= sizeof method)
        return 0;
    memcpy(method, data, name_len);
    method[name_len] = 0;
    const uint8_t *args = line_end ? line_end + 1 : data + size;
    size_t args_len = (size_t)(data + size - args);
    struct model_state before, after;
    struct model *model = open_contract(genesis_text, sizeof genesis_text - 1, &before);
    struct model_context context = {.block_height = 1, .block_time_s = 1};
    struct model_outcome outcome = {0};
    FUZZ_CHECK(account_id_set(&context.signer, "alice.near", 10));
    context.predecessor = context.signer;
    FUZZ_CHECK(model_call(model, &before, &context, method, args, args_len, &after, &outcome) == OUTCOME_OK);
    if (outcome.kind == MODEL_OK)
        views_read_back(model, &after);
    else
        FUZZ_CHECK(outcome.error && outcome.text.len && model_state_equal(&before, &after));
    model_outcome_free(&outcome);
    model_free(model);
    return 0;
}

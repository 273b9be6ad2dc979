/* What a person saved of a command line's output: read as a genesis and beside one, it never starts a
 * contract that its own view could not show. */
#include "tests/fuzz/fuzz.h"

#include "contract-sim/genesis.h"

static void start(const struct genesis *genesis)
{
    CLEANUP(model_free_ptr) struct model *model = NULL;
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    CLEANUP(bytes_free) struct bytes lines = {0};
    struct model_state state;
    struct error err = {0};
    FUZZ_CHECK(genesis_contract_defaults(genesis, &lines) == OUTCOME_OK);
    FUZZ_CHECK(genesis_chain_defaults(genesis, &lines) == OUTCOME_OK);
    FUZZ_CHECK(model_new("v3.14", genesis->contract_id.text, &model, &err) == OUTCOME_OK);
    if (model_genesis(model, genesis->contract, genesis->block_height, 1700000000, &state, &err) !=
        OUTCOME_OK) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    FUZZ_CHECK(model_view(model, &state, genesis->block_height, 1700000000, "state", "{}", 2, &outcome) ==
               OUTCOME_OK);
}

/* Beside a contract that runs. */
static const char running[] =
    "{\"Running\":{\"domains\":{\"domains\":[],\"next_domain_id\":0},\"keyset\":{\"epoch_id\":5,\"domains\":["
    "]},"
    "\"parameters\":{\"participants\":{\"next_id\":0,\"participants\":[]},\"threshold\":2}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes state = {0};
    CLEANUP(genesis_free) struct genesis alone = {0};
    CLEANUP(genesis_free) struct genesis beside = {0};
    struct error err = {0};
    FUZZ_CHECK(bytes_append(&text, data, size) == OUTCOME_OK);
    if (genesis_parse(&text, &alone, &err) == OUTCOME_OK)
        start(&alone);
    else
        FUZZ_CHECK(err.text[0]);
    FUZZ_CHECK(bytes_append_text(&state, running) == OUTCOME_OK);
    FUZZ_CHECK(genesis_parse(&state, &beside, &err) == OUTCOME_OK);
    if (genesis_parse_migration_info(&text, &beside, &err) == OUTCOME_OK)
        start(&beside);
    return 0;
}

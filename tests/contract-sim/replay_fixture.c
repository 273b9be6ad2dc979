#include "tests/contract-sim/replay_fixture.h"

#include <string.h>

#include "tests/support/contract.h"

result_t replay_fixture_parse(const char *template, struct scenario *out, struct error *err)
{
    const char *text = contract_json("%s", template);
    return scenario_parse(text, strlen(text), out, err);
}

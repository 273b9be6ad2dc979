/* Whatever the compiler takes is a scenario; whatever it refuses, it refuses at a place. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "contract-sim/author/author.h"
#include "contract-sim/replay/scenario.h"

/* Longer ones find nothing new: they run the contract for longer. */
#define FUZZ_BYTES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(authored_free) struct authored authored = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct error err = {0};
    if (size > FUZZ_BYTES_MAX)
        return 0;
    result_t result = author_compile((const char *)data, size, "fuzz", NULL, &authored, &err);
    if (result != OUTCOME_OK) {
        FUZZ_CHECK(result == OUTCOME_SCENARIO_MALFORMED && strncmp(err.text, "line ", 5) == 0);
        return 0;
    }
    FUZZ_CHECK(scenario_parse((const char *)authored.json.data, authored.json.len, &scenario, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(scenario.step_count == authored.step_count);
    return 0;
}

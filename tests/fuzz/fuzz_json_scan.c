/* What the scan lets through, json-c has to read, and its compact form has to pass the scan again. */
#include "tests/fuzz/fuzz.h"

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    if (json_scan((const char *)data, size, &json_limits_small, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    FUZZ_CHECK(json_parse((const char *)data, size, &json_limits_small, &value, &err) == OUTCOME_OK);
    FUZZ_CHECK(json_write(value, &text) == OUTCOME_OK);
    FUZZ_CHECK(json_scan((const char *)text.data, text.len, &json_limits_view, &err) == OUTCOME_OK);
    return 0;
}

/* An answer says the same whether it comes in one piece or in two; the first byte says where it is cut. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "backup/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(http_response_free) struct http_response whole = {0};
    CLEANUP(http_response_free) struct http_response cut = {0};
    bool whole_done, cut_done = false;
    struct error err = {0};
    if (size == 0)
        return 0;
    size_t at = data[0] < size ? data[0] : size - 1;
    data++, size--;
    result_t whole_result = http_response_feed(&whole, data, size, &whole_done, &err);
    result_t cut_result = http_response_feed(&cut, data, at, &cut_done, &err);
    if (cut_result == OUTCOME_OK)
        cut_result = http_response_feed(&cut, data + at, size - at, &cut_done, &err);
    FUZZ_CHECK(whole_result == cut_result);
    if (whole_result != OUTCOME_OK)
        return 0;
    FUZZ_CHECK(whole_done == cut_done && whole.status == cut.status);
    FUZZ_CHECK(whole.body.len == cut.body.len);
    FUZZ_CHECK(whole.body.len == 0 || memcmp(whole.body.data, cut.body.data, whole.body.len) == 0);
    FUZZ_CHECK(!whole_done || whole.body.len == whole.body_len);
    return 0;
}

/* Text forms: what decodes has one text only, which encoding gives back; what is encoded decodes. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/encoding.h"

static void check_base64(const char *text, size_t len)
{
    CLEANUP(bytes_free) struct bytes decoded = {0};
    CLEANUP(bytes_free) struct bytes encoded = {0};
    struct error err = {0};
    if (base64_decode(text, len, &decoded, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0]);
        return;
    }
    FUZZ_CHECK(base64_encode(decoded.data, decoded.len, &encoded) == OUTCOME_OK);
    FUZZ_CHECK(encoded.len == len && (len == 0 || memcmp(encoded.data, text, len) == 0));
}

static void check_base58(const char *text, size_t len)
{
    for (size_t out_len = 0; out_len <= BASE58_BYTES_MAX; out_len++) {
        uint8_t decoded[BASE58_BYTES_MAX];
        char encoded[BASE58_TEXT_MAX];
        if (base58_decode(text, len, decoded, out_len) != OUTCOME_OK)
            continue;
        FUZZ_CHECK(base58_encode(decoded, out_len, encoded, sizeof encoded) == OUTCOME_OK);
        FUZZ_CHECK(strlen(encoded) == len && memcmp(encoded, text, len) == 0);
    }
}

static void check_encoding(const uint8_t *data, size_t size)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes decoded = {0};
    FUZZ_CHECK(base64_encode(data, size, &text) == OUTCOME_OK && text.len == base64_encoded_len(size));
    FUZZ_CHECK(base64_decode((const char *)text.data, text.len, &decoded, NULL) == OUTCOME_OK);
    FUZZ_CHECK(decoded.len == size && (size == 0 || memcmp(decoded.data, data, size) == 0));
    if (size > BASE58_BYTES_MAX)
        return;
    char base58[BASE58_TEXT_MAX], hex[2 * BASE58_BYTES_MAX];
    uint8_t again[BASE58_BYTES_MAX];
    FUZZ_CHECK(base58_encode(data, size, base58, sizeof base58) == OUTCOME_OK);
    FUZZ_CHECK(base58_decode(base58, strlen(base58), again, size) == OUTCOME_OK);
    FUZZ_CHECK(size == 0 || memcmp(again, data, size) == 0);
    hex_encode(data, size, hex);
    FUZZ_CHECK(hex_decode(hex, 2 * size, again, size) == OUTCOME_OK);
    FUZZ_CHECK(size == 0 || memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_base64((const char *)data, size);
    check_base58((const char *)data, size);
    check_encoding(data, size);
    return 0;
}

#include "tests/support/pem.h"

#include "common/encoding.h"

#define PEM_LINE_LEN 64

result_t pem_append(const char *label, const void *der, size_t len, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(base64_encode(der, len, &text));
    TRY(bytes_append_format(out, "-----BEGIN %s-----\n", label));
    for (size_t at = 0; at < text.len; at += PEM_LINE_LEN) {
        size_t left = text.len - at;
        TRY(bytes_append(out, text.data + at, left < PEM_LINE_LEN ? left : PEM_LINE_LEN));
        TRY(bytes_append_text(out, "\n"));
    }
    return bytes_append_format(out, "-----END %s-----\n", label);
}

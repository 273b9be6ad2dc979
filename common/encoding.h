/* Hex, strict base64 and base58: text to bytes and back. */
#ifndef MPC_COMMON_ENCODING_H
#define MPC_COMMON_ENCODING_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Exactly 2 * out_len digits, either case, nothing else (wire.md 3.2). HEX_MALFORMED; `out` is then
 * unspecified. Its time does not depend on the digits, so that keys and shares may be read with it. */
MUST_USE result_t hex_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len);
/* Lower case; writes 2 * len characters and no terminator. Constant time, as above. */
void hex_encode(const uint8_t *data, size_t len, char *out);

/* RFC 4648 standard alphabet, canonical padding, no whitespace, trailing bits zero (wire.md 3.1); appended to
 * `out`. The text of `err` is the one of upstream's decoder: "Invalid symbol N, offset N.", "Invalid last
 * symbol N, offset N.", "Invalid input length: N" or "Invalid padding". BASE64_MALFORMED, NO_MEMORY, LIMIT;
 * `out` is then as it was. */
MUST_USE result_t base64_decode(const char *text, size_t text_len, struct bytes *out, struct error *err);
MUST_USE result_t base64_encode(const void *data, size_t len, struct bytes *out);
static inline size_t base64_encoded_len(size_t len)
{
    return (len + 2) / 3 * 4;
}

/* Bitcoin alphabet, no checksum. Decoding wants exactly out_len bytes. BASE58_MALFORMED. Quadratic: for keys,
 * hashes and signatures, refused above BASE58_BYTES_MAX. Not constant-time, and leaves no copy behind. */
#define BASE58_BYTES_MAX 128
#define BASE58_TEXT_MAX  (BASE58_BYTES_MAX * 138 / 100 + 2)
MUST_USE result_t base58_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len);
/* As many bytes as the text holds, up to out_cap, where LIMIT says that there are more. BASE58_MALFORMED for
 * a character outside the alphabet. */
MUST_USE result_t base58_decode_some(const char *text, size_t text_len, uint8_t *out, size_t out_cap,
                                     size_t *out_len);
/* Writes a terminated string; out_cap of BASE58_TEXT_MAX is always enough. LIMIT when it is not. */
MUST_USE result_t base58_encode(const uint8_t *data, size_t len, char *out, size_t out_cap);

#endif

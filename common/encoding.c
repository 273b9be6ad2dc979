#include "common/encoding.h"

#include <stdbool.h>
#include <string.h>

#include "common/secret.h"

/* 1 when low <= c <= high, else 0, without a branch: a difference below zero carries into the top bit. */
static unsigned in_range(unsigned c, unsigned low, unsigned high)
{
    return (~(c - low) & ~(high - c)) >> 31;
}

/* The value of a hex digit; *valid becomes 0 when it is none. */
static unsigned hex_digit(unsigned char c, unsigned *valid)
{
    unsigned digit = in_range(c, '0', '9');
    unsigned lower = in_range(c, 'a', 'f');
    unsigned upper = in_range(c, 'A', 'F');
    *valid &= digit | lower | upper;
    return (c & 0x0fu) + 9u * (lower | upper);
}

result_t hex_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len)
{
    if (text_len % 2 != 0 || text_len / 2 != out_len)
        return OUTCOME_HEX_MALFORMED;
    unsigned valid = 1;
    for (size_t i = 0; i < out_len; i++) {
        unsigned high = hex_digit((unsigned char)text[2 * i], &valid);
        unsigned low = hex_digit((unsigned char)text[2 * i + 1], &valid);
        out[i] = (uint8_t)(high << 4 | low);
    }
    return valid ? OUTCOME_OK : OUTCOME_HEX_MALFORMED;
}

static char hex_character(unsigned value)
{
    return (char)(value + '0' + in_range(value, 10, 15) * ('a' - '0' - 10));
}

void hex_encode(const uint8_t *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = hex_character(data[i] >> 4);
        out[2 * i + 1] = hex_character(data[i] & 0x0fu);
    }
}

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define BASE64_NONE 0xffu

static unsigned base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : BASE64_NONE;
}

/* Decoder errors, as the Rust crate words them (wire.md 2.2): scripts of operators look for these texts. */
static result_t base64_bad_symbol(const char *text, size_t at, struct error *err)
{
    return error_set(err, OUTCOME_BASE64_MALFORMED, "Invalid symbol %u, offset %zu.", (unsigned char)text[at],
                     at);
}

/* Up to four symbols into `bits`, left-aligned in 24 bits; *count of them stand before the padding. */
static result_t base64_last_group(const char *text, size_t at, size_t len, uint32_t *bits, size_t *count,
                                  struct error *err)
{
    size_t symbols = 0;
    *bits = 0;
    while (at + symbols < len && text[at + symbols] != '=') {
        unsigned value = base64_value(text[at + symbols]);
        if (value == BASE64_NONE)
            return base64_bad_symbol(text, at + symbols, err);
        *bits |= value << (18 - 6 * symbols);
        symbols++;
    }
    size_t pad = at + symbols;
    if (pad < len && symbols < 2)
        return base64_bad_symbol(text, pad, err);
    for (size_t i = pad; i < len; i++)
        if (text[i] != '=')
            return base64_bad_symbol(text, pad, err);
    /* One symbol has six bits, which are no byte. */
    if (symbols == 1)
        return error_set(err, OUTCOME_BASE64_MALFORMED, "Invalid input length: %zu", len);
    if (len - at != 4)
        return error_set(err, OUTCOME_BASE64_MALFORMED, "Invalid padding");
    /* RFC 4648 3.5: one value has one text, so bits that no byte takes are zero. */
    if (*bits & ((1u << (24 - 6 * symbols / 8 * 8)) - 1))
        return error_set(err, OUTCOME_BASE64_MALFORMED, "Invalid last symbol %u, offset %zu.",
                         (unsigned char)text[pad - 1], pad - 1);
    *count = symbols;
    return OUTCOME_OK;
}

/* The groups before the last one, which hold neither padding nor spare bits. */
static result_t base64_full_groups(const char *text, size_t len, uint8_t *out, struct error *err)
{
    for (size_t i = 0; i < len; i += 4) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            unsigned value = base64_value(text[i + k]);
            if (value == BASE64_NONE)
                return base64_bad_symbol(text, i + k, err);
            bits = bits << 6 | value;
        }
        *out++ = (uint8_t)(bits >> 16);
        *out++ = (uint8_t)(bits >> 8);
        *out++ = (uint8_t)bits;
    }
    return OUTCOME_OK;
}

/* Padding may only stand in the last group of four, which is read apart. */
result_t base64_decode(const char *text, size_t text_len, struct bytes *out, struct error *err)
{
    if (text_len == 0)
        return OUTCOME_OK;
    size_t last = (text_len - 1) / 4 * 4;
    size_t start = out->len;
    uint8_t *at;
    TRY(bytes_extend(out, last / 4 * 3 + 3, &at));
    uint32_t bits;
    size_t symbols = 0;
    result_t result = base64_full_groups(text, last, at, err);
    if (result == OUTCOME_OK)
        result = base64_last_group(text, last, text_len, &bits, &symbols, err);
    if (result == OUTCOME_OK)
        for (size_t i = 0; i < 3; i++)
            at[last / 4 * 3 + i] = (uint8_t)(bits >> (16 - 8 * i));
    out->len = result == OUTCOME_OK ? start + last / 4 * 3 + symbols * 6 / 8 : start;
    out->data[out->len] = 0;
    return result;
}

result_t base64_encode(const void *data, size_t len, struct bytes *out)
{
    const uint8_t *in = data;
    if (len > SIZE_MAX / 4 * 3 - 4)
        return OUTCOME_NO_MEMORY;
    uint8_t *at;
    TRY(bytes_extend(out, base64_encoded_len(len), &at));
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= left > 2 ? in[i + 2] : 0;
        *at++ = (uint8_t)base64_alphabet[bits >> 18];
        *at++ = (uint8_t)base64_alphabet[bits >> 12 & 63];
        *at++ = (uint8_t)(left > 1 ? base64_alphabet[bits >> 6 & 63] : '=');
        *at++ = (uint8_t)(left > 2 ? base64_alphabet[bits & 63] : '=');
    }
    return OUTCOME_OK;
}

static const char base58_alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* number = number * 58 + digit, over `len` bytes, least significant first; the carry comes back. */
static unsigned base58_push(uint8_t *number, size_t len, unsigned digit)
{
    for (size_t i = 0; i < len; i++) {
        digit += number[i] * 58u;
        number[i] = (uint8_t)digit;
        digit >>= 8;
    }
    return digit;
}

result_t base58_decode_some(const char *text, size_t text_len, uint8_t *out, size_t out_cap, size_t *out_len)
{
    uint8_t number[BASE58_BYTES_MAX] = {0};
    size_t used = 0, zeros = 0;
    bool overflow = text_len > BASE58_TEXT_MAX;
    while (zeros < text_len && text[zeros] == '1')
        zeros++;
    for (size_t i = 0; i < text_len; i++) {
        const char *digit = text[i] ? strchr(base58_alphabet, text[i]) : NULL;
        if (!digit) {
            secret_wipe(number, sizeof number);
            return OUTCOME_BASE58_MALFORMED;
        }
        if (overflow)
            continue;
        unsigned carry = base58_push(number, used, (unsigned)(digit - base58_alphabet));
        if (carry && used == sizeof number)
            overflow = true;
        else if (carry)
            number[used++] = (uint8_t)carry;
    }
    overflow = overflow || zeros + used > out_cap;
    if (!overflow) {
        memset(out, 0, zeros);
        for (size_t i = 0; i < used; i++)
            out[zeros + i] = number[used - 1 - i];
        *out_len = zeros + used;
    }
    secret_wipe(number, sizeof number);
    return overflow ? OUTCOME_LIMIT : OUTCOME_OK;
}

result_t base58_decode(const char *text, size_t text_len, uint8_t *out, size_t out_len)
{
    size_t len = 0;
    result_t result = base58_decode_some(text, text_len, out, out_len, &len);
    return result == OUTCOME_OK && len == out_len ? OUTCOME_OK : OUTCOME_BASE58_MALFORMED;
}

/* 58^5, the largest power whose product with 2^32 leaves room for a carry in 64 bits. */
#define BASE58_LIMB        656356768u
#define BASE58_LIMB_DIGITS 5
#define BASE58_LIMBS_MAX   (BASE58_TEXT_MAX / BASE58_LIMB_DIGITS + 1)

/* number = number * 2^bits + word, over limbs, least significant first; how many there are now. */
static size_t base58_push_word(uint32_t *limbs, size_t used, unsigned bits, uint32_t word)
{
    uint64_t carry = word;
    for (size_t i = 0; i < used; i++) {
        carry += (uint64_t)limbs[i] << bits;
        limbs[i] = (uint32_t)(carry % BASE58_LIMB);
        carry /= BASE58_LIMB;
    }
    for (; carry; carry /= BASE58_LIMB)
        limbs[used++] = (uint32_t)(carry % BASE58_LIMB);
    return used;
}

/* The digits of a number without leading zeros, least significant first; how many. */
static size_t base58_digits(const uint8_t *data, size_t len,
                            char digits[BASE58_LIMBS_MAX * BASE58_LIMB_DIGITS])
{
    uint32_t limbs[BASE58_LIMBS_MAX];
    size_t used = 0, count = 0;
    for (size_t i = 0; i < len;) {
        unsigned bytes = (len - i) % 4 ? (unsigned)((len - i) % 4) : 4;
        uint32_t word = 0;
        for (unsigned k = 0; k < bytes; k++)
            word = word << 8 | data[i++];
        used = base58_push_word(limbs, used, 8 * bytes, word);
    }
    for (size_t i = 0; i < used; i++)
        for (uint32_t limb = limbs[i], k = 0; k < BASE58_LIMB_DIGITS; k++, limb /= 58)
            digits[count++] = base58_alphabet[limb % 58];
    while (count && digits[count - 1] == base58_alphabet[0])
        count--;
    secret_wipe(limbs, sizeof limbs);
    return count;
}

result_t base58_encode(const uint8_t *data, size_t len, char *out, size_t out_cap)
{
    if (len > BASE58_BYTES_MAX)
        return OUTCOME_LIMIT;
    char digits[BASE58_LIMBS_MAX * BASE58_LIMB_DIGITS];
    size_t zeros = 0;
    while (zeros < len && data[zeros] == 0)
        zeros++;
    size_t used = base58_digits(data + zeros, len - zeros, digits);
    bool fits = zeros + used < out_cap;
    if (fits) {
        memset(out, '1', zeros);
        for (size_t i = 0; i < used; i++)
            out[zeros + i] = digits[used - 1 - i];
        out[zeros + used] = 0;
    }
    secret_wipe(digits, sizeof digits);
    return fits ? OUTCOME_OK : OUTCOME_LIMIT;
}

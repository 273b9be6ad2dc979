#include "common/u128.h"

#include <string.h>

typedef unsigned __int128 wide;

static wide widen(struct u128 value)
{
    return (wide)value.high << 64 | value.low;
}

static struct u128 narrow(wide value)
{
    return (struct u128){.low = (uint64_t)value, .high = (uint64_t)(value >> 64)};
}

void u128_format(struct u128 value, char out[U128_TEXT_MAX])
{
    char digits[U128_TEXT_MAX];
    char *at = digits + sizeof digits - 1;
    wide left = widen(value);
    *at = 0;
    do {
        *--at = (char)('0' + (unsigned)(left % 10));
        left /= 10;
    } while (left);
    memcpy(out, at, (size_t)(digits + sizeof digits - at));
}

bool u128_parse(const char *text, size_t len, struct u128 *out)
{
    const wide most = ~(wide)0;
    wide value = 0;
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        wide digit = (wide)(text[i] - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = narrow(value);
    return true;
}

bool u128_add(struct u128 a, struct u128 b, struct u128 *out)
{
    wide sum;
    bool overflow = __builtin_add_overflow(widen(a), widen(b), &sum);
    *out = narrow(sum);
    return !overflow;
}

bool u128_sub(struct u128 a, struct u128 b, struct u128 *out)
{
    wide difference;
    bool overflow = __builtin_sub_overflow(widen(a), widen(b), &difference);
    *out = narrow(difference);
    return !overflow;
}

bool u128_mul_u64(struct u128 a, uint64_t b, struct u128 *out)
{
    wide product;
    bool overflow = __builtin_mul_overflow(widen(a), (wide)b, &product);
    *out = narrow(product);
    return !overflow;
}

int u128_compare(struct u128 a, struct u128 b)
{
    wide left = widen(a), right = widen(b);
    return (left > right) - (left < right);
}

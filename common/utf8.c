#include "common/utf8.h"

#include <string.h>

size_t utf8_character_len(const void *text, size_t len)
{
    const uint8_t *at = text;
    if (len == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;
    size_t count = at[0] >= 0xc2 && at[0] <= 0xdf   ? 2
                   : (at[0] & 0xf0) == 0xe0         ? 3
                   : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                    : 0;
    if (count == 0 || count > len)
        return 0;
    /* 0xc0 and 0xc1 would begin overlong forms; nothing begins with 0x80 to 0xbf or with 0xf5 and above. */
    /* RFC 3629 4: what the second byte may be after these lead bytes. */
    uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return count;
}

bool utf8_valid(const void *text, size_t len)
{
    const uint8_t *at = text;
    while (len) {
        size_t taken = utf8_character_len(at, len);
        if (!taken)
            return false;
        at += taken;
        len -= taken;
    }
    return true;
}

bool utf8_is_control(const void *text)
{
    const uint8_t *at = text;
    return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

void utf8_make_printable(char *text)
{
    for (size_t left = strlen(text), taken; left > 0; text += taken, left -= taken) {
        size_t len = utf8_character_len(text, left);
        taken = len ? len : 1;
        if (len == 0 || utf8_is_control(text))
            memset(text, '?', taken);
    }
}

size_t utf8_encode(uint32_t code_point, uint8_t out[UTF8_LEN_MAX])
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    size_t count = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = count - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    out[0] = (uint8_t)(lead[count] | code_point);
    return count;
}

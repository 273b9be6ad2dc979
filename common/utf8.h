/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef MPC_COMMON_UTF8_H
#define MPC_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_LEN_MAX 4

/* How many bytes the character at the start of `text` takes, 1 to 4; 0 when there
 * is no valid one, or `len` is 0. */
size_t utf8_character_len(const void *text, size_t len);
bool utf8_valid(const void *text, size_t len);

/* Does a terminal act on the character that begins here: C0 and C1 controls (U+0080..U+009F, as two bytes)
 * and DEL? `text` is terminated. */
bool utf8_is_control(const void *text);
/* Make a terminated text of anybody's fit to be shown: each byte of a control character, and each that is
 * no UTF-8 (where the text was cut, say), becomes '?'. */
void utf8_make_printable(char *text);

/* Write a code point, which must not be a surrogate; returns how many bytes of `out` it took. */
size_t utf8_encode(uint32_t code_point, uint8_t out[UTF8_LEN_MAX]);

#endif

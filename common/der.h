/* A strict DER reader: low tag numbers, definite and minimal lengths up to
 * 65535, never a byte past the end. */
#ifndef MPC_COMMON_DER_H
#define MPC_COMMON_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

#define DER_BOOLEAN          0x01
#define DER_INTEGER          0x02
#define DER_BIT_STRING       0x03
#define DER_OCTET_STRING     0x04
#define DER_OID              0x06
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE         0x30
/* [n], context-specific: primitive and constructed. */
#define DER_CONTEXT(n)             (0x80 | (n))
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n))

/* Take one element of any tag off `from`; *content covers what is in it. False, with `from`
 * as it was, when it is malformed. */
MUST_USE bool der_any(struct cursor *from, uint8_t *tag, struct cursor *content);
/* The same, of this tag. */
MUST_USE bool der_take(struct cursor *from, uint8_t tag, struct cursor *content);
/* The same where the next element may be missing: *content is then empty and starts at
 * NULL. False only when malformed. */
MUST_USE bool der_optional(struct cursor *from, uint8_t tag, struct cursor *content);

/* Content of a BIT STRING without unused bits, `len` bytes long. */
MUST_USE bool der_bits(struct cursor *from, size_t len, const uint8_t **out);

/* Content bytes are exactly these. */
bool der_is(const struct cursor *content, const void *bytes, size_t len);

/* Seconds since 1970 of a UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has
 * them ("...SSZ"), from 1970 on. */
MUST_USE bool der_time(struct cursor *from, int64_t *out);

#endif

/* Bounded, strict JSON reading on top of json-c, and exact writing.
 *
 * json-c alone takes `'`, NaN, duplicate members, and integers above u64 (which become u64 max, a real
 * attempt id). One lexical scan runs before it everywhere (design.md, "Errors, ownership, secrets"). Never
 * for secrets: json-c leaves copies behind; key shares and secrets.json have readers of their own. */
#ifndef MPC_COMMON_JSON_H
#define MPC_COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* What an object or array counts among the nodes of a text; a member's name and any other value count 1. A
 * node takes about 60 bytes of json-c's memory: an empty array alone, two bytes of text, takes 350. */
#define JSON_CONTAINER_NODES 16

struct json_limits {
    size_t bytes_max;
    size_t depth_max;
    size_t nodes_max; /* 0: no limit but that of the bytes */
};

/* Small things: requests, configuration. */
extern const struct json_limits json_limits_small;
/* One keyset of as many domains as there may be, which comes from a peer. */
extern const struct json_limits json_limits_keyset;
/* Contract views and RPC answers. */
extern const struct json_limits json_limits_view;

/* Objects and arrays may be nested this deep at most, whatever the limits say. */
#define JSON_DEPTH_CAP 128
/* Longer numbers are refused: nothing that is read here needs them, and converting them takes time. */
#define JSON_NUMBER_LEN_MAX 128

/* The scan alone: strict RFC 8259, size, depth, no duplicate member in any object ("a" and "\u0061" are the
 * same), integers (no fraction, no exponent) within -2^63 .. 2^64-1, valid UTF-8. Nothing but white space may
 * follow the value. Stricter than the RFC where json-c would read something else than was written: no lone
 * surrogate, no NUL in a member's name, no "-0". The text of `err` names line and column (in bytes, from 1).
 * JSON_MALFORMED, JSON_TOO_DEEP, JSON_TOO_LARGE, JSON_DUPLICATE_MEMBER, JSON_NUMBER_RANGE, NO_MEMORY. */
MUST_USE result_t json_scan(const char *text, size_t len, const struct json_limits *limits,
                            struct error *err);

/* Scan, then parse. *out is owned by the caller (json_object_put); a JSON null gives *out == NULL and OK. */
MUST_USE result_t json_parse(const char *text, size_t len, const struct json_limits *limits,
                             struct json_object **out, struct error *err);

/* CLEANUP(json_put_ptr) for a struct json_object *. */
void json_put_ptr(struct json_object **object);

/* Typed members. `where` is the path for the error text, e.g. "keyset.domains[3]". Each fails with
 * `code` (the caller's own outcome, e.g. KEYSET_MALFORMED) when the member is missing or of
 * another type. Values are borrowed. */
MUST_USE result_t json_member(struct json_object *object, const char *name, enum json_type type,
                              struct json_object **out, result_t code, const char *where, struct error *err);
MUST_USE result_t json_member_u64(struct json_object *object, const char *name, uint64_t *out, result_t code,
                                  const char *where, struct error *err);
MUST_USE result_t json_member_text(struct json_object *object, const char *name, const char **out,
                                   size_t *out_len, result_t code, const char *where, struct error *err);

/* True, with the value, when `value` is a non-negative integer (no fraction, no exponent in the text). */
MUST_USE bool json_is_u64(struct json_object *value, uint64_t *out);

/* Compact text of `value`, slashes unescaped, appended to `out`. NO_MEMORY, LIMIT. */
MUST_USE result_t json_write(struct json_object *value, struct bytes *out);

/* A JSON string with its quotes and escapes, as serde_json writes it, appended to `out`. For
 * writers that build text without json-c. What is not UTF-8 is written as U+FFFD, so that the text
 * is always JSON. NO_MEMORY, LIMIT. */
MUST_USE result_t json_write_text(const char *text, size_t len, struct bytes *out);

#endif

/* Reading a call's JSON arguments into handles, with refusals in serde's words and at serde's position
 * (contract.md 2.1, 5.1). Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_READER_H
#define MPC_CONTRACT_SIM_MODEL_READER_H

#include "common/json.h"
#include "contract-sim/model/pool.h"
#include "contract-sim/model/rules.h"

struct reader {
    const char *text; /* NULL: a failure names the path to the value instead of line and column */
    bool for_people;  /* "line 1, column 1: ..", where the value begins, in place of serde's words */
    size_t len;
    struct pool *pool;
    const uint64_t *rules;
    bool threshold_missing;      /* a proposal was read that names none */
    char detail[ERROR_TEXT_MAX]; /* of the failure: "missing field `keyset` at line 1 column 2" */
};

/* A JSON value and the way to it from the root. */
struct node {
    struct json_object *value;
    const struct node *parent;
    const char *member; /* its name in an object, */
    size_t index;       /* or its place in an array, where member is NULL */
};

/* Where an error of serde points; AT_NAME, to a member's name, is for people alone. */
enum reader_place { AT_START, AT_END, AT_NAME };

/* Keep the text and return false. Reading ends at the first failure. */
bool reader_fail(struct reader *reader, const struct node *node, enum reader_place place, const char *format,
                 ...) PRINTF_LIKE(4, 5);

/* "invalid type: FOUND, expected EXPECTED". */
bool reader_fail_type(struct reader *reader, const struct node *node, const char *expected);

/* A member of an object; "missing field `NAME`" or a wrong type of `object`
 * itself, called `expected`, fails. */
bool reader_member(struct reader *reader, const struct node *object, const char *expected, const char *name,
                   struct node *out);
/* The same, where the member may be missing or null: then out->value is NULL. */
bool reader_optional(struct reader *reader, const struct node *object, const char *expected, const char *name,
                     struct node *out);
/* The two halves of it, for one that is asked for several members: `object` is one; and a member of it. */
bool reader_object(struct reader *reader, const struct node *object, const char *expected);
struct node reader_child(const struct node *object, const char *name);
/* The elements of an array of at most `max`. */
bool reader_array(struct reader *reader, const struct node *array, size_t max, size_t *count);
struct node reader_element(const struct node *array, size_t index);

bool reader_u64(struct reader *reader, const struct node *node, uint64_t *out);
bool reader_u32(struct reader *reader, const struct node *node, uint32_t *out);
/* Borrowed from the JSON value; may hold 0 bytes only as the end. */
bool reader_text(struct reader *reader, const struct node *node, const char **out, size_t *len);

/* Interned: any text, an account id, an ed25519 key's 32 bytes, 32 bytes of lower-case hex. */
bool reader_string(struct reader *reader, const struct node *node, handle_t *out);
bool reader_account(struct reader *reader, const struct node *node, handle_t *out);
bool reader_ed25519(struct reader *reader, const struct node *node, handle_t *out);
bool reader_hash(struct reader *reader, const struct node *node, handle_t *out);

#endif

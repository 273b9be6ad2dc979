/* The pieces that saved*.c put together. */
#ifndef MPC_CONTRACT_SIM_STORE_SAVED_PARTS_H
#define MPC_CONTRACT_SIM_STORE_SAVED_PARTS_H

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/near_tx.h"
#include "common/outcome.h"
#include "common/u128.h"

/* Return STORE_CORRUPT where a read did not succeed. */
#define TAKE(read)                                                                                           \
    do {                                                                                                     \
        if (!(read))                                                                                         \
            return OUTCOME_STORE_CORRUPT;                                                                    \
    } while (0)

MUST_USE result_t saved_put_blob(struct bytes *out, const void *data, size_t len);
/* The 0 is written too, for saved_take_text() borrows. NULL is not the same as "". */
MUST_USE result_t saved_put_text(struct bytes *out, const char *text);
MUST_USE result_t saved_put_u128(struct bytes *out, struct u128 value);
MUST_USE result_t saved_put_public_key(struct bytes *out, const struct near_public_key *key);

/* Borrowed from what is read. */
MUST_USE bool saved_take_blob(struct cursor *from, const uint8_t **data, size_t *len);
MUST_USE bool saved_take_text(struct cursor *from, const char **out);
/* At most as many as bytes are left: each of what is counted has one or more. */
MUST_USE bool saved_take_count(struct cursor *from, size_t *out);
MUST_USE bool saved_take_copy(struct cursor *from, void *out, size_t len);
MUST_USE bool saved_take_bool(struct cursor *from, bool *out);
MUST_USE bool saved_take_u128(struct cursor *from, struct u128 *out);
MUST_USE bool saved_take_account_id(struct cursor *from, struct account_id *out);
MUST_USE bool saved_take_public_key(struct cursor *from, struct near_public_key *out);
/* A copy, appended to an empty buffer. */
MUST_USE result_t saved_take_bytes(struct cursor *from, struct bytes *out);

#endif

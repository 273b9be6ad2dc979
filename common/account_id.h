/* NEAR account ids. */
#ifndef MPC_COMMON_ACCOUNT_ID_H
#define MPC_COMMON_ACCOUNT_ID_H

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNT_ID_LEN_MIN 2
#define ACCOUNT_ID_LEN_MAX 64

struct account_id {
    char text[ACCOUNT_ID_LEN_MAX + 1]; /* terminated */
};

/* 2 to 64 characters; parts of a-z 0-9 with single - or _ inside, separated by
 * single dots (near-rpc.md A.4). */
bool account_id_valid(const char *text, size_t len);

/* False, and *out empty, when the text is no account id. */
bool account_id_set(struct account_id *out, const char *text, size_t len);

bool account_id_equal(const struct account_id *a, const struct account_id *b);

#endif

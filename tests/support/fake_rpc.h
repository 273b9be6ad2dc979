/* A scripted NEAR RPC on loopback, port 0, for tests: it answers by method what it is told to and records
 * what it was asked.
 *
 * A request's name is its method; for `query` it is the request type ("query:view_access_key"), and for a
 * view the view's own name ("query:state"). Replies of one name are used in the order they were added; the
 * last one stays. An unscripted name gets METHOD_NOT_FOUND. */
#ifndef MPC_TESTS_FAKE_RPC_H
#define MPC_TESTS_FAKE_RPC_H

#include <stddef.h>

struct fake_rpc;

enum fake_reply_kind {
    FAKE_ANSWER,   /* status and body */
    FAKE_HANG,     /* nothing, and the connection stays open until the end of the test */
    FAKE_CLOSE,    /* the connection is closed without a byte */
    FAKE_TRUNCATE, /* half of the body, then the connection is closed */
    FAKE_RAW,      /* the body alone, without HTTP, then the connection is closed */
};

struct fake_reply {
    enum fake_reply_kind kind;
    int status;         /* 0: 200 */
    const char *header; /* one more header line without CR LF, or NULL */
    const char *body;   /* copied; $ID is replaced by the request's id, $BLOCK by the hash of its block */
};

struct fake_rpc *fake_rpc_start(void);
void fake_rpc_stop(struct fake_rpc **fake); /* fits CLEANUP() */

/* "http://127.0.0.1:PORT/" */
const char *fake_rpc_url(const struct fake_rpc *fake);

void fake_rpc_reply(struct fake_rpc *fake, const char *name, const struct fake_reply *reply);
/* {"jsonrpc":"2.0","result":RESULT,"id":$ID}, status 200 */
void fake_rpc_result(struct fake_rpc *fake, const char *name, const char *result);
/* {"jsonrpc":"2.0","error":ERROR,"id":$ID} */
void fake_rpc_error(struct fake_rpc *fake, const char *name, int status, const char *error);
/* The answer to a view: `text` as a byte array, of this block. */
void fake_rpc_view(struct fake_rpc *fake, const char *name, const char *text, unsigned long long height,
                   const char *block_hash);
/* Forget the replies to this name, so that new ones count at once. */
void fake_rpc_forget(struct fake_rpc *fake, const char *name);

/* How often this name was asked (NULL: any); the body of the n-th request of that name, from 0, or NULL.
 * Valid until stop. */
size_t fake_rpc_count(struct fake_rpc *fake, const char *name);
const char *fake_rpc_request(struct fake_rpc *fake, const char *name, size_t n);
/* Wait until this name was asked `count` times; fails the test after some seconds. */
void fake_rpc_wait(struct fake_rpc *fake, const char *name, size_t count);

#endif

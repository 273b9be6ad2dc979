/* Takes a JSON-RPC answer apart as it streams in: the array of byte values at result.result (near-rpc.md
 * A.2) is decoded at once, so that a view of megabytes never sits in a JSON library; everything else is
 * kept as text, with [] in the array's place. */
#ifndef MPC_OS_RPC_STREAM_H
#define MPC_OS_RPC_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Zero-initialised, with the len_max of both buffers set, is ready for the first byte. */
struct rpc_stream {
    struct bytes text; /* the answer without that array; not checked yet */
    struct bytes view; /* the array's bytes */
    bool view_found;

    unsigned depth;
    bool in_string, escaped;
    bool at_result[3]; /* the member being read at this depth is called "result" */
    char key[8];       /* the last string at depth 1 or 2, as far as it fits */
    size_t key_len;
    enum { STREAM_OUTSIDE, STREAM_FIRST, STREAM_VALUE, STREAM_DIGITS, STREAM_BEHIND } array;
    unsigned value;
};

/* RPC_TOO_LARGE, RPC_MALFORMED (an element that is no byte), NO_MEMORY. After a failure it takes no more. */
MUST_USE result_t rpc_stream_feed(struct rpc_stream *stream, const void *data, size_t len);
void rpc_stream_free(struct rpc_stream *stream);

#endif

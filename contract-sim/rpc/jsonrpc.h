/* JSON-RPC as NEAR speaks it: one request text in, one reply text out (near-rpc.md A.1, D.1). No sockets, no
 * threads: a method that has to wait for a block asks the shell through a waiter. */
#ifndef MPC_CONTRACT_SIM_RPC_JSONRPC_H
#define MPC_CONTRACT_SIM_RPC_JSONRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/outcome.h"
#include "contract-sim/chain/chain.h"
#include "contract-sim/chain/sim_clock.h"
#include "contract-sim/limits.h"
#include "contract-sim/record/recorder.h"
#include "contract-sim/rpc/sim_faults.h"

#define JSONRPC_CHAIN_ID "localnet"

struct chain_store;

/* What all methods work on. */
struct sim_node {
    struct chain chain;
    struct chain_store *store; /* where the chain lasts (the server's business), or NULL */
    struct sim_clock clock;
    struct sim_faults faults;
    struct recorder recorder;
    char record_name[SIM_RECORD_NAME_MAX + 1]; /* of the recording that is under way */
    const char *record_dir;                    /* where recordings go; NULL: into the answer */
    const char *profile;                       /* static */
    int64_t started_wall_ms;
    const char *listen; /* ADDR:PORT, for `status` */
};

/* Waits until there is a new head. False: the time for this request is over. While it waits,
 * other requests may change the node. */
struct waiter {
    bool (*next_block)(struct waiter *waiter);
};

struct jsonrpc_request {
    const char *body;
    size_t len;
    int64_t wall_ms;  /* the wall clock now */
    bool may_control; /* from loopback, as application/json, and not from a web page (cli.md) */
    struct waiter *waiter;
};

/* What to send, and how. Zero-initialised is empty; release `body` with bytes_free(). */
struct jsonrpc_reply {
    struct bytes body;
    int http_status;
    const char *content_type; /* static */
    /* The rest is what faults do to it. */
    uint64_t delay_ms; /* wait first */
    size_t
        sent_len; /* close the connection after so many bytes of the body; all of them where nothing is cut */
    bool no_answer; /* close the connection instead */
};

/* Answer one request. Whatever the request is there is a reply; fails with NO_MEMORY alone. */
MUST_USE result_t jsonrpc_handle(struct sim_node *node, const struct jsonrpc_request *request,
                                 struct jsonrpc_reply *reply);

/* The reply to a body that was not even read: larger than the limit. */
MUST_USE result_t jsonrpc_refuse_body(struct jsonrpc_reply *reply);

/* The rest is for the methods. */

enum jsonrpc_error {
    ERROR_PARSE,
    ERROR_METHOD_NOT_FOUND,
    ERROR_UNKNOWN_ACCOUNT,
    ERROR_INVALID_ACCOUNT,
    ERROR_UNKNOWN_ACCESS_KEY,
    ERROR_CONTRACT_EXECUTION,
    ERROR_NO_CONTRACT_CODE,
    ERROR_TOO_LARGE_CONTRACT_STATE,
    ERROR_UNKNOWN_BLOCK,
    ERROR_INVALID_TRANSACTION,
    ERROR_UNKNOWN_TRANSACTION,
    ERROR_TIMEOUT,
    ERROR_CONTROL_REFUSED,
    ERROR_SIM_REFUSED,
    ERROR_INTERNAL,
};

/* One call under way. */
struct jsonrpc_call {
    struct sim_node *node;
    const struct jsonrpc_request *request;
    const char *method;
    struct json_object *params; /* NULL where absent or null; borrowed */
    struct bytes result;        /* the method appends the JSON of its result */
    struct json_object *error;  /* or this is set by jsonrpc_fail() */
    int http_status;
    struct sim_fault_plan plan; /* what the active faults do to it */
};

/* A method: OK with `result` written, RPC_ERROR after jsonrpc_fail(), or what makes INTERNAL_ERROR. */
typedef result_t jsonrpc_method(struct jsonrpc_call *call);

/* Answer with an error. `info` (NULL: the cause has none) and `data` are taken over. Always RPC_ERROR (or
 * NO_MEMORY), so that a method can return it. */
MUST_USE result_t jsonrpc_fail(struct jsonrpc_call *call, enum jsonrpc_error error, struct json_object *info,
                               struct json_object *data);
/* TIMEOUT_ERROR (near-rpc.md D.4). */
MUST_USE result_t jsonrpc_fail_timeout(struct jsonrpc_call *call);
/* What a method does; false when there is none of this name. */
bool jsonrpc_method_class(const char *method, enum method_class *out);
/* Make a text that quotes its input fit for a reply: what is not printable ASCII becomes '?', since
 * cutting may have split a character. */
void jsonrpc_plain_text(char *text);
/* SIM_REFUSED with this text: a control method cannot do it now. */
MUST_USE result_t jsonrpc_refuse(struct jsonrpc_call *call, const char *text);
/* PARSE_ERROR with this text. */
MUST_USE result_t jsonrpc_fail_parse(struct jsonrpc_call *call, const char *format, ...) PRINTF_LIKE(2, 3);

#endif

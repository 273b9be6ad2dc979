/* NEAR JSON-RPC (near-rpc.md) as calls with plain values as results.
 *
 * Every call goes through struct rpc_ops. The programs use the client of rpc_open(), over libcurl: one URL,
 * every answer checked, no proxy, no redirects, http only to loopback unless allowed, and the URL's user and
 * query part (API keys) never shown anywhere (cli.md); its error texts name the URL as rpc_url_display shows
 * it. Who has several URLs opens several clients, and decides whom to believe (node/quorum.h). Tests bring a
 * chain of their own behind the same calls.
 *
 * An RPC is used by one thread at a time, except rpc_abort. */
#ifndef MPC_OS_RPC_H
#define MPC_OS_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/near_tx.h"
#include "common/outcome.h"

/* RPCs that are asked side by side. */
#define RPC_URLS_MAX           16
#define RPC_URL_LEN_MAX        2048
#define RPC_CONNECT_TIMEOUT_MS 5000
#define RPC_TIMEOUT_MS         20000
/* Sending waits for execution: nearcore answers within about 10 s (near-rpc.md D.4). */
#define RPC_SEND_TIMEOUT_MS 30000
/* Bytes of an answer, not counting a view's byte array; bytes of that array after decoding. */
#define RPC_ANSWER_BYTES_MAX (4u * 1024 * 1024)
#define RPC_VIEW_BYTES_MAX   (16u * 1024 * 1024)

struct rpc_ops;

/* First member of each implementation. */
struct rpc {
    const struct rpc_ops *ops;
};

struct rpc_config {
    const char *url;
    bool allow_plain_http;       /* also to what is not loopback */
    uint32_t connect_timeout_ms; /* 0: RPC_CONNECT_TIMEOUT_MS */
    uint32_t timeout_ms;         /* of one call; 0: RPC_TIMEOUT_MS, and RPC_SEND_TIMEOUT_MS for sending */
    size_t answer_bytes_max;     /* 0: RPC_ANSWER_BYTES_MAX */
    size_t view_bytes_max;       /* 0: RPC_VIEW_BYTES_MAX */
};

/* http(s), a host, no plain http to other than loopback unless allowed. CONFIG_INVALID. */
MUST_USE result_t rpc_url_check(const char *url, bool allow_plain_http, struct error *err);
/* Do both name the same RPC: the same scheme, host, port (written or not) and path, whatever user or query
 * part (API key) they have? False for what is no URL. */
bool rpc_url_same(const char *a, const char *b);
/* Scheme, host, port and path: what may be shown of a URL. */
void rpc_url_display(const char *url, char *out, size_t out_cap);

/* The client over libcurl. The URL is copied. CONFIG_INVALID, NO_MEMORY. */
MUST_USE result_t rpc_open(const struct rpc_config *config, struct rpc **out, struct error *err);
void rpc_close(struct rpc **rpc); /* fits CLEANUP() */

/* From any thread: the call under way and all later ones end at once with SHUTTING_DOWN. */
void rpc_abort(struct rpc *rpc);

/* Outcomes of every call: RPC_UNREACHABLE, RPC_TIMEOUT, RPC_HTTP_STATUS, RPC_MALFORMED,
 * RPC_TOO_LARGE, RPC_ERROR (the answer is a JSON-RPC error; its name and data are in the text),
 * RPC_UNKNOWN_BLOCK, RPC_SYNCING (NO_SYNCED_BLOCKS), SHUTTING_DOWN, NO_MEMORY. */

/* Its URL, as rpc_url_display shows it. Borrowed. */
const char *rpc_name(const struct rpc *rpc);

struct rpc_block {
    uint64_t height;
    uint8_t hash[SHA256_LEN];
    uint8_t prev_hash[SHA256_LEN];
    int64_t time_ms; /* of the header, since 1970 */
};

enum rpc_finality { RPC_OPTIMISTIC, RPC_NEAR_FINAL, RPC_FINAL };

MUST_USE result_t rpc_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                            struct error *err);
/* An answer with another hash is RPC_INCONSISTENT. */
MUST_USE result_t rpc_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                    struct error *err);

struct rpc_status {
    bool syncing;
    uint64_t latest_height;
    int64_t latest_time_ms; /* of the head block; 0 when the node does not say */
};

MUST_USE result_t rpc_status(struct rpc *rpc, struct rpc_status *out, struct error *err);

struct rpc_view {
    struct bytes data; /* what the view returned: text of JSON */
    uint64_t height;
    uint8_t hash[SHA256_LEN];
};

/* Call a view at a block, or at final with `block_hash` NULL (then the answer says which block). `args` may
 * be NULL with length 0 (wire.md 5.1). RPC_VIEW_FAILED: the contract or the runtime refused, its own words
 * are in the text; do not ask again at once. RPC_INCONSISTENT: the answer is for another block than asked.
 * `out` is released by rpc_view_free, whatever the outcome. */
MUST_USE result_t rpc_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                           size_t args_len, const uint8_t *block_hash, struct rpc_view *out,
                           struct error *err);
void rpc_view_free(struct rpc_view *view);

struct rpc_access_key {
    struct near_access_key key; /* nonce, permission */
    uint64_t height;            /* the block it was read at */
    uint8_t hash[SHA256_LEN];
};

/* At a block, or at final with `block_hash` NULL. RPC_NO_ACCESS_KEY: the account, or the key on it, does not
 * exist. RPC_INCONSISTENT: the answer is for another block than asked. Released by rpc_access_key_free. */
MUST_USE result_t rpc_view_access_key(struct rpc *rpc, const char *account_id,
                                      const struct ed25519_public_key *key, const uint8_t *block_hash,
                                      struct rpc_access_key *out, struct error *err);
void rpc_access_key_free(struct rpc_access_key *key);

/* What became of a transaction, as far as one answer says (near-rpc.md E.4). */
enum rpc_tx_fate {
    RPC_TX_UNCLEAR,  /* no usable answer, or one after which it may still land: send the same bytes again or
                        ask */
    RPC_TX_PENDING,  /* taken, not executed yet */
    RPC_TX_NOT_SEEN, /* the RPC does not know it (rpc_tx_status) */
    RPC_TX_EXECUTED, /* with success */
    RPC_TX_FAILED,   /* executed, and the contract refused; do not send it again */
    RPC_TX_REJECTED, /* refused before it ran; nothing was charged */
};

const char *rpc_tx_fate_name(enum rpc_tx_fate fate);

#define RPC_TX_NAME_MAX 64
#define RPC_TX_TEXT_MAX 1024

struct rpc_tx {
    enum rpc_tx_fate fate;
    /* REJECTED: the InvalidTxError ("InvalidNonce", "Expired", "NotEnoughBalance", ...), for
     * InvalidAccessKeyError the one inside it ("AccessKeyNotFound", "MethodNameMismatch", ...),
     * "ParseError" when it could not be decoded. FAILED: the innermost variant name ("ExecutionError",
     * "MethodNotFound", "AccountDoesNotExist", ...). UNCLEAR: the cause where there is one
     * ("TIMEOUT_ERROR", "ShardCongested"). */
    char name[RPC_TX_NAME_MAX];
    char text[RPC_TX_TEXT_MAX]; /* the ExecutionError's text, else the error as compact JSON; cut where longer
                                 */
};

enum rpc_wait { RPC_WAIT_NONE, RPC_WAIT_INCLUDED, RPC_WAIT_EXECUTED_OPTIMISTIC, RPC_WAIT_FINAL };

/* Send signed bytes once. Falls back to broadcast_tx_commit where send_tx does not exist. Fails only when
 * there was no usable answer; then out->fate is RPC_TX_UNCLEAR. */
MUST_USE result_t rpc_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                              struct rpc_tx *out, struct error *err);

/* Ask what became of it; never waits for more than `wait`. As above. */
MUST_USE result_t rpc_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                                enum rpc_wait wait, struct rpc_tx *out, struct error *err);

/* What an implementation does; all of it is there. Each does what the function of the same name above says:
 * it fills `out`, and gives its error texts. `close` releases all of it. */
struct rpc_ops {
    result_t (*block)(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out, struct error *err);
    result_t (*block_by_hash)(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                              struct error *err);
    result_t (*status)(struct rpc *rpc, struct rpc_status *out, struct error *err);
    result_t (*view)(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                     size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err);
    result_t (*view_access_key)(struct rpc *rpc, const char *account_id, const struct ed25519_public_key *key,
                                const uint8_t *block_hash, struct rpc_access_key *out, struct error *err);
    result_t (*send_tx)(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                        struct rpc_tx *out, struct error *err);
    result_t (*tx_status)(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                          enum rpc_wait wait, struct rpc_tx *out, struct error *err);
    const char *(*name)(const struct rpc *rpc);
    void (*abort)(struct rpc *rpc);
    void (*close)(struct rpc *rpc);
};

#endif

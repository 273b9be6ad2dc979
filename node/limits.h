/* Every limit of the migration endpoint under one name, with its production value. The man page lists them
 * (docs/mpc-migrationd.8, "LIMITS"); tests inject smaller ones through struct front_limits. */
#ifndef MPC_NODE_LIMITS_H
#define MPC_NODE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Deadlines, by the monotonic clock, each for the whole of its phase. */
#define LIMIT_HANDSHAKE_MS    10000 /* from accept to the client's Finished */
#define LIMIT_HEAD_MS         10000 /* from a request's first byte to the end of its head */
#define LIMIT_BODY_MS         60000 /* from the head to the end of the body */
#define LIMIT_RESPONSE_MS     60000 /* to write a response */
#define LIMIT_IDLE_MS         60000 /* between requests, and before the first */
#define LIMIT_LINGER_MS       500  /* reading on after a last word (an alert, an error), so that it arrives */
#define LIMIT_DRAIN_MS        2000 /* for requests under way when the service stops (cli.md) */
#define LIMIT_ACCEPT_PAUSE_MS 100  /* no accepting for that long when the process is out of descriptors */

/* Connections, per worker. Before the handshake is through the oldest makes room for the newest, so that
 * strangers cannot lock the registered key out; beyond sessions_max the newest is refused. */
#define LIMIT_HANDSHAKES 256
#define LIMIT_SESSIONS   256
#define LIMIT_WORKERS    64 /* of --workers */
/* Lines in the log about refused strangers, per worker and second. */
#define LIMIT_REFUSALS_TOLD 20

/* Sizes. A PUT of KEYSET_DOMAINS_MAX shares is less than 10 MiB of base64. */
#define LIMIT_HEAD_BYTES   8192
#define LIMIT_HEADERS      64
#define LIMIT_METHOD_BYTES 32
#define LIMIT_BODY_BYTES   (16u << 20)
#define LIMIT_BODIES_BYTES (64u << 20) /* of all requests and responses under way, per worker */
#define LIMIT_LINGER_BYTES 65536

/* Of a response, in the kernel, on its way to a client: what is counted as
 * served has left us but for so much. */
#define LIMIT_SEND_BUFFER_BYTES 262144

/* One TLS record; also what is moved between TLS and HTTP at once. */
#define LIMIT_RECORD_BYTES 16384

struct front_limits {
    uint64_t handshake_ms;
    uint64_t head_ms;
    uint64_t body_ms;
    uint64_t response_ms;
    uint64_t idle_ms;
    uint64_t linger_ms;
    uint64_t drain_ms;
    size_t handshakes_max;
    size_t sessions_max;
    size_t head_bytes_max;
    size_t body_bytes_max;
    size_t bodies_bytes_max;
};

/* The production values. */
#define FRONT_LIMITS_DEFAULT                                                                                 \
    {                                                                                                        \
        .handshake_ms = LIMIT_HANDSHAKE_MS, .head_ms = LIMIT_HEAD_MS, .body_ms = LIMIT_BODY_MS,              \
        .response_ms = LIMIT_RESPONSE_MS, .idle_ms = LIMIT_IDLE_MS, .linger_ms = LIMIT_LINGER_MS,            \
        .drain_ms = LIMIT_DRAIN_MS, .handshakes_max = LIMIT_HANDSHAKES, .sessions_max = LIMIT_SESSIONS,      \
        .head_bytes_max = LIMIT_HEAD_BYTES, .body_bytes_max = LIMIT_BODY_BYTES,                              \
        .bodies_bytes_max = LIMIT_BODIES_BYTES,                                                              \
    }

#endif

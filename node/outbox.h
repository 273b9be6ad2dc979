/* The outbox record: one signed transaction, written down before its first byte is sent (near-rpc.md E.2),
 * and what it is for. Pure; the store keeps it as opaque bytes. */
#ifndef MPC_NODE_OUTBOX_H
#define MPC_NODE_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/os/tx_sender.h"
#include "common/outcome.h"

/* Zero-initialised is empty. */
struct outbox_record {
    uint8_t binding[SHA256_LEN]; /* of the migration record and keyset it is for (struct onboarding_view) */
    struct tx_signed tx;
};

/* Append the stored form of the record. NO_MEMORY, LIMIT. */
MUST_USE result_t outbox_record_write(const struct outbox_record *record, struct bytes *out);
/* Read it back; it has to fill `len` exactly. STORE_CORRUPT, NO_MEMORY. `out` is released by
 * outbox_record_free(), whatever the outcome. */
MUST_USE result_t outbox_record_read(const void *data, size_t len, struct outbox_record *out,
                                     struct error *err);
void outbox_record_free(struct outbox_record *record);

#endif

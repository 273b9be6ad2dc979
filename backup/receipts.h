/* The receipts that nodes gave for key shares that were delivered (docs/receipts.md), one file each:
 * <home>/receipts/0000000001.json and so on, in the order in which they came. near/mpc's backup-cli, which
 * shares the home, leaves them alone. */
#ifndef MPC_BACKUP_RECEIPTS_H
#define MPC_BACKUP_RECEIPTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keyshare.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Of all nodes together: some eleven years of a delivery a day. */
#define RECEIPTS_KEPT_MAX 4096

/* Keep an envelope durably (0600) behind those that are there; *path is owned by the caller. STORE_FULL,
 * STORE_IO, NO_MEMORY; LIMIT: there are RECEIPTS_KEPT_MAX, and what is evidence is only for its owner to take
 * away. */
MUST_USE result_t receipts_keep(const char *home_dir, const struct bytes *envelope, char **path,
                                struct error *err);

struct receipts_summary {
    size_t kept;
    size_t nodes;
    size_t of_these;     /* for the keyset of the shares that are there */
    size_t other_digest; /* ... with another digest than theirs under `backup_key` */
    uint64_t apart;      /* receipts that the nodes gave between those kept here */
};

/* Check every receipt that is kept: that it holds by itself; where it is for the keyset of `shares`, that it says
 * what they say; and that those of one node do not contradict each other. With `backup_key` (else NULL) their
 * digest too: some node's last receipt for the keyset has to have it, and that of every node one of whose receipts
 * has it; the others were made under another key. RECEIPT_MALFORMED, RECEIPT_INVALID with a text that names the
 * files and says what it proves; STORE_IO, LIMIT, CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t receipts_verify(const char *home_dir, const struct keyshares *shares,
                                  const struct secret *backup_key, struct receipts_summary *out,
                                  struct error *err);

#endif

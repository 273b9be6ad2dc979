/* May this set of shares take the place of that one? The same for every store: files, LMDB, memory
 * (wire.md 4.5, `store`). */
#ifndef MPC_COMMON_KEYSHARE_RULES_H
#define MPC_COMMON_KEYSHARE_RULES_H

#include "common/keyshare.h"
#include "common/outcome.h"

/* `stored` may be NULL or empty: then anything may be stored. `incoming` has passed keyshares_check_set.
 * OK: store it. KEYSHARES_UNCHANGED: the very same is stored. KEYSHARES_OLDER: an older epoch than the stored
 * one. KEYSHARES_CONFLICT, with a text that names the domain: fewer domains; in the same epoch no more
 * domains, another key event id or another private share of a stored domain; a stored domain that is missing;
 * a changed public key, across epochs too. */
MUST_USE result_t keyshares_may_replace(const struct keyshares *stored, const struct keyshares *incoming,
                                        struct error *err);

#endif

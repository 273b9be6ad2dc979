/* May this set of shares take the place of that one, or lie beside it? The same for every store: a Rust
 * node's files and LMDB (wire.md 4.5, `store`). */
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

/* May both be held? Attempts of one epoch may, whatever their domains, attempts and public keys: which one
 * counts is the contract's to say. One key event (epoch, domain, attempt, public key) has one private share,
 * though. `held` may be NULL or empty. OK; KEYSHARES_UNCHANGED: every share of `incoming` is in `held`;
 * KEYSHARES_CONFLICT with a text that names the domain: another private share of the same key event. */
MUST_USE result_t keyshares_may_coexist(const struct keyshares *held, const struct keyshares *incoming,
                                        struct error *err);

/* Is every share of `part` in `whole`? NO_MEMORY. */
MUST_USE result_t keyshares_contain(const struct keyshares *whole, const struct keyshares *part,
                                    bool *contain);

/* One of the two rules above. */
typedef result_t keyshares_rule(const struct keyshares *stored, const struct keyshares *incoming,
                                struct error *err);

/* Called with a set that a store is about to give up, before anything is changed: it has to be durable
 * elsewhere when OK is returned. `where` is its file or record. Anything else ends the store. */
typedef result_t keyshares_keep(const struct keyshares *set, const char *where, void *context,
                                struct error *err);

/* On what terms a set takes the place of the one that is stored. */
struct keyshares_terms {
    keyshares_rule *rule; /* keyshares_may_replace, or keyshares_may_coexist where the contract has spoken */
    keyshares_keep *keep; /* NULL: what would have to go is a conflict */
    void *context;        /* of `keep` */
};

#endif

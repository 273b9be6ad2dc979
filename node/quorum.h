/* What several NEAR RPCs say, and what of it counts: more than half of them, with equal words. Pure.
 *
 * Of one source it is the one, of two both, of n floor(n/2) + 1. A source is named by its index. */
#ifndef MPC_NODE_QUORUM_H
#define MPC_NODE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"

/* No source. */
#define QUORUM_NONE SIZE_MAX

/* How many of `count` sources have to agree. */
size_t quorum_needed(size_t count);

/* The final block of one source. */
struct quorum_head {
    bool heard;   /* it said one that may be believed; otherwise it counts for nothing */
    bool is_new;  /* not the block whose views are known already */
    bool refuted; /* this block was asked about, and there was no majority */
    uint64_t height;
    uint8_t hash[SHA256_LEN];
};

/* The source whose final block all are to be asked about: the highest new one that enough of them can have,
 * because their own final block is that one or a higher one. At one height the hash that more of them name,
 * then the one of the first source. QUORUM_NONE: there is none (yet). */
size_t quorum_choose(const struct quorum_head *heads, size_t count);

/* Enough of them have a final block that may be believed. */
bool quorum_heard(const struct quorum_head *heads, size_t count);

/* Enough of them have one, and too few have a new one: there is nothing to agree on. */
bool quorum_is_quiet(const struct quorum_head *heads, size_t count);

/* What one source says to a question, as a digest. */
struct quorum_ballot {
    bool cast;
    uint8_t digest[SHA256_LEN];
};

/* The first source of a majority with equal digests; QUORUM_NONE: there is none. */
size_t quorum_winner(const struct quorum_ballot *ballots, size_t count);

/* There is a majority, or those who have not answered yet cannot make one any more. */
bool quorum_is_decided(const struct quorum_ballot *ballots, const bool *answered, size_t count);

/* For people, where there is no majority: "NAME: WHAT DIGEST" with the first bytes of a ballot that was cast,
 * so that it can be seen who is of one mind. RPC_NO_MAJORITY. */
void quorum_opinion(const struct quorum_ballot *ballot, const char *name, const char *what,
                    struct error *out);

/* Why there is no majority, of what each source said: the outcome that all of them have, or RPC_NO_MAJORITY
 * with all their texts, as far as they fit. */
result_t quorum_refusal(const struct error *said, size_t count, struct error *err);

#endif

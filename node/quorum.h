/* What several NEAR RPCs say, and what of it counts: more than half of them, with equal words. Pure.
 *
 * Of one source it is the one, of two both, of n floor(n/2) + 1. A source is named by its index. */
#ifndef MPC_NODE_QUORUM_H
#define MPC_NODE_QUORUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"

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

/* What one source says to a question, as a digest. */
struct quorum_ballot {
    bool cast;
    uint8_t digest[SHA256_LEN];
};

/* The first source of a majority with equal digests; QUORUM_NONE: there is none. */
size_t quorum_winner(const struct quorum_ballot *ballots, size_t count);

/* The largest number of sources with equal digests. */
size_t quorum_largest(const struct quorum_ballot *ballots, size_t count);

#endif

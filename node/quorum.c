#include "node/quorum.h"

#include <string.h>

size_t quorum_needed(size_t count)
{
    return count / 2 + 1;
}

/* --- which block --- */

static bool same_block(const struct quorum_head *a, const struct quorum_head *b)
{
    return a->height == b->height && memcmp(a->hash, b->hash, SHA256_LEN) == 0;
}

/* Could a source with final block `head` have the block of `candidate`? */
static bool may_have(const struct quorum_head *head, const struct quorum_head *candidate)
{
    return head->heard && (head->height > candidate->height || same_block(head, candidate));
}

static size_t supporters(const struct quorum_head *heads, size_t count, const struct quorum_head *candidate)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += may_have(&heads[i], candidate);
    return found;
}

static bool is_better(const struct quorum_head *heads, size_t count, const struct quorum_head *candidate,
                      const struct quorum_head *best)
{
    if (candidate->height != best->height)
        return candidate->height > best->height;
    return supporters(heads, count, candidate) > supporters(heads, count, best);
}

size_t quorum_choose(const struct quorum_head *heads, size_t count)
{
    size_t best = QUORUM_NONE;
    for (size_t i = 0; i < count; i++) {
        const struct quorum_head *head = &heads[i];
        if (!head->heard || !head->is_new || head->refuted ||
            supporters(heads, count, head) < quorum_needed(count))
            continue;
        if (best == QUORUM_NONE || is_better(heads, count, head, &heads[best]))
            best = i;
    }
    return best;
}

bool quorum_heard(const struct quorum_head *heads, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += heads[i].heard;
    return found >= quorum_needed(count);
}

/* --- which answer --- */

static size_t agreeing(const struct quorum_ballot *ballots, size_t count, const struct quorum_ballot *ballot)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += ballots[i].cast && memcmp(ballots[i].digest, ballot->digest, SHA256_LEN) == 0;
    return found;
}

size_t quorum_winner(const struct quorum_ballot *ballots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ballots[i].cast && agreeing(ballots, count, &ballots[i]) >= quorum_needed(count))
            return i;
    return QUORUM_NONE;
}

size_t quorum_largest(const struct quorum_ballot *ballots, size_t count)
{
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t found = ballots[i].cast ? agreeing(ballots, count, &ballots[i]) : 0;
        if (found > largest)
            largest = found;
    }
    return largest;
}

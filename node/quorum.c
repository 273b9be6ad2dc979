#include "node/quorum.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"

/* How much of a digest is shown to people. */
#define DIGEST_SHOWN 4
/* Room in an error's text for what is said before the sources' own texts. */
#define INTRODUCTION_MAX 64

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

bool quorum_is_quiet(const struct quorum_head *heads, size_t count)
{
    size_t news = 0;
    for (size_t i = 0; i < count; i++)
        news += heads[i].heard && heads[i].is_new;
    return quorum_heard(heads, count) && news < quorum_needed(count);
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

bool quorum_is_decided(const struct quorum_ballot *ballots, const bool *answered, size_t count)
{
    size_t open = 0;
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t found = ballots[i].cast ? agreeing(ballots, count, &ballots[i]) : 0;
        if (found > largest)
            largest = found;
        open += !answered[i];
    }
    return largest >= quorum_needed(count) || largest + open < quorum_needed(count);
}

/* --- for people --- */

void quorum_opinion(const struct quorum_ballot *ballot, const char *name, const char *what, struct error *out)
{
    char digest[2 * DIGEST_SHOWN + 1] = "";
    hex_encode(ballot->digest, DIGEST_SHOWN, digest);
    (void)error_set(out, OUTCOME_RPC_NO_MAJORITY, "%s: %s %s", name, what, digest);
}

/* OK when they have several. */
static result_t common_outcome(const struct error *said, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (said[i].code != said[0].code)
            return OUTCOME_OK;
    return said[0].code;
}

result_t quorum_refusal(const struct error *said, size_t count, struct error *err)
{
    char all[ERROR_TEXT_MAX - INTRODUCTION_MAX] = "";
    size_t len = 0;
    int share = (int)(sizeof all / count) - 2;
    result_t common = common_outcome(said, count);
    if (common != OUTCOME_OK && common != OUTCOME_RPC_NO_MAJORITY)
        return error_set(err, common, "%s%s", said[0].text,
                         count > 1 ? "; the other NEAR RPCs fail alike" : "");
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "; %.*s", share, said[i].text);
    return error_set(err, OUTCOME_RPC_NO_MAJORITY, "%zu of %zu NEAR RPCs have to agree%s",
                     quorum_needed(count), count, all);
}

/* The valid word that somebody probably meant. */
#ifndef MPC_COMMON_NEAREST_H
#define MPC_COMMON_NEAREST_H

#include <stddef.h>

/* Words longer than this are never suggested. */
#define NEAREST_WORD_LEN_MAX 64

/* A search among valid words for the one nearest to what was given. The caller sets `given`, which need not
 * end in a 0 byte, and its length in bytes, and leaves the rest 0. */
struct nearest {
    const char *given;
    size_t given_len;
    const char *word; /* the nearest so far, borrowed; NULL: none is near */
    size_t distance;  /* insertions, deletions and replacements between the two */
};

/* Look at one valid word, which must live as long as `nearest->word` is used. One that would need more
 * changes than a third of its letters and one is never near; of equally near words the first stays. */
void nearest_try(struct nearest *nearest, const char *word);

#endif

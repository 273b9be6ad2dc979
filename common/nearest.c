#include "common/nearest.h"

#include <string.h>

/* Levenshtein's distance. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[NEAREST_WORD_LEN_MAX + 1];
    if (a_len > NEAREST_WORD_LEN_MAX || b_len > NEAREST_WORD_LEN_MAX)
        return NEAREST_WORD_LEN_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[b_len];
}

void nearest_try(struct nearest *nearest, const char *word)
{
    size_t now = distance(nearest->given, nearest->given_len, word, strlen(word));
    if (now <= 1 + strlen(word) / 3 && (!nearest->word || now < nearest->distance)) {
        nearest->word = word;
        nearest->distance = now;
    }
}

/* The words of a scenario, held against those that there are. What is wrong is answered with the nearest. */
#ifndef MPC_CONTRACT_SIM_REPLAY_WORDS_H
#define MPC_CONTRACT_SIM_REPLAY_WORDS_H

#include "contract-sim/model/reader.h"

/* A list of words by index; NULL past the end. model_method_name() is one. */
typedef const char *word_list_fn(size_t index);

/* False after `unknown KIND "WORD"; did you mean NEAREST?`, when the word is not in the list. */
bool word_check(struct reader *reader, const struct node *node, enum reader_place place, const char *kind,
                const char *word, word_list_fn *words);

/* The members of an object, which `names` (ending with NULL) lists; where `notes` is set others are let
 * through, unless they look like one that is misspelled. */
bool members_check(struct reader *reader, const struct node *object, const char *const *names, bool notes);

#endif

/* Whole folders, for tests that begin from the same home many times. */
#ifndef MPC_TESTS_SUPPORT_COPY_TREE_H
#define MPC_TESTS_SUPPORT_COPY_TREE_H

/* Copy what is in `from` into `to`, which exists: folders and regular files; files with two names get one
 * each. */
void copy_tree(const char *from, const char *to);
/* Remove `path` and all in it. */
void remove_tree(const char *path);

#endif

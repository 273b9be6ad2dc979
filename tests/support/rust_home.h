/* A fresh home of a Rust node (common/os/mpc_home.h) with its key, one at a time, and a look into its files.
 * All of it fails the test where something fails that the caller does not ask about. */
#ifndef MPC_TESTS_RUST_HOME_H
#define MPC_TESTS_RUST_HOME_H

#include <sys/types.h>

#include "common/os/mpc_home.h"

struct rust_home {
    struct mpc_home home;
    char path[128];
    char work_path[160]; /* the work folder of our own stores */
    struct error err;    /* of the last call */
};

extern struct rust_home rust;
extern const struct keyshares_terms rust_home_terms;

/* For tcase_add_checked_fixture(). */
void rust_home_open(void);
void rust_home_close(void);

/* Shares as sample_keyshares() makes them, by the seed of their scalars. */
void rust_home_sample(uint64_t epoch_id, size_t domains, uint64_t seed, struct keyshares *out);
/* mpc_home_store() of these, under rust_home_terms: the rule of the Rust node. */
result_t rust_home_store(uint64_t epoch_id, size_t domains, uint64_t seed);
/* `key` is these. */
bool rust_home_key_is(uint64_t epoch_id, size_t domains, uint64_t seed);

/* The sets there are, of one epoch or with NULL of all: "5/3 " for three domains of epoch 5 and "?name " for
 * what cannot be opened, `key` in brackets. Until the next call. */
const char *rust_home_sets(const uint64_t *epoch_id);

/* Of a file of the home; the text is the caller's. */
char *rust_home_path(const char *name);
ino_t rust_home_inode(const char *name);
/* How many there are in a folder; 0 without it. */
int rust_home_entries(const char *dir);
/* A file, sealed as the Rust node does. */
void rust_home_put_sealed(const char *name, const char *text);
void rust_home_make_dir(const char *name);
/* Last changed so long ago that nobody can be writing it. */
void rust_home_make_old(const char *path);

#endif

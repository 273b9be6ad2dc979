/* A harness is one file with this function. Configured with --enable-fuzzing it is a libFuzzer program;
 * otherwise it replays its corpus, tests/fuzz/corpus/<name without fuzz_>, in `make check`
 * (tests/fuzz/replay.c). */
#ifndef MPC_TESTS_FUZZ_H
#define MPC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to be true whatever the input is. */
#define FUZZ_CHECK(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif

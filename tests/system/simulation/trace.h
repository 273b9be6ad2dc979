/* What happened, a line a step: the virtual time, who, what. Only the digest of the lines is kept; they are
 * printed where somebody wants to read them. Nothing in a line depends on an address or on the machine. */
#ifndef MPC_TESTS_SIMULATION_TRACE_H
#define MPC_TESTS_SIMULATION_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include "common/compiler.h"

#define TRACE_LINE_MAX 256

/* FNV-1a of no bytes: what a digest begins as. */
#define TRACE_DIGEST_START 0xcbf29ce484222325u

struct trace {
    FILE *out; /* NULL: nothing is printed */
    uint64_t digest;
    uint64_t steps;
    char last[TRACE_LINE_MAX];
};

void trace_line(struct trace *trace, uint64_t now_ms, const char *who, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif

/* Unsigned 128-bit integers: amounts of yoctoNEAR. */
#ifndef MPC_COMMON_U128_H
#define MPC_COMMON_U128_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"

struct u128 {
    uint64_t low;
    uint64_t high;
};

#define U128_TEXT_MAX 40
/* Decimal text, terminated. */
void u128_format(struct u128 value, char out[U128_TEXT_MAX]);
/* Decimal digits alone, at most 2^128-1. False otherwise. */
MUST_USE bool u128_parse(const char *text, size_t len, struct u128 *out);
MUST_USE bool u128_add(struct u128 a, struct u128 b, struct u128 *out);  /* false on overflow */
MUST_USE bool u128_sub(struct u128 a, struct u128 b, struct u128 *out);  /* false below zero */
MUST_USE bool u128_mul_u64(struct u128 a, uint64_t b, struct u128 *out); /* false on overflow */
int u128_compare(struct u128 a, struct u128 b);

#endif

#include "common/secp256k1.h"

#include <stdlib.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/integer.h>

#include "common/crypto.h"

/* Plain modular arithmetic rather than wc_ecc_import_x963_ex: the latter leaves a table of 1.66 MB behind in
 * every thread that does not call wc_ecc_fp_free() (tls-http.md 1, pitfall 4), and threads here need not know
 * what they parsed. */

#define FIELD_LEN 32

/* p = 2^256 - 2^32 - 977 */
static const uint8_t prime[FIELD_LEN] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xfc, 0x2f,
};

/* (p + 1) / 4: as p is 3 modulo 4, a square's root is its power with this exponent. */
static const uint8_t root_exponent[FIELD_LEN] = {
    0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbf, 0xff, 0xff, 0x0c,
};

struct numbers {
    mp_int prime, exponent, x, y, square, check;
};

static void numbers_free(struct numbers **numbers)
{
    free(*numbers);
}

/* square = x^3 + 7, y = its root if it has one, check = y^2. MP_OKAY or wolfCrypt's error. */
static int solve_curve(struct numbers *n)
{
    int failed = mp_sqrmod(&n->x, &n->prime, &n->square);
    if (!failed)
        failed = mp_mulmod(&n->square, &n->x, &n->prime, &n->square);
    if (!failed)
        failed = mp_add_d(&n->square, 7, &n->square);
    if (!failed)
        failed = mp_mod(&n->square, &n->prime, &n->square);
    if (!failed)
        failed = mp_exptmod_nct(&n->square, &n->exponent, &n->prime, &n->y);
    if (!failed)
        failed = mp_sqrmod(&n->y, &n->prime, &n->check);
    return failed;
}

static int numbers_load(struct numbers *n, const uint8_t *x)
{
    int failed = mp_init_multi(&n->prime, &n->exponent, &n->x, &n->y, &n->square, &n->check);
    if (!failed)
        failed = mp_read_unsigned_bin(&n->prime, prime, FIELD_LEN);
    if (!failed)
        failed = mp_read_unsigned_bin(&n->exponent, root_exponent, FIELD_LEN);
    if (!failed)
        failed = mp_read_unsigned_bin(&n->x, x, FIELD_LEN);
    return failed;
}

result_t secp256k1_decompress(const uint8_t in[SECP256K1_COMPRESSED_LEN],
                              uint8_t out[SECP256K1_UNCOMPRESSED_LEN])
{
    if (in[0] != 0x02 && in[0] != 0x03)
        return OUTCOME_KEY_MALFORMED;
    /* On the heap: wolfCrypt's numbers are sized for RSA, kilobytes each. */
    CLEANUP(numbers_free) struct numbers *n = calloc(1, sizeof *n);
    if (!n)
        return OUTCOME_NO_MEMORY;
    int failed = numbers_load(n, in + 1);
    if (!failed && mp_cmp(&n->x, &n->prime) != MP_LT)
        return OUTCOME_KEY_MALFORMED;
    if (!failed)
        failed = solve_curve(n);
    if (!failed && mp_cmp(&n->check, &n->square) != MP_EQ)
        return OUTCOME_KEY_MALFORMED;
    if (!failed && mp_isodd(&n->y) != (in[0] == 0x03))
        failed = mp_sub(&n->prime, &n->y, &n->y);
    if (!failed)
        failed = mp_to_unsigned_bin_len(&n->x, out, FIELD_LEN);
    if (!failed)
        failed = mp_to_unsigned_bin_len(&n->y, out + FIELD_LEN, FIELD_LEN);
    return crypto_outcome(failed);
}

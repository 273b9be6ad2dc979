#include "tests/support/support.h"

#include <string.h>

#include "common/encoding.h"
#include "common/scalar.h"

/* Written as the wire has them: secp256k1 big-endian, the others little-endian (wire.md 4.2). */
static const struct {
    enum curve curve;
    const char *last; /* the order less one */
    const char *order;
    const char *above; /* only the most significant byte is larger */
} cases[] = {
    {CURVE_SECP256K1, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
     "ffffffffffffffffffffffffffffffff00000000000000000000000000000000"},
    {CURVE_ED25519, "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
     "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
     "0000000000000000000000000000000000000000000000000000000000000011"},
    {CURVE_BLS12381, "00000000fffffffffe5bfeff02a4bd5305d8a10908d83933487d9d2953a7ed73",
     "01000000fffffffffe5bfeff02a4bd5305d8a10908d83933487d9d2953a7ed73",
     "0000000000000000000000000000000000000000000000000000000000000074"},
};

static bool in_range(enum curve curve, const char *hex)
{
    uint8_t scalar[SCALAR_LEN];
    ck_assert_ok(hex_decode(hex, strlen(hex), scalar, sizeof scalar));
    return scalar_in_range(curve, scalar);
}

START_TEST(everything_below_the_order_is_in_range_and_nothing_above)
{
    ck_assert(in_range(cases[_i].curve, cases[_i].last));
    ck_assert(!in_range(cases[_i].curve, cases[_i].order));
    ck_assert(!in_range(cases[_i].curve, cases[_i].above));
    ck_assert(!in_range(cases[_i].curve, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
}
END_TEST

START_TEST(zero_is_accepted)
{
    ck_assert(in_range(cases[_i].curve, "0000000000000000000000000000000000000000000000000000000000000000"));
}
END_TEST

START_TEST(the_byte_order_is_that_of_the_curve)
{
    ck_assert(in_range(CURVE_SECP256K1, "01000000000000000000000000000000000000000000000000000000000000ff"));
    ck_assert(!in_range(CURVE_ED25519, "01000000000000000000000000000000000000000000000000000000000000ff"));
    ck_assert(!in_range(CURVE_BLS12381, "01000000000000000000000000000000000000000000000000000000000000ff"));
    ck_assert(in_range(CURVE_ED25519, "ff00000000000000000000000000000000000000000000000000000000000001"));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "scalar");
    tcase_add_loop_test(tcase, everything_below_the_order_is_in_range_and_nothing_above, 0, ARRAY_LEN(cases));
    tcase_add_loop_test(tcase, zero_is_accepted, 0, ARRAY_LEN(cases));
    tcase_add_test(tcase, the_byte_order_is_that_of_the_curve);
    return run_suite(suite);
}

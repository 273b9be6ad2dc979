#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/secp256k1.h"

#define GENERATOR_X "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define GENERATOR_Y "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define MINUS_Y     "b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777"

static result_t decompress(const char *hex, char out[129])
{
    uint8_t in[SECP256K1_COMPRESSED_LEN], point[SECP256K1_UNCOMPRESSED_LEN] = {0};
    ck_assert_ok(hex_decode(hex, strlen(hex), in, sizeof in));
    result_t result = secp256k1_decompress(in, point);
    hex_encode(point, sizeof point, out);
    out[128] = 0;
    return result;
}

START_TEST(the_prefix_chooses_between_the_two_roots)
{
    char out[129];
    ck_assert_ok(decompress("02" GENERATOR_X, out));
    ck_assert_str_eq(out, GENERATOR_X GENERATOR_Y);
    ck_assert_ok(decompress("03" GENERATOR_X, out));
    ck_assert_str_eq(out, GENERATOR_X MINUS_Y);
}
END_TEST

START_TEST(leading_zeros_of_x_are_kept)
{
    char out[129];
    ck_assert_ok(decompress("020000000000000000000000000000000000000000000000000000000000000001", out));
    ck_assert_str_eq(out, "0000000000000000000000000000000000000000000000000000000000000001"
                          "4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee");
}
END_TEST

START_TEST(what_is_no_compressed_point_is_refused)
{
    static const char *const bad[] = {
        "00" GENERATOR_X,
        "04" GENERATOR_X,
        "82" GENERATOR_X,
        /* x = 5 is on no point */
        "020000000000000000000000000000000000000000000000000000000000000005",
        /* x = p, which is 0, and p + 1, which is 1 */
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
        "03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    char out[129];
    ck_assert_outcome(decompress(bad[_i], out), OUTCOME_KEY_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "secp256k1");
    tcase_add_test(tcase, the_prefix_chooses_between_the_two_roots);
    tcase_add_test(tcase, leading_zeros_of_x_are_kept);
    tcase_add_loop_test(tcase, what_is_no_compressed_point_is_refused, 0, 7);
    return run_suite(suite);
}

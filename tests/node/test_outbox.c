#include "tests/support/support.h"

#include <string.h>

#include "node/outbox.h"

static void make_record(struct outbox_record *out)
{
    *out = (struct outbox_record){.tx = {.nonce = UINT64_MAX - 1, .block_height = 100000001}};
    memset(out->binding, 1, sizeof out->binding);
    memset(out->tx.hash, 2, sizeof out->tx.hash);
    ck_assert_ok(bytes_append_text(&out->tx.bytes, "signed transaction"));
}

START_TEST(a_record_is_read_back_as_it_was_written)
{
    CLEANUP(outbox_record_free) struct outbox_record record;
    CLEANUP(outbox_record_free) struct outbox_record back;
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err;
    make_record(&record);
    ck_assert_ok(outbox_record_write(&record, &text));
    ck_assert_ok_err(outbox_record_read(text.data, text.len, &back, &err), err);
    ck_assert_mem_eq(back.binding, record.binding, sizeof back.binding);
    ck_assert_mem_eq(back.tx.hash, record.tx.hash, sizeof back.tx.hash);
    ck_assert_uint_eq(back.tx.nonce, record.tx.nonce);
    ck_assert_uint_eq(back.tx.block_height, record.tx.block_height);
    ck_assert_uint_eq(back.tx.bytes.len, record.tx.bytes.len);
    ck_assert_mem_eq(back.tx.bytes.data, record.tx.bytes.data, record.tx.bytes.len);
}
END_TEST

START_TEST(a_record_that_is_cut_or_too_long_or_of_another_version_is_refused)
{
    CLEANUP(outbox_record_free) struct outbox_record record;
    CLEANUP(bytes_free) struct bytes text = {0};
    make_record(&record);
    ck_assert_ok(outbox_record_write(&record, &text));
    ck_assert_ok(bytes_append_u8(&text, 0));
    for (size_t len = 0; len <= text.len; len++) {
        struct outbox_record back;
        struct error err;
        result_t expected = len == text.len - 1 ? OUTCOME_OK : OUTCOME_STORE_CORRUPT;
        ck_assert_outcome(outbox_record_read(text.data, len, &back, &err), expected);
        outbox_record_free(&back);
    }
    struct outbox_record back;
    text.data[0]++;
    ck_assert_outcome(outbox_record_read(text.data, text.len - 1, &back, NULL), OUTCOME_STORE_CORRUPT);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "outbox");
    tcase_add_test(tcase, a_record_is_read_back_as_it_was_written);
    tcase_add_test(tcase, a_record_that_is_cut_or_too_long_or_of_another_version_is_refused);
    return run_suite(suite);
}

#include "tests/support/cmd_home.h"

#include <stdio.h>

#include "common/os/file.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static uint8_t key_bytes[16] = {0xcc};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
struct cmd_home cmd;

void cmd_home_open(void)
{
    cmd.home = fresh_dir();
    cmd.file = file_path(cmd.home, "input");
    cmd.env = (struct cmd_env){
        .home_dir = cmd.home, .store_kind = STORE_AUTO, .secret_store_key = &key, .operand = cmd.file};
    cmd.env.out = tmpfile();
    ck_assert_ptr_nonnull(cmd.env.out);
    sample_keyset(5, 3, &cmd.keyset);
    sample_keyshares(&cmd.keyset, 1, &cmd.shares);
}

void cmd_home_close(void)
{
    fclose(cmd.env.out);
    free_text(&cmd.file);
    free_text(&cmd.home);
    keyset_free(&cmd.keyset);
    keyshares_free(&cmd.shares);
    bytes_free(&cmd.printed);
}

void cmd_home_write(const void *data, size_t len)
{
    ck_assert_ok_err(file_write(cmd.file, data, len, &cmd.err), cmd.err);
}

void cmd_home_write_shares(const struct keyshares *shares)
{
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok(keyshares_write(shares, &text));
    cmd_home_write(text.data, text.len);
}

const char *cmd_home_output(void)
{
    return read_printed(cmd.env.out, &cmd.printed);
}

void cmd_home_check_no_scalar(const char *text)
{
    for (size_t i = 0; i < cmd.shares.count; i++) {
        char hex[2 * KEYSHARE_SCALAR_LEN + 1] = {0};
        for (size_t j = 0; j < KEYSHARE_SCALAR_LEN; j++)
            snprintf(hex + 2 * j, 3, "%02x", keyshare_scalar(&cmd.shares, i)[j]);
        ck_assert_text_lacks(text, hex);
    }
}

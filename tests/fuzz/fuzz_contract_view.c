/* The two views of the contract; migration info that is read has to come back the same from its own text. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/contract_view.h"

static void check_state(const char *text, size_t len)
{
    CLEANUP(protocol_view_free) struct protocol_view view = {0};
    struct error err = {0};
    if (protocol_view_parse(text, len, &view, &err) != OUTCOME_OK)
        FUZZ_CHECK(err.text[0] && !view.participants && !view.keyset.domains);
}

/* What is written holds no entry that was skipped. */
static void check_migrations(const char *text, size_t len, const struct account_id *own)
{
    CLEANUP(migration_view_free) struct migration_view view = {0};
    CLEANUP(migration_view_free) struct migration_view again = {0};
    CLEANUP(bytes_free) struct bytes written = {0};
    CLEANUP(bytes_free) struct bytes rewritten = {0};
    struct error err = {0};
    if (migration_view_parse(text, len, own, &view, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0] && !view.entries);
        return;
    }
    FUZZ_CHECK(migration_view_write(&view, &written) == OUTCOME_OK);
    FUZZ_CHECK(migration_view_parse((const char *)written.data, written.len, NULL, &again, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(migration_view_write(&again, &rewritten) == OUTCOME_OK);
    FUZZ_CHECK(written.len == rewritten.len && memcmp(written.data, rewritten.data, written.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct account_id own = {.text = "alice.near"};
    check_state((const char *)data, size);
    check_migrations((const char *)data, size, NULL);
    check_migrations((const char *)data, size, &own);
    return 0;
}

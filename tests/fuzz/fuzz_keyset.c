/* A keyset that is read has to come back the same from its own text, and both readers have to read the same. */
#include "tests/fuzz/fuzz.h"

#include "common/keyset.h"

/* What is read in place, a tree gives too. */
static void check_readers(const char *text, size_t len)
{
    CLEANUP(json_put_ptr) struct json_object *tree = NULL;
    CLEANUP(keyset_free) struct keyset in_place = {0};
    CLEANUP(keyset_free) struct keyset from_tree = {0};
    struct json_walk walk = json_walk_over(text, len);
    if (json_parse(text, len, &json_limits_keyset, &tree, NULL) != OUTCOME_OK ||
        !keyset_walk(&walk, &in_place))
        return;
    FUZZ_CHECK(keyset_from_json(tree, "keyset", &from_tree, NULL) == OUTCOME_OK);
    FUZZ_CHECK(keyset_equal(&in_place, &from_tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyset_free) struct keyset again = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    check_readers((const char *)data, size);
    if (keyset_parse((const char *)data, size, &keyset, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0] && !keyset.domains);
        return 0;
    }
    FUZZ_CHECK(keyset_write(&keyset, &text) == OUTCOME_OK);
    FUZZ_CHECK(keyset_parse((const char *)text.data, text.len, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(keyset_equal(&keyset, &again));
    return 0;
}

#include "common/near_tx.h"
#include "common/encoding.h"
#include "common/json.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

/* near-rpc.md B.1, fc_no_deposit, with its signature. */
static const char fc_no_deposit_hex[] =
    "0d0000006e6f6465302e746573746e65740003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b801"
    "9cf87fb27400001600000076312e7369676e65722d70726f642e746573746e65748759dbd884d2eb27b91c17679e3ac740cc3c"
    "ae4c3cd0aad64b799998bb740cdc010000000217000000636f6e636c7564655f6e6f64655f6d6967726174696f6ecf0000007b"
    "226b6579736574223a7b2265706f63685f6964223a31302c22646f6d61696e73223a5b7b22646f6d61696e5f6964223a302c22"
    "6b6579223a7b22536563703235366b31223a7b226e6561725f7075626c69635f6b6579223a22736563703235366b313a344e66"
    "5469763355734761686562675461487944397646384b594b4d426e6664366b6839346d4b36787638664742694a423854427446"
    "4d50355757587a364238394163316662707a507741766f79516562656d4846777833227d7d2c22617474656d7074223a307d5d"
    "7d7d00c06e31d9100100000000000000000000000000000000000093c22d8303723b7bca84a3e1f42b81ae156b5f7586604bdf"
    "2a86ca1e408de2038c0fba1ba810b5702ba77e5181f4647ad7e6ea5c2b2bb547a7131e62a603890d";
#define FC_NO_DEPOSIT_LEN 383
static const char fc_no_deposit_args[] =
    "{\"keyset\":{\"epoch_id\":10,\"domains\":[{\"domain_id\":0,\"key\":{\"Secp256k1\":{\""
    "near_public_key\":\"secp256k1:"
    "4NfTiv3UsGahebgTaHyD9vF8KYKMBnfd6kh94mK6xv8fGBiJB8TBtFMP5WWXz6B89Ac1fbpzPwAvoyQebemHFwx3\"}},"
    "\"attempt\":0}]}}";
static const char fc_no_deposit_hash[] = "E4PBTjmckqrGHpZ2kB1fE2XHXe4aC7if6uHTzcY5yA78";
static const char fc_no_deposit_block[] = "A7MWdAoBDuBHaj1Rkhn7gFN4jifE4N99EJtMP3jn3HyD";

/* Keys K1 (seed 00 01 .. 1f) and K2 (seed 42 x 32). */
static struct ed25519_keypair keypair(unsigned number)
{
    uint8_t seed[ED25519_KEY_LEN];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = number == 1 ? (uint8_t)i : 0x42;
    struct ed25519_keypair pair;
    ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
    return pair;
}

static struct bytes from_hex(const char *hex)
{
    struct bytes out = {0};
    uint8_t *at;
    ck_assert_ok(bytes_extend(&out, strlen(hex) / 2, &at));
    ck_assert_ok(hex_decode(hex, strlen(hex), at, strlen(hex) / 2));
    return out;
}

static void assert_same(const struct bytes *got, const uint8_t *expected, size_t expected_len)
{
    ck_assert_uint_eq(got->len, expected_len);
    ck_assert_mem_eq(got->data, expected, expected_len);
}

/* The refusal's text, in a buffer that the next call overwrites; `data` is copied, so that a
 * sanitizer sees a read past it. */
static const char *refusal(const uint8_t *data, size_t len, bool is_signed)
{
    static struct error err;
    err = (struct error){0};
    uint8_t *copy = malloc(len + !len);
    ck_assert_ptr_nonnull(copy);
    if (len)
        memcpy(copy, data, len);
    struct near_tx tx;
    struct near_signature signature;
    size_t tx_len;
    result_t result = is_signed ? near_signed_tx_decode(copy, len, &tx, &signature, &tx_len, &err)
                                : near_tx_decode(copy, len, &tx, &err);
    free(copy);
    ck_assert_outcome(result, OUTCOME_TX_MALFORMED);
    ck_assert_ptr_null(tx.signer_id);
    ck_assert_ptr_null(tx.actions);
    return err.text;
}

START_TEST(a_function_call_is_made_and_signed_byte_for_byte)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = keypair(1);
    CLEANUP(near_tx_free) struct near_tx tx;
    CLEANUP(bytes_free) struct bytes expected = from_hex(fc_no_deposit_hex), out = {0}, unsigned_form = {0};
    uint8_t block[SHA256_LEN], hash[SHA256_LEN];
    char hash_text[HASH_TEXT_MAX];
    ck_assert_ok(hash_parse(fc_no_deposit_block, strlen(fc_no_deposit_block), block));
    ck_assert_ok(near_tx_function_call("node0.testnet", &pair.public_key, 128310000000001,
                                       "v1.signer-prod.testnet", block, "conclude_node_migration",
                                       fc_no_deposit_args, strlen(fc_no_deposit_args), 300000000000000,
                                       (struct u128){0, 0}, &tx));
    ck_assert_ok(near_tx_encode(&tx, &unsigned_form));
    assert_same(&unsigned_form, expected.data, FC_NO_DEPOSIT_LEN);
    ck_assert_ok(near_tx_sign(&tx, &pair, &out, hash));
    assert_same(&out, expected.data, expected.len);
    hash_format(hash, hash_text);
    ck_assert_str_eq(hash_text, fc_no_deposit_hash);
}
END_TEST

START_TEST(a_signed_transaction_is_read_with_the_length_of_what_was_signed)
{
    CLEANUP(bytes_free) struct bytes form = from_hex(fc_no_deposit_hex);
    CLEANUP(near_tx_free) struct near_tx tx;
    struct near_signature signature;
    struct error err = {0};
    size_t tx_len;
    ck_assert_ok_err(near_signed_tx_decode(form.data, form.len, &tx, &signature, &tx_len, &err), err);
    ck_assert_uint_eq(tx_len, FC_NO_DEPOSIT_LEN);
    ck_assert_str_eq(tx.signer_id, "node0.testnet");
    ck_assert_str_eq(tx.receiver_id, "v1.signer-prod.testnet");
    ck_assert_uint_eq(tx.nonce, 128310000000001);
    ck_assert_uint_eq(tx.action_count, 1);
    ck_assert_int_eq(tx.actions[0].type, NEAR_FUNCTION_CALL);
    ck_assert_str_eq(tx.actions[0].method_name, "conclude_node_migration");
    ck_assert_uint_eq(tx.actions[0].args_len, strlen(fc_no_deposit_args));
    ck_assert_mem_eq(tx.actions[0].args, fc_no_deposit_args, tx.actions[0].args_len);
    ck_assert_uint_eq(tx.actions[0].gas, 300000000000000);
    uint8_t hash[SHA256_LEN];
    struct ed25519_public_key key;
    struct ed25519_signature ed25519;
    sha256(form.data, tx_len, hash);
    memcpy(key.bytes, tx.public_key.bytes, sizeof key.bytes);
    memcpy(ed25519.bytes, signature.bytes, sizeof ed25519.bytes);
    ck_assert_int_eq(signature.type, NEAR_KEY_ED25519);
    ck_assert_ok(ed25519_verify(&key, hash, sizeof hash, &ed25519));
}
END_TEST

/* One transaction with every kind of action, made by hand. */
static struct near_tx everything(void)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair k1 = keypair(1), k2 = keypair(2);
    struct near_public_key secp = {.type = NEAR_KEY_SECP256K1};
    memset(secp.bytes, 7, sizeof secp.bytes);
    struct near_public_key other = near_public_key_from_ed25519(&k2.public_key);
    uint8_t block[SHA256_LEN] = {9};
    struct near_tx tx;
    ck_assert_ok(near_tx_function_call("alice.near", &k1.public_key, UINT64_MAX, "bob.near", block, "m", NULL,
                                       0, 1, (struct u128){3, 4}, &tx));
    struct near_action *actions = calloc(8, sizeof *actions);
    ck_assert_ptr_nonnull(actions);
    actions[0] = tx.actions[0];
    free(tx.actions);
    tx.actions = actions;
    tx.action_count = 8;
    actions[1].type = NEAR_CREATE_ACCOUNT;
    actions[2] = (struct near_action){.type = NEAR_TRANSFER, .deposit = {UINT64_MAX, UINT64_MAX}};
    actions[3] = (struct near_action){.type = NEAR_STAKE, .deposit = {5, 0}, .public_key = secp};
    actions[4] = (struct near_action){.type = NEAR_ADD_KEY, .public_key = other};
    actions[4].access_key = (struct near_access_key){.nonce = 8, .has_allowance = true, .allowance = {6, 7}};
    actions[4].access_key.receiver_id = strdup("contract.near");
    actions[4].access_key.method_names = calloc(2, sizeof(char *));
    ck_assert_ptr_nonnull(actions[4].access_key.method_names);
    actions[4].access_key.method_names[0] = strdup("one");
    actions[4].access_key.method_names[1] = strdup("two");
    actions[4].access_key.method_count = 2;
    actions[5] =
        (struct near_action){.type = NEAR_ADD_KEY, .public_key = other, .access_key = {.full_access = true}};
    actions[6] = (struct near_action){.type = NEAR_DELETE_KEY, .public_key = secp};
    actions[7] = (struct near_action){.type = NEAR_DELETE_ACCOUNT, .beneficiary_id = strdup("carol.near")};
    return tx;
}

START_TEST(every_kind_of_action_comes_back)
{
    CLEANUP(near_tx_free) struct near_tx tx = everything(), back;
    CLEANUP(bytes_free) struct bytes form = {0}, again = {0};
    struct error err = {0};
    ck_assert_ok(near_tx_encode(&tx, &form));
    ck_assert_ok_err(near_tx_decode(form.data, form.len, &back, &err), err);
    ck_assert_uint_eq(back.action_count, 8);
    ck_assert_int_eq(u128_compare(back.actions[2].deposit, (struct u128){UINT64_MAX, UINT64_MAX}), 0);
    ck_assert(near_public_key_equal(&back.actions[3].public_key, &tx.actions[3].public_key));
    ck_assert_str_eq(back.actions[4].access_key.receiver_id, "contract.near");
    ck_assert_uint_eq(back.actions[4].access_key.method_count, 2);
    ck_assert_str_eq(back.actions[4].access_key.method_names[1], "two");
    ck_assert_uint_eq(back.actions[4].access_key.allowance.high, 7);
    ck_assert(back.actions[5].access_key.full_access);
    ck_assert_str_eq(back.actions[7].beneficiary_id, "carol.near");
    ck_assert_ok(near_tx_encode(&back, &again));
    assert_same(&again, form.data, form.len);
}
END_TEST

START_TEST(every_truncation_and_trailing_byte_is_refused)
{
    CLEANUP(near_tx_free) struct near_tx tx = everything();
    CLEANUP(bytes_free) struct bytes form = {0}, signed_form = from_hex(fc_no_deposit_hex);
    ck_assert_ok(near_tx_encode(&tx, &form));
    for (size_t len = 0; len < form.len; len++)
        ck_assert_text_has(refusal(form.data, len, false), "the transaction ends within");
    for (size_t len = 0; len < signed_form.len; len++)
        ck_assert_text_has(refusal(signed_form.data, len, true), "the transaction ends within");
    ck_assert_ok(bytes_append_u8(&form, 0));
    ck_assert_text_has(refusal(form.data, form.len, false), "1 bytes follow the transaction, at byte");
    ck_assert_ok(bytes_append_u8(&signed_form, 0));
    ck_assert_text_has(refusal(signed_form.data, signed_form.len, true), "1 bytes follow the transaction");
    ck_assert_text_has(refusal(signed_form.data, signed_form.len, false), "66 bytes follow");
}
END_TEST

START_TEST(a_transaction_of_version_1_is_refused_by_name)
{
    CLEANUP(bytes_free) struct bytes form = from_hex(fc_no_deposit_hex), version_1 = {0};
    ck_assert_ok(bytes_append_u8(&version_1, 1));
    ck_assert_ok(bytes_append(&version_1, form.data, form.len));
    ck_assert_str_eq(refusal(version_1.data, version_1.len, true),
                     "transactions of version 1 are not supported, send version 0, at byte 0");
}
END_TEST

/* fc_no_deposit with `len` bytes at `offset` replaced; offsets are those of near-rpc.md B.1. */
static const char *refusal_with(size_t offset, const void *bytes, size_t len)
{
    CLEANUP(bytes_free) struct bytes form = from_hex(fc_no_deposit_hex);
    memcpy(form.data + offset, bytes, len);
    return refusal(form.data, FC_NO_DEPOSIT_LEN, false);
}

START_TEST(malformed_parts_are_refused_with_their_place)
{
    ck_assert_str_eq(refusal_with(4, "\xff", 1), "the signer's id is not UTF-8 text, at byte 17");
    ck_assert_str_eq(refusal_with(5, "\0", 1), "the signer's id is not UTF-8 text, at byte 17");
    ck_assert_str_eq(refusal_with(17, "\2", 1), "key type 2 is not known, at byte 18");
    ck_assert_str_eq(refusal_with(120, "\1", 1), "actions of type 1 are not supported, at byte 121");
    ck_assert_str_eq(refusal_with(120, "\x08", 1), "actions of type 8 are not supported, at byte 121");
    ck_assert_str_eq(refusal_with(120, "\xff", 1), "actions of type 255 are not supported, at byte 121");
    ck_assert_str_eq(refusal_with(116, "\x65\0\0\0", 4),
                     "the actions: 101, at most 100 are taken, at byte 120");
    ck_assert_str_eq(refusal_with(116, "\xff\xff\xff\xff", 4),
                     "the actions: 4294967295, at most 100 are taken, at byte 120");
    ck_assert_str_eq(refusal_with(121, "\1\1\0\0", 4), "a method name is not UTF-8 text, at byte 382");
    ck_assert_str_eq(refusal_with(148, "\xff\xff\xff\xff", 4),
                     "the transaction ends within the arguments, at byte 152");
}
END_TEST

START_TEST(an_access_key_is_read_strictly)
{
    CLEANUP(near_tx_free) struct near_tx whole = everything();
    struct near_tx tx = whole;
    tx.actions = &whole.actions[4];
    tx.action_count = 1;
    CLEANUP(bytes_free) struct bytes form = {0};
    ck_assert_ok(near_tx_encode(&tx, &form));
    /* From the end: two names of 4 + 3 bytes, their count, the receiver of 4 + 13, 16 of
     * allowance, its flag, permission. */
    size_t count_at = form.len - 14 - 4, flag_at = count_at - 17 - 16 - 1, permission_at = flag_at - 1;
    ck_assert_uint_eq(form.data[count_at], 2);
    form.data[count_at + 3] = 0xff;
    ck_assert_text_has(refusal(form.data, form.len, false), "ends within the method names");
    form.data[count_at + 3] = 0;
    form.data[flag_at] = 2;
    ck_assert_text_has(refusal(form.data, form.len, false), "an allowance is marked with 2, not 0 or 1");
    form.data[permission_at] = 2;
    ck_assert_text_has(refusal(form.data, form.len, false), "access key permission 2 is not known");
    form.data[permission_at] = 1;
    ck_assert_text_has(refusal(form.data, form.len, false), "bytes follow the transaction");
}
END_TEST

START_TEST(a_transaction_without_actions_is_read)
{
    CLEANUP(bytes_free) struct bytes form = from_hex(fc_no_deposit_hex), again = {0};
    memset(form.data + 116, 0, 4);
    CLEANUP(near_tx_free) struct near_tx tx;
    ck_assert_ok(near_tx_decode(form.data, 120, &tx, NULL));
    ck_assert_uint_eq(tx.action_count, 0);
    ck_assert_ok(near_tx_encode(&tx, &again));
    assert_same(&again, form.data, 120);
}
END_TEST

START_TEST(what_is_larger_than_a_transaction_may_be_is_refused)
{
    CLEANUP(bytes_free) struct bytes large = {0};
    uint8_t *at;
    ck_assert_ok(bytes_extend(&large, NEAR_TX_BYTES_MAX + 1, &at));
    memset(at, 0, NEAR_TX_BYTES_MAX + 1);
    ck_assert_text_has(refusal(large.data, large.len, false), "more than a transaction may have");
}
END_TEST

START_TEST(changed_bytes_never_read_past_the_end_and_what_is_taken_comes_back)
{
    CLEANUP(near_tx_free) struct near_tx tx = everything();
    CLEANUP(bytes_free) struct bytes form = {0};
    uint64_t random = test_seed();
    ck_assert_ok(near_tx_encode(&tx, &form));
    size_t taken = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t *copy = malloc(form.len);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, form.data, form.len);
        for (unsigned i = 0; i < 1 + round % 3; i++)
            copy[test_random(&random) % form.len] = (uint8_t)test_random(&random);
        CLEANUP(near_tx_free) struct near_tx back;
        CLEANUP(bytes_free) struct bytes again = {0};
        if (near_tx_decode(copy, form.len, &back, NULL) == OUTCOME_OK) {
            ck_assert_ok(near_tx_encode(&back, &again));
            assert_same(&again, copy, form.len);
            taken++;
        }
        free(copy);
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

START_TEST(encoding_keeps_to_the_limit_of_the_buffer_and_to_known_actions)
{
    CLEANUP(near_tx_free) struct near_tx tx = everything();
    CLEANUP(bytes_free) struct bytes narrow = {.len_max = 100}, out = {0};
    uint8_t hash[SHA256_LEN];
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = keypair(1);
    ck_assert_ok(bytes_append_text(&narrow, "kept"));
    ck_assert_outcome(near_tx_encode(&tx, &narrow), OUTCOME_LIMIT);
    ck_assert_outcome(near_tx_sign(&tx, &pair, &narrow, hash), OUTCOME_LIMIT);
    ck_assert_str_eq((char *)narrow.data, "kept");
    tx.actions[1].type = (enum near_action_type)99;
    ck_assert_outcome(near_tx_encode(&tx, &out), OUTCOME_INTERNAL);
    ck_assert_uint_eq(out.len, 0);
    near_tx_free(NULL);
}
END_TEST

START_TEST(keys_of_both_kinds_have_their_text)
{
    static const char ed25519[] = "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF";
    static const char secp256k1[] =
        "secp256k1:4NfTiv3UsGahebgTaHyD9vF8KYKMBnfd6kh94mK6xv8fGBiJB8TBtFMP5WWXz6B89Ac1fbpzPwAvoyQebemHFwx3";
    struct near_public_key a, b;
    char text[NEAR_PUBLIC_KEY_TEXT_MAX];
    ck_assert_ok(near_public_key_parse(ed25519, strlen(ed25519), &a));
    ck_assert_int_eq(a.type, NEAR_KEY_ED25519);
    near_public_key_format(&a, text);
    ck_assert_str_eq(text, ed25519);
    ck_assert_ok(near_public_key_parse(secp256k1, strlen(secp256k1), &b));
    ck_assert_int_eq(b.type, NEAR_KEY_SECP256K1);
    near_public_key_format(&b, text);
    ck_assert_str_eq(text, secp256k1);
    ck_assert(near_public_key_equal(&b, &b));
    ck_assert(!near_public_key_equal(&a, &b));
    b = a;
    b.bytes[31] ^= 1;
    ck_assert(!near_public_key_equal(&a, &b));

    static const char *const refused[] = {
        "", "ed25519", "ed25519:", "ed25519:1", "bls12381:1", "secp256k1:11"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        ck_assert_outcome(near_public_key_parse(refused[i], strlen(refused[i]), &a), OUTCOME_KEY_MALFORMED);
    ck_assert_outcome(near_public_key_parse(secp256k1 + 4, strlen(secp256k1) - 4, &a), OUTCOME_KEY_MALFORMED);
    memset(b.bytes, 0xff, sizeof b.bytes);
    b.type = NEAR_KEY_SECP256K1;
    near_public_key_format(&b, text);
    ck_assert_ok(near_public_key_parse(text, strlen(text), &a));
}
END_TEST

/* The inputs of the reference vectors. */

static const char *member(struct json_object *object, const char *name)
{
    struct json_object *value = json_object_object_get(object, name);
    ck_assert_msg(json_object_is_type(value, json_type_string), "no text in member %s", name);
    return json_object_get_string(value);
}

static struct u128 amount(struct json_object *object, const char *name)
{
    struct u128 value;
    ck_assert(u128_parse(member(object, name), strlen(member(object, name)), &value));
    return value;
}

static struct near_public_key key_of(struct json_object *object)
{
    struct near_public_key key;
    const char *text = member(object, "public_key");
    ck_assert_ok(near_public_key_parse(text, strlen(text), &key));
    return key;
}

static void read_function_call(struct json_object *from, struct near_action *out)
{
    struct bytes args = from_hex(member(from, "args_hex"));
    out->type = NEAR_FUNCTION_CALL;
    out->method_name = strdup(member(from, "method_name"));
    out->args = args.data;
    out->args_len = args.len;
    out->gas = amount(from, "gas").low;
    out->deposit = amount(from, "deposit");
}

static void read_add_key(struct json_object *from, struct near_action *out)
{
    struct json_object *key = json_object_object_get(from, "access_key"), *call;
    out->type = NEAR_ADD_KEY;
    out->public_key = key_of(from);
    out->access_key.nonce = amount(key, "nonce").low;
    if (!json_object_object_get_ex(json_object_object_get(key, "permission"), "FunctionCall", &call)) {
        out->access_key.full_access = true;
        return;
    }
    struct json_object *names = json_object_object_get(call, "method_names");
    out->access_key.receiver_id = strdup(member(call, "receiver_id"));
    out->access_key.has_allowance = json_object_object_get(call, "allowance");
    if (out->access_key.has_allowance)
        out->access_key.allowance = amount(call, "allowance");
    out->access_key.method_count = json_object_array_length(names);
    out->access_key.method_names = calloc(out->access_key.method_count + 1, sizeof(char *));
    ck_assert_ptr_nonnull(out->access_key.method_names);
    for (size_t i = 0; i < out->access_key.method_count; i++)
        out->access_key.method_names[i] = strdup(json_object_get_string(json_object_array_get_idx(names, i)));
}

static void read_action(struct json_object *from, struct near_action *out)
{
    struct json_object *body;
    if (json_object_is_type(from, json_type_string)) {
        ck_assert_str_eq(json_object_get_string(from), "CreateAccount");
        out->type = NEAR_CREATE_ACCOUNT;
    } else if (json_object_object_get_ex(from, "FunctionCall", &body)) {
        read_function_call(body, out);
    } else if (json_object_object_get_ex(from, "Transfer", &body)) {
        out->type = NEAR_TRANSFER;
        out->deposit = amount(body, "deposit");
    } else if (json_object_object_get_ex(from, "AddKey", &body)) {
        read_add_key(body, out);
    } else {
        ck_assert(json_object_object_get_ex(from, "DeleteKey", &body));
        out->type = NEAR_DELETE_KEY;
        out->public_key = key_of(body);
    }
}

static struct near_tx read_inputs(struct json_object *vector)
{
    struct json_object *actions = json_object_object_get(vector, "actions");
    struct near_tx tx = {
        .signer_id = strdup(member(vector, "signer_id")),
        .public_key = key_of(vector),
        .nonce = amount(vector, "nonce").low,
        .receiver_id = strdup(member(vector, "receiver_id")),
        .action_count = json_object_array_length(actions),
    };
    ck_assert_ok(hex_decode(member(vector, "block_hash_hex"), 64, tx.block_hash, SHA256_LEN));
    tx.actions = calloc(tx.action_count, sizeof *tx.actions);
    ck_assert_ptr_nonnull(tx.actions);
    for (size_t i = 0; i < tx.action_count; i++)
        read_action(json_object_array_get_idx(actions, i), &tx.actions[i]);
    return tx;
}

static void check_vector(struct json_object *vector)
{
    CLEANUP(near_tx_free) struct near_tx tx = read_inputs(vector), back = {0};
    CLEANUP(bytes_free) struct bytes expected = from_hex(member(vector, "tx_borsh_hex"));
    CLEANUP(bytes_free) struct bytes expected_signed = from_hex(member(vector, "signed_tx_borsh_hex"));
    CLEANUP(bytes_free) struct bytes form = {0}, signed_form = {0}, again = {0};
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    uint8_t seed[ED25519_KEY_LEN], hash[SHA256_LEN];
    char hash_text[HASH_TEXT_MAX];
    struct near_signature signature;
    size_t tx_len;
    ck_assert_ok(near_tx_encode(&tx, &form));
    assert_same(&form, expected.data, expected.len);
    ck_assert_ok(hex_decode(member(vector, "signer_key_seed_hex"), 64, seed, sizeof seed));
    ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
    ck_assert_ok(near_tx_sign(&tx, &pair, &signed_form, hash));
    assert_same(&signed_form, expected_signed.data, expected_signed.len);
    hash_format(hash, hash_text);
    ck_assert_str_eq(hash_text, member(vector, "tx_hash"));
    ck_assert_ok(near_signed_tx_decode(signed_form.data, signed_form.len, &back, &signature, &tx_len, NULL));
    ck_assert_uint_eq(tx_len, form.len);
    ck_assert_ok(near_tx_encode(&back, &again));
    assert_same(&again, expected.data, expected.len);
    for (size_t len = 0; len < signed_form.len; len++)
        (void)refusal(signed_form.data, len, true);
    for (size_t len = 0; len < form.len; len++)
        (void)refusal(form.data, len, false);
}

START_TEST(all_reference_vectors_byte_for_byte_both_ways)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *file = NULL;
    if (!reference_data("near-tx/vectors.json", &text))
        return;
    ck_assert_ok(json_parse((char *)text.data, text.len, &json_limits_view, &file, NULL));
    struct json_object *vectors = json_object_object_get(file, "vectors");
    ck_assert_uint_eq(json_object_array_length(vectors), 11);
    for (size_t i = 0; i < 11; i++)
        check_vector(json_object_array_get_idx(vectors, i));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "near_tx");
    tcase_add_test(tcase, a_function_call_is_made_and_signed_byte_for_byte);
    tcase_add_test(tcase, a_signed_transaction_is_read_with_the_length_of_what_was_signed);
    tcase_add_test(tcase, every_kind_of_action_comes_back);
    tcase_add_test(tcase, every_truncation_and_trailing_byte_is_refused);
    tcase_add_test(tcase, a_transaction_of_version_1_is_refused_by_name);
    tcase_add_test(tcase, malformed_parts_are_refused_with_their_place);
    tcase_add_test(tcase, an_access_key_is_read_strictly);
    tcase_add_test(tcase, a_transaction_without_actions_is_read);
    tcase_add_test(tcase, what_is_larger_than_a_transaction_may_be_is_refused);
    tcase_add_test(tcase, changed_bytes_never_read_past_the_end_and_what_is_taken_comes_back);
    tcase_add_test(tcase, encoding_keeps_to_the_limit_of_the_buffer_and_to_known_actions);
    tcase_add_test(tcase, keys_of_both_kinds_have_their_text);
    tcase_add_test(tcase, all_reference_vectors_byte_for_byte_both_ways);
    return run_suite(suite);
}

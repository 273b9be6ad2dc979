/* Calls of ours into LMDB, wolfSSL and wolfCrypt that may fail on a test's word (tests/support/faults.h):
 * the linker puts them in the place of the libraries' own, with $(fault_ldflags). Those that cannot fail,
 * and those that only release, are not here; tests/system/fault_points.test knows both lists. */
#include <errno.h>

#include <json-c/json_tokener.h>
#include <lmdb.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/integer.h>

#include "tests/support/faults.h"

/* `failed` is what a failing call does and gives, `error` being what it fails with. */
#define MAY_FAIL(class, type, name, parameters, arguments, failed, ...)                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        static const int errors[] = {__VA_ARGS__, 0};                                                        \
        int error = faults_next(FAULT_##class, #name, errors);                                               \
        return error ? failed : __real_##name arguments;                                                     \
    }

/* LMDB */

MAY_FAIL(LMDB, int, mdb_env_create, (MDB_env * *out), (out), error, ENOMEM)
MAY_FAIL(LMDB, int, mdb_env_set_mapsize, (MDB_env * env, size_t size), (env, size), error, ENOMEM, EACCES)
MAY_FAIL(LMDB, int, mdb_env_open, (MDB_env * env, const char *path, unsigned flags, mdb_mode_t mode),
         (env, path, flags, mode), error, EACCES, EIO, ENOMEM, EMFILE, ENOSPC, MDB_INVALID,
         MDB_VERSION_MISMATCH)
MAY_FAIL(LMDB, int, mdb_env_sync, (MDB_env * env, int force), (env, force), error, EIO, ENOSPC)
MAY_FAIL(LMDB, int, mdb_reader_check, (MDB_env * env, int *dead), (env, dead), error, ENOMEM)
MAY_FAIL(LMDB, int, mdb_txn_begin, (MDB_env * env, MDB_txn *parent, unsigned flags, MDB_txn **out),
         (env, parent, flags, out), error, ENOMEM, MDB_READERS_FULL, MDB_MAP_RESIZED, MDB_PANIC)
/* What a commit was given is gone, whether it failed or not. */
MAY_FAIL(LMDB, int, mdb_txn_commit, (MDB_txn * txn), (txn), (mdb_txn_abort(txn), error), EIO, ENOSPC, ENOMEM,
         MDB_MAP_FULL, MDB_CORRUPTED)
MAY_FAIL(LMDB, int, mdb_dbi_open, (MDB_txn * txn, const char *name, unsigned flags, MDB_dbi *out),
         (txn, name, flags, out), error, ENOMEM, MDB_CORRUPTED)
MAY_FAIL(LMDB, int, mdb_get, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *out), (txn, dbi, key, out),
         error, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, ENOMEM)
MAY_FAIL(LMDB, int, mdb_put, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags),
         (txn, dbi, key, value, flags), error, MDB_MAP_FULL, EIO, ENOSPC, ENOMEM, MDB_TXN_FULL, MDB_CORRUPTED)
MAY_FAIL(LMDB, int, mdb_del, (MDB_txn * txn, MDB_dbi dbi, MDB_val *key, MDB_val *value),
         (txn, dbi, key, value), error, MDB_MAP_FULL, EIO, ENOSPC, ENOMEM, MDB_TXN_FULL, MDB_CORRUPTED)
MAY_FAIL(LMDB, int, mdb_cursor_open, (MDB_txn * txn, MDB_dbi dbi, MDB_cursor **out), (txn, dbi, out), error,
         ENOMEM)
MAY_FAIL(LMDB, int, mdb_cursor_get,
         (MDB_cursor * cursor, MDB_val *key, MDB_val *value, MDB_cursor_op operation),
         (cursor, key, value, operation), error, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, ENOMEM)

/* json-c 0.16 does not survive without memory (docs/failure-tests.md): while it builds a tree nothing fails. */
struct json_object *__real_json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int len);
struct json_object *__wrap_json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int len);
struct json_object *__wrap_json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int len)
{
    faults_pause();
    struct json_object *tree = __real_json_tokener_parse_ex(tokener, text, len);
    faults_go_on();
    return tree;
}

/* wolfCrypt */

#define CRYPTO_ERRORS MEMORY_E, BAD_STATE_E

MAY_FAIL(CRYPTO, int, wc_AesInit, (Aes * aes, void *heap, int device), (aes, heap, device), error,
         CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_AesGcmSetKey, (Aes * aes, const byte *key, word32 len), (aes, key, len), error,
         CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_AesGcmEncrypt,
         (Aes * aes, byte *out, const byte *in, word32 len, const byte *nonce, word32 nonce_len, byte *tag,
          word32 tag_len, const byte *extra, word32 extra_len),
         (aes, out, in, len, nonce, nonce_len, tag, tag_len, extra, extra_len), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_AesGcmDecrypt,
         (Aes * aes, byte *out, const byte *in, word32 len, const byte *nonce, word32 nonce_len,
          const byte *tag, word32 tag_len, const byte *extra, word32 extra_len),
         (aes, out, in, len, nonce, nonce_len, tag, tag_len, extra, extra_len), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_HmacInit, (Hmac * hmac, void *heap, int device), (hmac, heap, device), error,
         CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_HmacSetKey, (Hmac * hmac, int type, const byte *key, word32 len),
         (hmac, type, key, len), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_HmacUpdate, (Hmac * hmac, const byte *in, word32 len), (hmac, in, len), error,
         CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_HmacFinal, (Hmac * hmac, byte *out), (hmac, out), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_init, (ed25519_key * key), (key), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_import_private_only, (const byte *seed, word32 len, ed25519_key *key),
         (seed, len, key), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_import_private_key_ex,
         (const byte *seed, word32 len, const byte *public_key, word32 public_len, ed25519_key *key,
          int trusted),
         (seed, len, public_key, public_len, key, trusted), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_import_public, (const byte *public_key, word32 len, ed25519_key *key),
         (public_key, len, key), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_make_public, (ed25519_key * key, unsigned char *out, word32 len),
         (key, out, len), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_sign_msg,
         (const byte *message, word32 len, byte *out, word32 *out_len, ed25519_key *key),
         (message, len, out, out_len, key), error, CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wc_ed25519_verify_msg,
         (const byte *signature, word32 signature_len, const byte *message, word32 len, int *valid,
          ed25519_key *key),
         (signature, signature_len, message, len, valid, key), error, CRYPTO_ERRORS)

/* The arithmetic behind a compressed secp256k1 point. */

#define NUMBER_ERRORS MP_MEM, MP_VAL

MAY_FAIL(CRYPTO, int, sp_init_multi, (sp_int * a, sp_int *b, sp_int *c, sp_int *d, sp_int *e, sp_int *f),
         (a, b, c, d, e, f), error, NUMBER_ERRORS)
MAY_FAIL(CRYPTO, int, sp_read_unsigned_bin, (sp_int * out, const byte *in, word32 len), (out, in, len), error,
         NUMBER_ERRORS)
MAY_FAIL(CRYPTO, int, sp_sqrmod, (const sp_int *a, const sp_int *m, sp_int *out), (a, m, out), error,
         NUMBER_ERRORS)
MAY_FAIL(CRYPTO, int, sp_mulmod, (const sp_int *a, const sp_int *b, const sp_int *m, sp_int *out),
         (a, b, m, out), error, NUMBER_ERRORS)
MAY_FAIL(CRYPTO, int, sp_mod, (const sp_int *a, const sp_int *m, sp_int *out), (a, m, out), error,
         NUMBER_ERRORS)
MAY_FAIL(CRYPTO, int, sp_exptmod_nct,
         (const sp_int *base, const sp_int *exponent, const sp_int *m, sp_int *out), (base, exponent, m, out),
         error, NUMBER_ERRORS)

/* TLS: what makes a context and a session. */

MAY_FAIL(CRYPTO, WOLFSSL_METHOD *, wolfTLSv1_3_server_method, (void), (), NULL, MEMORY_E)
MAY_FAIL(CRYPTO, int, wolfSSL_Init, (void), (), error, BAD_MUTEX_E)
MAY_FAIL(CRYPTO, WOLFSSL_CTX *, wolfSSL_CTX_new, (WOLFSSL_METHOD * method), (method),
         (wolfSSL_Free(method), (WOLFSSL_CTX *)NULL), MEMORY_E)
MAY_FAIL(CRYPTO, int, wolfSSL_CTX_use_certificate_buffer,
         (WOLFSSL_CTX * ctx, const unsigned char *in, long len, int format), (ctx, in, len, format), error,
         CRYPTO_ERRORS)
MAY_FAIL(CRYPTO, int, wolfSSL_CTX_no_ticket_TLSv13, (WOLFSSL_CTX * ctx), (ctx), error, BAD_FUNC_ARG)
MAY_FAIL(CRYPTO, int, wolfSSL_CTX_set_num_tickets, (WOLFSSL_CTX * ctx, size_t count), (ctx, count),
         WOLFSSL_FAILURE, BAD_FUNC_ARG)
MAY_FAIL(CRYPTO, int, wolfSSL_CTX_set_groups, (WOLFSSL_CTX * ctx, int *groups, int count),
         (ctx, groups, count), error, BAD_FUNC_ARG)
MAY_FAIL(CRYPTO, int, wolfSSL_CTX_set_cipher_list, (WOLFSSL_CTX * ctx, const char *list), (ctx, list),
         WOLFSSL_FAILURE, BAD_FUNC_ARG)
MAY_FAIL(CRYPTO, WOLFSSL *, wolfSSL_new, (WOLFSSL_CTX * ctx), (ctx), NULL, MEMORY_E)
MAY_FAIL(CRYPTO, int, wolfSSL_set_fd, (WOLFSSL * ssl, int fd), (ssl, fd), error, BAD_FUNC_ARG)

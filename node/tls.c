#include "node/tls.h"

#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/socket.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfio.h>

#include "common/crypto.h"
#include "common/mpc_cert.h"

/* Debian's wolfSSL has no AES-NI: ChaCha20 is twice as fast (tls-http.md 3). The server's order wins. */
#define TLS_SUITES "TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384"

struct tls_context {
    bool started; /* the library, for this one */
    WOLFSSL_CTX *ctx;
    struct ed25519_keypair *p2p_key; /* borrowed; the library's contexts are not const */
};

/* Called by wolfSSL for the peer's certificate, and for each of a longer chain before it. That the issuer is
 * unknown to wolfSSL (`ok` 0) is expected: no root is loaded. */
static int judge_certificate(int ok, WOLFSSL_X509_STORE_CTX *store)
{
    (void)ok;
    struct tls_session *session = store->userCtx;
    if (!session || !store->certs || store->totalCerts < 1 || store->error_depth != 0) {
        if (session)
            session->verdict = OUTCOME_CLIENT_CERT_COUNT;
        return 0;
    }
    session->judged = true;
    session->verdict = door_judge(session->door, store->certs[0].buffer, store->certs[0].length,
                                  (size_t)store->totalCerts, &session->key);
    return session->verdict == OUTCOME_OK;
}

/* CertificateVerify. The library asks for the signature, so that the P2P key stays in secret memory. */
static int sign(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out, unsigned *out_len,
                const unsigned char *key, unsigned key_len, void *p2p_key)
{
    (void)ssl, (void)key, (void)key_len;
    struct ed25519_signature signature;
    if (*out_len < sizeof signature.bytes || ed25519_sign(p2p_key, in, in_len, &signature) != OUTCOME_OK)
        return BAD_FUNC_ARG;
    memcpy(out, signature.bytes, sizeof signature.bytes);
    *out_len = sizeof signature.bytes;
    return 0;
}

/* The client's CertificateVerify. The library has read its certificate by itself: the key that it found there has
 * to be the one that the door has judged, and it is with that one that the signature is verified. */
static int verify(WOLFSSL *ssl, const unsigned char *sig, unsigned sig_len, const unsigned char *message,
                  unsigned len, const unsigned char *key, unsigned key_len, int *is_valid, void *context)
{
    (void)ssl;
    struct tls_session *session = context;
    struct ed25519_signature signature;
    *is_valid = 0;
    if (!session->judged || session->verdict != OUTCOME_OK || key_len != sizeof session->key.bytes ||
        memcmp(key, session->key.bytes, key_len) != 0 || sig_len != sizeof signature.bytes)
        return VERIFY_SIGN_ERROR;
    memcpy(signature.bytes, sig, sizeof signature.bytes);
    session->proven = ed25519_verify(&session->key, message, len, &signature) == OUTCOME_OK;
    *is_valid = session->proven;
    return session->proven ? 0 : VERIFY_SIGN_ERROR;
}

static result_t use_certificate(WOLFSSL_CTX *ctx, const struct ed25519_keypair *p2p_key)
{
    uint8_t cert[MPC_CERT_LEN_MAX];
    size_t cert_len;
    wolfSSL_CTX_SetEd25519SignCb(ctx, sign);
    wolfSSL_CTX_SetEd25519VerifyCb(ctx, verify);
    TRY(mpc_cert_make_peer(&p2p_key->public_key, cert, &cert_len));
    int code = wolfSSL_CTX_use_certificate_buffer(ctx, cert, (long)cert_len, WOLFSSL_FILETYPE_ASN1);
    return code == WOLFSSL_SUCCESS ? OUTCOME_OK : crypto_outcome(code ? code : BAD_FUNC_ARG);
}

static bool restrict_protocol(WOLFSSL_CTX *ctx)
{
    int groups[] = {WOLFSSL_ECC_X25519};
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge_certificate);
    wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_OFF);
    /* With tickets a client comes in again without a certificate, and the
     * pin is not asked (tls-http.md 1). */
    return wolfSSL_CTX_no_ticket_TLSv13(ctx) == 0 && wolfSSL_CTX_set_num_tickets(ctx, 0) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_groups(ctx, groups, ARRAY_LEN(groups)) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_cipher_list(ctx, TLS_SUITES) == WOLFSSL_SUCCESS;
}

static result_t set_up(struct tls_context *context)
{
    context->started = wolfSSL_Init() == WOLFSSL_SUCCESS;
    if (!context->started)
        return OUTCOME_CRYPTO_FAILED;
    WOLFSSL_METHOD *method = wolfTLSv1_3_server_method();
    context->ctx = method ? wolfSSL_CTX_new(method) : NULL;
    if (!context->ctx)
        return OUTCOME_NO_MEMORY;
    return restrict_protocol(context->ctx) ? use_certificate(context->ctx, context->p2p_key)
                                           : OUTCOME_CRYPTO_FAILED;
}

result_t tls_context_make(const struct ed25519_keypair *p2p_key, struct tls_context **out, struct error *err)
{
    *out = NULL;
    struct tls_context *context = calloc(1, sizeof *context);
    if (!context)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for TLS");
    memcpy(&context->p2p_key, &p2p_key, sizeof p2p_key);
    result_t result = set_up(context);
    if (result != OUTCOME_OK) {
        tls_context_free(context);
        return error_set(err, result,
                         "the TLS library does not start, or does not take the node's P2P key or our "
                         "settings");
    }
    *out = context;
    return OUTCOME_OK;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    wolfSSL_CTX_free(context->ctx);
    if (context->started)
        wolfSSL_Cleanup();
    free(context);
}

bool tls_session_has_ahead(const struct tls_session *session)
{
    return session->ahead_at < session->ahead_len;
}

/* Read for wolfSSL, which asks for a record's five bytes and then for the rest: whatever is there is taken at
 * once, and after a short read the kernel is not asked again before it says that there is more. */
static int read_ahead(WOLFSSL *ssl, char *out, int cap, void *context)
{
    (void)ssl;
    struct tls_session *session = context;
    if (!tls_session_has_ahead(session)) {
        if (session->drained)
            return WOLFSSL_CBIO_ERR_WANT_READ;
        ssize_t got = recv(session->fd, session->ahead, sizeof session->ahead, MSG_DONTWAIT);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? WOLFSSL_CBIO_ERR_WANT_READ : WOLFSSL_CBIO_ERR_GENERAL;
        if (got == 0)
            return WOLFSSL_CBIO_ERR_CONN_CLOSE;
        session->drained = (size_t)got < sizeof session->ahead;
        session->ahead_at = 0;
        session->ahead_len = (size_t)got;
    }
    size_t left = session->ahead_len - session->ahead_at;
    size_t part = left < (size_t)cap ? left : (size_t)cap;
    memcpy(out, session->ahead + session->ahead_at, part);
    session->ahead_at += part;
    return (int)part;
}

result_t tls_session_open(struct tls_context *context, int fd, const struct door *door,
                          struct tls_session *out)
{
    *out = (struct tls_session){.fd = fd, .door = door, .verdict = OUTCOME_HANDSHAKE_FAILED};
    WOLFSSL *ssl = wolfSSL_new(context->ctx);
    if (!ssl)
        return OUTCOME_NO_MEMORY;
    wolfSSL_set_fd(ssl, fd);
    wolfSSL_set_using_nonblock(ssl, 1);
    wolfSSL_SSLSetIORecv(ssl, read_ahead);
    wolfSSL_SetIOReadCtx(ssl, out);
    wolfSSL_SetIOWriteFlags(ssl, MSG_NOSIGNAL);
    wolfSSL_SetCertCbCtx(ssl, out);
    wolfSSL_SetEd25519SignCtx(ssl, context->p2p_key);
    wolfSSL_SetEd25519VerifyCtx(ssl, out);
    out->ssl = ssl;
    return OUTCOME_OK;
}

void tls_session_readable(struct tls_session *session)
{
    session->drained = false;
}

/* Errors pile up in a list per thread until somebody clears it. */
static enum tls_io io_of(struct tls_session *session, int returned, int *error)
{
    *error = wolfSSL_get_error(session->ssl, returned);
    switch (*error) {
    case WOLFSSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case WOLFSSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case WOLFSSL_ERROR_ZERO_RETURN:
    case SOCKET_PEER_CLOSED_E:
        wolfSSL_ERR_clear_error();
        return TLS_CLOSED;
    default:
        wolfSSL_ERR_clear_error();
        return TLS_FAILED;
    }
}

/* Why wolfSSL gave a handshake up, where the door was not asked or did not refuse. */
static result_t handshake_verdict(const struct tls_session *session, int error)
{
    if (session->judged && session->verdict != OUTCOME_OK)
        return session->verdict;
    if (error == NO_PEER_CERT)
        return OUTCOME_CLIENT_CERT_MISSING;
    if (error == MAX_CHAIN_ERROR || session->verdict == OUTCOME_CLIENT_CERT_COUNT)
        return OUTCOME_CLIENT_CERT_COUNT;
    if (error <= ASN_PARSE_E && error >= ASN_CRIT_EXT_E && !session->judged)
        return OUTCOME_CERT_MALFORMED;
    return OUTCOME_HANDSHAKE_FAILED;
}

enum tls_io tls_session_accept(struct tls_session *session)
{
    int error;
    int returned = wolfSSL_accept(session->ssl);
    if (returned == WOLFSSL_SUCCESS) {
        /* No way in but past the door, whatever the library was talked into. */
        if (session->judged && session->verdict == OUTCOME_OK && session->proven &&
            !wolfSSL_session_reused(session->ssl))
            return TLS_DONE;
        session->verdict = OUTCOME_CLIENT_CERT_MISSING;
        return TLS_FAILED;
    }
    enum tls_io io = io_of(session, returned, &error);
    if (io == TLS_WANT_READ || io == TLS_WANT_WRITE)
        return io;
    session->verdict = handshake_verdict(session, error);
    return TLS_FAILED;
}

enum tls_io tls_session_read(struct tls_session *session, void *out, size_t cap, size_t *got)
{
    int error;
    *got = 0;
    int returned = wolfSSL_read(session->ssl, out, (int)cap);
    if (returned <= 0)
        return io_of(session, returned, &error);
    *got = (size_t)returned;
    return TLS_DONE;
}

enum tls_io tls_session_write(struct tls_session *session, const void *data, size_t len)
{
    int error;
    int returned = wolfSSL_write(session->ssl, data, (int)len);
    if (returned > 0)
        return (size_t)returned == len ? TLS_DONE : TLS_FAILED;
    return io_of(session, returned, &error);
}

void tls_session_close_notify(struct tls_session *session)
{
    if (session->ssl && wolfSSL_shutdown(session->ssl) < 0)
        wolfSSL_ERR_clear_error();
}

void tls_session_free(struct tls_session *session)
{
    if (session->ssl)
        wolfSSL_free(session->ssl);
    session->ssl = NULL;
}

void tls_thread_end(void)
{
    /* The P-256 and secp256k1 tables of this thread, 1.66 MB where they were
     * touched (tls-http.md 1, pitfall 4). */
#ifdef FP_ECC
    wc_ecc_fp_free();
#endif
    wolfSSL_ERR_clear_error();
}

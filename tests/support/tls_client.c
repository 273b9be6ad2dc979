#include "tests/support/tls_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>
#include <wolfssl/wolfio.h>

#include "common/mpc_cert.h"
#include "tests/support/pem.h"
#include "tests/support/support.h"

#define READ_TIMEOUT_S 10
#define DER_MAX        4096
#define RESPONSE_MAX   (64u << 20)

struct der {
    uint8_t cert[DER_MAX];
    size_t cert_len;
    uint8_t key[DER_MAX];
    size_t key_len;
};

static void own_certificate(const struct client_options *options, struct der *out)
{
    ck_assert_ok(mpc_cert_make_peer(&options->key->public_key, out->cert, &out->cert_len));
    mpc_key_pkcs8_v1(options->key->seed.data, out->key);
    out->key_len = MPC_PKCS8_V1_LEN;
}

/* The CertificateVerify of somebody who has the certificate and not its key. */
static int sign_as_thief(WOLFSSL *ssl, const unsigned char *in, unsigned in_len, unsigned char *out,
                         unsigned *out_len, const unsigned char *key, unsigned key_len, void *context)
{
    (void)ssl, (void)key, (void)key_len;
    struct ed25519_signature signature;
    ck_assert_ok(ed25519_sign(context, in, in_len, &signature));
    memcpy(out, signature.bytes, sizeof signature.bytes);
    *out_len = sizeof signature.bytes;
    return 0;
}

static void self_sign(int signature, RsaKey *rsa, ecc_key *ecc, WC_RNG *rng, struct der *out)
{
    Cert cert;
    ck_assert_int_eq(wc_InitCert(&cert), 0);
    snprintf(cert.subject.commonName, sizeof cert.subject.commonName, "somebody");
    cert.sigType = signature;
    ck_assert_int_gt(wc_MakeCert(&cert, out->cert, DER_MAX, rsa, ecc, rng), 0);
    int len = wc_SignCert(cert.bodySz, signature, out->cert, DER_MAX, rsa, ecc, rng);
    ck_assert_int_gt(len, 0);
    out->cert_len = (size_t)len;
}

static void rsa_certificate(struct der *out)
{
    RsaKey key;
    WC_RNG rng;
    ck_assert_int_eq(wc_InitRng(&rng), 0);
    ck_assert_int_eq(wc_InitRsaKey(&key, NULL), 0);
    ck_assert_int_eq(wc_MakeRsaKey(&key, 2048, WC_RSA_EXPONENT, &rng), 0);
    self_sign(CTC_SHA256wRSA, &key, NULL, &rng, out);
    out->key_len = (size_t)wc_RsaKeyToDer(&key, out->key, DER_MAX);
    wc_FreeRsaKey(&key);
    wc_FreeRng(&rng);
}

static void ecdsa_certificate(struct der *out)
{
    ecc_key key;
    WC_RNG rng;
    ck_assert_int_eq(wc_InitRng(&rng), 0);
    ck_assert_int_eq(wc_ecc_init(&key), 0);
    ck_assert_int_eq(wc_ecc_make_key(&rng, 32, &key), 0);
    self_sign(CTC_SHA256wECDSA, NULL, &key, &rng, out);
    out->key_len = (size_t)wc_EccKeyToDer(&key, out->key, DER_MAX);
    wc_ecc_free(&key);
    wc_FreeRng(&rng);
#ifdef FP_ECC
    wc_ecc_fp_free();
#endif
}

static void load_certificate(WOLFSSL_CTX *ctx, const struct client_options *options)
{
    struct der der = {.cert_len = 0};
    CLEANUP(bytes_free) struct bytes pem = {0};
    if (options->certificate == CLIENT_NONE)
        return;
    if (options->certificate == CLIENT_RSA)
        rsa_certificate(&der);
    else if (options->certificate == CLIENT_ECDSA)
        ecdsa_certificate(&der);
    else
        own_certificate(options, &der);
    for (int i = 0; i < (options->certificate == CLIENT_TWO ? 2 : 1); i++)
        ck_assert_ok(pem_append("CERTIFICATE", der.cert, der.cert_len, &pem));
    ck_assert_int_eq(wolfSSL_CTX_use_certificate_chain_buffer(ctx, pem.data, (long)pem.len), WOLFSSL_SUCCESS);
    ck_assert_int_eq(
        wolfSSL_CTX_use_PrivateKey_buffer(ctx, der.key, (long)der.key_len, WOLFSSL_FILETYPE_ASN1),
        WOLFSSL_SUCCESS);
}

/* Small segments and a small window keep the server's socket buffer small too: what a test does not read has
 * to wait in the server, not in the kernel, whose buffers on loopback take more than a megabyte. */
static void keep_kernel_buffers_small(int fd)
{
    const int segment_bytes = 1400, window_bytes = 64 * 1024;
    ck_assert_int_eq(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment_bytes, sizeof segment_bytes), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window_bytes, sizeof window_bytes), 0);
}

int client_connect(const struct address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    const struct timeval timeout = {.tv_sec = READ_TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    keep_kernel_buffers_small(fd);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address->storage, address->len), 0);
    return fd;
}

bool client_open(struct tls_client *client, const struct address *address,
                 const struct client_options *options)
{
    wolfSSL_Init();
    *client = (struct tls_client){.fd = client_connect(address)};
    client->ctx =
        wolfSSL_CTX_new(options->tls_1_2 ? wolfTLSv1_2_client_method() : wolfTLSv1_3_client_method());
    ck_assert_ptr_nonnull(client->ctx);
    wolfSSL_CTX_set_verify(client->ctx, WOLFSSL_VERIFY_NONE, NULL);
    load_certificate(client->ctx, options);
    client->ssl = wolfSSL_new(client->ctx);
    ck_assert_ptr_nonnull(client->ssl);
    wolfSSL_set_fd(client->ssl, client->fd);
    wolfSSL_SetIOWriteFlags(client->ssl, MSG_NOSIGNAL);
    if (options->thief) {
        struct ed25519_keypair *thief;
        memcpy(&thief, &options->thief, sizeof thief); /* the library's context is not const */
        wolfSSL_CTX_SetEd25519SignCb(client->ctx, sign_as_thief);
        wolfSSL_SetEd25519SignCtx(client->ssl, thief);
    }
    if (options->resume) {
        WOLFSSL_SESSION *session = wolfSSL_get1_session(options->resume->ssl);
        wolfSSL_set_session(client->ssl, session);
        wolfSSL_SESSION_free(session);
    }
    return wolfSSL_connect(client->ssl) == WOLFSSL_SUCCESS;
}

bool client_open_as(struct tls_client *client, const struct address *address,
                    const struct ed25519_keypair *key)
{
    const struct client_options options = {.certificate = CLIENT_OWN, .key = key};
    return client_open(client, address, &options);
}

void client_close(struct tls_client *client)
{
    wolfSSL_free(client->ssl);
    wolfSSL_CTX_free(client->ctx);
    if (client->fd >= 0)
        close(client->fd);
    *client = (struct tls_client){.fd = -1};
    wolfSSL_Cleanup();
}

bool client_send(struct tls_client *client, const void *data, size_t len)
{
    return wolfSSL_write(client->ssl, data, (int)len) == (int)len;
}

bool client_send_text(struct tls_client *client, const char *text)
{
    return client_send(client, text, strlen(text));
}

static bool read_some(struct tls_client *client, struct bytes *out, size_t max)
{
    char chunk[16384];
    int got = wolfSSL_read(client->ssl, chunk, (int)(max < sizeof chunk ? max : sizeof chunk));
    if (got <= 0)
        return false;
    ck_assert_ok(bytes_append(out, chunk, (size_t)got));
    return true;
}

static size_t content_length(const char *head)
{
    const char *found = strcasestr(head, "\r\ncontent-length:");
    return found ? strtoul(found + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

bool client_receive(struct tls_client *client, struct bytes *head, struct bytes *body, int *status)
{
    bytes_clear(head);
    bytes_clear(body);
    *status = 0;
    /* Byte by byte, so that nothing behind this response is read. */
    while (head->len < 4 || memcmp(head->data + head->len - 4, "\r\n\r\n", 4) != 0)
        if (!read_some(client, head, 1))
            return false;
    int read_status = 0;
    if (sscanf((const char *)head->data, "HTTP/1.1 %d ", &read_status) != 1)
        return false;
    size_t len = content_length((const char *)head->data);
    ck_assert_uint_le(len, RESPONSE_MAX);
    while (body->len < len)
        if (!read_some(client, body, len - body->len))
            return false;
    *status = read_status;
    return true;
}

bool client_ended(struct tls_client *client)
{
    char byte;
    int got = wolfSSL_read(client->ssl, &byte, 1);
    int error = wolfSSL_get_error(client->ssl, got);
    return got <= 0 && error != WOLFSSL_ERROR_WANT_READ;
}

int client_alert(const struct tls_client *client)
{
    WOLFSSL_ALERT_HISTORY history;
    if (wolfSSL_get_alert_history(client->ssl, &history) != WOLFSSL_SUCCESS || history.last_rx.code < 0)
        return 0;
    return history.last_rx.code;
}

bool client_has_ticket(const struct tls_client *client)
{
    WOLFSSL_SESSION *session = wolfSSL_get1_session(client->ssl);
    bool has = session && wolfSSL_SESSION_has_ticket(session);
    wolfSSL_SESSION_free(session);
    return has;
}

void client_peer_certificate(const struct tls_client *client, struct bytes *out)
{
    WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(client->ssl);
    ck_assert_int_eq(wolfSSL_get_chain_count(chain), 1);
    ck_assert_ok(
        bytes_append(out, wolfSSL_get_chain_cert(chain, 0), (size_t)wolfSSL_get_chain_length(chain, 0)));
}

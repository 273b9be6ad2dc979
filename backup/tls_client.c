#include "backup/tls_client.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "backup/connect.h"
#include "common/mpc_cert.h"
#include "common/os/clock.h"
#include "common/secret.h"

/* What the client sends as SNI (wire.md 1.4). */
#define SERVER_NAME "dummy"

/* wolfSSL takes lengths as int; a piece is what one call gets. */
#define PIECE_BYTES_MAX (64u * 1024)

struct tls_client {
    WOLFSSL_CTX *ctx;
    WOLFSSL *ssl;
    int fd;
    const struct ed25519_public_key *node_key;
    struct ed25519_public_key own_key;
    bool server_checked;
    result_t refusal; /* what check_server said; OK before it ran */
    struct error refusal_text;
};

/* Everything that near/mpc's client checks of the server, and the pin (wire.md 1.3). */
static result_t check_server(const struct tls_client *client, const WOLFSSL_X509_STORE_CTX *store,
                             struct error *err)
{
    struct ed25519_public_key key;
    char got[ED25519_KEY_TEXT_MAX], expected[ED25519_KEY_TEXT_MAX];
    if (store->totalCerts != 1 || store->error_depth != 0)
        return error_set(err, OUTCOME_SERVER_CERT_UNTRUSTED,
                         "the server sent %d certificates; exactly one is expected", store->totalCerts);
    const WOLFSSL_BUFFER_INFO *cert = &store->certs[0];
    TRY(mpc_cert_verify_server(cert->buffer, cert->length, clock_wall_ms() / 1000, &key, err));
    if (ed25519_public_key_equal(&key, client->node_key))
        return OUTCOME_OK;
    ed25519_public_key_format(&key, got);
    ed25519_public_key_format(client->node_key, expected);
    return error_set(err, OUTCOME_SERVER_KEY_MISMATCH, "the server's P2P key is %s, --mpc-node-p2p-key is %s",
                     got, expected);
}

/* wolfSSL's own verdict is ignored: it cannot build a chain to a root that is no CA (wire.md 1.5). That the
 * peer has the certificate's private key, CertificateVerify, is wolfSSL's to check and stays so. */
static int verify_server(int verdict, WOLFSSL_X509_STORE_CTX *store)
{
    struct tls_client *client = store->userCtx;
    (void)verdict;
    client->refusal = check_server(client, store, &client->refusal_text);
    client->server_checked = client->refusal == OUTCOME_OK;
    return client->server_checked;
}

static result_t use_own_certificate(WOLFSSL_CTX *ctx, const struct ed25519_keypair *own)
{
    uint8_t cert[MPC_CERT_LEN_MAX], key[MPC_PKCS8_V1_LEN];
    size_t cert_len;
    TRY(mpc_cert_make_peer(&own->public_key, cert, &cert_len));
    mpc_key_pkcs8_v1(own->seed.data, key);
    bool good =
        wolfSSL_CTX_use_certificate_buffer(ctx, cert, (long)cert_len, WOLFSSL_FILETYPE_ASN1) ==
            WOLFSSL_SUCCESS &&
        wolfSSL_CTX_use_PrivateKey_buffer(ctx, key, sizeof key, WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS;
    secret_wipe(key, sizeof key);
    return good ? OUTCOME_OK : OUTCOME_CRYPTO_FAILED;
}

static result_t configure(struct tls_client *client, const struct ed25519_keypair *own)
{
    int groups[] = {WOLFSSL_ECC_X25519};
    if (wolfSSL_Init() != WOLFSSL_SUCCESS)
        return OUTCOME_CRYPTO_FAILED;
    client->ctx = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (!client->ctx)
        return OUTCOME_NO_MEMORY;
    TRY(use_own_certificate(client->ctx, own));
    wolfSSL_CTX_set_verify(client->ctx, WOLFSSL_VERIFY_PEER, verify_server);
    wolfSSL_CTX_set_session_cache_mode(client->ctx, WOLFSSL_SESS_CACHE_OFF);
    client->ssl = wolfSSL_new(client->ctx);
    if (!client->ssl)
        return OUTCOME_NO_MEMORY;
    wolfSSL_SetCertCbCtx(client->ssl, client);
    wolfSSL_set_using_nonblock(client->ssl, 1);
    bool good = wolfSSL_set_groups(client->ssl, groups, 1) == WOLFSSL_SUCCESS &&
                wolfSSL_UseSNI(client->ssl, WOLFSSL_SNI_HOST_NAME, SERVER_NAME, sizeof SERVER_NAME - 1) ==
                    WOLFSSL_SUCCESS &&
                wolfSSL_set_fd(client->ssl, client->fd) == WOLFSSL_SUCCESS;
    return good ? OUTCOME_OK : OUTCOME_CRYPTO_FAILED;
}

/* After a call that did not get through: wait for what wolfSSL wants, or fail with `code`. */
static result_t wait_or_fail(struct tls_client *client, int returned, int64_t deadline_ms, result_t code,
                             struct error *err)
{
    char reason[WOLFSSL_MAX_ERROR_SZ], own[ED25519_KEY_TEXT_MAX];
    WOLFSSL_ALERT_HISTORY alerts;
    int error = wolfSSL_get_error(client->ssl, returned);
    if (error == WOLFSSL_ERROR_WANT_READ)
        return connect_wait(client->fd, POLLIN, deadline_ms, err);
    if (error == WOLFSSL_ERROR_WANT_WRITE)
        return connect_wait(client->fd, POLLOUT, deadline_ms, err);
    if (client->refusal != OUTCOME_OK)
        return error_set(err, client->refusal, "%s", client->refusal_text.text);
    ed25519_public_key_format(&client->own_key, own);
    if (wolfSSL_get_alert_history(client->ssl, &alerts) == WOLFSSL_SUCCESS &&
        alerts.last_rx.level == alert_fatal)
        return error_set(err, OUTCOME_HANDSHAKE_FAILED,
                         "the server refused us with TLS alert %d; is %s the key registered in the contract?",
                         alerts.last_rx.code, own);
    if (error == WOLFSSL_ERROR_ZERO_RETURN || error == SOCKET_PEER_CLOSED_E || error == SOCKET_ERROR_E)
        return error_set(err, code,
                         "the server closed the connection; is %s the key registered in the contract?", own);
    wolfSSL_ERR_error_string_n((unsigned long)error, reason, sizeof reason);
    return error_set(err, code, "TLS: %s", reason);
}

result_t tls_client_open(int fd, const struct ed25519_keypair *own, const struct ed25519_public_key *node_key,
                         int64_t deadline_ms, struct tls_client **out, struct error *err)
{
    CLEANUP(tls_client_close) struct tls_client *client = calloc(1, sizeof *client);
    *out = NULL;
    if (!client)
        return OUTCOME_NO_MEMORY;
    client->fd = fd;
    client->node_key = node_key;
    client->own_key = own->public_key;
    TRY(configure(client, own));
    for (int got = wolfSSL_connect(client->ssl); got != WOLFSSL_SUCCESS; got = wolfSSL_connect(client->ssl))
        TRY(wait_or_fail(client, got, deadline_ms, OUTCOME_HANDSHAKE_FAILED, err));
    if (!client->server_checked)
        return error_set(err, OUTCOME_SERVER_CERT_UNTRUSTED, "the server's certificate was not checked");
    *out = client;
    client = NULL;
    return OUTCOME_OK;
}

result_t tls_client_write(struct tls_client *client, const void *data, size_t len, int64_t deadline_ms,
                          struct error *err)
{
    const uint8_t *at = data;
    while (len > 0) {
        int piece = (int)(len < PIECE_BYTES_MAX ? len : PIECE_BYTES_MAX);
        int written = wolfSSL_write(client->ssl, at, piece);
        if (written <= 0) {
            TRY(wait_or_fail(client, written, deadline_ms, OUTCOME_SERVER_DISCONNECTED, err));
            continue;
        }
        at += written;
        len -= (size_t)written;
    }
    return OUTCOME_OK;
}

result_t tls_client_read(struct tls_client *client, void *data, size_t cap, size_t *got, int64_t deadline_ms,
                         struct error *err)
{
    int piece = (int)(cap < PIECE_BYTES_MAX ? cap : PIECE_BYTES_MAX);
    int count = wolfSSL_read(client->ssl, data, piece);
    while (count <= 0) {
        TRY(wait_or_fail(client, count, deadline_ms, OUTCOME_SERVER_DISCONNECTED, err));
        count = wolfSSL_read(client->ssl, data, piece);
    }
    *got = (size_t)count;
    return OUTCOME_OK;
}

void tls_client_close(struct tls_client **client)
{
    if (!client || !*client)
        return;
    if ((*client)->ssl) {
        wolfSSL_shutdown((*client)->ssl);
        wolfSSL_free((*client)->ssl);
    }
    if ((*client)->ctx)
        wolfSSL_CTX_free((*client)->ctx);
    wolfSSL_Cleanup();
    free(*client);
    *client = NULL;
}

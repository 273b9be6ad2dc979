#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "common/mpc_cert.h"
#include "tests/support/pem.h"
#include "tests/support/support.h"

struct tls_server {
    struct server_script script;
    int listener;
    pthread_t thread;
    bool joined;
    char address[32];
    struct bytes request;
    struct bytes client_certificate;
};

static int keep_certificate(int verdict, WOLFSSL_X509_STORE_CTX *store)
{
    struct tls_server *server = store->userCtx;
    (void)verdict;
    bytes_clear(&server->client_certificate);
    ck_assert_ok(bytes_append(&server->client_certificate, store->certs[0].buffer, store->certs[0].length));
    return server->script.behaviour != SERVER_REFUSES_CLIENT;
}

static void use_certificate(WOLFSSL_CTX *ctx, const struct server_script *script)
{
    CLEANUP(bytes_free) struct bytes pem = {0};
    uint8_t own[MPC_CERT_LEN_MAX], key[MPC_PKCS8_V1_LEN];
    size_t len = script->certificate_len;
    if (!script->certificate)
        ck_assert_ok(mpc_cert_make_peer(&script->key->public_key, own, &len));
    const void *certificate = script->certificate ? script->certificate : own;
    for (int i = 0; i < (script->send_twice ? 2 : 1); i++)
        ck_assert_ok(pem_append("CERTIFICATE", certificate, len, &pem));
    ck_assert_int_eq(wolfSSL_CTX_use_certificate_chain_buffer(ctx, pem.data, (long)pem.len), WOLFSSL_SUCCESS);
    mpc_key_pkcs8_v1(script->key->seed.data, key);
    ck_assert_int_eq(wolfSSL_CTX_use_PrivateKey_buffer(ctx, key, sizeof key, WOLFSSL_FILETYPE_ASN1),
                     WOLFSSL_SUCCESS);
}

/* The head and as much of a body as its content-length says. */
static bool request_complete(const struct bytes *request)
{
    const char *text = (const char *)request->data;
    const char *end = request->len ? strstr(text, "\r\n\r\n") : NULL;
    const char *length = end ? strstr(text, "content-length: ") : NULL;
    size_t body = length && length < end ? strtoul(length + strlen("content-length: "), NULL, 10) : 0;
    return end && request->len >= (size_t)(end - text) + 4 + body;
}

static void wait_for_end(WOLFSSL *ssl, int fd)
{
    char byte;
    while (ssl ? wolfSSL_read(ssl, &byte, 1) > 0 : recv(fd, &byte, 1, 0) > 0)
        ;
}

static void converse(struct tls_server *server, WOLFSSL *ssl, int fd)
{
    char piece[4096];
    if (wolfSSL_accept(ssl) != WOLFSSL_SUCCESS) {
        /* Let the alert arrive before the connection is reset. */
        shutdown(fd, SHUT_WR);
        wait_for_end(NULL, fd);
        return;
    }
    while (!request_complete(&server->request)) {
        int got = wolfSSL_read(ssl, piece, sizeof piece);
        if (got <= 0)
            return;
        ck_assert_ok(bytes_append(&server->request, piece, (size_t)got));
    }
    if (server->script.behaviour == SERVER_ANSWERS) {
        wolfSSL_write(ssl, server->script.answer, (int)server->script.answer_len);
        wolfSSL_shutdown(ssl);
    }
    if (server->script.behaviour == SERVER_HANGS_AFTER_REQUEST)
        wait_for_end(ssl, fd);
}

static void serve(struct tls_server *server, int fd)
{
    const struct server_script *script = &server->script;
    if (script->behaviour == SERVER_CLOSES_AT_ONCE)
        return;
    if (script->behaviour == SERVER_HANGS_AT_ONCE) {
        wait_for_end(NULL, fd);
        return;
    }
    WOLFSSL_CTX *ctx =
        wolfSSL_CTX_new(script->tls_1_2 ? wolfTLSv1_2_server_method() : wolfTLSv1_3_server_method());
    use_certificate(ctx, script);
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, keep_certificate);
    WOLFSSL *ssl = wolfSSL_new(ctx);
    wolfSSL_SetCertCbCtx(ssl, server);
    wolfSSL_set_fd(ssl, fd);
    converse(server, ssl, fd);
    wolfSSL_free(ssl);
    wolfSSL_CTX_free(ctx);
}

static void *run(void *argument)
{
    struct tls_server *server = argument;
    int fd = accept(server->listener, NULL, NULL);
    if (fd >= 0) {
        serve(server, fd);
        close(fd);
    }
    return NULL;
}

struct tls_server *tls_server_start(const struct server_script *script)
{
    struct tls_server *server = calloc(1, sizeof *server);
    struct sockaddr_in bound = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof bound;
    ck_assert_ptr_nonnull(server);
    server->script = *script;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&bound, sizeof bound), 0);
    ck_assert_int_eq(listen(server->listener, 1), 0);
    ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&bound, &len), 0);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", ntohs(bound.sin_port));
    wolfSSL_Init();
    ck_assert_int_eq(pthread_create(&server->thread, NULL, run, server), 0);
    return server;
}

const char *tls_server_address(const struct tls_server *server)
{
    return server->address;
}

void tls_server_finish(struct tls_server *server, const struct bytes **request,
                       const struct bytes **client_certificate)
{
    /* Nobody may have connected at all. */
    shutdown(server->listener, SHUT_RDWR);
    if (!server->joined)
        pthread_join(server->thread, NULL);
    server->joined = true;
    if (request)
        *request = &server->request;
    if (client_certificate)
        *client_certificate = &server->client_certificate;
}

void tls_server_free(struct tls_server **server)
{
    if (!*server)
        return;
    tls_server_finish(*server, NULL, NULL);
    close((*server)->listener);
    bytes_free(&(*server)->request);
    bytes_free(&(*server)->client_certificate);
    free(*server);
    *server = NULL;
}

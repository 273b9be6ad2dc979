/* The client of `make bench`: many mutually authenticated connections with one request each, or idle ones that are
 * held; without a seed, plain HTTP. It speaks to our servers and to those they are compared with alike, so that
 * both are measured by the same ruler. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "common/encoding.h"
#include "common/mpc_cert.h"
#include "tests/support/pem.h"

#define THREADS_MAX  64
#define REQUEST_MAX  (16u << 20)
#define RESPONSE_MAX (32u << 20)

struct load {
    struct sockaddr_in to;
    WOLFSSL_CTX *ctx; /* NULL: no TLS */
    char *request;
    size_t request_len;
    unsigned count;
    bool keep_alive;
    atomic_uint next;
    atomic_uint failures;
    atomic_ullong bytes;
    unsigned *latency_us; /* one per operation */
};

static unsigned long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000000u + (unsigned long long)now.tv_nsec / 1000u;
}

static int accept_any_server(int ok, WOLFSSL_X509_STORE_CTX *store)
{
    (void)ok, (void)store;
    return 1;
}

static WOLFSSL_CTX *make_context(const uint8_t seed[ED25519_KEY_LEN])
{
    struct ed25519_keypair pair = {0};
    uint8_t cert[MPC_CERT_LEN_MAX], key[MPC_PKCS8_V1_LEN];
    size_t cert_len;
    if (ed25519_keypair_from_seed(seed, &pair) != OUTCOME_OK ||
        mpc_cert_make_peer(&pair.public_key, cert, &cert_len) != OUTCOME_OK)
        return NULL;
    mpc_key_pkcs8_v1(seed, key);
    ed25519_keypair_free(&pair);
    WOLFSSL_CTX *ctx = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    int group = WOLFSSL_ECC_X25519;
    if (!ctx || wolfSSL_CTX_use_certificate_buffer(ctx, cert, (long)cert_len, WOLFSSL_FILETYPE_ASN1) != 1 ||
        wolfSSL_CTX_use_PrivateKey_buffer(ctx, key, sizeof key, WOLFSSL_FILETYPE_ASN1) != 1 ||
        wolfSSL_CTX_set_groups(ctx, &group, 1) != 1)
        return NULL;
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, accept_any_server);
    return ctx;
}

struct connection {
    int fd;
    WOLFSSL *ssl; /* NULL: no TLS */
};

static void connection_close(struct connection *connection)
{
    if (connection->ssl) {
        wolfSSL_shutdown(connection->ssl);
        wolfSSL_free(connection->ssl);
    }
    if (connection->fd >= 0)
        close(connection->fd);
    *connection = (struct connection){.fd = -1};
}

static bool connection_open(const struct load *load, struct connection *out)
{
    int on = 1;
    *out = (struct connection){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    setsockopt(out->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (out->fd < 0 || connect(out->fd, (const struct sockaddr *)&load->to, sizeof load->to) != 0)
        return false;
    if (!load->ctx)
        return true;
    out->ssl = wolfSSL_new(load->ctx);
    return out->ssl && wolfSSL_set_fd(out->ssl, out->fd) == 1 && wolfSSL_connect(out->ssl) == 1;
}

/* As wolfSSL's and the system's: how many bytes, or <= 0. */
static int connection_write(struct connection *connection, const char *data, size_t len)
{
    return connection->ssl ? wolfSSL_write(connection->ssl, data, (int)len)
                           : (int)send(connection->fd, data, len, MSG_NOSIGNAL);
}

static int connection_read(struct connection *connection, char *data, size_t cap)
{
    return connection->ssl ? wolfSSL_read(connection->ssl, data, (int)cap)
                           : (int)recv(connection->fd, data, cap, 0);
}

/* The length of the whole response once its head is complete; 0 before. */
static size_t response_len(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = end ? strcasestr(text, "\r\nContent-Length:") : NULL;
    if (!length || length > end)
        return 0;
    return (size_t)(end + 4 - text) + strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

/* One request, one response; true when it is a 200. */
static bool exchange(struct load *load, struct connection *connection, char **buffer, size_t *cap)
{
    for (size_t sent = 0; sent < load->request_len;) {
        int wrote = connection_write(connection, load->request + sent, load->request_len - sent);
        if (wrote <= 0)
            return false;
        sent += (size_t)wrote;
    }
    size_t got = 0, want = 0;
    while (want == 0 || got < want) {
        if (*cap - got < 20000) {
            size_t larger = *cap ? *cap * 2 : 65536;
            char *moved = larger <= RESPONSE_MAX ? realloc(*buffer, larger) : NULL;
            if (!moved)
                return false;
            *buffer = moved, *cap = larger;
        }
        int read = connection_read(connection, *buffer + got, *cap - got - 1);
        if (read <= 0)
            return false;
        got += (size_t)read;
        (*buffer)[got] = 0;
        if (want == 0)
            want = response_len(*buffer);
    }
    atomic_fetch_add(&load->bytes, got);
    return strncmp(*buffer, "HTTP/1.1 200", 12) == 0;
}

static void *work(void *argument)
{
    struct load *load = argument;
    struct connection connection = {.fd = -1};
    char *buffer = NULL;
    size_t cap = 0;
    for (unsigned i; (i = atomic_fetch_add(&load->next, 1)) < load->count;) {
        unsigned long long start = now_us();
        bool ok = connection.fd >= 0 || connection_open(load, &connection);
        ok = ok && exchange(load, &connection, &buffer, &cap);
        if (!ok)
            atomic_fetch_add(&load->failures, 1);
        load->latency_us[i] = (unsigned)(now_us() - start);
        if (!ok || !load->keep_alive)
            connection_close(&connection);
    }
    connection_close(&connection);
    free(buffer);
    return NULL;
}

static int compare_unsigned(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
    return (left > right) - (left < right);
}

static void run(struct load *load, unsigned threads)
{
    pthread_t ids[THREADS_MAX];
    unsigned long long start = now_us();
    for (unsigned i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, work, load);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    unsigned long long wall = now_us() - start;
    qsort(load->latency_us, load->count, sizeof *load->latency_us, compare_unsigned);
    printf("{\"operations\":%u,\"failures\":%u,\"wall_us\":%llu,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,"
           "\"bytes\":%llu}\n",
           load->count, atomic_load(&load->failures), wall, load->latency_us[load->count / 2],
           load->latency_us[(size_t)load->count * 99 / 100], load->latency_us[load->count - 1],
           (unsigned long long)atomic_load(&load->bytes));
}

/* Open `count` connections, use each once, say so, and keep them until standard input ends; then say how many
 * were still open, and since when the first was not. */
static void hold(struct load *load)
{
    struct connection *held = calloc(load->count, sizeof *held);
    char *buffer = NULL;
    size_t cap = 0;
    unsigned open = 0;
    for (unsigned i = 0; held && i < load->count; i++)
        if (connection_open(load, &held[i]) && exchange(load, &held[i], &buffer, &cap))
            open++;
    printf("{\"held\":%u}\n", open);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    for (unsigned i = 0; held && i < load->count; i++)
        connection_close(&held[i]);
    free(held);
    free(buffer);
}

/* Wait until the server cuts an authenticated connection; prints the wall clock in ms at that moment. */
static int watch(struct load *load)
{
    struct connection connection;
    char *buffer = NULL;
    size_t cap = 0;
    if (!connection_open(load, &connection) || !exchange(load, &connection, &buffer, &cap))
        return 1;
    printf("watching\n");
    fflush(stdout);
    char byte;
    bool cut = connection_read(&connection, &byte, 1) <= 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    connection_close(&connection);
    free(buffer);
    return cut ? 0 : 1;
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rbe");
    char *data = file ? malloc(REQUEST_MAX) : NULL;
    *len = data ? fread(data, 1, REQUEST_MAX - 1, file) : 0;
    if (file)
        fclose(file);
    if (data)
        data[*len] = 0;
    return data;
}

/* The key's public form and its certificate and private key as PEM, for nginx and for registering. */
static int print_identity(const uint8_t seed[ED25519_KEY_LEN], bool pem)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    CLEANUP(bytes_free) struct bytes pems = {0};
    char text[ED25519_KEY_TEXT_MAX];
    uint8_t cert[MPC_CERT_LEN_MAX], key[MPC_PKCS8_V1_LEN];
    size_t cert_len;
    if (ed25519_keypair_from_seed(seed, &pair) != OUTCOME_OK ||
        mpc_cert_make_peer(&pair.public_key, cert, &cert_len) != OUTCOME_OK)
        return 1;
    if (pem) {
        mpc_key_pkcs8_v1(seed, key);
        if (pem_append("CERTIFICATE", cert, cert_len, &pems) != OUTCOME_OK ||
            pem_append("PRIVATE KEY", key, sizeof key, &pems) != OUTCOME_OK)
            return 1;
        fputs((const char *)pems.data, stdout);
    } else {
        ed25519_public_key_format(&pair.public_key, text);
        puts(text);
    }
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: load --seed HEX64 --print-key|--print-pem\n"
                    "       load --to PORT [--seed HEX64] --request FILE [--count N] [--threads N] "
                    "[--keep-alive] [--hold] [--watch]\n");
    return 2;
}

enum task { TASK_RUN, TASK_HOLD, TASK_WATCH, TASK_PRINT_KEY, TASK_PRINT_PEM };

struct command {
    struct load load;
    unsigned threads;
    bool have_seed;
    uint8_t seed[ED25519_KEY_LEN];
    enum task task;
};

static bool read_option(struct command *command, int option)
{
    struct sockaddr_in *to = &command->load.to;
    switch (option) {
    case 't':
        *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(optarg))};
        to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return to->sin_port != 0;
    case 's':
        command->have_seed =
            hex_decode(optarg, strlen(optarg), command->seed, sizeof command->seed) == OUTCOME_OK;
        return command->have_seed;
    case 'r':
        command->load.request = read_file(optarg, &command->load.request_len);
        return command->load.request != NULL;
    case 'c':
        command->load.count = (unsigned)strtoul(optarg, NULL, 10);
        return command->load.count > 0;
    case 'n':
        command->threads = (unsigned)strtoul(optarg, NULL, 10);
        return command->threads > 0 && command->threads <= THREADS_MAX;
    case 'k':
        command->load.keep_alive = true;
        return true;
    default:
        return false;
    }
}

static bool read_options(struct command *command, int argc, char **argv)
{
    int task = TASK_RUN;
    const struct option options[] = {
        {"to", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 's'},
        {"request", required_argument, NULL, 'r'},
        {"count", required_argument, NULL, 'c'},
        {"threads", required_argument, NULL, 'n'},
        {"keep-alive", no_argument, NULL, 'k'},
        {"hold", no_argument, &task, TASK_HOLD},
        {"watch", no_argument, &task, TASK_WATCH},
        {"print-key", no_argument, &task, TASK_PRINT_KEY},
        {"print-pem", no_argument, &task, TASK_PRINT_PEM},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (option != 0 && !read_option(command, option))
            return false;
    command->task = (enum task)task;
    bool prints = command->task == TASK_PRINT_KEY || command->task == TASK_PRINT_PEM;
    return prints ? command->have_seed : command->load.request && command->load.to.sin_port;
}

static int measure(struct command *command)
{
    struct load *load = &command->load;
    int status = 0;
    wolfSSL_Init();
    load->ctx = command->have_seed ? make_context(command->seed) : NULL;
    load->latency_us = calloc(load->count, sizeof *load->latency_us);
    if ((command->have_seed && !load->ctx) || !load->latency_us)
        return 1;
    if (command->task == TASK_HOLD)
        hold(load);
    else if (command->task == TASK_WATCH)
        status = watch(load);
    else
        run(load, command->threads);
    free(load->latency_us);
    free(load->request);
    wolfSSL_CTX_free(load->ctx);
    wolfSSL_Cleanup();
    return status ? status : atomic_load(&load->failures) != 0;
}

int main(int argc, char **argv)
{
    struct command command = {.load = {.count = 1}, .threads = 1};
    if (!read_options(&command, argc, argv))
        return usage();
    if (command.task == TASK_PRINT_KEY || command.task == TASK_PRINT_PEM)
        return print_identity(command.seed, command.task == TASK_PRINT_PEM);
    return measure(&command);
}

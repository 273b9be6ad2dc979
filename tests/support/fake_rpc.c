#include "tests/support/fake_rpc.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tests/support/support.h"

#define FAKE_CONNECTIONS_MAX 32
#define FAKE_REPLIES_MAX     256
#define FAKE_REQUESTS_MAX    4096
#define FAKE_NAME_MAX        80
#define FAKE_WAIT_S          20

struct scripted {
    char name[FAKE_NAME_MAX];
    struct fake_reply reply; /* texts are owned */
    bool used;
};

struct recorded {
    char name[FAKE_NAME_MAX];
    char *body;
};

struct connection {
    int fd; /* 0: free */
    struct bytes input;
};

struct fake_rpc {
    int listener, stop_fd;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    struct scripted replies[FAKE_REPLIES_MAX];
    size_t reply_count;
    struct recorded requests[FAKE_REQUESTS_MAX];
    size_t request_count;
    struct connection connections[FAKE_CONNECTIONS_MAX];
};

/* ---- the script -------------------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    ck_assert(!text || copy);
    return copy;
}

void fake_rpc_reply(struct fake_rpc *fake, const char *name, const struct fake_reply *reply)
{
    pthread_mutex_lock(&fake->lock);
    ck_assert_uint_lt(fake->reply_count, FAKE_REPLIES_MAX);
    struct scripted *scripted = &fake->replies[fake->reply_count++];
    scripted->used = false;
    snprintf(scripted->name, sizeof scripted->name, "%s", name);
    scripted->reply = *reply;
    scripted->reply.body = copy_text(reply->body);
    scripted->reply.header = copy_text(reply->header);
    pthread_mutex_unlock(&fake->lock);
}

static void reply_format(struct fake_rpc *fake, const char *name, int status, const char *member,
                         const char *value)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    ck_assert_ok(bytes_append_text(&body, "{\"jsonrpc\":\"2.0\",\""));
    ck_assert_ok(bytes_append_text(&body, member));
    ck_assert_ok(bytes_append_text(&body, "\":"));
    ck_assert_ok(bytes_append_text(&body, value));
    ck_assert_ok(bytes_append_text(&body, ",\"id\":$ID}"));
    struct fake_reply reply = {.status = status, .body = (const char *)body.data};
    fake_rpc_reply(fake, name, &reply);
}

void fake_rpc_result(struct fake_rpc *fake, const char *name, const char *result)
{
    reply_format(fake, name, 200, "result", result);
}

void fake_rpc_error(struct fake_rpc *fake, const char *name, int status, const char *error)
{
    reply_format(fake, name, status, "error", error);
}

void fake_rpc_view(struct fake_rpc *fake, const char *name, const char *text, unsigned long long height,
                   const char *block_hash)
{
    CLEANUP(bytes_free) struct bytes result = {0};
    ck_assert_ok(bytes_append_text(&result, "{\"result\":["));
    for (size_t i = 0; text[i]; i++)
        ck_assert_ok(bytes_append_format(&result, "%s%u", i ? "," : "", (unsigned char)text[i]));
    ck_assert_ok(bytes_append_format(&result, "],\"logs\":[],\"block_height\":%llu,\"block_hash\":\"%s\"}",
                                     height, block_hash));
    fake_rpc_result(fake, name, (const char *)result.data);
}

static void reply_free(struct fake_reply *reply)
{
    char *body, *header;
    memcpy(&body, &reply->body, sizeof body);
    memcpy(&header, &reply->header, sizeof header);
    free(body);
    free(header);
}

void fake_rpc_forget(struct fake_rpc *fake, const char *name)
{
    pthread_mutex_lock(&fake->lock);
    size_t kept = 0;
    for (size_t i = 0; i < fake->reply_count; i++) {
        if (strcmp(fake->replies[i].name, name) == 0)
            reply_free(&fake->replies[i].reply);
        else
            fake->replies[kept++] = fake->replies[i];
    }
    fake->reply_count = kept;
    pthread_mutex_unlock(&fake->lock);
}

/* The next unused reply of this name, else its last. With the lock held. */
static struct scripted *choose(struct fake_rpc *fake, const char *name)
{
    struct scripted *last = NULL;
    for (size_t i = 0; i < fake->reply_count; i++) {
        if (strcmp(fake->replies[i].name, name) != 0)
            continue;
        last = &fake->replies[i];
        if (!last->used)
            break;
    }
    if (last)
        last->used = true;
    return last;
}

/* ---- what was asked ---------------------------------------------------------------------------------- */

static bool is_named(const struct recorded *request, const char *name)
{
    return !name || strcmp(request->name, name) == 0;
}

static size_t count_locked(const struct fake_rpc *fake, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < fake->request_count; i++)
        count += is_named(&fake->requests[i], name);
    return count;
}

size_t fake_rpc_count(struct fake_rpc *fake, const char *name)
{
    pthread_mutex_lock(&fake->lock);
    size_t count = count_locked(fake, name);
    pthread_mutex_unlock(&fake->lock);
    return count;
}

const char *fake_rpc_request(struct fake_rpc *fake, const char *name, size_t n)
{
    const char *body = NULL;
    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->request_count && !body; i++) {
        if (is_named(&fake->requests[i], name) && n-- == 0)
            body = fake->requests[i].body;
    }
    pthread_mutex_unlock(&fake->lock);
    return body;
}

void fake_rpc_wait(struct fake_rpc *fake, const char *name, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAKE_WAIT_S;
    int error = 0;
    pthread_mutex_lock(&fake->lock);
    while (count_locked(fake, name) < count && error == 0)
        error = pthread_cond_timedwait(&fake->asked, &fake->lock, &until);
    size_t got = count_locked(fake, name);
    pthread_mutex_unlock(&fake->lock);
    ck_assert_msg(got >= count, "%s was asked %zu times, not %zu", name ? name : "anything", got, count);
}

/* ---- HTTP -------------------------------------------------------------------------------------------- */

static const char *member_text(struct json_object *object, const char *name)
{
    struct json_object *value;
    if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, name, &value))
        return "";
    return json_object_get_string(value);
}

static void name_request(struct json_object *root, char name[FAKE_NAME_MAX])
{
    const char *method = member_text(root, "method");
    struct json_object *params = NULL;
    json_object_object_get_ex(root, "params", &params);
    const char *kind = member_text(params, "request_type");
    const char *view = strcmp(kind, "call_function") == 0 ? member_text(params, "method_name") : kind;
    snprintf(name, FAKE_NAME_MAX, "%s%s%s", method, *view ? ":" : "", view);
}

/* What a reply may take over from its request, as text. */
struct echo {
    const char *id;
    const char *block; /* "" when it names none */
};

static void append_body(struct bytes *out, const char *body, const struct echo *echo)
{
    for (const char *at; (at = strchr(body, '$')) != NULL;) {
        bool is_id = strncmp(at, "$ID", 3) == 0;
        bool is_block = strncmp(at, "$BLOCK", 6) == 0;
        ck_assert_ok(bytes_append(out, body, (size_t)(at - body)));
        ck_assert_ok(bytes_append_text(out, is_id ? echo->id : is_block ? echo->block : "$"));
        body = at + (is_id ? 3 : is_block ? 6 : 1);
    }
    ck_assert_ok(bytes_append_text(out, body));
}

static void send_all(int fd, const void *data, size_t len)
{
    const char *at = (const char *)data;
    while (len > 0) {
        ssize_t put = send(fd, at, len, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return; /* the client has gone: some tests want that */
        at += put;
        len -= (size_t)put;
    }
}

static void connection_close(struct connection *connection)
{
    close(connection->fd);
    bytes_free(&connection->input);
    connection->fd = 0;
}

static void answer(struct connection *connection, const struct fake_reply *reply, const struct echo *echo)
{
    CLEANUP(bytes_free) struct bytes head = {0}, body = {0};
    if (reply->kind == FAKE_HANG)
        return;
    if (reply->kind == FAKE_CLOSE) {
        connection_close(connection);
        return;
    }
    append_body(&body, reply->body ? reply->body : "", echo);
    if (reply->kind == FAKE_RAW) {
        send_all(connection->fd, body.data, body.len);
        connection_close(connection);
        return;
    }
    ck_assert_ok(bytes_append_format(
        &head, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s%s\r\n",
        reply->status ? reply->status : 200, body.len, reply->header ? reply->header : "",
        reply->header ? "\r\n" : ""));
    send_all(connection->fd, head.data, head.len);
    send_all(connection->fd, body.data, reply->kind == FAKE_TRUNCATE ? body.len / 2 : body.len);
    if (reply->kind == FAKE_TRUNCATE)
        connection_close(connection);
}

static void handle_request(struct fake_rpc *fake, struct connection *connection, const char *body)
{
    static const struct fake_reply unscripted = {
        .status = 400,
        .body = "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"REQUEST_VALIDATION_ERROR\",\"cause\":{\"name\":"
                "\"METHOD_NOT_FOUND\","
                "\"info\":{}},\"code\":-32601,\"message\":\"Method not found\",\"data\":\"\"},\"id\":$ID}"};
    struct json_object *root = json_tokener_parse(body);
    struct json_object *id = NULL, *params = NULL;
    if (root) {
        json_object_object_get_ex(root, "id", &id);
        json_object_object_get_ex(root, "params", &params);
    }
    const struct echo echo = {json_object_to_json_string(id), member_text(params, "block_id")};
    pthread_mutex_lock(&fake->lock);
    ck_assert_uint_lt(fake->request_count, FAKE_REQUESTS_MAX);
    struct recorded *request = &fake->requests[fake->request_count++];
    name_request(root, request->name);
    request->body = copy_text(body);
    struct scripted *scripted = choose(fake, request->name);
    pthread_cond_broadcast(&fake->asked);
    answer(connection, scripted ? &scripted->reply : &unscripted, &echo);
    pthread_mutex_unlock(&fake->lock);
    json_object_put(root);
}

/* Handle the request that `input` begins with. False when it is not there yet. */
static bool take_request(struct fake_rpc *fake, struct connection *connection)
{
    if (!connection->fd || !connection->input.data)
        return false;
    const char *input = (const char *)connection->input.data;
    const char *end = strstr(input, "\r\n\r\n");
    const char *length = end ? strcasestr(input, "content-length:") : NULL;
    size_t body_len = length ? strtoul(length + 15, NULL, 10) : 0;
    size_t head_len = end ? (size_t)(end + 4 - input) : 0;
    if (!end || connection->input.len < head_len + body_len)
        return false;
    char *body = strndup(input + head_len, body_len);
    ck_assert_ptr_nonnull(body);
    size_t rest = connection->input.len - head_len - body_len;
    memmove(connection->input.data, connection->input.data + head_len + body_len, rest + 1);
    connection->input.len = rest;
    handle_request(fake, connection, body);
    free(body);
    return true;
}

static void read_connection(struct fake_rpc *fake, struct connection *connection)
{
    char chunk[16384];
    ssize_t got = recv(connection->fd, chunk, sizeof chunk, 0);
    if (got <= 0) {
        connection_close(connection);
        return;
    }
    ck_assert_ok(bytes_append(&connection->input, chunk, (size_t)got));
    while (take_request(fake, connection))
        ;
}

static void accept_connection(struct fake_rpc *fake)
{
    int fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
    int on = 1;
    /* Head and body are two writes: without this the second waits for the
     * client's delayed acknowledgement. */
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t i = 0; fd >= 0 && i < FAKE_CONNECTIONS_MAX; i++) {
        if (!fake->connections[i].fd) {
            fake->connections[i].fd = fd;
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

static void *serve(void *context)
{
    struct fake_rpc *fake = (struct fake_rpc *)context;
    for (;;) {
        struct pollfd fds[FAKE_CONNECTIONS_MAX + 2];
        fds[0] = (struct pollfd){.fd = fake->stop_fd, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = fake->listener, .events = POLLIN};
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++)
            fds[i + 2] = (struct pollfd){.fd = fake->connections[i].fd ? fake->connections[i].fd : -1,
                                         .events = POLLIN};
        if (poll(fds, FAKE_CONNECTIONS_MAX + 2, -1) < 0)
            continue;
        if (fds[0].revents)
            return NULL;
        for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
            if (fds[i + 2].revents)
                read_connection(fake, &fake->connections[i]);
        }
        if (fds[1].revents)
            accept_connection(fake);
    }
}

/* ---- start and stop ---------------------------------------------------------------------------------- */

struct fake_rpc *fake_rpc_start(void)
{
    struct fake_rpc *fake = (struct fake_rpc *)calloc(1, sizeof *fake);
    ck_assert_ptr_nonnull(fake);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fake->stop_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert_int_eq(bind(fake->listener, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fake->listener, FAKE_CONNECTIONS_MAX), 0);
    ck_assert_int_eq(getsockname(fake->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(fake->url, sizeof fake->url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->asked, NULL);
    ck_assert_int_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
    return fake;
}

const char *fake_rpc_url(const struct fake_rpc *fake)
{
    return fake->url;
}

void fake_rpc_stop(struct fake_rpc **stopped)
{
    struct fake_rpc *fake = *stopped;
    if (!fake)
        return;
    ck_assert_int_eq(eventfd_write(fake->stop_fd, 1), 0);
    pthread_join(fake->thread, NULL);
    for (size_t i = 0; i < FAKE_CONNECTIONS_MAX; i++) {
        if (fake->connections[i].fd)
            connection_close(&fake->connections[i]);
    }
    for (size_t i = 0; i < fake->reply_count; i++)
        reply_free(&fake->replies[i].reply);
    for (size_t i = 0; i < fake->request_count; i++)
        free(fake->requests[i].body);
    close(fake->listener);
    close(fake->stop_fd);
    pthread_cond_destroy(&fake->asked);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
    *stopped = NULL;
}

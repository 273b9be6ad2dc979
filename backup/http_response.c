#include "backup/http_response.h"

#include <string.h>
#include <strings.h>

static result_t malformed(struct error *err, const char *what)
{
    return error_set(err, OUTCOME_SERVER_ANSWER_MALFORMED, "the server's answer: %s", what);
}

/* "HTTP/1.1 200 OK" */
static result_t read_status(struct http_response *response, const char *line, size_t len, struct error *err)
{
    bool good =
        len >= 12 && memcmp(line, "HTTP/1.", 7) == 0 && line[8] == ' ' && (len == 12 || line[12] == ' ');
    for (size_t i = 9; i < 12 && good; i++) {
        good = line[i] >= '0' && line[i] <= '9';
        response->status = 10 * response->status + (line[i] - '0');
    }
    return good && response->status >= 200 ? OUTCOME_OK : malformed(err, "not an HTTP/1.1 status line");
}

static result_t read_content_length(struct http_response *response, const char *value, size_t len,
                                    bool *known, struct error *err)
{
    size_t number = 0;
    if (len == 0 || len > 10)
        return malformed(err, "Content-Length is not a number");
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return malformed(err, "Content-Length is not a number");
        number = 10 * number + (size_t)(value[i] - '0');
    }
    if (*known && number != response->body_len)
        return malformed(err, "two Content-Lengths that differ");
    if (number > HTTP_BODY_BYTES_MAX)
        return error_set(err, OUTCOME_SERVER_ANSWER_MALFORMED,
                         "the server's answer: a body of %zu bytes; the limit is %u", number,
                         HTTP_BODY_BYTES_MAX);
    response->body_len = number;
    *known = true;
    return OUTCOME_OK;
}

static bool name_is(const char *line, size_t len, const char *name)
{
    return len == strlen(name) && strncasecmp(line, name, len) == 0;
}

static result_t read_header(struct http_response *response, const char *line, size_t len, bool *known,
                            struct error *err)
{
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return malformed(err, "a header without a colon");
    size_t name_len = (size_t)(colon - line);
    const char *value = colon + 1;
    const char *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (name_is(line, name_len, "transfer-encoding"))
        return malformed(err, "a Transfer-Encoding, where a Content-Length was expected");
    if (name_is(line, name_len, "content-length"))
        return read_content_length(response, value, (size_t)(end - value), known, err);
    return OUTCOME_OK;
}

/* The head as a whole: lines that end in CR LF, the last one empty. */
static result_t read_head(struct http_response *response, struct error *err)
{
    const char *line = (const char *)response->head.data;
    bool first = true, known = false;
    for (;;) {
        const char *end = strstr(line, "\r\n");
        if (!end)
            return malformed(err, "a NUL in the head");
        size_t len = (size_t)(end - line);
        if (len == 0 && !first)
            break;
        TRY(first ? read_status(response, line, len, err) : read_header(response, line, len, &known, err));
        first = false;
        line = end + 2;
    }
    return known ? OUTCOME_OK : malformed(err, "no Content-Length");
}

/* Take bytes of the head up to its end; *used says how many. */
static result_t feed_head(struct http_response *response, const uint8_t *data, size_t len, size_t *used,
                          struct error *err)
{
    *used = 0;
    while (*used < len && !response->head_complete) {
        if (response->head.len == HTTP_HEAD_BYTES_MAX)
            return malformed(err, "the head is larger than the limit");
        TRY(bytes_append(&response->head, data + (*used)++, 1));
        size_t head_len = response->head.len;
        response->head_complete =
            head_len >= 4 && memcmp(response->head.data + head_len - 4, "\r\n\r\n", 4) == 0;
    }
    return response->head_complete ? read_head(response, err) : OUTCOME_OK;
}

result_t http_response_feed(struct http_response *response, const void *data, size_t len, bool *done,
                            struct error *err)
{
    const uint8_t *at = data;
    size_t used = 0;
    *done = false;
    if (!response->head_complete)
        TRY(feed_head(response, at, len, &used, err));
    if (!response->head_complete)
        return OUTCOME_OK;
    if (len - used > response->body_len - response->body.len)
        return malformed(err, "more bytes than its Content-Length");
    if (len > used)
        TRY(bytes_append(&response->body, at + used, len - used));
    *done = response->body.len == response->body_len;
    return OUTCOME_OK;
}

void http_response_free(struct http_response *response)
{
    bytes_free(&response->head);
    bytes_free(&response->body);
}

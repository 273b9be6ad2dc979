#include "node/http_framing.h"

#include <string.h>
#include <strings.h>

#include "node/limits.h"

#define CHUNK_SIZE_DIGITS_MAX 8
/* Of a Content-Length: below 2^63. */
#define LENGTH_DIGITS_MAX 18

static bool is_token_char(char c)
{
    return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static bool is_token(struct http_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_char(text.at[i]))
            return false;
    return text.len > 0;
}

/* RFC 9110 5.5: visible characters, spaces and tabs, and bytes above ASCII. */
static bool is_field_value(struct http_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool text_is(struct http_text text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

static struct http_text text_trim(struct http_text text)
{
    while (text.len && (*text.at == ' ' || *text.at == '\t'))
        text.at++, text.len--;
    while (text.len && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Cut `text` at the first `separator`; false when there is none, and then all of it is in *before. */
static bool text_cut(struct http_text text, char separator, struct http_text *before, struct http_text *after)
{
    const char *found = text.len ? memchr(text.at, separator, text.len) : NULL;
    size_t len = found ? (size_t)(found - text.at) : text.len;
    *before = (struct http_text){text.at, len};
    *after = found ? (struct http_text){found + 1, text.len - len - 1} : (struct http_text){text.at + len, 0};
    return found != NULL;
}

static bool text_list_has(struct http_text list, const char *word)
{
    bool more = true;
    while (more) {
        struct http_text item;
        more = text_cut(list, ',', &item, &list);
        if (text_is(text_trim(item), word))
            return true;
    }
    return false;
}

static result_t read_request_line(struct http_text line, struct http_head *out, struct error *err)
{
    struct http_text rest;
    struct http_text version;
    if (!text_cut(line, ' ', &out->method, &rest) || !text_cut(rest, ' ', &out->target, &version) ||
        !is_token(out->method) || out->target.len == 0 || *out->target.at == '?')
        return error_set(err, OUTCOME_REQUEST_MALFORMED, "the request line is not METHOD TARGET HTTP/1.1");
    if (out->method.len > LIMIT_METHOD_BYTES)
        return error_set(err, OUTCOME_REQUEST_MALFORMED, "the method is longer than any there is");
    for (size_t i = 0; i < out->target.len; i++)
        if (out->target.at[i] <= ' ' || out->target.at[i] >= 0x7f)
            return error_set(err, OUTCOME_REQUEST_MALFORMED,
                             "the request target has characters that it must not");
    if (version.len != 8 || memcmp(version.at, "HTTP/1.", 7) != 0 ||
        (version.at[7] != '0' && version.at[7] != '1'))
        return error_set(err, OUTCOME_REQUEST_MALFORMED, "the protocol is not HTTP/1.1");
    out->http_1_0 = out->close = version.at[7] == '0';
    return OUTCOME_OK;
}

static result_t read_content_length(struct http_text value, struct http_head *out, struct error *err)
{
    if (out->has_length)
        return error_set(err, OUTCOME_FRAMING_AMBIGUOUS, "more than one Content-Length");
    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX)
        return error_set(err, OUTCOME_FRAMING_AMBIGUOUS, "a Content-Length that is no usable number");
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return error_set(err, OUTCOME_FRAMING_AMBIGUOUS, "a Content-Length that is no usable number");
        out->content_length = out->content_length * 10 + (uint64_t)(value.at[i] - '0');
    }
    out->has_length = true;
    return OUTCOME_OK;
}

/* RFC 9110 12.4.2: a weight from 0 to 1 with at most three decimals, in thousandths; what is none counts as 0. */
static unsigned read_weight(struct http_text value)
{
    unsigned weight = 0;
    unsigned unit = 1000;
    if (value.len == 0 || value.len > 5 || value.at[0] > '1' || (value.len > 1 && value.at[1] != '.'))
        return 0;
    for (size_t i = 0; i < value.len; i++) {
        if (i == 1)
            continue;
        if (value.at[i] < '0' || value.at[i] > '9')
            return 0;
        weight += unit * (unsigned)(value.at[i] - '0');
        unit /= 10;
    }
    return weight <= 1000 ? weight : 0;
}

static void read_media_range(struct http_text range, struct http_accept *out)
{
    struct http_text type;
    struct http_text parameter;
    unsigned weight = 1000;
    bool more = text_cut(range, ';', &type, &range);
    while (more) {
        more = text_cut(range, ';', &parameter, &range);
        parameter = text_trim(parameter);
        if (parameter.len >= 2 && strncasecmp(parameter.at, "q=", 2) == 0)
            weight = read_weight((struct http_text){parameter.at + 2, parameter.len - 2});
    }
    unsigned *form = text_is(text_trim(type), "application/json") ? &out->json
                     : text_is(text_trim(type), "text/plain")     ? &out->text
                                                                  : NULL;
    if (form && weight > *form)
        *form = weight;
}

/* Several headers are one list. */
static void read_accept(struct http_text list, struct http_accept *out)
{
    bool more = true;
    while (more) {
        struct http_text range;
        more = text_cut(list, ',', &range, &list);
        read_media_range(range, out);
    }
}

static result_t read_header(struct http_text line, struct http_head *out, struct error *err)
{
    struct http_text name;
    struct http_text value;
    /* A space before the colon and a folded line fail here too: neither leaves a token. */
    if (!text_cut(line, ':', &name, &value) || !is_token(name) || !is_field_value(value))
        return error_set(err, OUTCOME_REQUEST_MALFORMED, "a header line is not NAME: VALUE");
    value = text_trim(value);
    if (text_is(name, "content-length"))
        return read_content_length(value, out, err);
    if (text_is(name, "transfer-encoding")) {
        if (out->chunked || !text_is(value, "chunked"))
            return error_set(err, OUTCOME_FRAMING_AMBIGUOUS, "a Transfer-Encoding other than one `chunked`");
        out->chunked = true;
    } else if (text_is(name, "connection")) {
        out->close = out->close || text_list_has(value, "close");
    } else if (text_is(name, "expect")) {
        out->expects = text_is(value, "100-continue");
    } else if (text_is(name, "accept")) {
        read_accept(value, &out->accept);
    }
    return OUTCOME_OK;
}

/* Lines end in CRLF and nothing else does: a bare LF or CR is where two parsers begin to disagree. */
static result_t read_line(const char *data, size_t len, size_t *at, struct http_text *line, struct error *err)
{
    const char *end = memmem(data + *at, len - *at, "\r\n", 2);
    *line = (struct http_text){data + *at, (size_t)(end - (data + *at))};
    if (memchr(line->at, '\n', line->len) || memchr(line->at, '\r', line->len))
        return error_set(err, OUTCOME_REQUEST_MALFORMED, "a line of the head does not end in CR LF");
    *at += line->len + 2;
    return OUTCOME_OK;
}

static result_t read_head(const char *data, size_t len, struct http_head *out, struct error *err)
{
    size_t at = 0;
    struct http_text line;
    TRY(read_line(data, len, &at, &line, err));
    TRY(read_request_line(line, out, err));
    for (size_t headers = 0;; headers++) {
        TRY(read_line(data, len, &at, &line, err));
        if (line.len == 0)
            break;
        if (headers == LIMIT_HEADERS)
            return error_set(err, OUTCOME_HEAD_TOO_LARGE, "more than %d headers", LIMIT_HEADERS);
        TRY(read_header(line, out, err));
    }
    /* RFC 9112 6.1: where both stand, somebody on the way reads another request than
     * we do; HTTP/1.0 has no chunks. */
    if (out->chunked && (out->has_length || out->http_1_0))
        return error_set(err, OUTCOME_FRAMING_AMBIGUOUS,
                         "Transfer-Encoding beside Content-Length, or in HTTP/1.0");
    return OUTCOME_OK;
}

result_t http_framing_head(const char *data, size_t len, size_t head_bytes_max, struct http_head *out,
                           size_t *head_len, struct error *err)
{
    *out = (struct http_head){.close = false};
    *head_len = 0;
    /* RFC 9112 2.2: empty lines in front of a request are skipped. */
    size_t skipped = 0;
    while (len - skipped >= 2 && memcmp(data + skipped, "\r\n", 2) == 0)
        skipped += 2;
    const char *end = memmem(data + skipped, len - skipped, "\r\n\r\n", 4);
    size_t size = end ? (size_t)(end - data) + 4 : len;
    if (size > head_bytes_max || (!end && size == head_bytes_max))
        return error_set(err, OUTCOME_HEAD_TOO_LARGE, "the request head is over %zu bytes", head_bytes_max);
    if (!end)
        return OUTCOME_OK;
    TRY(read_head(data + skipped, size - skipped, out, err));
    *head_len = size;
    return OUTCOME_OK;
}

result_t http_framing_forward(const struct http_head *head, struct bytes *out)
{
    struct http_text target;
    struct http_text query;
    text_cut(head->target, '?', &target, &query);
    TRY(bytes_append(out, head->method.at, head->method.len));
    TRY(bytes_append_text(out, " "));
    TRY(bytes_append(out, target.at, target.len));
    TRY(bytes_append_text(out, " HTTP/1.1\r\n"));
    if (head->has_length)
        TRY(bytes_append_format(out, "Content-Length: %llu\r\n", (unsigned long long)head->content_length));
    if (head->chunked)
        TRY(bytes_append_text(out, "Transfer-Encoding: chunked\r\n"));
    if (head->expects)
        TRY(bytes_append_text(out, "Expect: 100-continue\r\n"));
    if (http_accept_json(head))
        TRY(bytes_append_text(out, "Accept: application/json\r\n"));
    if (head->close)
        TRY(bytes_append_text(out, "Connection: close\r\n"));
    return bytes_append_text(out, "\r\n");
}

result_t http_framing_body(const struct http_head *head, size_t bytes_max, struct http_body *out)
{
    *out = (struct http_body){.state = HTTP_BODY_DONE, .bytes_max = bytes_max};
    if (head->chunked) {
        out->state = HTTP_BODY_CHUNK_SIZE;
        return OUTCOME_OK;
    }
    if (head->content_length > bytes_max)
        return OUTCOME_BODY_TOO_LARGE;
    out->left = out->bytes = head->content_length;
    if (out->left > 0)
        out->state = HTTP_BODY_SIZED;
    return OUTCOME_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static result_t take_chunk_size(struct http_body *body, char c)
{
    int digit = hex_digit(c);
    if (digit >= 0 && body->digits < CHUNK_SIZE_DIGITS_MAX) {
        body->left = body->left * 16 + (uint64_t)digit;
        body->digits++;
        return OUTCOME_OK;
    }
    if (c != '\r' || body->digits == 0)
        return OUTCOME_REQUEST_MALFORMED;
    body->bytes += body->left;
    body->state = HTTP_BODY_CHUNK_SIZE_LF;
    return body->bytes > body->bytes_max ? OUTCOME_BODY_TOO_LARGE : OUTCOME_OK;
}

/* One byte of what stands between the payloads of chunks: the byte each state wants, and the next state. */
static result_t take_chunk_byte(struct http_body *body, char c)
{
    static const struct {
        char wants;
        enum http_body_state next;
    } steps[] = {
        [HTTP_BODY_CHUNK_CR] = {'\r', HTTP_BODY_CHUNK_LF},
        [HTTP_BODY_CHUNK_LF] = {'\n', HTTP_BODY_CHUNK_SIZE},
        [HTTP_BODY_LAST_CR] = {'\r', HTTP_BODY_LAST_LF},
        [HTTP_BODY_LAST_LF] = {'\n', HTTP_BODY_DONE},
    };
    if (body->state == HTTP_BODY_CHUNK_SIZE)
        return take_chunk_size(body, c);
    if (body->state == HTTP_BODY_CHUNK_SIZE_LF) {
        body->state = body->left ? HTTP_BODY_CHUNK_DATA : HTTP_BODY_LAST_CR;
        return c == '\n' ? OUTCOME_OK : OUTCOME_REQUEST_MALFORMED;
    }
    if (c != steps[body->state].wants)
        return OUTCOME_REQUEST_MALFORMED;
    body->state = steps[body->state].next;
    body->digits = 0;
    return OUTCOME_OK;
}

result_t http_framing_take(struct http_body *body, const char *data, size_t len, size_t *used)
{
    *used = 0;
    while (*used < len && body->state != HTTP_BODY_DONE) {
        if (body->state != HTTP_BODY_SIZED && body->state != HTTP_BODY_CHUNK_DATA) {
            TRY(take_chunk_byte(body, data[(*used)++]));
            continue;
        }
        size_t part = len - *used < body->left ? len - *used : (size_t)body->left;
        *used += part;
        body->left -= part;
        if (body->left == 0)
            body->state = body->state == HTTP_BODY_SIZED ? HTTP_BODY_DONE : HTTP_BODY_CHUNK_CR;
    }
    return OUTCOME_OK;
}

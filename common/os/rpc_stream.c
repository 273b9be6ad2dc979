#include "common/os/rpc_stream.h"

#include <stdint.h>
#include <string.h>

/* Where result.result is: a member of the answer, and a member of that. */
#define RESULT_DEPTH 2

/* Digits of a byte, and how many bytes are decoded at once. */
#define NUMBER_LEN_MAX  3
#define RUN_NUMBERS_MAX 4096

static const char result_key[] = "result";

static result_t too_large(result_t result)
{
    return result == OUTCOME_LIMIT ? OUTCOME_RPC_TOO_LARGE : result;
}

static void string_byte(struct rpc_stream *stream, char byte)
{
    if (!stream->escaped && byte == '"') {
        stream->in_string = false;
        return;
    }
    stream->escaped = !stream->escaped && byte == '\\';
    if (stream->key_len < sizeof stream->key)
        stream->key[stream->key_len++] = byte;
}

static bool is_result_key(const struct rpc_stream *stream)
{
    return stream->key_len == sizeof result_key - 1 && memcmp(stream->key, result_key, stream->key_len) == 0;
}

/* A byte of the answer's frame. True: it opens the array that is to be decoded. */
static bool frame_byte(struct rpc_stream *stream, char byte)
{
    unsigned depth = stream->depth;
    bool counted = depth >= 1 && depth <= RESULT_DEPTH;
    switch (byte) {
    case '"':
        stream->in_string = true;
        stream->key_len = 0;
        return false;
    case ':':
        if (counted)
            stream->at_result[depth] = is_result_key(stream);
        return false;
    case ',':
        if (counted)
            stream->at_result[depth] = false;
        return false;
    case '[':
        if (depth == RESULT_DEPTH && stream->at_result[1] && stream->at_result[2])
            return true;
        /* fall through */
    case '{':
        stream->depth++;
        if (stream->depth <= RESULT_DEPTH)
            stream->at_result[stream->depth] = false;
        return false;
    case ']':
    case '}':
        /* What does not balance is found by the scan of the text. */
        stream->depth -= depth > 0;
        return false;
    default:
        return false;
    }
}

static result_t array_close(struct rpc_stream *stream)
{
    stream->array = STREAM_OUTSIDE;
    stream->view_found = true;
    TRY(bytes_append(&stream->view, "", 0)); /* an empty view is a text too */
    return too_large(bytes_append_text(&stream->text, "[]"));
}

static result_t array_digit(struct rpc_stream *stream, unsigned digit)
{
    bool first = stream->array == STREAM_FIRST || stream->array == STREAM_VALUE;
    if (!first && (stream->array != STREAM_DIGITS || stream->value == 0))
        return OUTCOME_RPC_MALFORMED;
    stream->value = first ? digit : stream->value * 10 + digit;
    stream->array = STREAM_DIGITS;
    return stream->value <= UINT8_MAX ? OUTCOME_OK : OUTCOME_RPC_MALFORMED;
}

static result_t array_byte(struct rpc_stream *stream, char byte)
{
    if (byte >= '0' && byte <= '9')
        return array_digit(stream, (unsigned)(byte - '0'));
    if (stream->array == STREAM_DIGITS) {
        TRY(too_large(bytes_append_u8(&stream->view, (uint8_t)stream->value)));
        stream->array = STREAM_BEHIND;
    }
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
        return OUTCOME_OK;
    if (byte == ',' && stream->array == STREAM_BEHIND) {
        stream->array = STREAM_VALUE;
        return OUTCOME_OK;
    }
    if (byte == ']' && stream->array != STREAM_VALUE)
        return array_close(stream);
    return OUTCOME_RPC_MALFORMED;
}

/* Whole numbers with a comma behind each, as all but the last are written. Returns how many bytes of `text`
 * these were; 0: the next one takes the long way. */
static size_t array_run(const char *text, size_t len, uint8_t *out, size_t *count)
{
    size_t at = 0;
    *count = 0;
    while (len - at > NUMBER_LEN_MAX && *count < RUN_NUMBERS_MAX) {
        unsigned value = (unsigned char)text[at] - (unsigned)'0', digit;
        size_t digits = 1;
        if (value > 9)
            break;
        while (value > 0 && digits < NUMBER_LEN_MAX &&
               (digit = (unsigned char)text[at + digits] - (unsigned)'0') <= 9) {
            value = value * 10 + digit;
            digits++;
        }
        if (value > UINT8_MAX || text[at + digits] != ',')
            break;
        out[(*count)++] = (uint8_t)value;
        at += digits + 1;
    }
    return at;
}

static result_t array_feed(struct rpc_stream *stream, const char *text, size_t len, size_t *used)
{
    uint8_t run[RUN_NUMBERS_MAX];
    size_t count;
    *used = 0;
    if (stream->array == STREAM_FIRST || stream->array == STREAM_VALUE)
        *used = array_run(text, len, run, &count);
    if (*used > 0) {
        stream->array = STREAM_VALUE;
        return too_large(bytes_append(&stream->view, run, count));
    }
    *used = 1;
    return array_byte(stream, *text);
}

result_t rpc_stream_feed(struct rpc_stream *stream, const void *data, size_t len)
{
    const char *bytes = (const char *)data;
    size_t kept = 0; /* from here on the text is not yet appended */
    for (size_t i = 0; i < len; i++) {
        if (stream->array != STREAM_OUTSIDE) {
            size_t used;
            TRY(array_feed(stream, bytes + i, len - i, &used));
            kept = i + used;
            i = kept - 1;
        } else if (stream->in_string) {
            string_byte(stream, bytes[i]);
        } else if (frame_byte(stream, bytes[i])) {
            TRY(too_large(bytes_append(&stream->text, bytes + kept, i - kept)));
            stream->array = STREAM_FIRST;
            kept = i + 1;
        }
    }
    return too_large(bytes_append(&stream->text, bytes + kept, len - kept));
}

void rpc_stream_free(struct rpc_stream *stream)
{
    bytes_free(&stream->text);
    bytes_free(&stream->view);
}

#include "common/os/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/utf8.h"

/* Every byte of a message may become six (\u0001); the rest is time, level and code. */
#define LOG_LINE_MAX (LOG_MESSAGE_MAX * 6 + 256)

static atomic_int log_level_now = LOG_LEVEL_INFO;
static atomic_int log_format_now = LOG_FORMAT_PLAIN;
static atomic_int log_fd = STDERR_FILENO;

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

struct line {
    char text[LOG_LINE_MAX];
    size_t len;
};

void log_init(enum log_format format, enum log_level level)
{
    atomic_store(&log_format_now, (int)format);
    atomic_store(&log_level_now, (int)level);
}

void log_set_fd(int fd)
{
    atomic_store(&log_fd, fd);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&log_level_now);
}

static void line_text(struct line *line, const char *text)
{
    size_t len = strlen(text);
    if (len > sizeof line->text - line->len)
        len = sizeof line->text - line->len;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void line_escape(struct line *line, unsigned code)
{
    char escape[8];
    bool json = atomic_load(&log_format_now) == LOG_FORMAT_JSON;
    snprintf(escape, sizeof escape, json ? "\\u%04x" : "\\x%02x", code & 0xff);
    line_text(line, escape);
}

static void line_message(struct line *line, const char *message)
{
    bool json = atomic_load(&log_format_now) == LOG_FORMAT_JSON;
    const unsigned char *at = (const unsigned char *)message;
    const unsigned char *end = at + strlen(message);
    while (at < end) {
        size_t len = utf8_character_len(at, (size_t)(end - at));
        if (len == 0 || utf8_is_control(at)) {
            line_escape(line, len == 2 ? at[1] : at[0]);
            at += len ? len : 1;
            continue;
        }
        if (json && (*at == '"' || *at == '\\'))
            line_text(line, "\\");
        char piece[5] = {0};
        memcpy(piece, at, len);
        line_text(line, piece);
        at += len;
    }
}

static void line_head(struct line *line, enum log_level level, const char *code)
{
    char head[128], now[CLOCK_TEXT_LEN];
    clock_format(clock_wall_ms(), now);
    if (atomic_load(&log_format_now) == LOG_FORMAT_PLAIN) {
        snprintf(head, sizeof head, "%s %-5s %s%s%s", now, level_names[level], code ? "[" : "",
                 code ? code : "", code ? "] " : "");
    } else {
        snprintf(head, sizeof head, "{\"time\":\"%s\",\"level\":\"%s\"%s%s%s,\"message\":\"", now,
                 level_names[level], code ? ",\"code\":\"" : "", code ? code : "", code ? "\"" : "");
    }
    line_text(line, head);
}

PRINTF_LIKE(3, 0)
static void log_line(enum log_level level, const char *code, const char *format, va_list args)
{
    if (!log_enabled(level))
        return;
    int saved = errno;
    char message[LOG_MESSAGE_MAX];
    int len = vsnprintf(message, sizeof message, format, args);
    if (len >= (int)sizeof message)
        memcpy(message + sizeof message - 4, "...", 4);
    struct line line;
    line.len = 0;
    line_head(&line, level, code);
    line_message(&line, len < 0 ? "(a message that could not be formatted)" : message);
    line_text(&line, atomic_load(&log_format_now) == LOG_FORMAT_PLAIN ? "\n" : "\"}\n");
    /* There is nobody to tell that the log cannot be written. */
    ssize_t written = write(atomic_load(&log_fd), line.text, line.len);
    (void)written;
    errno = saved;
}

#define LOG_AT(level, code)                                                                                  \
    do {                                                                                                     \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        log_line(level, code, format, args);                                                                 \
        va_end(args);                                                                                        \
    } while (0)

void log_error(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_ERROR, NULL);
}

void log_warn(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_WARN, NULL);
}

void log_info(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_INFO, NULL);
}

void log_debug(const char *format, ...)
{
    LOG_AT(LOG_LEVEL_DEBUG, NULL);
}

void log_outcome(enum log_level level, result_t outcome, const char *format, ...)
{
    LOG_AT(level, outcome_of(outcome)->name);
}

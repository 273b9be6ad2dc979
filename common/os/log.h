/* The log: one line per event on stderr, for people or for machines.
 *
 * plain: `2026-01-31T23:59:59.123Z info  ready: listening on 127.0.0.1:8079`, with ` [code]` in front of the
 * message where there is an outcome. json: {"time":..,"level":..,"code":..,"message":..}; "code" only where
 * there is an outcome. Each line is one write(2), so that lines of threads and processes do not mix. Control
 * characters in messages are escaped: what comes from a peer cannot start a line of its own. */
#ifndef MPC_OS_LOG_H
#define MPC_OS_LOG_H

#include <stdbool.h>

#include "common/outcome.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_PLAIN, LOG_FORMAT_JSON };

/* The bytes of one message; longer ones are cut and end in "...". */
#define LOG_MESSAGE_MAX 2048

/* Before threads are started. Without it: plain, info. */
void log_init(enum log_format format, enum log_level level);
/* Where lines go; stderr unless a test says otherwise. */
void log_set_fd(int fd);
/* Whether a line of this level would be written. */
bool log_enabled(enum log_level level);

/* Thread-safe, never fails, keeps errno. */
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
/* A line that carries the stable code of `outcome`. */
void log_outcome(enum log_level level, result_t outcome, const char *format, ...) PRINTF_LIKE(3, 4);

#endif

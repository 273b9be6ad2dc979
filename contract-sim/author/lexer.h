/* The text of an authored scenario, token by token (docs/scenarios.md). Inside author/ only.
 *
 * A statement begins in the first column; indented lines go on with it. Empty lines mean nothing, and what
 * follows a `#` that begins a word is a comment. */
#ifndef MPC_CONTRACT_SIM_AUTHOR_LEXER_H
#define MPC_CONTRACT_SIM_AUTHOR_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"
#include "common/outcome.h"

/* A part of the source; not terminated. */
struct slice {
    const char *text;
    size_t len;
};

struct lexer {
    const char *text;
    size_t len;
    size_t at;
    size_t statement; /* where the one in hand begins */
    struct error *err;
};

enum token_kind {
    TOKEN_END, /* of the statement */
    TOKEN_WORD,
    TOKEN_SETTING, /* name=value, no blanks around the sign */
    TOKEN_JSON,    /* an array, an object or a text in quotes */
};

struct token {
    enum token_kind kind;
    struct slice text;  /* all of it */
    struct slice name;  /* of a setting */
    struct slice value; /* of a setting */
};

/* Whether the text is UTF-8 and has no control characters but tabs and line ends: SCENARIO_MALFORMED. */
MUST_USE result_t lexer_check(const struct lexer *lexer);
/* Go to the next statement; *found is false after the last. SCENARIO_MALFORMED when an indented line comes
 * first. */
MUST_USE result_t lexer_statement(struct lexer *lexer, bool *found);
/* The next token of the statement. SCENARIO_MALFORMED for JSON whose end is missing; what it holds is not
 * looked at. */
MUST_USE result_t lexer_next(struct lexer *lexer, struct token *out);
/* The same without taking it. */
MUST_USE result_t lexer_peek(struct lexer *lexer, struct token *out);
/* The next token, which has to be a word, and the end, which has to be next. */
MUST_USE result_t lexer_word(struct lexer *lexer, const char *wanted, struct slice *out);
MUST_USE result_t lexer_end(struct lexer *lexer);
/* The rest of the line, without blanks at both ends and without a comment. */
struct slice lexer_line(struct lexer *lexer);
/* "line L, column C: TEXT"; returns SCENARIO_MALFORMED. */
result_t lexer_fail(const struct lexer *lexer, const char *at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Parse JSON that is part of the text: SCENARIO_MALFORMED at the very place. */
MUST_USE result_t lexer_json(const struct lexer *lexer, struct slice slice, struct json_object **out);

bool slice_is(struct slice slice, const char *word);

#endif

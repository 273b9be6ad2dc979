/* What NEAR's command lines print around the value of a view.
 *
 * near-cli-rs prints lines of its own before and behind the JSON. near-cli (JavaScript) prints a line, and
 * then the value as a JavaScript literal: names without quotation marks, texts in single ones. */
#ifndef MPC_CONTRACT_SIM_CLI_OUTPUT_H
#define MPC_CONTRACT_SIM_CLI_OUTPUT_H

#include "common/bytes.h"
#include "common/outcome.h"

/* Append the one value in the text, as JSON and in its own lines: other lines are empty, so that a place
 * named later is one of the text. A text that is JSON stays as it is, and so does what neither form
 * explains: json_parse() says what is wrong with it. JSON_MALFORMED where there is no value, more than one,
 * or one of which parts were left out in print; `err` names the line. NO_MEMORY, LIMIT. */
MUST_USE result_t cli_output_json(const char *text, size_t len, struct bytes *out, struct error *err);

#endif

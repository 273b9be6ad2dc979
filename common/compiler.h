/* Compiler attributes, each under one name. */
#ifndef MPC_COMMON_COMPILER_H
#define MPC_COMMON_COMPILER_H

/* A result that the caller has to look at. */
#define MUST_USE __attribute__((warn_unused_result))

/* The project's one idiom for releasing things, written in front of the declaration:
 *
 *     CLEANUP(bytes_free) struct bytes body = {0};
 *
 * The variable is released by FN(&variable) when its scope ends. Ownership that moves out of the scope is
 * taken by setting the variable to its empty value. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define PRINTF_LIKE(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif

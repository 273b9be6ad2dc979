/* The chain of fixture.h behind its JSON-RPC: request text in, reply text out. One per process; blocks come
 * from waiting and from the tests alone, and the wall clock stands still. */
#ifndef MPC_TESTS_CONTRACT_SIM_RPC_FIXTURE_H
#define MPC_TESTS_CONTRACT_SIM_RPC_FIXTURE_H

#include "tests/contract-sim/fixture.h"

extern struct fixture rpc_chain;
extern struct bytes rpc_reply;        /* the last one */
extern int rpc_http_status;           /* and what it came with */
extern struct jsonrpc_reply rpc_sent; /* and what faults made of it; its body is rpc_reply */
extern unsigned rpc_patience; /* how many blocks a request may wait for before its time is over; 3 at first */

#define RPC_WALL_MS ((int64_t)FIXTURE_TIME_S * 1000)

/* Profile design, a clock of 600 ms. */
void rpc_setup(void);
void rpc_teardown(void);

/* Ask, and give the reply's text, which is valid until the next. */
const char *rpc_ask(const char *body, bool may_control);
/* The same for one call with these parameters, from where control is allowed. */
const char *rpc_call(const char *method, const char *params);
/* {"signed_tx_base64":…,"wait_until":…}, the latter where it is not NULL; and ["…"]. */
const char *rpc_send(const char *method, const char *base64, const char *wait_until);
const char *rpc_send_positional(const char *method, const char *base64);

/* The value at a JSON pointer of the last reply, as compact JSON; the test fails where there
 * is none. Valid until the next. */
const char *rpc_value(const char *pointer);
/* What a view returned, as text. */
const char *rpc_view_text(void);

/* Base64 of `tx` (which is freed), signed; and of a plain register_backup_service
 * by alice. Valid until the next. */
const char *signed_base64(struct near_tx tx, enum fixture_key key);
const char *register_base64(void);

#endif

/* The HTTP server in front of the methods (libmicrohttpd, one thread per
 * connection) and the lock around the node. */
#ifndef MPC_CONTRACT_SIM_RPC_SERVER_H
#define MPC_CONTRACT_SIM_RPC_SERVER_H

#include "common/os/address.h"
#include "common/outcome.h"
#include "contract-sim/rpc/jsonrpc.h"

struct sim_server;

/* Serve `node` at `address`; whatever changes its chain is in node->store, where it has one, before anybody
 * is told. *bound is where it really listens. The node is the server's until server_stop(). ADDRESS_IN_USE,
 * CONFIG_INVALID, NO_MEMORY, INTERNAL. */
MUST_USE result_t sim_server_start(struct sim_node *node, const struct address *address,
                                   struct sim_server **out, struct address *bound, struct error *err);
/* Make the block that is due, if the clock runs. A failure, with its text in `err`: stop. */
MUST_USE result_t sim_server_tick(struct sim_server *server, struct error *err);
/* Becomes readable when a request failed in a way that sim_server_tick() would return: the chain cannot be
 * stored, and nothing is answered any more. */
int sim_server_failed_fd(const struct sim_server *server);
/* End requests that wait, close every connection, release. NULL-safe. */
void sim_server_stop(struct sim_server *server);

#endif

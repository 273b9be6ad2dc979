/* The methods behind the table in jsonrpc.c; near-rpc.md A.1 for their parameters,
 * A.3 and A.4 for their results. */
#ifndef MPC_CONTRACT_SIM_RPC_METHODS_H
#define MPC_CONTRACT_SIM_RPC_METHODS_H

#include "contract-sim/rpc/jsonrpc.h"

/* views.c */
jsonrpc_method method_query;
jsonrpc_method method_call_function;
jsonrpc_method method_view_access_key;
jsonrpc_method method_view_access_key_list;
jsonrpc_method method_view_account;

/* node_info.c */
jsonrpc_method method_block;
jsonrpc_method method_status;
jsonrpc_method method_gas_price;
jsonrpc_method method_network_info;
jsonrpc_method method_validators;
jsonrpc_method method_protocol_config;
jsonrpc_method method_genesis_config;

/* send.c */
jsonrpc_method method_send_tx;
jsonrpc_method method_broadcast_tx_commit;
jsonrpc_method method_broadcast_tx_async;
jsonrpc_method method_tx;
jsonrpc_method method_tx_status;

/* control.c */
jsonrpc_method method_sim_call;
jsonrpc_method method_sim_advance;
jsonrpc_method method_sim_snapshot;
jsonrpc_method method_sim_revert;
jsonrpc_method method_sim_pause;
jsonrpc_method method_sim_resume;
/* Where the chain is now: the answer of most of them. */
MUST_USE result_t control_position(struct jsonrpc_call *call);

/* control_faults.c */
jsonrpc_method method_sim_fault;
jsonrpc_method method_sim_faults;
/* Plan what the active faults do to this call. */
void call_meets_faults(struct jsonrpc_call *call, enum method_class class);

/* control_record.c */
jsonrpc_method method_sim_record;
jsonrpc_method method_sim_record_stop;

#endif

/* Faults that a test orders with sim_fault: what a node between us and the chain may do to a request. One table
 * of kinds; a list of active faults; and, for each request, a plan of what they do to it. Pure. */
#ifndef MPC_CONTRACT_SIM_RPC_SIM_FAULTS_H
#define MPC_CONTRACT_SIM_RPC_SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "common/bytes.h"
#include "common/near_tx.h"
#include "common/outcome.h"
#include "contract-sim/limits.h"

/* What a JSON-RPC method does, as far as faults tell the difference. */
enum method_class {
    METHOD_INFO,    /* says something about the node */
    METHOD_READ,    /* answers as of a block */
    METHOD_SEND,    /* takes a transaction */
    METHOD_ASK,     /* waits for what became of one */
    METHOD_CONTROL, /* sim_*: only from loopback, never for a web page, and no fault hits them */
};

/* Which block a METHOD_READ reads at; each has what the one before it lacks for some fault. */
enum sim_fault_reading {
    READS_BY_ID, /* a height or hash */
    READS_BY_NAME,
    READS_FINAL, /* by the name "final" */
};

/* A request as the faults see it. Texts are borrowed. */
struct sim_fault_target {
    const char *method;
    enum method_class class;
    const char *contract_method; /* of a call_function view, or of a transaction's first call; or NULL */
    enum sim_fault_reading reading;
};

/* Numbers that an order may name, or that its kind sets. */
enum sim_fault_number {
    SIM_FAULT_MS,
    SIM_FAULT_STATUS,
    SIM_FAULT_BLOCKS,
    SIM_FAULT_EXECUTED, /* 1: the method runs before its answer is lost */
    SIM_FAULT_DOMAIN_ID,
    SIM_FAULT_ATTEMPT,
    SIM_FAULT_NUMBERS
};

/* A number that nobody named. */
#define SIM_FAULT_NONE UINT64_MAX

struct sim_fault {
    size_t kind; /* row of the table */
    uint64_t id;
    char method[SIM_FAULT_METHOD_MAX + 1];              /* "": any that the kind is for */
    char contract_method[NEAR_METHOD_NAME_LEN_MAX + 1]; /* "": any */
    char message[SIM_FAULT_MESSAGE_MAX + 1];
    uint64_t numbers[SIM_FAULT_NUMBERS];
    uint64_t left; /* requests; SIM_FAULT_NONE: until it is cleared */
    uint64_t hits;
};

/* Zero-initialised is none. */
struct sim_faults {
    struct sim_fault active[SIM_FAULTS_MAX]; /* oldest first */
    size_t count;
    uint64_t last_id;
};

/* What is sent in place of the method's own answer. */
enum sim_fault_answer {
    ANSWER_OWN,
    ANSWER_NOTHING, /* the connection is closed */
    ANSWER_STATUS,  /* `status` with a line of text */
    ANSWER_HTML,    /* `status` with a page */
    ANSWER_CUT,     /* the first half of the own answer, and then the connection is closed */
    ANSWER_TIMEOUT, /* TIMEOUT_ERROR */
};

/* What becomes of the transaction that a request sends. */
enum sim_fault_transaction {
    TRANSACTION_OWN,
    TRANSACTION_INVALID_NONCE, /* refused, and not sent */
    TRANSACTION_EXPIRED,
    TRANSACTION_FAILS, /* it runs, and its receipt fails with `message` */
};

/* What the faults do to one request; zero is nothing. Where two cannot both have their way the older one does, and
 * the other waits for the next request. */
struct sim_fault_plan {
    enum sim_fault_answer answer;
    int status;
    bool skip_method;  /* the answer is given without running the method */
    bool needs_method; /* some fault is about what it does */
    uint64_t delay_ms;
    uint64_t head_lag;  /* every named block is so many blocks older */
    uint64_t final_lag; /* and so is the final one */
    enum sim_fault_transaction transaction;
    char message[SIM_FAULT_MESSAGE_MAX + 1];
    bool old_attempt;   /* the state view's keyset names an earlier attempt */
    uint64_t domain_id; /* of this domain, or of all (SIM_FAULT_NONE) */
    uint64_t attempt;   /* this one, or the one before (SIM_FAULT_NONE) */
};

/* Order a fault by the parameters of sim_fault. CONFIG_INVALID, with what is wrong in `err` and everything as it
 * was; LIMIT when there are SIM_FAULTS_MAX. `method_class_of` tells which methods there are: false for none. */
typedef bool sim_method_class(const char *method, enum method_class *out);
MUST_USE result_t sim_faults_order(struct sim_faults *faults, struct json_object *params,
                                   sim_method_class *method_class_of, struct error *err);

/* Forget one, or all. STORE_NOT_FOUND: none has this id. */
MUST_USE result_t sim_faults_clear(struct sim_faults *faults, uint64_t id);
void sim_faults_clear_all(struct sim_faults *faults);

/* What they do to this request. Each that has a part in it is counted, and gone after its last. */
void sim_faults_plan(struct sim_faults *faults, const struct sim_fault_target *target,
                     struct sim_fault_plan *plan);

/* The output of the `state` view as the plan shows it. */
MUST_USE result_t sim_fault_state_view(const struct sim_fault_plan *plan, struct bytes *value);

/* [{"id":1,"kind":"delay","method":null,…,"left":2,"hits":0}] */
MUST_USE result_t sim_faults_write(const struct sim_faults *faults, struct bytes *out);

#endif

/* One call on its way through the table: what guards look at and effects change. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_CALL_H
#define MPC_CONTRACT_SIM_MODEL_CALL_H

#include "common/contract_view.h"
#include "contract-sim/model/coverage.h"
#include "contract-sim/model/model.h"
#include "contract-sim/model/rules.h"
#include "contract-sim/model/types.h"

struct model {
    struct pool *pool;
    struct rules rules;
    handle_t contract; /* the account it is deployed at */
    struct bytes launcher_template;
    struct coverage *coverage; /* borrowed, or NULL */
};

/* Of a call by the contract itself. */
struct model_context contract_context(const struct model *model, uint64_t block_height,
                                      uint64_t block_time_s);

/* Indices of a configuration's numbers. */
enum config {
#define CONFIG(id, name, value) CONFIG_##id,
#include "contract-sim/model/config.def"
#undef CONFIG
    CONFIG_COUNT
};

enum fault_id {
    FAULT_NONE,
#define FAULT(id, path, text) FAULT_##id,
#include "contract-sim/model/faults.def"
#undef FAULT
    FAULT_COUNT
};

/* Why a guard refused, with what its text names. */
struct fault {
    enum fault_id id;
    handle_t account;
    handle_t other;
    handle_t detail;
    struct u128 a;
    struct u128 b;
};

/* The arguments of all methods together; each reader fills its own and leaves the rest 0. */
struct call_args {
    struct proposal proposal; /* vote_new_parameters; of init and init_running the parameters */
    struct attestation attestation;
    struct key_event_id key_event_id;
    struct migration destination;
    uint64_t epoch_id; /* prospective, or the keyset's */
    uint64_t next_domain_id;
    uint64_t domain_id;
    handle_t keys;    /* struct domain_key_entry[]: the keyset */
    handle_t domains; /* struct domain[] */
    handle_t config;
    handle_t domain_key; /* struct domain_key: what vote_pk votes for */
    handle_t key;        /* 32 bytes: backup service, or TLS */
    handle_t hash;       /* 32 bytes, of code or of a launcher */
    handle_t url;
    handle_t account;
    uint32_t grants;
    uint32_t max_scan;
    bool threshold_stands; /* the proposal names no threshold: the current one is meant */
    bool key_is_no_point;  /* domain_key is an ed25519 key that is no point of the curve */
};

/* A call that is ready to be applied to any state: its row is found, what it names is interned and its
 * arguments are read. */
struct prepared_call {
    const struct method *method; /* NULL: there is no such method */
    handle_t signer;
    handle_t predecessor;
    handle_t signer_key; /* 32 bytes of an ed25519 key, 64 of a secp256k1 key */
    handle_t refusal;    /* of args_refused: why, in serde's words */
    struct u128 deposit;
    bool args_refused;
    struct call_args args;
};

struct call {
    struct model *model;
    struct pool *pool;
    const uint64_t *rules; /* by enum rule */
    const struct method *method;
    struct model_state *state; /* guards read it, the effect changes it */
    handle_t signer;
    handle_t predecessor;
    handle_t signer_key; /* 32 bytes of an ed25519 key, 64 of a secp256k1 key */
    struct u128 deposit;
    uint64_t height;
    uint64_t time_s;
    struct call_args args;
    struct fault fault;
    bool entered;      /* the wrapper let it through to the method's own guards */
    uint64_t returned; /* of methods that return a number or a truth value */
    bool has_refund;
    struct u128 refund; /* to the predecessor */
    size_t receipts_scheduled;
};

typedef bool guard_fn(struct call *call);
typedef void effect_fn(struct call *call);
/* A view writes JSON; it may read call->args and call->state, and changes nothing. */
typedef result_t view_fn(const struct call *call, struct bytes *out);
struct reader;
struct node;
/* False after reader_fail(). */
typedef bool args_fn(struct reader *reader, const struct node *root, struct call_args *out);

enum guard_id {
    GUARD_END,
#define GUARD(name, fault, rule, says) GUARD_##name,
#include "contract-sim/model/guards.def"
    GUARD_COUNT
};

/* Sets of enum protocol_phase. */
#define IN(phase)       (1u << PROTOCOL_##phase)
#define ANY_INITIALIZED (IN(INITIALIZING) | IN(RUNNING) | IN(RESHARING))
#define ANY_PHASE       (IN(NOT_INITIALIZED) | ANY_INITIALIZED)

struct guard {
    const char *name;
    guard_fn *holds;
    enum fault_id fault;
    enum rule rule;  /* asked only where it is set */
    uint32_t phases; /* in others it does not hold */
    bool is_about_caller;
    const char *says; /* what it asks for, in words */
};

/* The guard catalogue, by enum guard_id. */
extern const struct guard guard_table[GUARD_COUNT];

enum method_kind {
    METHOD_CALL,
    METHOD_VIEW,
    METHOD_STATIC_VIEW, /* answers before the contract is initialised */
    METHOD_PRIVATE,     /* the contract alone may call it */
    METHOD_INIT,
    METHOD_PRIVATE_INIT,
    METHOD_KINDS
};

enum method_return { RETURNS_NULL, RETURNS_NUMBER, RETURNS_TRUTH, RETURNS_NOTHING };

/* The log line before any check (contract.md 5.3). */
enum method_log { LOGS_NOTHING, LOGS_NAME, LOGS_SIGNER };

#define METHOD_GUARDS_MAX 32
#define METHOD_ROWS_MAX   64
#define METHOD_RULES_MAX  4

/* One method of the contract. */
struct method {
    const char *name;
    enum method_kind kind;
    bool payable;
    enum rule only_with; /* exists only where it is set */
    enum method_return returns;
    enum method_log log;
    args_fn *args; /* NULL: argument bytes are ignored */
    effect_fn *effect;
    view_fn *view;                     /* writes what the method returns */
    const char *constant;              /* of view_constant */
    uint8_t guards[METHOD_GUARDS_MAX]; /* enum guard_id in check order, ends with GUARD_END */
    const char *does;                  /* what a call changes, or a view tells, in words */
    uint32_t leads_to;                 /* phases to which a call can bring the protocol from another one */
    uint8_t rules[METHOD_RULES_MAX];   /* enum rule that arguments and effect ask, ends with RULE_ALWAYS */
};

/* The table, in rows.c: method_count rows and one without a name. */
extern const struct method method_table[];
extern const size_t method_count;

#define WRAPPER_GUARDS_MAX 3

/* The SDK's wrapper (contract.md 2.1): what it checks before it reads the arguments, and after. */
struct wrapper {
    uint8_t before[WRAPPER_GUARDS_MAX];
    uint8_t after[WRAPPER_GUARDS_MAX];
};

/* By enum method_kind; in rows.c. */
extern const struct wrapper wrapper_table[METHOD_KINDS];

/* Whether a guard of the wrapper is one of this row: a payable method takes deposits. */
static inline bool guard_stands(const struct method *method, uint8_t guard)
{
    return guard != GUARD_deposit_is_zero || !method->payable;
}

/* The row of a method that exists under the model's rules, or NULL. */
const struct method *method_find(const struct model *model, const char *name);

/* Find the row, intern the context, read the JSON arguments. What goes wrong with them is kept: the contract
 * refuses it in its turn (contract.md 2.1). Out of memory shows in pool_failed(), and then it is not run. */
void call_prepare(struct model *model, const struct model_context *context, const char *method,
                  const void *args, size_t args_len, struct prepared_call *out);

/* The same for a pending receipt: a call by the contract itself (contract.md 1.4). */
void receipt_prepare(struct model *model, const struct receipt *receipt, struct prepared_call *out);

/* Run a call on *state at a height and time: the guards in their order, then the effect. True: *state is the
 * new state and `call` says what came of it. False: *state is as before, call->fault says why, and the pool
 * still has what the fault names, for its text; pool_rollback() takes it back. Needs a method. */
bool call_run(struct model *model, const struct prepared_call *prepared, uint64_t height, uint64_t time_s,
              struct model_state *state, struct call *call);

/* The same for who wants no texts: *after is the new state, or on false *before, byte for byte, with the pool
 * as it was. It reads no JSON and allocates for new content alone. False, too, while pool_is_short(). */
bool call_apply(struct model *model, const struct prepared_call *prepared, const struct model_state *before,
                uint64_t height, uint64_t time_s, struct model_state *after);

/* What a call did, for the coverage of its model (coverage.h). */
void coverage_guard(struct coverage *coverage, const struct method *method, uint8_t guard, bool holds);
void coverage_refused(struct coverage *coverage, const struct method *method, enum fault_id fault);
void coverage_done(struct coverage *coverage, const struct method *method);
void coverage_not_found(struct coverage *coverage);
void coverage_prohibited(struct coverage *coverage);

/* The enum path and the text of a fault, as they stand in faults.def. */
const char *fault_path(enum fault_id fault);
const char *fault_text(enum fault_id fault);
/* Append the fault's text; *error is its enum path. NO_MEMORY. */
MUST_USE result_t fault_write(const struct call *call, struct bytes *out, const char **error);

static inline struct u128 u128_of(uint64_t value)
{
    return (struct u128){.low = value};
}

#endif

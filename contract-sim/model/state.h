/* The contract's whole state as one small value. What is large or of variable length lives in
 * the model's pool and is named here by a handle: equal content has equal handles, so that
 * copying a state is an assignment and comparing two states of one model is a memcmp. No member
 * may leave padding (checked in state.c).
 *
 * Only the model reads the members. Everybody else copies, compares and stores states as bytes. */
#ifndef MPC_CONTRACT_SIM_MODEL_STATE_H
#define MPC_CONTRACT_SIM_MODEL_STATE_H

#include <stdint.h>

/* Names interned content; 0 is the empty content of every type. */
typedef uint32_t handle_t;

/* Participants and their threshold (contract.md 1.1). */
struct parameters {
    uint64_t threshold;
    uint32_t next_id;
    handle_t participants; /* struct member[], in the contract's order */
};

/* Running; in Resharing the previous running state. In Initializing `domains` holds old and new ones and
 * `keys` those that were generated so far. */
struct running_state {
    struct parameters parameters;
    uint64_t epoch_id;
    uint64_t next_domain_id;
    uint64_t cancelled_epoch_id; /* previously_cancelled_resharing_epoch_id, where has_cancelled_epoch */
    uint32_t has_cancelled_epoch;
    handle_t domains;         /* struct domain[] */
    handle_t keys;            /* struct domain_key_entry[]: the keyset, with epoch_id */
    handle_t parameter_votes; /* struct parameter_vote[], sorted by account */
    handle_t domain_votes;    /* struct domain_vote[], sorted by participant id */
    uint32_t reserved;        /* 0 */
};

/* A key event and its instance (contract.md 1.1). The domain is running.domains[domain_index]. */
struct key_event {
    struct parameters parameters;
    uint64_t epoch_id;
    uint64_t next_attempt_id;
    uint64_t attempt_id; /* from here on: the instance, all 0 without one */
    uint64_t started_in;
    uint64_t expires_on;
    uint32_t has_instance;
    handle_t completed;  /* uint32_t[] participant ids, sorted */
    handle_t public_key; /* struct domain_key of the first vote, or 0 */
    uint32_t domain_index;
};

struct model_state {
    uint32_t phase; /* enum protocol_phase */
    uint32_t accepts_requests;
    struct running_state running;
    struct key_event key_event;
    handle_t reshared_keys; /* struct domain_key_entry[] */
    handle_t cancel_votes; /* Resharing: handle_t[] accounts, sorted by name; Initializing: participant ids */
    handle_t per_domain_thresholds; /* struct domain_threshold[], sorted by id */
    handle_t backups;               /* struct backup[], sorted by account */
    handle_t migrations;            /* struct migration[], sorted by account */
    handle_t attestations;          /* struct attestation[], in storage order (contract.md 3.1) */
    handle_t grants;                /* struct grant[], sorted by account */
    handle_t receipts; /* struct receipt[]: self-calls that run in a later block (contract.md 1.4) */
    handle_t config;   /* uint64_t[], in the order of contract.md 4.2 */
    handle_t tee;      /* struct tee_lists, one; 0 while all of them are empty */
};

#endif

/* A contract model with three members to call in tests, as the scenarios of contract.md 6 begin: alice 0, bob
 * 1, carol 2, threshold 2, epoch 5, one CaitSith domain, height 1000. dave is an outsider. */
#ifndef MPC_TESTS_SUPPORT_CONTRACT_H
#define MPC_TESTS_SUPPORT_CONTRACT_H

#include "contract-sim/model/model.h"
#include "tests/support/support.h"

struct contract {
    struct model *model;
    struct model_state state;
    uint64_t height;
    uint64_t time_s;
    struct model_outcome outcome; /* of the last call or view */
};

/* Before init: NotInitialized, at mpc.near. */
void contract_open_new(struct contract *contract, const char *profile);
/* Running; each member's own submission of its attestation under its node key, "alice/node". */
void contract_open(struct contract *contract, const char *profile);
void contract_close(struct contract *contract);

/* Deposits. */
#define NOTHING     "0"
#define ONE         "1"
#define GRANT_PRICE "20000000000000000000000"

/* JSON of a template: ' is ", and @name is the text of a key made from that name ("@alice.tls"). The text is
 * borrowed until a few dozen calls later. */
const char *contract_json(const char *template, ...) PRINTF_LIKE(1, 2);

/* `who` is "alice" (account alice.near, key "alice.op"), "alice/node" (another key), or
 * "alice/node<proxy.near" (called through proxy.near). `args` goes through contract_json(). */
void contract_call(struct contract *contract, const char *who, const char *method, const char *deposit,
                   const char *args);
/* The same, and it must succeed with null. */
void contract_ok(struct contract *contract, const char *who, const char *method, const char *deposit,
                 const char *args);
/* The same, and it must be refused with this enum path and this very text; "TEXT*" matches the beginning. The
 * state and the pool are then as they were, byte for byte. */
void contract_refused(struct contract *contract, const char *who, const char *method, const char *deposit,
                      const char *args, const char *error, const char *text);
/* Ask a view; its JSON, borrowed until the next call. */
const char *contract_view(struct contract *contract, const char *view, const char *args);
/* The value at a JSON pointer of a view, as compact JSON; "(nothing)" without one.
 * Borrowed like contract_json(). */
const char *contract_at(struct contract *contract, const char *view, const char *pointer);
#define ck_view(contract, view, pointer, expected)                                                           \
    ck_assert_str_eq(contract_at(contract, view, pointer), contract_json("%s", expected))

/* One block: height and clock go on by 1 and the receipts run. */
void contract_block(struct contract *contract);

/* Arguments used all over. */
const char *contract_destination(const char *who, const char *node); /* of start_node_migration, without @ */
const char *contract_keyset_args(struct contract *contract);         /* conclude with the current keyset */
/* vote_new_parameters: participants and next_id as JSON. */
const char *contract_proposal(uint64_t epoch, unsigned next_id, const char *participants, unsigned threshold);
extern const char contract_members[]; /* alice, bob and carol as they begin */
extern const char contract_without_carol[];
extern const char contract_with_dave[];
const char *contract_attestation(const char *tls_key); /* Mock Valid */
/* Prepay one grant and submit Mock Valid under "WHO.tlsN", signed with "WHO/nodeN". */
void contract_attest_again(struct contract *contract, const char *who, unsigned n);

/* Every one of `members` (a list like "alice bob carol") votes for the same proposal. */
void contract_vote_all(struct contract *contract, const char *voters, const char *proposal);
/* alice starts the instance, all vote; attempt 0 of domain 0. */
void contract_reshare(struct contract *contract, const char *voters, uint64_t epoch);

#endif

/* A scenario on its way from text to JSON. Inside author/ only. */
#ifndef MPC_CONTRACT_SIM_AUTHOR_COMPILER_H
#define MPC_CONTRACT_SIM_AUTHOR_COMPILER_H

#include "common/domain_key.h"
#include "contract-sim/author/author.h"
#include "contract-sim/author/lexer.h"
#include "contract-sim/model/model.h"
#include "contract-sim/replay/replay.h"

#define AUTHOR_PROFILES_MAX 8
/* Of one `advance`, in its unit. */
#define AUTHOR_ADVANCE_MAX 100000000u
#define AUTHOR_ACTORS_MAX  64
#define AUTHOR_ACTOR_LEN   32
#define AUTHOR_PATCHES_MAX 16
/* Callers of one statement, members of the first contract. */
#define AUTHOR_LIST_MAX 64
/* A method's name, known or in quotes. */
#define AUTHOR_METHOD_LEN 64

/* Who signs, and with which key: "alice.node2". */
struct actor {
    char name[AUTHOR_ACTOR_LEN + 1];
    struct account_id account;      /* of "alice" it is alice.near */
    char key[AUTHOR_ACTOR_LEN + 1]; /* "node2" */
};

/* Everything that is written NAME=VALUE. */
enum setting {
    SETTING_DEPOSIT,
    SETTING_VIA,
    SETTING_TO,
    SETTING_URL,
    SETTING_TLS,
    SETTING_KEY,
    SETTING_MOCK,
    SETTING_EXPIRES,
    SETTING_IMAGE,
    SETTING_COMPOSE,
    SETTING_FOR,
    SETTING_GRANTS,
    SETTING_WITH,
    SETTING_WITHOUT,
    SETTING_THRESHOLD,
    SETTING_EPOCH,
    SETTING_DOMAIN,
    SETTING_ATTEMPT,
    SETTING_DOMAINS,
    SETTING_NEXT,
    SETTING_HASH,
    SETTING_SCAN,
    SETTING_MEMBERS,
    SETTING_HEIGHT,
    SETTING_TIME,
    SETTING_ATTESTED,
    SETTING_INITIALISED,
    SETTING_COUNT
};
#define TAKES(setting) (1u << SETTING_##setting)

extern const char *const setting_names[SETTING_COUNT];

/* The settings of one statement, and what begins with "/": a JSON pointer into the arguments. */
struct settings {
    struct slice values[SETTING_COUNT]; /* .text is NULL where not given */
    struct token patches[AUTHOR_PATCHES_MAX];
    size_t patch_count;
    struct slice json; /* the arguments as a whole; .text is NULL when not given */
};

/* One profile's contract, as far as the scenario has come. */
struct world {
    const char *profile;
    struct model *model;
    struct model_state state;
    uint64_t height;
    uint64_t time_s;
    struct json_object *view; /* the `state` view of the state `viewed`, once asked */
    struct model_state viewed;
};

/* Of a call or view, by world: the JSON of "expect"; empty where nothing was said. */
struct expectation {
    struct bytes by_world[AUTHOR_PROFILES_MAX];
    struct bytes others; /* for profiles that are not named */
};

struct compiler {
    struct lexer lexer;
    struct authored *out;
    const char *id;
    const struct replay_start *start; /* NULL: the genesis statement, or the usual beginning */
    struct slice title;
    struct slice launcher_template; /* JSON or plain text; .text is NULL when not given */
    struct slice rules[SCENARIO_RULES_MAX];
    size_t rule_count;
    struct actor actors[AUTHOR_ACTORS_MAX]; /* without keys */
    size_t actor_count;
    bool profiles_given;
    struct world worlds[AUTHOR_PROFILES_MAX];
    size_t world_count;
    struct settings genesis;
    const char *genesis_at;
    size_t genesis_line;
    bool begun;                /* the first step came: the worlds are there */
    struct bytes genesis_json; /* the scenario's "genesis" */
    struct bytes init_running; /* the arguments in it; empty when not initialised */
    struct bytes steps;
    const char *at; /* the statement in hand */
    size_t line;    /* and its line, counted on from the one before */
};

/* --- names.c: actors, keys and hashes from words ------------------------------------------------------- */

void actors_begin(struct compiler *compiler);
MUST_USE result_t actor_add(struct compiler *compiler, struct slice word);
/* The same for an account of any form: its name is what stands before the first dot. One that cannot be a
 * name, or is that of another such account already, is passed over. */
void actor_add_account(struct compiler *compiler, const char *account);
/* "alice", with the key `key`, or "alice.node2". */
MUST_USE result_t actor_read(struct compiler *compiler, struct slice word, const char *key,
                             struct actor *out);
/* The same at the beginning of a statement, where a word of `statements` may have been meant. */
MUST_USE result_t caller_read(struct compiler *compiler, struct slice word, const char *const *statements,
                              struct actor *out);
/* "node2", a key of `owner`, or "bob.node". */
MUST_USE result_t actor_key_read(struct compiler *compiler, struct slice word, const struct actor *owner,
                                 struct actor *out);
/* The key of the same number: the TLS key tls2 of node2, the first of any other. */
struct actor actor_key_like(const struct actor *actor, const char *kind);
/* "ed25519:..", or "secp256k1:.." of a key `secp`. */
MUST_USE result_t actor_key_write(const struct actor *actor, struct bytes *out);
void actor_public_key(const struct actor *actor, struct near_public_key *out);
/* 64 hexadecimal digits as they are, of any other word its SHA-256. */
MUST_USE result_t hash_write(struct slice word, struct bytes *out);
/* A public key for a domain, made from a word; the same word gives the same key. */
void domain_key_named(const char *word, enum curve curve, struct domain_key *out);

/* Append `value`, which is JSON, a number, a word or "@alice.tls2", as JSON. */
MUST_USE result_t value_write(struct compiler *compiler, struct slice value, struct bytes *out);

/* "unknown KIND "WORD"; did you mean NEAREST?" at the word. `words` ends with NULL. */
result_t unknown_word(const struct compiler *compiler, struct slice word, const char *kind,
                      const char *const *words);

/* The same, with the word already found; NULL: there is none. */
result_t unknown_near(const struct compiler *compiler, struct slice word, const char *kind,
                      const char *nearest);

/* --- settings.c ---------------------------------------------------------------------------------------- */

/* Take a setting in; `takes` says which are valid for `what`. */
MUST_USE result_t setting_add(struct compiler *compiler, const struct token *token, uint32_t takes,
                              const char *what, struct settings *out);
bool setting_given(const struct settings *settings, enum setting setting);
/* The settings, and the arguments as JSON where they may be, that fill the rest of a statement. */
MUST_USE result_t settings_read(struct compiler *compiler, uint32_t takes, const char *what, bool json,
                                struct settings *out);
/* The number given, or `out` as it is. */
MUST_USE result_t setting_u64(struct compiler *compiler, const struct settings *settings,
                              enum setting setting, uint64_t *out);
MUST_USE result_t setting_yes(struct compiler *compiler, const struct settings *settings,
                              enum setting setting, bool *out);
/* The next word of a list "a,b,c"; *rest is what follows it. */
bool list_next(struct slice *rest, struct slice *word);

/* --- state.c: what arguments that are left out are made of --------------------------------------------- */

/* {"participants":..,"threshold":..}: who decides now, in Resharing still the previous ones. */
MUST_USE result_t world_parameters(struct world *world, struct json_object **out);
/* [account, id, info] each; NULL before there is a contract. */
MUST_USE result_t world_members(struct world *world, struct json_object **out);
MUST_USE result_t world_domain_count(struct world *world, size_t *out);
MUST_USE result_t world_keyset_write(struct world *world, struct bytes *out);
/* What a vote for new parameters has to name. */
MUST_USE result_t world_next_epoch(struct world *world, uint64_t *out);
MUST_USE result_t world_next_domain_id(struct world *world, uint64_t *out);

struct event_facts {
    uint64_t epoch_id;
    uint64_t domain_id;
    uint64_t attempt_id; /* that runs; without one the last, or 0 */
    uint64_t next_attempt_id;
    enum curve curve;                 /* of the domain's key */
    struct json_object *participants; /* [account, id, info] each; borrowed */
};
/* Of the resharing or key generation; without one what would be the first of a resharing. */
MUST_USE result_t world_key_event(struct world *world, struct event_facts *out);

/* --- methods.c: what a method is called with ------------------------------------------------------------ */

enum voters { VOTERS_MEMBERS, VOTERS_KEY_EVENT, VOTERS_PROPOSED };

struct method_call;
typedef result_t make_args_fn(struct compiler *compiler, struct world *world, const struct method_call *call,
                              const struct actor *signer, struct bytes *out);

/* How the form knows a method. */
struct method_form {
    const char *name;
    const char *key;         /* that signs when none is named */
    const char *deposit;     /* yoctoNEAR when nothing is said; NULL: none */
    enum voters voters;      /* who `all` are */
    bool returns;            /* a value other than null, so that what is expected has to be said */
    make_args_fn *make_args; /* NULL: {} */
    uint32_t takes;          /* settings, TAKES() each */
};

/* Never NULL: a method that the table does not have takes JSON alone. */
const struct method_form *method_form(const char *name);

/* One statement's call, for every one of its callers. */
struct method_call {
    char method[AUTHOR_METHOD_LEN + 1];
    bool known; /* of the contract's table */
    const struct method_form *form;
    struct settings settings;
    const char *at; /* the method's word */
};

/* The JSON of the arguments, the same in all worlds: SCENARIO_MALFORMED, asking for them, where it is not. */
MUST_USE result_t method_args(struct compiler *compiler, const struct method_call *call,
                              const struct actor *signer, struct bytes *out);
/* The arguments with the patches of the settings in them, appended to `out`. */
MUST_USE result_t args_patch(struct compiler *compiler, const struct settings *settings,
                             const struct bytes *args, struct bytes *out);

/* --- proposals.c ---------------------------------------------------------------------------------------- */

/* The participants of a vote for new parameters, [account, id, info] each, and its next_id. The array is the
 * caller's. */
MUST_USE result_t proposed_participants(struct compiler *compiler, struct world *world,
                                        const struct settings *settings, struct json_object **out,
                                        uint64_t *next_id);
/* Append [account, id, info] of each of "dave,erin", with ids from *next_id on. */
MUST_USE result_t participants_add(struct compiler *compiler, struct slice list,
                                   struct json_object *participants, uint64_t *next_id);
/* Append the domains of "Frost,CaitSith:3", with ids from `next_id`, as a JSON array, and as keyset entries
 * where `keys` is not NULL. */
MUST_USE result_t domains_write(struct compiler *compiler, struct slice list, uint64_t next_id,
                                struct bytes *out, struct bytes *keys);

/* Of the key of a domain with this protocol. */
enum curve protocol_curve(const char *name);

/* --- steps.c: what a step is in JSON, and what it does ------------------------------------------------- */

/* Start the worlds with the genesis; does nothing the second time. */
MUST_USE result_t compiler_begin(struct compiler *compiler);
MUST_USE result_t call_emit(struct compiler *compiler, const struct method_call *call,
                            const struct actor *signer, const struct expectation *expect);
MUST_USE result_t view_emit(struct compiler *compiler, const struct method_call *call, struct slice pointer,
                            const struct expectation *expect);
MUST_USE result_t advance_emit(struct compiler *compiler, uint64_t blocks, uint64_t seconds);

/* --- start.c: a saved state in place of the genesis ------------------------------------------------------ */

/* Write the genesis from compiler->start; height and time stay where it names none. */
MUST_USE result_t start_write(struct compiler *compiler, uint64_t *height, uint64_t *time_s);
/* Let its members be actors, once the worlds are there. */
MUST_USE result_t start_actors(struct compiler *compiler);

/* --- expect.c ------------------------------------------------------------------------------------------- */

MUST_USE result_t profile_find(struct compiler *compiler, struct slice word, const char **out);
/* SIZE_MAX when the scenario is not for the profile. */
size_t world_find(const struct compiler *compiler, const char *profile);
/* [PROFILE,..] WHAT, behind the word `expect`. */
MUST_USE result_t expect_read(struct compiler *compiler, bool view, struct expectation *out);
/* Whether something is expected in every profile; `words` says how to. */
MUST_USE result_t expectation_check(struct compiler *compiler, const struct method_call *call,
                                    const struct expectation *expect, const char *words);
void expectation_free(struct expectation *expect);

/* --- calls.c, macros.c: statements, behind their first word ---------------------------------------------- */

MUST_USE result_t read_call(struct compiler *compiler, struct slice who);
MUST_USE result_t read_view(struct compiler *compiler);
/* The call by everyone whom `who` names: "all", "leader", or a list. */
MUST_USE result_t call_by(struct compiler *compiler, struct slice who, const struct method_call *call,
                          const struct expectation *expect);

MUST_USE result_t read_advance(struct compiler *compiler);
MUST_USE result_t read_reshare(struct compiler *compiler);
MUST_USE result_t read_keygen(struct compiler *compiler);
MUST_USE result_t read_attest(struct compiler *compiler);

#endif

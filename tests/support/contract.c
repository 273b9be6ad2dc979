#include "tests/support/contract.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keys.h"
#include "contract-sim/replay/replay.h"

#define TEXTS 32

/* A ring of texts, so that a few may be used in one expression. */
static char *text_keep(char *text)
{
    static char *kept[TEXTS];
    static size_t next;
    free(kept[next]);
    kept[next] = text;
    next = (next + 1) % TEXTS;
    return text;
}

static struct ed25519_public_key key_named(const char *name)
{
    struct ed25519_public_key key;
    sha256(name, strlen(name), key.bytes);
    return key;
}

static size_t key_expand(const char *name, struct bytes *out)
{
    char word[64];
    size_t len = 0;
    while (len + 1 < sizeof word && (isalnum((unsigned char)name[len]) || name[len] == '.'))
        len++;
    snprintf(word, sizeof word, "%.*s", (int)len, name);
    struct ed25519_public_key key = key_named(word);
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&key, text);
    ck_assert_ok(bytes_append_text(out, text));
    return len;
}

const char *contract_json(const char *template, ...)
{
    char *formatted = NULL;
    va_list list;
    va_start(list, template);
    int len = vasprintf(&formatted, template, list);
    va_end(list);
    ck_assert_int_ge(len, 0);
    struct bytes out = {0};
    ck_assert_ok(bytes_append_text(&out, ""));
    for (const char *at = formatted; *at; at++) {
        if (*at == '@')
            at += key_expand(at + 1, &out);
        else
            ck_assert_ok(bytes_append(&out, *at == '\'' ? "\"" : at, 1));
    }
    free(formatted);
    char *text = out.data ? (char *)out.data : calloc(1, 1);
    return text_keep(text);
}

static void account_of(const char *name, size_t len, struct account_id *out)
{
    char text[ACCOUNT_ID_LEN_MAX + 1];
    int written = memchr(name, '.', len) ? snprintf(text, sizeof text, "%.*s", (int)len, name)
                                         : snprintf(text, sizeof text, "%.*s.near", (int)len, name);
    ck_assert(account_id_set(out, text, (size_t)written));
}

static struct model_context context_of(const struct contract *contract, const char *who, const char *deposit)
{
    struct model_context context = {.block_height = contract->height, .block_time_s = contract->time_s};
    size_t name_len = strcspn(who, "/<");
    size_t key_len = strcspn(who, "<");
    char key_name[128];
    account_of(who, name_len, &context.signer);
    context.predecessor = context.signer;
    if (who[key_len] == '<')
        account_of(who + key_len + 1, strlen(who + key_len + 1), &context.predecessor);
    if (who[name_len] == '/')
        snprintf(key_name, sizeof key_name, "%.*s.%.*s", (int)name_len, who, (int)(key_len - name_len - 1),
                 who + name_len + 1);
    else
        snprintf(key_name, sizeof key_name, "%.*s.op", (int)name_len, who);
    struct ed25519_public_key key = key_named(key_name);
    context.signer_public_key = near_public_key_from_ed25519(&key);
    ck_assert(u128_parse(deposit, strlen(deposit), &context.deposit));
    return context;
}

void contract_open_new(struct contract *contract, const char *profile)
{
    struct error err = {0};
    *contract = (struct contract){.height = 1000, .time_s = 1700000000};
    ck_assert_ok_err(model_new(profile, "mpc.near", &contract->model, &err), err);
    contract->state = model_state_empty();
}

const char contract_members[] =
    "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}],"
    "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}],"
    "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]";
const char contract_without_carol[] =
    "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}],"
    "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}]";
const char contract_with_dave[] =
    "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}],"
    "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}],"
    "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}],"
    "['dave.near',3,{'url':'https://dave.near:80','tls_public_key':'@dave.tls'}]";

static const char init_running[] =
    "{'domains':[{'id':0,'protocol':'CaitSith','reconstruction_threshold':2,'purpose':'Sign'}],'next_domain_"
    "id':1,"
    "'keyset':{'epoch_id':5,'domains':[{'domain_id':0,'key':{'Secp256k1':{'near_public_key':"
    "'secp256k1:3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}},"
    "'attempt':0}]},'parameters':{'participants':{'next_id':3,'participants':[%s]},'threshold':2},'init_"
    "config':null}";

void contract_open(struct contract *contract, const char *profile)
{
    contract_open_new(contract, profile);
    contract_call(contract, "mpc", "init_running", NOTHING, contract_json(init_running, contract_members));
    ck_assert_int_eq(contract->outcome.kind, MODEL_OK);
    ck_assert_uint_eq(contract->outcome.value.len, 0);
    contract_ok(contract, "alice/node", "submit_participant_info", NOTHING,
                contract_attestation("alice.tls"));
    contract_ok(contract, "bob/node", "submit_participant_info", NOTHING, contract_attestation("bob.tls"));
    contract_ok(contract, "carol/node", "submit_participant_info", NOTHING,
                contract_attestation("carol.tls"));
}

void contract_close(struct contract *contract)
{
    model_outcome_free(&contract->outcome);
    model_free(contract->model);
}

void contract_call(struct contract *contract, const char *who, const char *method, const char *deposit,
                   const char *args)
{
    struct model_context context = context_of(contract, who, deposit);
    const char *json = contract_json("%s", args);
    model_outcome_free(&contract->outcome);
    ck_assert_ok(model_call(contract->model, &contract->state, &context, method, json, strlen(json),
                            &contract->state, &contract->outcome));
}

void contract_ok(struct contract *contract, const char *who, const char *method, const char *deposit,
                 const char *args)
{
    contract_call(contract, who, method, deposit, args);
    ck_assert_msg(contract->outcome.kind == MODEL_OK, "%s by %s: %s", method, who,
                  model_outcome_message(&contract->outcome));
    ck_assert_str_eq((const char *)contract->outcome.value.data, "null");
}

void contract_refused(struct contract *contract, const char *who, const char *method, const char *deposit,
                      const char *args, const char *error, const char *text)
{
    struct model_state before = contract->state;
    size_t pooled = model_pool_count(contract->model);
    contract_call(contract, who, method, deposit, args);
    ck_assert_msg(contract->outcome.kind != MODEL_OK, "%s by %s succeeded, expected %s", method, who, error);
    ck_assert_str_eq(contract->outcome.error, error);
    const char *message = model_outcome_message(&contract->outcome);
    size_t len = strlen(text);
    if (len && text[len - 1] == '*')
        ck_assert_msg(strncmp(message, text, len - 1) == 0, "%s, expected %s", message, text);
    else
        ck_assert_str_eq(message, text);
    ck_assert_mem_eq(&before, &contract->state, sizeof before);
    ck_assert_uint_eq(pooled, model_pool_count(contract->model));
}

const char *contract_view(struct contract *contract, const char *view, const char *args)
{
    const char *json = contract_json("%s", args);
    size_t pooled = model_pool_count(contract->model);
    model_outcome_free(&contract->outcome);
    ck_assert_ok(model_view(contract->model, &contract->state, contract->height, contract->time_s, view, json,
                            strlen(json), &contract->outcome));
    ck_assert_uint_eq(pooled, model_pool_count(contract->model));
    return contract->outcome.kind == MODEL_OK ? (const char *)contract->outcome.value.data : "(refused)";
}

const char *contract_at(struct contract *contract, const char *view, const char *pointer)
{
    const char *text = contract_view(contract, view, "{}");
    struct json_object *root = NULL;
    struct json_object *place = NULL;
    struct bytes out = {0};
    ck_assert_ok(json_parse(text, strlen(text), &json_limits_view, &root, NULL));
    if (replay_pointer_get(root, pointer, &place))
        ck_assert_ok(json_write(place, &out));
    else
        ck_assert_ok(bytes_append_text(&out, "(nothing)"));
    json_object_put(root);
    return text_keep((char *)out.data);
}

void contract_block(struct contract *contract)
{
    contract->height++;
    contract->time_s++;
    ck_assert_ok(model_receipts_run(contract->model, &contract->state, contract->height, contract->time_s,
                                    &contract->state));
}

const char *contract_destination(const char *who, const char *node)
{
    return contract_json("{'destination_node_info':{'signer_account_pk':'@%s.node%s','destination_node_info':"
                         "{'url':'http://new%s.%s.near:80','tls_public_key':'@%s.tls%s'}}}",
                         who, node, node, who, who, node);
}

const char *contract_keyset_args(struct contract *contract)
{
    return contract_json("{'keyset':%s}", contract_at(contract, "state", "/Running/keyset"));
}

const char *contract_proposal(uint64_t epoch, unsigned next_id, const char *participants, unsigned threshold)
{
    return contract_json("{'prospective_epoch_id':%" PRIu64
                         ",'proposal':{'parameters':{'participants':{'next_id':%u,"
                         "'participants':[%s]},'threshold':%u},'per_domain_thresholds':{}}}",
                         epoch, next_id, participants, threshold);
}

const char *contract_attestation(const char *tls_key)
{
    return contract_json("{'proposed_participant_attestation':{'Mock':'Valid'},'tls_public_key':'@%s'}",
                         tls_key);
}

void contract_attest_again(struct contract *contract, const char *who, unsigned n)
{
    char actor[64];
    char key[64];
    snprintf(actor, sizeof actor, "%s/node%u", who, n);
    snprintf(key, sizeof key, "%s.tls%u", who, n);
    contract_ok(contract, who, "prepay_attestation_storage", GRANT_PRICE,
                contract_json("{'account_id':'%s.near','grants':1}", who));
    contract_ok(contract, actor, "submit_participant_info", NOTHING, contract_attestation(key));
}

static void each_word(struct contract *contract, const char *words, const char *key, const char *method,
                      const char *args)
{
    while (*words) {
        char actor[64];
        size_t len = strcspn(words, " ");
        snprintf(actor, sizeof actor, "%.*s%s", (int)len, words, key);
        contract_ok(contract, actor, method, NOTHING, args);
        words += len + (words[len] == ' ');
    }
}

void contract_vote_all(struct contract *contract, const char *voters, const char *proposal)
{
    each_word(contract, voters, "", "vote_new_parameters", proposal);
}

void contract_reshare(struct contract *contract, const char *voters, uint64_t epoch)
{
    const char *id =
        contract_json("{'key_event_id':{'epoch_id':%" PRIu64 ",'domain_id':0,'attempt_id':0}}", epoch);
    char *kept = strdup(id);
    contract_ok(contract, "alice/node", "start_reshare_instance", NOTHING, kept);
    each_word(contract, voters, "/node", "vote_reshared", kept);
    free(kept);
}

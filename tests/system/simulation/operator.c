#include "tests/system/simulation/operator.h"

#include <stdio.h>
#include <string.h>

#define ONE_YOCTO   "1"
#define GRANT_PRICE "20000000000000000000000"
#define ARGS_MAX    768

static bool call(struct chain_side *chain, size_t account, const struct ed25519_public_key *key,
                 const char *method, const char *deposit, const char *args)
{
    return chain_side_call(chain, &cast()->accounts[account].id, key, method, deposit, args);
}

static bool call_as_operator(struct chain_side *chain, size_t account, const char *method, const char *args)
{
    return call(chain, account, &cast()->accounts[account].operator.public_key, method, ONE_YOCTO, args);
}

bool operator_register(struct chain_side *chain, size_t account, size_t backup)
{
    char args[ARGS_MAX];
    snprintf(args, sizeof args, "{\"backup_service_info\":{\"public_key\":\"%s\"}}",
             cast()->accounts[account].backups[backup].text);
    return call_as_operator(chain, account, "register_backup_service", args);
}

static bool submit(struct chain_side *chain, size_t account, size_t node)
{
    char args[ARGS_MAX];
    const struct cast_node *machine = &cast()->accounts[account].nodes[node];
    snprintf(args, sizeof args,
             "{\"proposed_participant_attestation\":{\"Mock\":\"Valid\"},\"tls_public_key\":\"%s\"}",
             machine->p2p_text);
    return call(chain, account, &machine->signer.public_key, "submit_participant_info", "0", args);
}

bool operator_attest(struct chain_side *chain, size_t account, size_t node)
{
    char args[ARGS_MAX];
    if (submit(chain, account, node))
        return true;
    snprintf(args, sizeof args, "{\"account_id\":\"%s\",\"grants\":1}", cast()->accounts[account].id.text);
    return call(chain, account, &cast()->accounts[account].operator.public_key, "prepay_attestation_storage",
                GRANT_PRICE, args) &&
           submit(chain, account, node);
}

bool operator_start(struct chain_side *chain, size_t account, size_t node)
{
    char args[ARGS_MAX];
    const struct cast_node *machine = &cast()->accounts[account].nodes[node];
    snprintf(args, sizeof args,
             "{\"destination_node_info\":{\"signer_account_pk\":\"%s\",\"destination_node_info\":"
             "{\"url\":\"%s\",\"tls_public_key\":\"%s\"}}}",
             machine->signer_text, machine->url, machine->p2p_text);
    return call_as_operator(chain, account, "start_node_migration", args);
}

bool operator_cancel(struct chain_side *chain, size_t account)
{
    size_t listed = operator_listed(chain, account);
    if (call_as_operator(chain, account, "cancel_node_migration", "{}"))
        return true;
    return strstr(chain->refusal, "MethodNotFound") && listed < CAST_NODES &&
           operator_start(chain, account, listed);
}

size_t operator_node_of(size_t account, const struct ed25519_public_key *tls_key)
{
    size_t node = 0;
    while (node < CAST_NODES &&
           !ed25519_public_key_equal(tls_key, &cast()->accounts[account].nodes[node].p2p.public_key))
        node++;
    return node;
}

size_t operator_listed(struct chain_side *chain, size_t account)
{
    const struct ed25519_public_key *key = chain_side_listed(chain, &cast()->accounts[account].id);
    return key ? operator_node_of(account, key) : CAST_NODES;
}

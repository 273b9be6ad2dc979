#include "tests/support/backup_node.h"

#include <stdio.h>
#include <string.h>

#include "backup/secrets.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

struct endpoint backup_node;
static bool is_open;

void backup_node_setup(void)
{
    backup_home_setup();
    is_open = false;
}

void backup_node_release(void)
{
    backup_home_release();
    if (is_open)
        endpoint_close(&backup_node);
}

static void load_secrets(struct backup_secrets *out)
{
    ck_assert_ok_err(backup_secrets_load(backup_home, out, &backup_home_err), backup_home_err);
}

void backup_node_replace(void)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    load_secrets(&secrets);
    if (is_open)
        endpoint_close(&backup_node);
    endpoint_prepare(&backup_node);
    endpoint_publish(&backup_node, &secrets.p2p.public_key);
    endpoint_start(&backup_node);
    is_open = true;
}

void backup_node_open(void)
{
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_replace();
    backup_node_write_state("Running", &backup_node.keyset);
}

result_t backup_node_run_at(const char *command, const char *address, const struct ed25519_public_key *key)
{
    char words[1024], text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    snprintf(words, sizeof words,
             "%s --mpc-node-address %s --mpc-node-p2p-key %s "
             "--backup-encryption-key-hex " BACKUP_NODE_ENCRYPTION_KEY " --request-timeout-seconds 10",
             command, address, text);
    return backup_home_run(words);
}

result_t backup_node_run(const char *command)
{
    char address[ADDRESS_TEXT_MAX];
    address_format(&backup_node.address, address);
    return backup_node_run_at(command, address, &backup_node.node.public_key);
}

void backup_node_write_state(const char *phase, const struct keyset *keyset)
{
    static const char participants[] = "\"parameters\":{\"participants\":{\"participants\":[]}}";
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_format(&text, "{\"%s\":{%s\"keyset\":", phase,
                                     strcmp(phase, "Resharing") ? "" : "\"previous_running_state\":{"));
    ck_assert_ok(keyset_write(keyset, &text));
    ck_assert_ok(bytes_append_format(
        &text, strcmp(phase, "Resharing") ? ",%s}}" : "},\"resharing_key\":{%s}}}", participants));
    backup_home_write("contract_state.json", (const char *)text.data);
}

void backup_node_give_home(const struct keyset *keyset, uint64_t seed)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    load_secrets(&secrets);
    sample_keyshares(keyset, seed, &shares);
    ck_assert_ok_err(backup_store_shares(backup_home, &secrets.local_storage_key, &shares, &backup_home_err),
                     backup_home_err);
}

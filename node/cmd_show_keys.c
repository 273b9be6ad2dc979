#include "node/cmd_common.h"
#include "node/identity.h"

/* {label, json} of one key, or of the first of several. */
static result_t show_key(const struct cmd_env *env, struct bytes *out, const char *label, const char *json,
                         const struct ed25519_public_key *key)
{
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    return env->json ? bytes_append_format(out, "%s\"%s\"", json, text)
                     : bytes_append_format(out, "%-22s %s\n", label, text);
}

result_t cmd_show_keys(const struct cmd_env *env, struct error *err)
{
    CLEANUP(identity_free) struct identity identity = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    TRY(identity_load(env->home_dir, &identity, err));
    TRY(show_key(env, &out, "P2P public key", "{\"p2p_public_key\":", &identity.p2p.public_key));
    TRY(show_key(env, &out, "signer public key", ",\"signer_public_key\":", &identity.signer.public_key));
    for (size_t i = 0; i < identity.responder_count; i++)
        TRY(show_key(env, &out, "responder public key", i ? "," : ",\"responder_public_keys\":[",
                     &identity.responders[i]));
    if (env->json)
        TRY(bytes_append_text(&out, "]}\n"));
    return cmd_print(env, &out, err);
}

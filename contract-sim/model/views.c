#include "contract-sim/model/views.h"

#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"
#include "contract-sim/model/guards.h"

result_t view_text(const struct pool *pool, handle_t text, struct bytes *out)
{
    size_t len;
    const char *data = pool_data(pool, text, &len);
    return json_write_text(data, len, out);
}

result_t view_ed25519(const struct pool *pool, handle_t key, struct bytes *out)
{
    struct ed25519_public_key bytes = {{0}};
    char text[ED25519_KEY_TEXT_MAX];
    size_t len;
    const void *data = pool_data(pool, key, &len);
    memcpy(bytes.bytes, data, len < sizeof bytes.bytes ? len : sizeof bytes.bytes);
    ed25519_public_key_format(&bytes, text);
    return bytes_append_format(out, "\"%s\"", text);
}

result_t view_info(const struct pool *pool, handle_t url, handle_t tls_key, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"url\":"));
    TRY(view_text(pool, url, out));
    TRY(bytes_append_text(out, ",\"tls_public_key\":"));
    TRY(view_ed25519(pool, tls_key, out));
    return bytes_append_text(out, "}");
}

static result_t entry_write(const struct pool *pool, handle_t account, const struct backup *backup,
                            const struct migration *migration, struct bytes *out)
{
    TRY(view_text(pool, account, out));
    TRY(bytes_append_text(out, ":["));
    if (backup) {
        TRY(bytes_append_text(out, "{\"public_key\":"));
        TRY(view_ed25519(pool, backup->key, out));
        TRY(bytes_append_text(out, "},"));
    } else {
        TRY(bytes_append_text(out, "null,"));
    }
    if (!migration)
        return bytes_append_text(out, "null]");
    TRY(bytes_append_text(out, "{\"signer_account_pk\":"));
    TRY(view_ed25519(pool, migration->signer_key, out));
    TRY(bytes_append_text(out, ",\"destination_node_info\":"));
    TRY(view_info(pool, migration->url, migration->tls_key, out));
    return bytes_append_text(out, "}]");
}

/* Both maps are sorted by account, so the view is their merge. */
result_t view_migration_info(const struct call *call, struct bytes *out)
{
    const struct pool *pool = call->pool;
    size_t backup_count, migration_count;
    const struct backup *backup = backups_of(pool, call->state->backups, &backup_count);
    const struct migration *migration = migrations_of(pool, call->state->migrations, &migration_count);
    const struct backup *backups_end = backup + backup_count;
    const struct migration *migrations_end = migration + migration_count;
    const char *separator = "{";
    while (backup < backups_end || migration < migrations_end) {
        int order = backup == backups_end ? 1
                    : migration == migrations_end
                        ? -1
                        : account_compare(pool, backup->account, migration->account);
        TRY(bytes_append_text(out, separator));
        TRY(entry_write(pool, order <= 0 ? backup->account : migration->account, order <= 0 ? backup : NULL,
                        order >= 0 ? migration : NULL, out));
        backup += order <= 0;
        migration += order >= 0;
        separator = ",";
    }
    return bytes_append_text(out, *separator == '{' ? "{}" : "}");
}

result_t view_attested_node(const struct pool *pool, const struct attestation *attestation, struct bytes *out)
{
    TRY(bytes_append_text(out, "\"account_id\":"));
    TRY(view_text(pool, attestation->account, out));
    TRY(bytes_append_text(out, ",\"tls_public_key\":"));
    TRY(view_ed25519(pool, attestation->tls_key, out));
    TRY(bytes_append_text(out, ",\"account_public_key\":"));
    return view_ed25519(pool, attestation->account_key, out);
}

result_t view_get_tee_accounts(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct attestation *entries = attestations_of(call->pool, call->state->attestations, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? ",{" : "{"));
        TRY(view_attested_node(call->pool, &entries[i], out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "]");
}

result_t view_hash(const struct pool *pool, handle_t hash, struct bytes *out)
{
    char text[2 * SHA256_LEN];
    size_t len;
    const uint8_t *data = pool_data(pool, hash, &len);
    if (len != SHA256_LEN)
        return bytes_append_text(out, "null");
    hex_encode(data, len, text);
    return json_write_text(text, sizeof text, out);
}

result_t view_attestation(const struct pool *pool, const struct attestation *attestation, struct bytes *out)
{
    if (attestation->kind == ATTESTATION_VALID)
        return bytes_append_text(out, "{\"Mock\":\"Valid\"}");
    TRY(bytes_append_text(out, "{\"Mock\":{\"WithConstraints\":{\"mpc_docker_image_hash\":"));
    TRY(view_hash(pool, attestation->image_hash, out));
    TRY(bytes_append_text(out, ",\"launcher_docker_compose_hash\":"));
    TRY(view_hash(pool, attestation->compose_hash, out));
    return bytes_append_format(out,
                               ",\"expiry_timestamp_seconds\":%" PRIu64 ",\"expected_measurements\":null}}}",
                               attestation->expiry_s);
}

result_t view_get_attestation(const struct call *call, struct bytes *out)
{
    size_t index;
    const struct attestation *found =
        attestation_find(call->pool, call->state->attestations, call->args.attestation.tls_key, &index);
    return found ? view_attestation(call->pool, found, out) : bytes_append_text(out, "null");
}

result_t view_available_attestation_grants(const struct call *call, struct bytes *out)
{
    const struct grant *grant =
        account_map_get(call->pool, call->state->grants, sizeof *grant, call->args.account);
    return bytes_append_format(out, "%" PRIu32, grant ? grant->count : 0);
}

result_t view_config(const struct call *call, struct bytes *out)
{
    static const char *const names[CONFIG_COUNT] = {
#define CONFIG(id, name, value) [CONFIG_##id] = name,
#include "contract-sim/model/config.def"
#undef CONFIG
    };
    size_t count;
    const uint64_t *config = numbers_of(call->pool, call->state->config, &count);
    for (size_t i = 0; i < CONFIG_COUNT; i++)
        TRY(bytes_append_format(out, "%s\"%s\":%" PRIu64, i ? "," : "{", names[i], config[i]));
    return bytes_append_text(out, "}");
}

result_t view_public_key(const struct call *call, struct bytes *out)
{
    char text[DOMAIN_KEY_TEXT_MAX];
    domain_key_format_text(domain_key_current(call, call->args.domain_id), text);
    return bytes_append_format(out, "\"%s\"", text);
}

result_t view_constant(const struct call *call, struct bytes *out)
{
    return bytes_append_text(out, call->method->constant);
}

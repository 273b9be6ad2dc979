#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "node/telemetry_pages.h"

/* ,"name":"text", and null where the text is empty. */
static result_t status_text(struct bytes *out, const char *name, const char *text)
{
    TRY(bytes_append_format(out, ",\"%s\":", name));
    if (!text || !text[0])
        return bytes_append_text(out, "null");
    return json_write_text(text, strlen(text), out);
}

static result_t status_flag(struct bytes *out, const char *name, bool flag)
{
    return bytes_append_format(out, ",\"%s\":%s", name, flag ? "true" : "false");
}

static result_t status_write_ready(const struct telemetry_facts *facts, struct bytes *out)
{
    struct error why = {0};
    result_t ready = telemetry_ready(facts, &why);
    TRY(bytes_append_format(out, "{\"ready\":%s", ready == OUTCOME_OK ? "true" : "false"));
    TRY(status_text(out, "ready_code", outcome_of(ready)->name));
    return status_text(out, "ready_text", why.text);
}

static result_t status_write_view(const struct telemetry_facts *facts, struct bytes *out)
{
    if (!facts->has_view)
        return bytes_append_text(out, ",\"view\":null");
    TRY(bytes_append_format(out,
                            ",\"view\":{\"block_height\":%" PRIu64 ",\"age_ms\":%" PRId64 ",\"max_age_ms\":",
                            facts->block_height, facts->view_age_ms));
    if (facts->max_view_age_ms)
        TRY(bytes_append_format(out, "%" PRIu64, facts->max_view_age_ms));
    else
        TRY(bytes_append_text(out, "null"));
    TRY(status_flag(out, "stale", facts->view_stale));
    TRY(status_text(out, "protocol", facts->protocol_phase));
    if (facts->has_keyset)
        TRY(bytes_append_format(out, ",\"epoch_id\":%" PRIu64 ",\"domains\":%zu", facts->epoch_id,
                                facts->domain_count));
    return bytes_append_text(out, "}");
}

/* Both null when nothing is wrong. */
static result_t status_error(struct bytes *out, const char *code_name, const char *text_name,
                             const struct error *error)
{
    bool well = error->code == OUTCOME_OK;
    TRY(status_text(out, code_name, well ? "" : outcome_of(error->code)->name));
    return status_text(out, text_name, well ? "" : error->text);
}

/* Its code is "ok" where the RPC agrees. */
static result_t status_write_source(const struct chain_source *source, const char *open, struct bytes *out)
{
    TRY(bytes_append_format(out, "%s\"block_height\":%" PRIu64, open, source->height));
    TRY(status_text(out, "url", source->url));
    TRY(status_text(out, "code", outcome_of(source->say.code)->name));
    TRY(status_text(out, "text", source->say.code == OUTCOME_OK ? "" : source->say.text));
    return bytes_append_text(out, "}");
}

static result_t status_write_rpc(const struct telemetry_facts *facts, struct bytes *out)
{
    if (!facts->polled)
        return bytes_append_text(out, ",\"rpc\":null");
    TRY(bytes_append_format(out, ",\"rpc\":{\"failures\":%u", facts->poll_failures));
    TRY(status_error(out, "error_code", "error_text", &facts->poll));
    TRY(bytes_append_format(out, ",\"needed\":%zu,\"urls\":[", facts->rpc_needed));
    for (size_t i = 0; i < facts->rpc_count; i++)
        TRY(status_write_source(&facts->rpcs[i], i == 0 ? "{" : ",{", out));
    return bytes_append_text(out, "]}");
}

static result_t status_write_node(const struct telemetry_facts *facts, struct bytes *out)
{
    TRY(status_text(out, "account_id", facts->account_id));
    TRY(status_text(out, "node_status", facts->node_status));
    TRY(status_flag(out, "backup_key_registered", facts->has_backup_key));
    TRY(status_text(out, "keyshare_store", facts->keyshare_store));
    return status_text(out, "keyshares", facts->has_keyset ? outcome_of(facts->shares)->name : "");
}

static result_t status_write_migration(const struct telemetry_facts *facts, struct bytes *out)
{
    TRY(bytes_append_format(out, ",\"migration\":{\"active\":%s",
                            facts->migration_active ? "true" : "false"));
    TRY(status_text(out, "stage", facts->onboarding_stage));
    TRY(status_text(out, "situation", facts->onboarding_situation));
    TRY(bytes_append_format(out, ",\"conclude_rounds\":%u", facts->conclude_rounds));
    TRY(status_error(out, "conclude_code", "conclude_text", &facts->conclude));
    TRY(status_text(out, "blocked_by", facts->blocked_by));
    TRY(status_text(out, "last_contract_error", facts->contract_error));
    TRY(status_error(out, "store_error_code", "store_error", &facts->store));
    TRY(status_text(out, "transaction", facts->transaction));
    return bytes_append_text(out, "}");
}

/* Onboarding has nothing to do for an active node, and does not look whether its shares are still there. */
static const char *status_next(const struct telemetry_facts *facts)
{
    bool active = facts->node_status && strcmp(facts->node_status, "active") == 0;
    if (active && facts->has_keyset && facts->shares == OUTCOME_KEYSHARES_NOT_HELD)
        return "this node takes part without the key shares of the contract's keyset: take them back where "
               "`keyshares list` shows them in quarantine, else send them with put-keyshares";
    return facts->next;
}

result_t telemetry_status_write(const struct telemetry_facts *facts, struct bytes *out)
{
    TRY(status_write_ready(facts, out));
    TRY(status_write_node(facts, out));
    TRY(status_write_view(facts, out));
    TRY(status_write_rpc(facts, out));
    TRY(status_write_migration(facts, out));
    TRY(status_text(out, "next", status_next(facts)));
    return bytes_append_text(out, "}");
}

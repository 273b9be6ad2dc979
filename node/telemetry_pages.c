#include "node/telemetry_pages.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/secret.h"
#include "node/metrics.h"

#define CONTENT_TEXT    "text/plain; charset=utf-8"
#define CONTENT_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define CONTENT_JSON    "application/json"

#define HOST_LEN_MAX 64

/* Readiness */

static bool ready_no_view(const struct telemetry_facts *facts)
{
    return !facts->has_view;
}

static bool ready_stopping(const struct telemetry_facts *facts)
{
    return facts->stopping;
}

static bool ready_view_stale(const struct telemetry_facts *facts)
{
    return facts->view_stale;
}

static bool ready_no_keyset(const struct telemetry_facts *facts)
{
    return !facts->has_keyset;
}

static bool ready_no_backup_key(const struct telemetry_facts *facts)
{
    return !facts->has_backup_key;
}

static result_t ready_error(const struct telemetry_facts *facts, result_t outcome, struct error *why)
{
    const char *text = outcome_of(outcome)->text;
    if (outcome == OUTCOME_VIEW_STALE)
        return error_set(why, outcome,
                         "%s: block %" PRIu64 " is %" PRId64 " ms old, the limit is %" PRIu64 " ms", text,
                         facts->block_height, facts->view_age_ms, facts->max_view_age_ms);
    if (outcome == OUTCOME_KEYSHARES_NOT_HELD)
        return error_set(why, outcome, "%s: epoch %" PRIu64 ", %zu domains", text, facts->epoch_id,
                         facts->domain_count);
    return error_set(why, outcome, "%s", text);
}

/* A view that is missing or old has a cause, which the last poll may name. */
static result_t ready_error_of_view(const struct telemetry_facts *facts, result_t outcome, struct error *why)
{
    struct error view = {0};
    const struct error *poll = &facts->poll;
    if (poll->code == OUTCOME_OK)
        return ready_error(facts, outcome, why);
    (void)ready_error(facts, outcome, &view);
    return error_set(why, outcome, "%s; %s: %s", view.text, outcome_of(poll->code)->name, poll->text);
}

/* In this order. */
static const struct ready_guard {
    bool (*stands)(const struct telemetry_facts *facts);
    result_t outcome;
    result_t (*error)(const struct telemetry_facts *facts, result_t outcome, struct error *why);
} ready_guards[] = {
    {ready_stopping, OUTCOME_SHUTTING_DOWN, ready_error},
    {ready_no_view, OUTCOME_VIEW_UNKNOWN, ready_error_of_view},
    {ready_view_stale, OUTCOME_VIEW_STALE, ready_error_of_view},
    {ready_no_keyset, OUTCOME_PROTOCOL_NOT_INITIALIZED, ready_error},
    {ready_no_backup_key, OUTCOME_NO_BACKUP_KEY, ready_error},
};

result_t telemetry_ready(const struct telemetry_facts *facts, struct error *why)
{
    for (size_t i = 0; i < ARRAY_LEN(ready_guards); i++)
        if (ready_guards[i].stands(facts))
            return ready_guards[i].error(facts, ready_guards[i].outcome, why);
    return facts->shares == OUTCOME_OK ? OUTCOME_OK : ready_error(facts, facts->shares, why);
}

/* Pages */

static result_t page_health(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    (void)pages;
    return bytes_append_text(&page->body, "OK");
}

static result_t page_metrics(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    pages->source->refresh(pages->source->context);
    metric_set(METRIC_SECRET_LOCK_FAILURES, secret_lock_failures());
    return metrics_write(&page->body);
}

static result_t page_ready(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    struct telemetry_facts facts = {0};
    struct error why;
    pages->source->facts(pages->source->context, &facts);
    result_t ready = telemetry_ready(&facts, &why);
    if (ready != OUTCOME_OK) {
        page->status = 503;
        TRY(bytes_append_format(&page->body, "%s: %s\n", outcome_of(ready)->name, why.text));
    } else {
        TRY(bytes_append_text(&page->body, "ready\n"));
    }
    if (facts.max_view_age_ms == 0)
        return bytes_append_text(&page->body,
                                 "warning: --max-view-age-ms is 0, a view of any age is acted on\n");
    return OUTCOME_OK;
}

static result_t append_key(struct bytes *out, const char *before, const struct ed25519_public_key *key)
{
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    return bytes_append_format(out, "%s\"%s\"", before, text);
}

/* wire.md 7.2. Attestations are the Rust node's (design.md, "Beside a Rust node"). */
static result_t page_public_data(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    const struct telemetry_identity *identity = pages->identity;
    TRY(append_key(&page->body, "{\"near_signer_public_key\":", &identity->signer));
    TRY(append_key(&page->body, ",\"near_p2p_public_key\":", &identity->p2p));
    TRY(bytes_append_text(&page->body, ",\"near_responder_public_keys\":["));
    for (size_t i = 0; i < identity->responder_count; i++)
        TRY(append_key(&page->body, i ? "," : "", &identity->responders[i]));
    return bytes_append_text(&page->body, "],\"tee_participant_info\":null}");
}

static result_t page_migrations(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    uint64_t height = 0;
    CLEANUP(bytes_free) struct bytes map = {0};
    TRY(pages->source->migrations(pages->source->context, &height, &map));
    return bytes_append_format(&page->body, "[%" PRIu64 ",%s]", height,
                               map.len ? (const char *)map.data : "{}");
}

static result_t page_status(const struct telemetry_pages *pages, struct telemetry_page *page)
{
    struct telemetry_facts facts = {0};
    pages->source->facts(pages->source->context, &facts);
    return telemetry_status_write(&facts, &page->body);
}

static const struct telemetry_route {
    const char *path;
    bool public; /* answers on an address that is not loopback too */
    const char *content_type;
    result_t (*write)(const struct telemetry_pages *pages, struct telemetry_page *page);
} telemetry_routes[] = {
    {"/health", true, CONTENT_TEXT, page_health},
    {"/metrics", true, CONTENT_METRICS, page_metrics},
    {"/public_data", true, CONTENT_JSON, page_public_data},
    {"/ready", false, CONTENT_TEXT, page_ready},
    {"/status", false, CONTENT_JSON, page_status},
    {"/debug/migrations", false, CONTENT_JSON, page_migrations},
};

/* Answering */

static bool host_is_literal(const char *host)
{
    char name[HOST_LEN_MAX];
    struct in_addr v4;
    if (!host || host[0] == '[')
        return true;
    size_t len = strcspn(host, ":");
    if (len >= sizeof(name))
        return false;
    memcpy(name, host, len);
    name[len] = 0;
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &v4) == 1;
}

static const struct telemetry_route *route_find(const struct telemetry_pages *pages, const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(telemetry_routes); i++) {
        const struct telemetry_route *route = &telemetry_routes[i];
        if (strcmp(path, route->path) == 0 && (route->public || pages->loopback))
            return route;
    }
    return NULL;
}

static void page_refusal(int status, const char *text, struct telemetry_page *out)
{
    bytes_clear(&out->body);
    out->status = status;
    out->content_type = CONTENT_TEXT;
    if (bytes_append_text(&out->body, text) != OUTCOME_OK)
        out->status = 500;
}

void telemetry_answer(const struct telemetry_pages *pages, const char *method, const char *path,
                      const char *host, struct telemetry_page *out)
{
    *out = (struct telemetry_page){.status = 200};
    const struct telemetry_route *route = route_find(pages, path);
    if (strcmp(method, "GET") != 0) {
        page_refusal(405, "only GET\n", out);
    } else if (!route) {
        page_refusal(404, "Not Found\n", out);
    } else if (!route->public && !host_is_literal(host)) {
        page_refusal(403, "ask by address: this page is not given to a Host that is a name\n", out);
    } else {
        out->content_type = route->content_type;
        result_t result = route->write(pages, out);
        if (result != OUTCOME_OK)
            page_refusal(500, outcome_of(result)->text, out);
    }
}

void telemetry_page_free(struct telemetry_page *page)
{
    bytes_free(&page->body);
}

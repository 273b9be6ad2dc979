/* What the telemetry server answers, apart from sockets. */
#ifndef MPC_NODE_TELEMETRY_PAGES_H
#define MPC_NODE_TELEMETRY_PAGES_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "node/telemetry.h"

struct telemetry_pages {
    const struct telemetry_identity *identity;
    const struct telemetry_source *source;
    bool loopback; /* the server listens on a loopback address */
};

struct telemetry_page {
    int status;
    const char *content_type; /* static */
    struct bytes body;        /* owned */
};

/* Answer one request. `host` is the Host header, or NULL. Never fails: what goes wrong is a page. A
 * private page is given only on loopback, and there only to a Host that is an address or localhost: a name
 * would be a web page's that was made to resolve to us. */
void telemetry_answer(const struct telemetry_pages *pages, const char *method, const char *path,
                      const char *host, struct telemetry_page *out);
void telemetry_page_free(struct telemetry_page *page);

/* The body of /status. */
MUST_USE result_t telemetry_status_write(const struct telemetry_facts *facts, struct bytes *out);

#endif

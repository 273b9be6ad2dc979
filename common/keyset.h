/* Key event ids and keysets (wire.md 4.1). */
#ifndef MPC_COMMON_KEYSET_H
#define MPC_COMMON_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/domain_key.h"
#include "common/id_index.h"
#include "common/json.h"
#include "common/outcome.h"

/* How many domains a keyset, or shares a set, may have. */
#define KEYSET_DOMAINS_MAX 16384

/* {epoch, domain, attempt}, each over the full u64 range. */
struct key_event_id {
    uint64_t epoch_id;
    uint64_t domain_id;
    uint64_t attempt_id;
};

bool key_event_id_equal(const struct key_event_id *a, const struct key_event_id *b);

struct keyset_domain {
    uint64_t domain_id;
    uint64_t attempt;
    struct domain_key key;
};

/* Zero-initialised is the empty keyset of epoch 0. `domains` is owned; its order is part of the keyset's
 * identity (conclude compares it, contract.md 2.2). */
struct keyset {
    uint64_t epoch_id;
    struct keyset_domain *domains;
    size_t count;
};

/* Parse JSON text of at most json_limits_keyset; unknown members are ignored, known ones are all
 * required. Duplicate domain ids are KEYSET_MALFORMED. KEYSET_MALFORMED,
 * KEYSET_TOO_MANY_DOMAINS, and what json_parse returns. */
MUST_USE result_t keyset_parse(const char *text, size_t len, struct keyset *out, struct error *err);
MUST_USE result_t keyset_from_json(struct json_object *value, const char *where, struct keyset *out,
                                   struct error *err);
/* The array of KeyForDomain alone, for generated_keys and reshared_keys (wire.md 5.2);
 * epoch_id is set by the caller. */
MUST_USE result_t keyset_domains_from_json(struct json_object *array, const char *where, struct keyset *out,
                                           struct error *err);

/* Read the object of keyset_parse() in place, in the form that keyset_write() and serde write; members may stand in
 * another order. False for anything else, `out` being empty and the cursor anywhere then: keyset_from_json() reads
 * it, or says what is wrong. The text has passed json_scan. json-c would take twenty times the text's memory for a
 * tree of a large keyset, and most of the time. */
bool keyset_walk(struct json_walk *walk, struct keyset *out);

/* Compact JSON, members in the order of wire.md 4.1, domains in their order. */
MUST_USE result_t keyset_write(const struct keyset *keyset, struct bytes *out);

bool keyset_equal(const struct keyset *a, const struct keyset *b);
/* An index over the domain ids, positions being those in `domains`. NO_MEMORY. */
MUST_USE result_t keyset_index(const struct keyset *keyset, struct id_index *out);
void keyset_free(struct keyset *keyset);

#endif

#include "common/keyset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "keyset.domains[16383]" and a little more; a longer path is cut in the error text alone. */
#define PATH_MAX_LEN 192

bool key_event_id_equal(const struct key_event_id *a, const struct key_event_id *b)
{
    return a->epoch_id == b->epoch_id && a->domain_id == b->domain_id && a->attempt_id == b->attempt_id;
}

static result_t domain_from_json(struct json_object *value, const char *where, struct keyset_domain *out,
                                 struct error *err)
{
    if (!json_object_is_type(value, json_type_object))
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s: an object expected", where);
    struct json_object *key;
    char key_path[PATH_MAX_LEN + 4];
    snprintf(key_path, sizeof key_path, "%s.key", where);
    TRY(json_member_u64(value, "domain_id", &out->domain_id, OUTCOME_KEYSET_MALFORMED, where, err));
    TRY(json_member_u64(value, "attempt", &out->attempt, OUTCOME_KEYSET_MALFORMED, where, err));
    TRY(json_member(value, "key", json_type_object, &key, OUTCOME_KEYSET_MALFORMED, where, err));
    return domain_key_from_json(key, key_path, &out->key, err);
}

static result_t check_unique(const struct keyset *keyset, const char *where, struct error *err)
{
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyset_index(keyset, &index));
    size_t first, second;
    if (!id_index_duplicate(&index, &first, &second))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_KEYSET_MALFORMED,
                     "%s[%zu].domain_id: domain %" PRIu64 " is already at [%zu]", where, second,
                     keyset->domains[second].domain_id, first);
}

result_t keyset_domains_from_json(struct json_object *array, const char *where, struct keyset *out,
                                  struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    *out = keyset;
    if (!json_object_is_type(array, json_type_array))
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s: an array expected", where);
    keyset.count = json_object_array_length(array);
    if (keyset.count > KEYSET_DOMAINS_MAX)
        return error_set(err, OUTCOME_KEYSET_TOO_MANY_DOMAINS, "%s: %zu domains; the limit is %d", where,
                         keyset.count, KEYSET_DOMAINS_MAX);
    keyset.domains = calloc(keyset.count ? keyset.count : 1, sizeof *keyset.domains);
    if (!keyset.domains)
        return OUTCOME_NO_MEMORY;
    for (size_t i = 0; i < keyset.count; i++) {
        char path[PATH_MAX_LEN];
        snprintf(path, sizeof path, "%s[%zu]", where, i);
        TRY(domain_from_json(json_object_array_get_idx(array, i), path, &keyset.domains[i], err));
    }
    TRY(check_unique(&keyset, where, err));
    *out = keyset;
    keyset = (struct keyset){0};
    return OUTCOME_OK;
}

result_t keyset_from_json(struct json_object *value, const char *where, struct keyset *out, struct error *err)
{
    *out = (struct keyset){0};
    if (!json_object_is_type(value, json_type_object))
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s: an object expected", where);
    uint64_t epoch_id;
    struct json_object *domains;
    char path[PATH_MAX_LEN];
    snprintf(path, sizeof path, "%s.domains", where);
    TRY(json_member_u64(value, "epoch_id", &epoch_id, OUTCOME_KEYSET_MALFORMED, where, err));
    TRY(json_member(value, "domains", json_type_array, &domains, OUTCOME_KEYSET_MALFORMED, where, err));
    TRY(keyset_domains_from_json(domains, path, out, err));
    out->epoch_id = epoch_id;
    return OUTCOME_OK;
}

/* --- in place --- */

static result_t walk_u64(struct json_walk *walk, uint64_t *out)
{
    return json_walk_u64(walk, out) ? OUTCOME_OK : OUTCOME_KEYSET_MALFORMED;
}

static result_t walk_domain_id(struct json_walk *walk, void *target)
{
    return walk_u64(walk, &((struct keyset_domain *)target)->domain_id);
}

static result_t walk_attempt(struct json_walk *walk, void *target)
{
    return walk_u64(walk, &((struct keyset_domain *)target)->attempt);
}

static result_t walk_key(struct json_walk *walk, void *target)
{
    struct keyset_domain *domain = target;
    return domain_key_walk(walk, &domain->key) ? OUTCOME_OK : OUTCOME_KEYSET_MALFORMED;
}

static result_t walk_domain(struct json_walk *walk, struct keyset_domain *out)
{
    static const struct json_walk_member members[] = {
        {"domain_id", walk_domain_id}, {"key", walk_key}, {"attempt", walk_attempt}};
    bool is_object;
    size_t missing;
    TRY(json_walk_object(walk, members, ARRAY_LEN(members), out, &is_object, &missing));
    return is_object && missing == ARRAY_LEN(members) ? OUTCOME_OK : OUTCOME_KEYSET_MALFORMED;
}

static result_t walk_epoch_id(struct json_walk *walk, void *target)
{
    return walk_u64(walk, &((struct keyset *)target)->epoch_id);
}

static result_t walk_domains(struct json_walk *walk, void *target)
{
    struct keyset *keyset = target;
    size_t count = json_walk_count(*walk);
    if (!json_walk_take(walk, '[') || count > KEYSET_DOMAINS_MAX)
        return OUTCOME_KEYSET_MALFORMED;
    keyset->domains = calloc(count ? count : 1, sizeof *keyset->domains);
    if (!keyset->domains)
        return OUTCOME_NO_MEMORY;
    for (; keyset->count < count; keyset->count++) {
        if (keyset->count > 0 && !json_walk_take(walk, ','))
            return OUTCOME_KEYSET_MALFORMED;
        TRY(walk_domain(walk, &keyset->domains[keyset->count]));
    }
    TRY(check_unique(keyset, "domains", NULL));
    return json_walk_take(walk, ']') ? OUTCOME_OK : OUTCOME_KEYSET_MALFORMED;
}

bool keyset_walk(struct json_walk *walk, struct keyset *out)
{
    static const struct json_walk_member members[] = {{"epoch_id", walk_epoch_id}, {"domains", walk_domains}};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    bool is_object;
    size_t missing;
    *out = keyset;
    if (json_walk_object(walk, members, ARRAY_LEN(members), &keyset, &is_object, &missing) != OUTCOME_OK ||
        !is_object || missing < ARRAY_LEN(members))
        return false;
    *out = keyset;
    keyset = (struct keyset){0};
    return true;
}

result_t keyset_parse(const char *text, size_t len, struct keyset *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    struct json_walk walk = json_walk_over(text, len);
    *out = (struct keyset){0};
    TRY(json_scan(text, len, &json_limits_keyset, err));
    if (keyset_walk(&walk, out))
        return OUTCOME_OK;
    TRY(json_parse(text, len, &json_limits_keyset, &value, err));
    return keyset_from_json(value, "keyset", out, err);
}

result_t keyset_write(const struct keyset *keyset, struct bytes *out)
{
    TRY(bytes_append_format(out, "{\"epoch_id\":%" PRIu64 ",\"domains\":[", keyset->epoch_id));
    for (size_t i = 0; i < keyset->count; i++) {
        const struct keyset_domain *domain = &keyset->domains[i];
        TRY(bytes_append_text(out, i ? ",{\"domain_id\":" : "{\"domain_id\":"));
        TRY(bytes_append_decimal(out, domain->domain_id));
        TRY(bytes_append_text(out, ",\"key\":"));
        TRY(domain_key_write(&domain->key, out));
        TRY(bytes_append_text(out, ",\"attempt\":"));
        TRY(bytes_append_decimal(out, domain->attempt));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "]}");
}

bool keyset_equal(const struct keyset *a, const struct keyset *b)
{
    if (a->epoch_id != b->epoch_id || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct keyset_domain *left = &a->domains[i];
        const struct keyset_domain *right = &b->domains[i];
        if (left->domain_id != right->domain_id || left->attempt != right->attempt ||
            !domain_key_equal(&left->key, &right->key))
            return false;
    }
    return true;
}

result_t keyset_index(const struct keyset *keyset, struct id_index *out)
{
    const uint64_t *first = keyset->count ? &keyset->domains[0].domain_id : NULL;
    return id_index_make(first, keyset->count, sizeof *keyset->domains, out);
}

void keyset_free(struct keyset *keyset)
{
    if (!keyset)
        return;
    free(keyset->domains);
    *keyset = (struct keyset){0};
}

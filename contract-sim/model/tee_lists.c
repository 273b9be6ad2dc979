#include "contract-sim/model/tee_lists.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/keys.h"

struct tee_lists tee_lists_get(const struct call *call)
{
    size_t count;
    const struct tee_lists *lists = tee_lists_of(call->pool, call->state->tee, &count);
    return count ? *lists : (struct tee_lists){0};
}

void tee_lists_set(struct call *call, const struct tee_lists *lists)
{
    static const struct tee_lists empty;
    bool none = memcmp(lists, &empty, sizeof empty) == 0;
    call->state->tee = none ? 0 : pool_intern(call->pool, lists, sizeof *lists);
}

static uint64_t config_number(const struct call *call, enum config index)
{
    size_t count;
    return numbers_of(call->pool, call->state->config, &count)[index];
}

/* A time past the end of all numbers never comes. */
static uint64_t time_after(uint64_t from_s, uint64_t seconds)
{
    return from_s > UINT64_MAX - seconds ? UINT64_MAX : from_s + seconds;
}

uint64_t image_expiry_s(const struct call *call, const struct allowed_image *next)
{
    return time_after(next->added_s, config_number(call, CONFIG_UPGRADE_DEADLINE));
}

/* How many of the oldest are no longer allowed: the deadline after a newer one is in the past. */
static size_t images_expired(const struct call *call, const struct allowed_image *images, size_t count)
{
    size_t expired = count ? count - 1 : 0;
    while (expired > 0 && image_expiry_s(call, &images[expired]) >= call->time_s)
        expired--;
    return expired;
}

const struct allowed_image *images_allowed(const struct call *call, size_t *count)
{
    const struct tee_lists lists = tee_lists_get(call);
    const struct allowed_image *images = images_of(call->pool, lists.images, count);
    size_t expired = images_expired(call, images, *count);
    *count -= expired;
    return images + expired;
}

bool image_allowed(const struct call *call, handle_t hash)
{
    size_t count;
    const struct allowed_image *images = images_allowed(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (images[i].hash == hash)
            return true;
    }
    return false;
}

/* Replace every `word` in `text` by the digits. */
static result_t template_fill(const char *text, const char *word, const char digits[2 * SHA256_LEN],
                              struct bytes *out)
{
    const char *found;
    for (; (found = strstr(text, word)); text = found + strlen(word)) {
        TRY(bytes_append(out, text, (size_t)(found - text)));
        TRY(bytes_append(out, digits, 2 * SHA256_LEN));
    }
    return bytes_append_text(out, text);
}

static void hash_digits(const struct call *call, handle_t hash, char out[2 * SHA256_LEN])
{
    size_t len;
    hex_encode(pool_data(call->pool, hash, &len), SHA256_LEN, out);
}

/* SHA-256 of the template with the launcher's digits in it, then the image's; 0 without a template. */
static handle_t compose_derive(struct call *call, handle_t launcher, handle_t image)
{
    const struct bytes *template = &call->model->launcher_template;
    CLEANUP(bytes_free) struct bytes half = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    char digits[2 * SHA256_LEN];
    uint8_t hash[SHA256_LEN];
    if (!template->data)
        return 0;
    hash_digits(call, launcher, digits);
    result_t result = template_fill((const char *)template->data, TEMPLATE_LAUNCHER, digits, &half);
    hash_digits(call, image, digits);
    if (result == OUTCOME_OK)
        result = template_fill((const char *)half.data, TEMPLATE_IMAGE, digits, &text);
    if (result != OUTCOME_OK) {
        pool_fail(call->pool);
        return 0;
    }
    sha256(text.data, text.len, hash);
    return pool_intern(call->pool, hash, sizeof hash);
}

static bool handles_have(const struct pool *pool, handle_t list, handle_t wanted)
{
    size_t count;
    const handle_t *handles = handles_of(pool, list, &count);
    for (size_t i = 0; i < count; i++) {
        if (handles[i] == wanted)
            return true;
    }
    return false;
}

static handle_t composes_add(struct call *call, handle_t composes, handle_t launcher, handle_t image)
{
    handle_t compose = compose_derive(call, launcher, image);
    size_t count;
    if (!compose || handles_have(call->pool, composes, compose))
        return composes;
    handles_of(call->pool, composes, &count);
    return pool_splice(call->pool, composes, sizeof compose, count, 0, &compose, 1);
}

static void launcher_put(struct call *call, struct tee_lists *lists, size_t index,
                         const struct allowed_launcher *launcher)
{
    lists->launchers = pool_splice(call->pool, lists->launchers, sizeof *launcher, index, 1, launcher, 1);
}

static void images_tidy(struct call *call, struct tee_lists *lists)
{
    size_t count;
    const struct allowed_image *images = images_of(call->pool, lists->images, &count);
    lists->images = pool_splice(call->pool, lists->images, sizeof *images, 0,
                                images_expired(call, images, count), NULL, 0);
}

void image_allow(struct call *call, struct tee_lists *lists, handle_t hash)
{
    size_t count, launcher_count;
    const struct allowed_launcher *launchers = launchers_of(call->pool, lists->launchers, &launcher_count);
    for (size_t i = 0; i < launcher_count; i++) {
        struct allowed_launcher changed = launchers[i];
        changed.composes = composes_add(call, changed.composes, changed.hash, hash);
        launcher_put(call, lists, i, &changed);
    }
    images_tidy(call, lists);
    const struct allowed_image *images = images_of(call->pool, lists->images, &count);
    size_t at = 0;
    while (at < count && images[at].hash != hash)
        at++;
    if (at < count) {
        lists->images = pool_splice(call->pool, lists->images, sizeof *images, at, 1, NULL, 0);
        count--;
    }
    struct allowed_image image = {.added_s = call->time_s, .hash = hash};
    lists->images = pool_splice(call->pool, lists->images, sizeof image, count, 0, &image, 1);
}

static struct launchers launchers_in(const struct call *call, const struct tee_lists *lists)
{
    struct launchers found = {.all_expired = true, .now_s = call->time_s};
    found.all = launchers_of(call->pool, lists->launchers, &found.count);
    for (size_t i = 0; i < found.count; i++) {
        if (found.all[i].expires_s >= found.all[found.latest].expires_s)
            found.latest = i;
        if (found.all[i].expires_s >= found.now_s)
            found.all_expired = false;
    }
    return found;
}

struct launchers launchers_get(const struct call *call)
{
    const struct tee_lists lists = tee_lists_get(call);
    return launchers_in(call, &lists);
}

bool launcher_counts(const struct launchers *launchers, size_t index)
{
    return launchers->all_expired ? index == launchers->latest
                                  : launchers->all[index].expires_s >= launchers->now_s;
}

static uint64_t launcher_expiry_s(const struct call *call)
{
    return time_after(call->time_s, config_number(call, CONFIG_LAUNCHER_TTL));
}

void launcher_allow(struct call *call, struct tee_lists *lists, handle_t hash)
{
    size_t count, image_count;
    const struct allowed_launcher *launchers = launchers_of(call->pool, lists->launchers, &count);
    struct allowed_launcher launcher = {.expires_s = launcher_expiry_s(call), .hash = hash};
    for (size_t i = 0; i < count; i++) {
        if (launchers[i].hash == hash) {
            launcher.composes = launchers[i].composes;
            launcher_put(call, lists, i, &launcher);
            return;
        }
    }
    const struct allowed_image *images = images_allowed(call, &image_count);
    for (size_t i = 0; i < image_count; i++)
        launcher.composes = composes_add(call, launcher.composes, hash, images[i].hash);
    lists->launchers = pool_splice(call->pool, lists->launchers, sizeof launcher, count, 0, &launcher, 1);
}

void launcher_remove(struct call *call, struct tee_lists *lists, handle_t hash)
{
    size_t count;
    const struct allowed_launcher *launchers = launchers_of(call->pool, lists->launchers, &count);
    for (size_t i = 0; i < count && count > 1; i++) {
        if (launchers[i].hash == hash) {
            lists->launchers = pool_splice(call->pool, lists->launchers, sizeof *launchers, i, 1, NULL, 0);
            return;
        }
    }
}

void launcher_refresh(struct call *call, handle_t compose)
{
    struct tee_lists lists = tee_lists_get(call);
    size_t count;
    const struct allowed_launcher *launchers = launchers_of(call->pool, lists.launchers, &count);
    size_t i = 0;
    while (!handles_have(call->pool, launchers[i].composes, compose))
        i++;
    struct allowed_launcher launcher = launchers[i];
    launcher.expires_s = launcher_expiry_s(call);
    launcher_put(call, &lists, i, &launcher);
    tee_lists_set(call, &lists);
}

void tee_lists_tidy(struct call *call)
{
    struct tee_lists lists = tee_lists_get(call);
    const struct launchers launchers = launchers_in(call, &lists);
    size_t kept = 0;
    for (size_t i = 0; i < launchers.count; i++) {
        if (launcher_counts(&launchers, i))
            kept++;
        else
            lists.launchers =
                pool_splice(call->pool, lists.launchers, sizeof *launchers.all, kept, 1, NULL, 0);
    }
    images_tidy(call, &lists);
    tee_lists_set(call, &lists);
}

bool compose_list_filled(const struct call *call)
{
    const struct launchers launchers = launchers_get(call);
    for (size_t i = 0; i < launchers.count; i++) {
        if (launcher_counts(&launchers, i) && launchers.all[i].composes)
            return true;
    }
    return false;
}

bool compose_allowed(const struct call *call, handle_t hash)
{
    const struct launchers launchers = launchers_get(call);
    for (size_t i = 0; i < launchers.count; i++) {
        if (launcher_counts(&launchers, i) && handles_have(call->pool, launchers.all[i].composes, hash))
            return true;
    }
    return false;
}

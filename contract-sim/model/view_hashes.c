/* The views of code and launcher hashes (contract.md 4). */
#include <inttypes.h>

#include "contract-sim/model/tee_lists.h"
#include "contract-sim/model/views.h"

/* Newest first; the newest has no expiry, nor has one whose deadline is beyond all numbers. */
result_t view_allowed_docker_image_hashes(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct allowed_image *images = images_allowed(call, &count);
    uint64_t expiry_s = UINT64_MAX;
    TRY(bytes_append_text(out, "["));
    for (size_t i = count; i-- > 0;) {
        TRY(bytes_append_text(out, i + 1 < count ? ",{\"image_hash\":" : "{\"image_hash\":"));
        TRY(view_hash(call->pool, images[i].hash, out));
        if (expiry_s < UINT64_MAX)
            TRY(bytes_append_format(out, ",\"expiry_timestamp_seconds\":%" PRIu64 "}", expiry_s));
        else
            TRY(bytes_append_text(out, ",\"expiry_timestamp_seconds\":null}"));
        expiry_s = image_expiry_s(call, &images[i]);
    }
    return bytes_append_text(out, "]");
}

result_t view_latest_code_hash(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct allowed_image *images = images_allowed(call, &count);
    return view_hash(call->pool, images[count - 1].hash, out);
}

result_t view_allowed_launcher_image_hashes(const struct call *call, struct bytes *out)
{
    const struct launchers launchers = launchers_get(call);
    const char *separator = "";
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < launchers.count; i++) {
        if (!launcher_counts(&launchers, i))
            continue;
        TRY(bytes_append_text(out, separator));
        TRY(view_hash(call->pool, launchers.all[i].hash, out));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

result_t view_allowed_launcher_compose_hashes(const struct call *call, struct bytes *out)
{
    const struct launchers launchers = launchers_get(call);
    const char *separator = "";
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < launchers.count; i++) {
        size_t count;
        const handle_t *composes = handles_of(call->pool, launchers.all[i].composes, &count);
        for (size_t k = 0; k < count && launcher_counts(&launchers, i); k++) {
            TRY(bytes_append_text(out, separator));
            TRY(view_hash(call->pool, composes[k], out));
            separator = ",";
        }
    }
    return bytes_append_text(out, "]");
}

result_t view_code_hash_votes(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct tee_lists lists = tee_lists_get(call);
    const struct hash_vote *votes = hash_votes_of(call->pool, lists.code_votes, &count);
    TRY(bytes_append_text(out, "{\"proposal_by_account\":{"));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_format(out, "%s\"%" PRIu32 "\":", i ? "," : "", votes[i].participant_id));
        TRY(view_hash(call->pool, votes[i].hash, out));
    }
    return bytes_append_text(out, "}}");
}

result_t view_launcher_hash_votes(const struct call *call, struct bytes *out)
{
    static const char *const actions[HASH_ACTIONS] = {[HASH_ADD] = "Add", [HASH_REMOVE] = "Remove"};
    size_t count;
    const struct tee_lists lists = tee_lists_get(call);
    const struct hash_vote *votes = hash_votes_of(call->pool, lists.launcher_votes, &count);
    TRY(bytes_append_text(out, "{\"vote_by_account\":{"));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_format(out, "%s\"%" PRIu32 "\":{\"%s\":", i ? "," : "", votes[i].participant_id,
                                actions[votes[i].action]));
        TRY(view_hash(call->pool, votes[i].hash, out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "}}");
}

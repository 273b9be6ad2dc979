/* A saved state in place of the genesis: what is left out is then looked up there. */
#include <inttypes.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "contract-sim/author/compiler.h"

/* Members of a genesis file that a scenario's genesis says in its own way, or not at all. */
static bool is_left_out(const char *name)
{
    static const char *const names[] = {"format", "accounts", "block_height", "block_time_s"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

result_t start_write(struct compiler *compiler, uint64_t *height, uint64_t *time_s)
{
    const struct replay_start *start = compiler->start;
    struct bytes *out = &compiler->genesis_json;
    if (start->has_block_height)
        *height = start->block_height;
    if (start->has_block_time)
        *time_s = start->block_time_s;
    TRY(bytes_append_text(out, "{"));
    json_object_object_foreach(start->contract, name, value)
    {
        if (is_left_out(name))
            continue;
        TRY(json_write_text(name, strlen(name), out));
        TRY(bytes_append_text(out, ":"));
        TRY(json_write(value, out));
        TRY(bytes_append_text(out, ","));
    }
    return bytes_append_format(out, "\"block_height\":%" PRIu64 ",\"block_time_s\":%" PRIu64 "}", *height,
                               *time_s);
}

result_t start_actors(struct compiler *compiler)
{
    struct json_object *members;
    TRY(world_members(&compiler->worlds[0], &members));
    size_t count = members ? json_object_array_length(members) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *member = json_object_array_get_idx(members, i);
        actor_add_account(compiler, json_object_get_string(json_object_array_get_idx(member, 0)));
    }
    return OUTCOME_OK;
}

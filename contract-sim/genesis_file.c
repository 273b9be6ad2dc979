#include "contract-sim/genesis_file.h"

#include <string.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "contract-sim/limits.h"

result_t genesis_file_read(const char *path, genesis_parse_fn *parse, struct bytes *text,
                           struct genesis *genesis, struct error *err)
{
    if (!path)
        return OUTCOME_OK;
    TRY(file_read(path, SIM_GENESIS_BYTES_MAX, text, err));
    result_t result = parse(text, genesis, err);
    return result == OUTCOME_OK ? OUTCOME_OK : error_prefix(err, result, "%s", path);
}

result_t genesis_file_warn(const char *path, const struct genesis *genesis,
                           result_t (*defaults)(const struct genesis *genesis, struct bytes *out))
{
    CLEANUP(bytes_free) struct bytes lines = {0};
    TRY(bytes_append_text(&lines, ""));
    TRY(defaults(genesis, &lines));
    for (const char *line = (const char *)lines.data; *line;) {
        size_t len = strcspn(line, "\n");
        log_warn("%s does not say, so assumed: %.*s", path, (int)len, line);
        line += len + 1;
    }
    return OUTCOME_OK;
}

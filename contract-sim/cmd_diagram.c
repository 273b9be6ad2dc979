/* mpc-contract-sim diagram: the state machine of the protocol as a picture. */
#include "contract-sim/commands.h"
#include "contract-sim/explain/explain.h"

int cmd_diagram(const struct options *options)
{
    static const char *const formats[] = {[DIAGRAM_MERMAID] = "mermaid", [DIAGRAM_DOT] = "dot", NULL};
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    size_t format;
    result_t result = option_word(options, OPTION_FORMAT, formats, &format, &err);
    if (result == OUTCOME_OK)
        result = diagram_write((enum diagram_format)format, &text);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    fwrite(text.data, 1, text.len, stdout);
    return 0;
}

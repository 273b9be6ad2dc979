/* The state machine of the protocol, from the rows' phases. */
#include "contract-sim/explain/facts.h"

static const struct {
    const char *head;
    const char *arrow;
    const char *label;
    const char *end;
    const char *tail;
} forms[] = {
    [DIAGRAM_MERMAID] = {"stateDiagram-v2\n    [*] --> NotInitialized\n", " --> ", " : ", "\n", ""},
    [DIAGRAM_DOT] = {"digraph protocol {\n    NotInitialized [peripheries=2];\n", " -> ", " [label=\"",
                     "\"];\n", "}\n"},
};

static result_t edges_write(enum diagram_format format, const struct method *method, struct bytes *out)
{
    uint32_t allowed = facts_of(method).phases;
    for (enum protocol_phase from = PROTOCOL_NOT_INITIALIZED; from <= PROTOCOL_RESHARING; from++) {
        for (enum protocol_phase to = PROTOCOL_NOT_INITIALIZED; to <= PROTOCOL_RESHARING; to++) {
            if (from != to && allowed >> from & 1u && method->leads_to >> to & 1u)
                TRY(bytes_append_format(out, "    %s%s%s%s%s%s", protocol_phase_name(from),
                                        forms[format].arrow, protocol_phase_name(to), forms[format].label,
                                        method->name, forms[format].end));
        }
    }
    return OUTCOME_OK;
}

result_t diagram_write(enum diagram_format format, struct bytes *out)
{
    TRY(bytes_append_text(out, forms[format].head));
    for (const struct method *method = method_table; method->name; method++)
        TRY(edges_write(format, method, out));
    return bytes_append_text(out, forms[format].tail);
}

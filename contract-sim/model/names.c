/* The words of the table that are not bound to a call: for those who read scenarios and options. */
#include "contract-sim/model/call.h"

static const char *const error_names[] = {
#define FAULT(id, path, text) path,
#include "contract-sim/model/faults.def"
#undef FAULT
    "MethodNotFound",
};

const char *model_error_name(size_t index)
{
    return index < ARRAY_LEN(error_names) ? error_names[index] : NULL;
}

/* The table ends with a row without a name. */
const char *model_method_name(size_t index)
{
    return method_table[index].name;
}

bool model_method_is_view(size_t index)
{
    return method_table[index].kind == METHOD_VIEW || method_table[index].kind == METHOD_STATIC_VIEW;
}

const char *model_rule_name(size_t index)
{
    return rules_name(index);
}

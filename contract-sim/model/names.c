/* The words of the table that are not bound to a call: for those who read scenarios and options. */
#include "contract-sim/model/call.h"

/* What is no fault: a call that came to no row, a view that is none. */
static const char *const other_errors[] = {"MethodNotFound", "ProhibitedInView", NULL};

const char *model_error_name(size_t index)
{
    size_t faults = FAULT_COUNT - 1;
    return index < faults ? fault_path((enum fault_id)(index + 1)) : other_errors[index - faults];
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

/* mpc-contract-sim explain: the contract's table in words. */
#include "contract-sim/commands.h"
#include "contract-sim/explain/explain.h"

static result_t explain(const struct options *options, struct bytes *text, struct error *err)
{
    const struct option_value *rules = &options->values[OPTION_RULE];
    const char *method = options->operand_count ? options->operands[0] : NULL;
    struct explain_options how = {.profile = option_text(options, OPTION_PROFILE),
                                  .rules = (const char *const *)rules->items,
                                  .rule_count = rules->item_count};
    if (option_flag(options, OPTION_MARKDOWN))
        return explain_page(text);
    return option_flag(options, OPTION_JSON) ? explain_json(method, &how, text, err)
                                             : explain_text(method, &how, text, err);
}

int cmd_explain(const struct options *options)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    result_t result = explain(options, &text, &err);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    fwrite(text.data, 1, text.len, stdout);
    return 0;
}

/* Argument readers, one per form of arguments (contract.md 5.1), and the pieces of them that the genesis
 * reads too. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_ARGS_H
#define MPC_CONTRACT_SIM_MODEL_ARGS_H

#include "contract-sim/model/call.h"
#include "contract-sim/model/reader.h"

args_fn args_init, args_init_running;
args_fn args_backup_service, args_destination, args_keyset, args_url;
args_fn args_attestation, args_prepay, args_tls_key, args_account, args_max_scan;
args_fn args_proposal, args_key_event_id, args_public_key_vote, args_new_domains, args_next_domain_id,
    args_domain_id, args_code_hash, args_launcher_hash;

/* Parse `text` as an object and let `read` fill `out`. False with the text of a refusal in `detail`. */
bool args_read(struct reader *reader, args_fn *read, struct call_args *out);

/* The configuration of a contract that was given none (contract.md 4.2). */
handle_t config_default(struct pool *pool);
/* The default with what the object names in its place; no object at all is the default. */
bool read_config(struct reader *reader, const struct node *node, handle_t *out);
/* "Valid", "Invalid" or {"WithConstraints":{..}}. */
bool read_mock(struct reader *reader, const struct node *node, struct attestation *out);

/* A list of at most `max` elements of `size` bytes, each filled by `read` from zero, interned. */
typedef bool element_fn(struct reader *reader, const struct node *node, void *out);
bool read_list(struct reader *reader, const struct node *node, size_t max, size_t size, element_fn *read,
               handle_t *out);

bool read_parameters(struct reader *reader, const struct node *node, struct parameters *out);
bool read_proposal(struct reader *reader, const struct node *node, struct proposal *out);
bool read_domains(struct reader *reader, const struct node *node, handle_t *out);
bool read_keys(struct reader *reader, const struct node *node, handle_t *out);
bool read_domain_key(struct reader *reader, const struct node *node, handle_t *out);
/* The plain string form of vote_pk. */
bool read_domain_key_text(struct reader *reader, const struct node *node, handle_t *out);
bool read_thresholds(struct reader *reader, const struct node *node, handle_t *out);
bool read_destination(struct reader *reader, const struct node *node, struct migration *out);
bool read_backup(struct reader *reader, const struct node *node, handle_t *out);

#endif

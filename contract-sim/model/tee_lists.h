/* The images and launchers that nodes may run, and until when (contract.md 3.5). Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_TEE_LISTS_H
#define MPC_CONTRACT_SIM_MODEL_TEE_LISTS_H

#include "contract-sim/model/call.h"

/* What a launcher template names; each is replaced by 64 hexadecimal digits. */
#define TEMPLATE_LAUNCHER "{{LAUNCHER_IMAGE_HASH}}"
#define TEMPLATE_IMAGE    "{{DEFAULT_IMAGE_DIGEST_HASH}}"

struct tee_lists tee_lists_get(const struct call *call);
void tee_lists_set(struct call *call, const struct tee_lists *lists);
/* Forget what has expired; something always stays. */
void tee_lists_tidy(struct call *call);

/* The images that are allowed at the call's time, oldest first. The newest has no expiry; another's is
 * image_expiry_s() of the one behind it, UINT64_MAX where that never comes. */
const struct allowed_image *images_allowed(const struct call *call, size_t *count);
uint64_t image_expiry_s(const struct call *call, const struct allowed_image *next);
bool image_allowed(const struct call *call, handle_t hash);
/* Allow an image: the newest from now on, with a compose hash for every launcher. */
void image_allow(struct call *call, struct tee_lists *lists, handle_t hash);

/* The launchers, and which of them count: those that have not expired, or, when all
 * have, the one that was the last to. */
struct launchers {
    const struct allowed_launcher *all;
    size_t count;
    size_t latest;
    bool all_expired;
    uint64_t now_s;
};
struct launchers launchers_get(const struct call *call);
bool launcher_counts(const struct launchers *launchers, size_t index);
/* Add a launcher with a compose hash per allowed image; one that is there starts its time to live again. */
void launcher_allow(struct call *call, struct tee_lists *lists, handle_t hash);
/* The list never becomes empty. */
void launcher_remove(struct call *call, struct tee_lists *lists, handle_t hash);
/* A member runs the launcher of this compose hash, which is an allowed one: its time to live starts again. */
void launcher_refresh(struct call *call, handle_t compose);

bool compose_list_filled(const struct call *call);
bool compose_allowed(const struct call *call, handle_t hash);

#endif

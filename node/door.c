#include "node/door.h"

#include "common/mpc_cert.h"

struct door door_of(const struct chain_snapshot *snapshot, const struct account_id *account_id)
{
    struct door door = {.state = OUTCOME_VIEW_UNKNOWN};
    if (!snapshot)
        return door;
    const struct ed25519_public_key *key = chain_snapshot_backup_key(snapshot, account_id);
    if (!key) {
        door.state = OUTCOME_NO_BACKUP_KEY;
        return door;
    }
    door.key = *key;
    door.state = ed25519_public_key_small_order(key) ? OUTCOME_BACKUP_KEY_SMALL_ORDER : OUTCOME_OK;
    return door;
}

struct door door_aged(struct door door, bool stale)
{
    if (stale && door.state != OUTCOME_VIEW_UNKNOWN)
        door.state = OUTCOME_VIEW_STALE;
    return door;
}

result_t door_judge(const struct door *door, const uint8_t *der, size_t len, size_t count,
                    struct ed25519_public_key *out)
{
    if (count != 1)
        return OUTCOME_CLIENT_CERT_COUNT;
    TRY(mpc_cert_subject_key(der, len, out));
    if (door->state != OUTCOME_OK)
        return door->state;
    return ed25519_public_key_equal(out, &door->key) ? OUTCOME_OK : OUTCOME_CLIENT_KEY_MISMATCH;
}

result_t door_recheck(const struct door *door, const struct ed25519_public_key *key)
{
    switch (door->state) {
    case OUTCOME_OK:
        return ed25519_public_key_equal(key, &door->key) ? OUTCOME_OK : OUTCOME_BACKUP_KEY_CHANGED;
    case OUTCOME_NO_BACKUP_KEY:
    case OUTCOME_BACKUP_KEY_SMALL_ORDER:
        return OUTCOME_BACKUP_KEY_CHANGED;
    default:
        return door->state;
    }
}

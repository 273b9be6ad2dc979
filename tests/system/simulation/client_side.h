/* The backup service of an account: it fetches key shares from the listed node, keeps them, and delivers
 * them to the destination of a migration, over a network that loses, repeats and cuts. */
#ifndef MPC_TESTS_SIMULATION_CLIENT_SIDE_H
#define MPC_TESTS_SIMULATION_CLIENT_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "tests/system/simulation/cast.h"

struct simulated;

#define EXCHANGES_MAX 64
#define COPIES_MAX    8 /* keysets that a service keeps; the oldest goes */

/* Shares that were fetched, as they lie on the service's disk. */
struct backup_copy {
    struct keyset keyset;
    struct keyshares shares;
    unsigned put_to; /* bit of each machine that answered 200 */
};

struct backup_service {
    struct simulated *world;
    size_t account;
    size_t key; /* which of its keys it uses */
    struct backup_copy copies[COPIES_MAX];
    size_t count;
    uint64_t turn;     /* names the work that counts */
    uint64_t pause_ms; /* until it tries again; grows while nothing comes of it */
};

enum exchange_kind { EXCHANGE_GET, EXCHANGE_PUT };

/* One request on its way. */
struct exchange {
    struct simulated *world;
    bool used;
    uint64_t number; /* of this use of the place */
    enum exchange_kind kind;
    size_t account;
    size_t node;
    const struct cast_backup *peer;
    struct keyset keyset; /* asked for, or of the shares that are put */
    struct bytes body;
    char digest[KEYSHARES_DIGEST_TEXT_LEN]; /* of the shares that are put */
    /* Of the session. */
    struct ed25519_public_key key;
    uint64_t incarnation;
    /* Of the answer. */
    int status;
    struct bytes answer;
};

void service_open(struct backup_service *service, struct simulated *world, size_t account);
void service_close(struct backup_service *service);
/* So many clients of the account work from now on, at once; 0: it does nothing by itself. */
void service_work(struct backup_service *service, size_t clients);

/* Ask node `node` (by number) for the shares of a keyset, or put those that the service has of it. Both say
 * false where too much is on its way already, or there is nothing to put. */
bool service_get(struct backup_service *service, size_t node, const struct keyset *keyset,
                 const struct cast_backup *peer);
bool service_put(struct backup_service *service, size_t node, const struct keyset *keyset,
                 const struct cast_backup *peer);

/* The copy of exactly this keyset; NULL: it has none. */
struct backup_copy *service_copy(struct backup_service *service, const struct keyset *keyset);

void exchange_clear(struct exchange *exchange);

#endif

#include "tests/system/simulation/client_side.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/seal.h"
#include "node/limits.h"
#include "tests/system/simulation/must.h"
#include "tests/system/simulation/operator.h"
#include "tests/system/simulation/world.h"

#define HOP_MS_MIN   1
#define HOP_MS_MAX   300
#define SLOW_MS_MAX  50000
#define PAUSE_MS_MIN 2000
#define PAUSE_MS_MAX 7200000
/* While somebody waits for it. */
#define AWAKE_PAUSE_MS_MAX 60000
/* Of 1,000 answers: the session lives on and is used again, within the time that it may be idle. */
#define SESSION_KEPT_PER_MILLE 300
#define SESSION_MS_MAX         LIMIT_IDLE_MS
/* Of 1,000 times that a service works: it does something that nobody asked for. */
#define WHIM_PER_MILLE 30

/* ---- copies ---- */

static void copy_clear(struct backup_copy *copy)
{
    keyset_free(&copy->keyset);
    keyshares_free(&copy->shares);
    *copy = (struct backup_copy){0};
}

static void copy_keyset(const struct keyset *keyset, struct keyset *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    must(keyset_write(keyset, &text));
    must(keyset_parse((const char *)text.data, text.len, out, NULL));
}

struct backup_copy *service_copy(struct backup_service *service, const struct keyset *keyset)
{
    for (size_t i = 0; i < service->count; i++)
        if (keyset_equal(&service->copies[i].keyset, keyset))
            return &service->copies[i];
    return NULL;
}

static void keep(struct backup_service *service, const struct keyset *keyset, struct keyshares *shares)
{
    if (service_copy(service, keyset))
        return;
    if (service->count == COPIES_MAX) {
        copy_clear(&service->copies[0]);
        memmove(service->copies, service->copies + 1, (COPIES_MAX - 1) * sizeof *service->copies);
        service->count--;
    }
    struct backup_copy *copy = &service->copies[service->count++];
    *copy = (struct backup_copy){.shares = *shares};
    copy_keyset(keyset, &copy->keyset);
    *shares = (struct keyshares){0};
}

/* ---- one request ---- */

void exchange_clear(struct exchange *exchange)
{
    keyset_free(&exchange->keyset);
    bytes_free(&exchange->body);
    bytes_free(&exchange->answer);
    *exchange = (struct exchange){.number = exchange->number};
}

static const char *kind_name(const struct exchange *exchange)
{
    return exchange->kind == EXCHANGE_GET ? "GET" : "PUT";
}

static void end(struct exchange *exchange, const char *how)
{
    char who[32];
    snprintf(who, sizeof who, "%s-backup", cast()->accounts[exchange->account].name);
    world_trace(exchange->world, who, "%s of epoch %" PRIu64 " at %s: %s", kind_name(exchange),
                exchange->keyset.epoch_id, exchange->world->nodes[exchange->node].cast->name, how);
    exchange_clear(exchange);
}

static bool strikes(const struct exchange *exchange, enum fault fault)
{
    return faults_strike(&exchange->world->faults, &exchange->world->dice, fault);
}

static void hop(struct exchange *exchange, schedule_work *next)
{
    struct simulated *world = exchange->world;
    uint64_t most_ms = strikes(exchange, FAULT_NET_SLOW) ? SLOW_MS_MAX : HOP_MS_MAX;
    uint64_t delay_ms = dice_between(&world->dice, HOP_MS_MIN, most_ms);
    schedule_add(&world->schedule, delay_ms, next, exchange, exchange->number);
}

static struct exchange *valid(void *context, uint64_t number)
{
    struct exchange *exchange = context;
    return exchange->used && exchange->number == number ? exchange : NULL;
}

static void take_shares(struct exchange *exchange)
{
    struct simulated *world = exchange->world;
    struct backup_service *service = &world->services[exchange->account];
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    must(unseal_transport(&world->nodes[exchange->node].cast->seal_key, (const char *)exchange->answer.data,
                          exchange->answer.len, &json, NULL));
    must(keyshares_parse((const char *)json.data, json.len, &shares, NULL));
    if (shares.count > 0) {
        must(keyshares_digest(&shares, digest));
        if (!ledger_promised(world, exchange->node, &exchange->keyset, digest))
            world_fail(world, "what is served is what was stored", "%s served other shares of epoch %" PRIu64,
                       world->nodes[exchange->node].cast->name, exchange->keyset.epoch_id);
        keep(service, &exchange->keyset, &shares);
    }
}

static struct exchange *exchange_take(struct backup_service *service, enum exchange_kind kind, size_t node,
                                      const struct keyset *keyset, const struct cast_backup *peer)
{
    struct simulated *world = service->world;
    size_t place = 0;
    while (place < EXCHANGES_MAX && world->exchanges[place].used)
        place++;
    if (place == EXCHANGES_MAX)
        return NULL;
    struct exchange *exchange = &world->exchanges[place];
    *exchange = (struct exchange){.world = world,
                                  .used = true,
                                  .number = exchange->number + 1,
                                  .kind = kind,
                                  .account = service->account,
                                  .node = node,
                                  .peer = peer};
    copy_keyset(keyset, &exchange->keyset);
    return exchange;
}

static void on_request(void *context, uint64_t number);

/* Some keep the session and use it once more, just before it would be closed for doing nothing. */
static void ask_again(struct backup_service *service, const struct exchange *before)
{
    struct simulated *world = service->world;
    if (world->faults.over || !dice_chance(&world->dice, SESSION_KEPT_PER_MILLE))
        return;
    struct exchange *again =
        exchange_take(service, EXCHANGE_GET, before->node, &before->keyset, before->peer);
    if (!again)
        return;
    must(keyset_write(&again->keyset, &again->body));
    again->key = before->key;
    again->incarnation = before->incarnation;
    uint64_t delay_ms = dice_below(&world->dice, SESSION_MS_MAX);
    schedule_add(&world->schedule, delay_ms, on_request, again, again->number);
}

static void on_answer(void *context, uint64_t number)
{
    struct exchange *exchange = valid(context, number);
    char how[32];
    if (!exchange)
        return;
    struct backup_service *service = &exchange->world->services[exchange->account];
    snprintf(how, sizeof how, "told %d", exchange->status);
    if (exchange->status == 200) {
        service->pause_ms = PAUSE_MS_MIN;
        struct backup_copy *copy = service_copy(service, &exchange->keyset);
        if (exchange->kind == EXCHANGE_GET)
            take_shares(exchange);
        else if (copy)
            copy->put_to |= 1u << exchange->node % CAST_NODES;
    }
    if (exchange->status == 200)
        ask_again(service, exchange);
    end(exchange, how);
}

static void answer(struct exchange *exchange, struct node *node)
{
    static const char *const targets[] = {"http://example/get_keyshares", "http://example/set_keyshares"};
    struct route_response response = {0};
    const struct route_request request = {.method = kind_name(exchange),
                                          .target = targets[exchange->kind],
                                          .body = (const char *)exchange->body.data,
                                          .body_len = exchange->body.len};
    uint64_t number = exchange->number;
    if (exchange->kind == EXCHANGE_PUT)
        ledger_offer(exchange->world, node, &exchange->keyset, exchange->digest);
    bool answered = node_answer(node, &exchange->key, &request, &response);
    if (!valid(exchange, number)) {
        route_response_free(&response);
        return;
    }
    if (response.status && node->up)
        world_trace(exchange->world, node->cast->name, "%s of epoch %" PRIu64 ": %d %s%s",
                    kind_name(exchange), exchange->keyset.epoch_id, response.status,
                    outcome_of(response.outcome)->name, answered ? "" : ", and cuts the session");
    if (answered && response.status == 200 && exchange->kind == EXCHANGE_PUT)
        ledger_promise(exchange->world, node, &exchange->keyset, exchange->digest);
    exchange->status = answered ? response.status : 0;
    bytes_free(&exchange->answer);
    exchange->answer = response.body;
    response.body = (struct bytes){0};
    bool staged = response.staged;
    route_response_free(&response);
    if (staged)
        node_wake(node);
}

static void on_request(void *context, uint64_t number)
{
    struct exchange *exchange = valid(context, number);
    if (!exchange)
        return;
    struct node *node = &exchange->world->nodes[exchange->node];
    if (!node->up || node->incarnation != exchange->incarnation || strikes(exchange, FAULT_NET_CUT)) {
        end(exchange, "cut");
        return;
    }
    answer(exchange, node);
    if (!valid(exchange, number))
        return;
    if (exchange->status == 0 || strikes(exchange, FAULT_NET_ANSWER_LOST))
        end(exchange, exchange->status == 0 ? "cut" : "no answer came");
    else
        hop(exchange, on_answer);
}

static void on_connect(void *context, uint64_t number)
{
    struct exchange *exchange = valid(context, number);
    if (!exchange)
        return;
    struct node *node = &exchange->world->nodes[exchange->node];
    if (!node->up || !node->has_process || strikes(exchange, FAULT_NET_REQUEST_LOST)) {
        end(exchange, "unreachable");
        return;
    }
    result_t verdict = node_judge(node, exchange->peer->cert, exchange->peer->cert_len, &exchange->key);
    if (verdict != OUTCOME_OK) {
        end(exchange, outcome_of(verdict)->name);
        return;
    }
    exchange->incarnation = node->incarnation;
    hop(exchange, on_request);
}

static bool send_get(struct backup_service *service, size_t node, const struct keyset *keyset,
                     const struct cast_backup *peer)
{
    struct exchange *exchange = exchange_take(service, EXCHANGE_GET, node, keyset, peer);
    if (!exchange)
        return false;
    must(keyset_write(keyset, &exchange->body));
    hop(exchange, on_connect);
    return true;
}

static bool send_put(struct backup_service *service, size_t node, const struct backup_copy *copy,
                     const struct cast_backup *peer)
{
    CLEANUP(secret_free) struct secret json = {0};
    uint8_t nonce[SEAL_NONCE_LEN] = {0};
    struct exchange *exchange = exchange_take(service, EXCHANGE_PUT, node, &copy->keyset, peer);
    if (!exchange)
        return false;
    must(keyshares_digest(&copy->shares, exchange->digest));
    must(keyshares_write(&copy->shares, &json));
    must(seal_transport(&service->world->nodes[node].cast->seal_key, nonce, json.data, json.len,
                        &exchange->body));
    hop(exchange, on_connect);
    return true;
}

static bool comes_twice(struct backup_service *service)
{
    return faults_strike(&service->world->faults, &service->world->dice, FAULT_NET_TWICE);
}

bool service_get(struct backup_service *service, size_t node, const struct keyset *keyset,
                 const struct cast_backup *peer)
{
    bool sent = send_get(service, node, keyset, peer);
    if (comes_twice(service))
        (void)send_get(service, node, keyset, peer);
    return sent;
}

bool service_put(struct backup_service *service, size_t node, const struct keyset *keyset,
                 const struct cast_backup *peer)
{
    struct backup_copy *copy = service_copy(service, keyset);
    bool sent = copy && send_put(service, node, copy, peer);
    if (copy && comes_twice(service))
        (void)send_put(service, node, copy, peer);
    return sent;
}

/* ---- by itself ---- */

static const struct cast_backup *peer_of(const struct backup_service *service)
{
    return &cast()->accounts[service->account].backups[service->key];
}

/* What the service is there for. True: there was something to do. */
static bool do_duty(struct backup_service *service)
{
    struct simulated *world = service->world;
    const struct account_id *id = &cast()->accounts[service->account].id;
    const struct truth *truth = chain_side_truth(&world->chain, chain_side_final(&world->chain));
    const struct participant *listed = protocol_view_participant(&truth->protocol, id);
    const struct migration_entry *entry = migration_view_find(&truth->migrations, id);
    if (!listed || !entry || !entry->has_backup_key)
        return false;
    struct backup_copy *copy = service_copy(service, &truth->protocol.keyset);
    size_t machine = operator_node_of(service->account, &listed->tls_public_key);
    if (!copy)
        return service_get(service, service->account * CAST_NODES + machine, &truth->protocol.keyset,
                           peer_of(service));
    size_t destination = entry->has_destination
                             ? operator_node_of(service->account, &entry->destination.tls_public_key)
                             : CAST_NODES;
    if (destination == CAST_NODES || truth->protocol.phase != PROTOCOL_RUNNING ||
        (copy->put_to >> destination & 1))
        return false;
    return service_put(service, service->account * CAST_NODES + destination, &copy->keyset, peer_of(service));
}

/* What nobody asked for: strangers, keys that were replaced, old copies, shares that are there already. */
static void follow_whim(struct backup_service *service)
{
    struct simulated *world = service->world;
    const struct cast_account *account = &cast()->accounts[service->account];
    uint64_t kind = dice_below(&world->dice, 4);
    size_t machine = (size_t)dice_below(&world->dice, world->plan.machines);
    size_t node = service->account * CAST_NODES + machine;
    size_t other_key = (size_t)dice_below(&world->dice, CAST_BACKUPS);
    if (service->count == 0)
        return;
    size_t which = (size_t)dice_below(&world->dice, service->count);
    const struct keyset *keyset = &service->copies[which].keyset;
    if (kind == 0)
        (void)service_get(service, node, keyset, &cast()->stranger);
    else if (kind == 1)
        (void)service_put(service, node, keyset, &account->backups[other_key]);
    else if (kind == 2)
        (void)service_get(service, node, keyset, &account->backups[other_key]);
    else
        (void)service_put(service, node, keyset, peer_of(service));
}

static void on_work(void *context, uint64_t argument)
{
    struct backup_service *service = context;
    struct simulated *world = service->world;
    if (service->turn != argument)
        return;
    bool busy = do_duty(service);
    if (!world->faults.over && dice_chance(&world->dice, WHIM_PER_MILLE))
        follow_whim(service);
    uint64_t delay_ms = dice_between(&world->dice, service->pause_ms / 2, service->pause_ms);
    uint64_t quiet_ms = schedule_quiet_ms(&world->schedule);
    uint64_t most_ms = world->awake ? AWAKE_PAUSE_MS_MAX : PAUSE_MS_MAX;
    service->pause_ms = !busy ? PAUSE_MS_MIN : service->pause_ms < most_ms ? service->pause_ms * 2 : most_ms;
    if (busy) {
        schedule_add(&world->schedule, delay_ms, on_work, service, argument);
        return;
    }
    if (!world->awake && chain_side_settled(&world->chain) && quiet_ms != SCHEDULE_NEVER &&
        quiet_ms > delay_ms)
        delay_ms += quiet_ms;
    schedule_add_routine(&world->schedule, delay_ms, on_work, service, argument);
}

void service_work(struct backup_service *service, size_t clients)
{
    service->turn++;
    service->pause_ms = PAUSE_MS_MIN;
    for (size_t i = 0; i < clients; i++)
        schedule_add_routine(&service->world->schedule, PAUSE_MS_MIN, on_work, service, service->turn);
}

void service_open(struct backup_service *service, struct simulated *world, size_t account)
{
    *service = (struct backup_service){.world = world, .account = account};
}

void service_close(struct backup_service *service)
{
    for (size_t i = 0; i < service->count; i++)
        copy_clear(&service->copies[i]);
    service->count = 0;
}

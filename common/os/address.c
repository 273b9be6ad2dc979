#include "common/os/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* The host without brackets and the port, which may be 0 here. */
static bool address_split(const char *text, char host[HOST_TEXT_MAX], uint16_t *port, bool *bracketed)
{
    *bracketed = text[0] == '[';
    const char *colon = strrchr(text, ':');
    const char *from = text + *bracketed;
    const char *to = colon;
    if (!colon || (*bracketed && (colon == text || colon[-1] != ']')))
        return false;
    to -= *bracketed;
    if (to <= from || (size_t)(to - from) >= HOST_TEXT_MAX ||
        (!*bracketed && memchr(from, ':', (size_t)(to - from))))
        return false;
    memcpy(host, from, (size_t)(to - from));
    host[to - from] = 0;

    unsigned value = 0;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits < 1 || digits > 5 || colon[1 + digits] != 0)
        return false;
    for (size_t i = 1; i <= digits; i++)
        value = value * 10 + (unsigned)(colon[i] - '0');
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

static bool address_set_v4(struct address *out, const char *host, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &v4.sin_addr) != 1)
        return false;
    memcpy(&out->storage, &v4, sizeof v4);
    out->len = sizeof v4;
    return true;
}

static bool address_set_v6(struct address *out, char *host, uint16_t port)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    char *scope = strchr(host, '%');
    if (scope) {
        *scope = 0;
        v6.sin6_scope_id = if_nametoindex(scope + 1);
        if (v6.sin6_scope_id == 0)
            return false;
    }
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
        return false;
    memcpy(&out->storage, &v6, sizeof v6);
    out->len = sizeof v6;
    return true;
}

result_t address_parse(const char *text, struct address *out, struct error *err)
{
    char host[HOST_TEXT_MAX];
    uint16_t port;
    bool bracketed;
    memset(out, 0, sizeof *out);
    if (!address_split(text, host, &port, &bracketed) ||
        !(bracketed ? address_set_v6(out, host, port) : address_set_v4(out, host, port)))
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "`%s` is not a numeric address with a port, such as 127.0.0.1:8079 or [::1]:8079",
                         text);
    return OUTCOME_OK;
}

static struct sockaddr_in6 address_v6(const struct address *address)
{
    struct sockaddr_in6 v6;
    memcpy(&v6, &address->storage, sizeof v6);
    return v6;
}

static struct sockaddr_in address_v4(const struct address *address)
{
    struct sockaddr_in v4;
    memcpy(&v4, &address->storage, sizeof v4);
    return v4;
}

void address_format(const struct address *address, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->len && address->storage.ss_family == AF_INET6) {
        struct sockaddr_in6 v6 = address_v6(address);
        char scope[IF_NAMESIZE] = "";
        if (v6.sin6_scope_id)
            if_indextoname(v6.sin6_scope_id, scope);
        inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        snprintf(out, ADDRESS_TEXT_MAX, "[%s%s%s]:%u", host, scope[0] ? "%" : "", scope,
                 address_port(address));
    } else if (address->len) {
        struct sockaddr_in v4 = address_v4(address);
        inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
        snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, address_port(address));
    } else {
        snprintf(out, ADDRESS_TEXT_MAX, "(none)");
    }
}

uint16_t address_port(const struct address *address)
{
    if (!address->len)
        return 0;
    return ntohs(address->storage.ss_family == AF_INET6 ? address_v6(address).sin6_port
                                                        : address_v4(address).sin_port);
}

bool address_is_loopback(const struct address *address)
{
    if (!address->len)
        return false;
    if (address->storage.ss_family == AF_INET)
        return ntohl(address_v4(address).sin_addr.s_addr) >> 24 == 127;
    struct sockaddr_in6 v6 = address_v6(address);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
}

result_t host_port_parse(const char *text, char host[HOST_TEXT_MAX], uint16_t *port, struct error *err)
{
    bool bracketed;
    if (!address_split(text, host, port, &bracketed) || *port == 0)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "`%s` is not HOST:PORT, such as node.example:8079 or [::1]:8079", text);
    return OUTCOME_OK;
}

#include <inttypes.h>
#include <string.h>

#include <curl/curl.h>
#include <json-c/linkhash.h>

#include "common/json.h"
#include "common/utf8.h"
#include "node/cmd_common.h"

#define STATUS_TIMEOUT_MS 5000L
#define STATUS_BYTES_MAX  65536
#define STATUS_LABEL_MAX  64

static size_t status_receive(char *data, size_t size, size_t count, void *context)
{
    struct bytes *answer = context;
    return bytes_append(answer, data, size * count) == OUTCOME_OK ? size * count : 0;
}

static result_t status_ask(CURL *curl, const char *url, struct bytes *answer, struct error *err)
{
    char reason[CURL_ERROR_SIZE] = {0};
    long status = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, STATUS_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, status_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (curl_easy_perform(curl) != CURLE_OK)
        return error_set(err, OUTCOME_SERVER_UNREACHABLE, "%s: %s; is the daemon running?", url, reason);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return error_set(err, OUTCOME_SERVER_REFUSED, "%s answered %ld", url, status);
    return OUTCOME_OK;
}

static result_t status_fetch(const struct address *address, struct bytes *answer, struct error *err)
{
    char text[ADDRESS_TEXT_MAX];
    char url[ADDRESS_TEXT_MAX + 16];
    if (address->len == 0)
        return error_set(err, OUTCOME_CONFIG_INVALID, "the telemetry port is off, so there is nobody to ask");
    if (!address_is_loopback(address))
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "the telemetry address is not loopback, and only there the status is told");
    address_format(address, text);
    snprintf(url, sizeof(url), "http://%s/status", text);
    CURL *curl = curl_easy_init();
    if (!curl)
        return OUTCOME_NO_MEMORY;
    result_t result = status_ask(curl, url, answer, err);
    curl_easy_cleanup(curl);
    return result;
}

/* Some texts quote a contract or a NEAR RPC, and a terminal does what it is told. */
static result_t status_print_line(const char *label, const char *text, struct bytes *out)
{
    size_t from = out->len;
    TRY(bytes_append_format(out, "%-30s %s", label, text));
    utf8_make_printable((char *)out->data + from);
    return bytes_append_u8(out, '\n');
}

static result_t status_print(struct json_object *object, const char *prefix, struct bytes *out);

/* `label` is the value's name, with those of the objects it is in in front. */
static result_t status_print_value(struct json_object *value, const char *label, struct bytes *out)
{
    char prefix[STATUS_LABEL_MAX];
    snprintf(prefix, sizeof(prefix), "%s ", label);
    if (json_object_is_type(value, json_type_object))
        return status_print(value, prefix, out);
    if (!json_object_is_type(value, json_type_array))
        return status_print_line(label, json_object_get_string(value), out);
    for (size_t i = 0; i < json_object_array_length(value); i++)
        TRY(status_print_value(json_object_array_get_idx(value, i), label, out));
    return OUTCOME_OK;
}

/* One line per member; what is null is left out. */
static result_t status_print(struct json_object *object, const char *prefix, struct bytes *out)
{
    json_object_object_foreach(object, name, value)
    {
        char label[STATUS_LABEL_MAX];
        snprintf(label, sizeof(label), "%s%s", prefix, name);
        if (value)
            TRY(status_print_value(value, label, out));
    }
    return OUTCOME_OK;
}

result_t cmd_status(const struct cmd_env *env, struct error *err)
{
    CLEANUP(bytes_free) struct bytes answer = {.len_max = STATUS_BYTES_MAX};
    CLEANUP(bytes_free) struct bytes out = {0};
    CLEANUP(json_put_ptr) struct json_object *status = NULL;
    TRY(status_fetch(env->telemetry, &answer, err));
    TRY(json_parse((const char *)answer.data, answer.len, &json_limits_small, &status, err));
    if (!json_object_is_type(status, json_type_object))
        return error_set(err, OUTCOME_JSON_MALFORMED, "the daemon's answer is not a JSON object");
    if (env->json)
        TRY(bytes_append_text(&answer, "\n"));
    else
        TRY(status_print(status, "", &out));
    return cmd_print(env, env->json ? &answer : &out, err);
}

#include "common/der.h"

#include <string.h>

/* X.690 8.1.3 and 10.1: the short form below 128, else the fewest bytes. */
static bool take_length(struct cursor *from, size_t *out)
{
    uint8_t first, high, low;
    if (!cursor_u8(from, &first))
        return false;
    if (first < 0x80) {
        *out = first;
        return true;
    }
    if (first == 0x81 && cursor_u8(from, &low)) {
        *out = low;
        return low >= 0x80;
    }
    if (first == 0x82 && cursor_u8(from, &high) && cursor_u8(from, &low)) {
        *out = (size_t)high << 8 | low;
        return high > 0;
    }
    return false;
}

/* Tag numbers from 31 on take more bytes (X.690 8.1.2.4); no certificate field has one. */
bool der_any(struct cursor *from, uint8_t *tag, struct cursor *content)
{
    struct cursor at = *from;
    const uint8_t *data;
    size_t len;
    if (!cursor_u8(&at, tag) || (*tag & 0x1f) == 0x1f || !take_length(&at, &len) ||
        !cursor_take(&at, len, &data))
        return false;
    *content = cursor_over(data, len);
    *from = at;
    return true;
}

bool der_take(struct cursor *from, uint8_t tag, struct cursor *content)
{
    struct cursor at = *from;
    uint8_t found;
    if (!der_any(&at, &found, content) || found != tag)
        return false;
    *from = at;
    return true;
}

bool der_optional(struct cursor *from, uint8_t tag, struct cursor *content)
{
    *content = (struct cursor){0};
    if (cursor_left(from) == 0 || *from->at != tag)
        return true;
    return der_take(from, tag, content);
}

bool der_bits(struct cursor *from, size_t len, const uint8_t **out)
{
    struct cursor content;
    uint8_t unused_bits;
    return der_take(from, DER_BIT_STRING, &content) && cursor_u8(&content, &unused_bits) &&
           unused_bits == 0 && cursor_left(&content) == len && cursor_take(&content, len, out);
}

bool der_is(const struct cursor *content, const void *bytes, size_t len)
{
    return cursor_left(content) == len && (len == 0 || memcmp(content->at, bytes, len) == 0);
}

/* Two decimal digits within low..high. */
static bool take_two_digits(struct cursor *from, int low, int high, int *out)
{
    const uint8_t *at;
    if (!cursor_take(from, 2, &at) || at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + at[1] - '0';
    return *out >= low && *out <= high;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* In the proleptic Gregorian calendar; there are 719162 days from 0001-01-01 to 1970-01-01. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1;
}

static bool take_year(struct cursor *from, uint8_t tag, int *out)
{
    int century = 0, year;
    if (tag == DER_GENERALIZED_TIME && !take_two_digits(from, 0, 99, &century))
        return false;
    if (!take_two_digits(from, 0, 99, &year))
        return false;
    /* RFC 5280 4.1.2.5.1: 50 to 99 are of the 20th century. */
    if (tag == DER_UTC_TIME)
        century = year >= 50 ? 19 : 20;
    *out = century * 100 + year;
    return *out >= 1970;
}

/* Seconds are always there and the zone is always Z (RFC 5280 4.1.2.5). */
bool der_time(struct cursor *from, int64_t *out)
{
    struct cursor content;
    uint8_t tag, zone;
    int year, month, day, hour, minute, second;
    if (!der_any(from, &tag, &content) || (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME))
        return false;
    if (!take_year(&content, tag, &year) || !take_two_digits(&content, 1, 12, &month) ||
        !take_two_digits(&content, 1, days_in_month(year, month), &day) ||
        !take_two_digits(&content, 0, 23, &hour) || !take_two_digits(&content, 0, 59, &minute) ||
        !take_two_digits(&content, 0, 59, &second) || !cursor_u8(&content, &zone) || zone != 'Z' ||
        cursor_left(&content) != 0)
        return false;
    *out = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

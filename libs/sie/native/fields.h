/* A line's fields, and the values in them; false is doubt everywhere: the careful reader's line. */
#ifndef SIE_FIELDS_H
#define SIE_FIELDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "distinct.h"

#ifndef LONGEST
#define LONGEST (1 << 20) /* a longer field is the careful reader's */
#endif
#define NO_DATE INT32_MIN /* as values.NO_DATE */
#define MOST_PARTS 2000   /* as fields.OBJECT_LIMIT, twice */

typedef struct {
    Bytes at, end;
} Cursor;

typedef struct {
    Bytes start;
    size_t length;
    bool quoted;
} Field;

static inline bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }
static inline bool is_digit(uint8_t byte) { return (unsigned)(byte - '0') < 10; }

static inline void skip_blanks(Cursor *cursor)
{
    while (cursor->at < cursor->end && is_blank(*cursor->at))
        cursor->at++;
}

static inline bool is_separated(const Cursor *cursor)
{
    return cursor->at == cursor->end || is_blank(*cursor->at);
}

/* The quote that closes what begins at `at`: the first without a backslash before it. NULL if there is none. */
static Bytes closing_quote(Bytes at, Bytes end)
{
    for (Bytes start = at; at < end; at++)
        if (*at == '"' && (at == start || at[-1] != '\\'))
            return at;
    return NULL;
}

/* Reads a field that must be there; false if it isn't or is in doubt. */
static bool needed(Cursor *cursor, Field *field)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end)
        return false;
    field->quoted = *cursor->at == '"';
    if (field->quoted) {
        field->start = cursor->at + 1;
        Bytes close = closing_quote(field->start, cursor->end);
        if (!close)
            return false;
        field->length = close - field->start;
        cursor->at = close + 1;
        return is_separated(cursor) && field->length < LONGEST;
    }
    field->start = cursor->at;
    if (*cursor->at == '{' || *cursor->at == '}')
        return false;
    for (; cursor->at < cursor->end && !is_blank(*cursor->at); cursor->at++)
        if (*cursor->at == '"' || *cursor->at == '\r')
            return false;
    field->length = cursor->at - field->start;
    return field->length < LONGEST;
}

/* Reads a field that may be left out, then it is empty; false if it is in doubt. */
static bool optional(Cursor *cursor, Field *field)
{
    skip_blanks(cursor);
    *field = (Field){cursor->at, 0, false};
    return cursor->at == cursor->end || needed(cursor, field);
}

static bool is_over(Cursor *cursor)
{
    skip_blanks(cursor);
    return cursor->at == cursor->end;
}

/* Reads the next part of an object list. False at the brace that closes it, or before what is in doubt. */
static bool list_part(Cursor *cursor, Field *part)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at == '}')
        return false;
    Bytes at = part->start = cursor->at;
    if (*at == '"') {
        Bytes close = closing_quote(++part->start, cursor->end);
        if (!close || (close + 1 < cursor->end && !is_blank(close[1]) && close[1] != '}'))
            return false;
        part->length = close - part->start;
        at = close + 1;
    } else {
        for (; at < cursor->end && !is_blank(*at) && *at != '}'; at++)
            if (*at == '"' || *at == '{' || *at == '\r')
                return false;
        part->length = at - part->start;
    }
    cursor->at = at;
    return true;
}

/* Reads an object list, as it stands between its braces; nothing if it is empty. */
static bool object_list(Cursor *cursor, Field *field)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != '{')
        return false;
    *field = (Field){++cursor->at, 0, false};
    int parts = 0;
    for (Field part; list_part(cursor, &part); parts++)
        ;
    if (cursor->at == cursor->end || *cursor->at != '}' || parts % 2 || parts > MOST_PARTS)
        return false;
    if (parts)
        field->length = cursor->at - field->start;
    cursor->at++;
    return is_separated(cursor) && field->length < LONGEST;
}

/* ---- Values ------------------------------------------------------------------------------------------------ */

static bool are_digits(const Field *field)
{
    for (size_t i = 0; i < field->length; i++)
        if (!is_digit(field->start[i]))
            return false;
    return field->length > 0;
}

static int number_at(Bytes digits, int count)
{
    int number = 0;
    while (count--)
        number = 10 * number + (*digits++ - '0');
    return number;
}

typedef enum { UNREADABLE, PLAIN, ODD } Form; /* odd: not as the standard says, but there is one way to read it */

/* An amount in öre, and how many decimals were written after a point. Sixteen digits fit whatever the decimals. */
static Form amount_of(const Field *field, int64_t *ore, int8_t *decimals)
{
    Bytes at = field->start, end = at + field->length;
    bool is_negative = at < end && *at == '-', is_odd = at < end && *at == '+';
    at += is_negative || is_odd;
    Bytes first = at;
    int64_t whole = 0;
    for (; at < end && is_digit(*at); at++) {
        if (at - first == 16)
            return UNREADABLE;
        whole = 10 * whole + (*at - '0');
    }
    ptrdiff_t digits = at - first, written = 0;
    is_odd |= digits == 0;
    whole *= 100;
    *decimals = 0;
    if (at < end) {
        bool is_point = *at == '.';
        if (!is_point && *at != ',')
            return UNREADABLE;
        for (at++; at < end && is_digit(*at); at++, written++) {
            if (written >= 2 && *at != '0')
                return UNREADABLE;
            whole += (written == 0 ? 10 : 1) * (*at - '0');
        }
        is_odd |= !is_point || written == 0 || written > 2;
        *decimals = (int8_t)(!is_point ? 0 : written < 2 ? written : 2);
    }
    if (at < end || digits + written == 0)
        return UNREADABLE;
    if (written == 3 && digits >= 1 && digits <= 3 && *first != '0')
        return UNREADABLE; /* may be thousands */
    *ore = is_negative ? -whole : whole;
    return is_odd ? ODD : PLAIN;
}

/* Empty or -?digits(.digits), of at most forty digits each, as values.read_quantity. */
static bool is_quantity(const Field *field)
{
    Bytes at = field->start, end = at + field->length;
    if (at == end)
        return true;
    at += *at == '-';
    Bytes first = at;
    while (at < end && is_digit(*at))
        at++;
    if (at == first || at - first > 40)
        return false;
    if (at < end && *at++ != '.')
        return false;
    for (first = at; at < end && is_digit(*at);)
        at++;
    return at == end && at - first <= 40;
}

static inline bool divides_date(uint8_t byte) { return byte == '-' || byte == '/' || byte == '.'; }

/* Days since 1970-01-01 of a date YYYYMMDD, or oddly YYYY-MM-DD, that exists (Howard Hinnant's days_from_civil); none
 * if empty. */
static Form date_of(const Field *field, int32_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    *days = NO_DATE;
    if (field->length == 0)
        return PLAIN;
    bool is_odd = field->length == 10 && divides_date(field->start[4]) && divides_date(field->start[7]);
    if (field->length != 8 && !is_odd)
        return UNREADABLE;
    Field parts[] = {{field->start, 4, false}, {field->start + 4 + is_odd, 2, false},
                     {field->start + 6 + 2 * is_odd, 2, false}};
    if (!are_digits(&parts[0]) || !are_digits(&parts[1]) || !are_digits(&parts[2]))
        return UNREADABLE;
    int year = number_at(parts[0].start, 4), month = number_at(parts[1].start, 2), day = number_at(parts[2].start, 2);
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] + (month == 2 && is_leap))
        return UNREADABLE;
    year -= month <= 2;
    int era = year / 400, of_era = year % 400;
    int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    *days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return is_odd ? ODD : PLAIN;
}

static bool year_of(const Field *field, int32_t *year)
{
    bool is_negative = field->length && *field->start == '-';
    Field digits = {field->start + is_negative, field->length - is_negative, false};
    if (!are_digits(&digits) || digits.length > 4)
        return false;
    *year = number_at(digits.start, (int)digits.length) * (is_negative ? -1 : 1);
    return true;
}

static bool period_of(const Field *field, int32_t *period)
{
    if (field->length != 6 || !are_digits(field))
        return false;
    *period = number_at(field->start, 6);
    return *period >= 100000 && *period % 100 >= 1 && *period % 100 <= 12;
}

#endif

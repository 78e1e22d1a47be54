/* Rows, vouchers and balances into columns, a batch at a time. Needs no Python and no lock. */
#ifndef SIE_SCANNER_H
#define SIE_SCANNER_H
#include <Python.h> /* for the object's head only */

#include "fields.h"

#ifndef BATCH /* fuzzing makes it small, and LONGEST too */
#define BATCH 2048 /* records of a kind that are read before Python takes them over */
#endif

#define MOST_BYTES (1 << 22) /* are read before, so that no batch has more text than is quickly made Python's */

/* ---- What is gathered ---------------------------------------------------------------------------------------- */

enum { OUTSIDE = 1, AFTER_VOUCHER, INSIDE, INSIDE_WITHOUT_BRACE }; /* as assembly.Place */
enum { ACCOUNTS, TEXTS, QUANTITIES, SIGNATURES, SERIES, NUMBERS, OBJECTS, DOMAINS };
enum { IB, UB, RES, OIB, OUB, PSALDO, PBUDGET, KINDS }; /* codes as in columns.Vocabulary */
enum { ROWS, STRUCK, ADDED, VOUCHERS, BALANCES, BATCHES };
enum { ROW_VOUCHER, ROW_ACCOUNT, ROW_OBJECTS, ROW_DATE, ROW_TEXT, ROW_QUANTITY, ROW_SIGNATURE, ROW_LINE };
enum { V_SERIES, V_NUMBER, V_DATE, V_TEXT, V_REGISTERED, V_SIGNATURE, V_LINE };
/* Deviations with one way to read them, as native.DEVIATIONS; the careful reader tells the first ones of each. */
enum {
    LABEL_CASE, AMOUNT_FORM, DATE_FORM, ACCOUNT_FORM, OBJECTS_MISSING, BRACE_MISSING, BRACE_ON_LINE, BRACE_STRAY,
    NOT_A_RECORD, DEVIATIONS
};
enum { B_KIND, B_YEAR, B_PERIOD, B_ACCOUNT, B_OBJECTS, B_QUANTITY, B_LINE, INTS = 8 };

typedef struct {
    size_t count;
    int64_t before; /* records of this kind that Python has already */
    int32_t ints[INTS][BATCH];
    int64_t amount[BATCH];
    int8_t decimals[BATCH];
} Batch;

typedef enum { TAKEN, IN_DOUBT, NO_MEMORY, BATCH_FULL, AT_END } Outcome;

typedef struct {
    PyObject_HEAD
    PyObject *data;
    PyObject *kept; /* list of the bytes objects that entries point into */
    Bytes file, at, end;
    int64_t line; /* number of the line at `at`, from 1 */
    int place;
    bool is_utf8;
    uint32_t characters[256]; /* of an eight-bit character set */
    char *room;               /* for one text in UTF-8 */
    Table tables[DOMAINS];
    Batch batches[BATCHES];
    int32_t first[3][BATCH + 1]; /* where the rows of each voucher begin; [0] goes on with Python's last one */
    int64_t told[KINDS][3];      /* of each kind of balance: how many, the first line, the last line */
    unsigned enough;             /* a bit for each deviation that has been told often enough: it is only counted */
    uint8_t in_line[DEVIATIONS]; /* how often the line at `at` deviates */
    int64_t deviations[DEVIATIONS];
    Bytes from, to; /* the line in doubt */
} Scanner;

/* The text's code, made if it is new. Code 0 is the empty text. */
static bool code_of(Table *table, const Field *field, int32_t *code)
{
    *code = 0;
    return field->length == 0 || table_code(table, field->start, field->length, code);
}

/* Whether the line may be taken in spite of this deviation. */
static bool is_enough(Scanner *self, int deviation)
{
    self->in_line[deviation]++;
    return self->enough >> deviation & 1;
}

static bool is_readable(Scanner *self, Form form, int deviation)
{
    return form == PLAIN || (form == ODD && is_enough(self, deviation));
}

static bool account_at(Scanner *self, Cursor *cursor, Field *account)
{
    if (!needed(cursor, account) || account->length == 0 || memchr(account->start, '{', account->length))
        return false;
    return are_digits(account) || is_enough(self, ACCOUNT_FORM);
}

static bool objects_at(Scanner *self, Cursor *cursor, Field *objects)
{
    skip_blanks(cursor);
    if (cursor->at < cursor->end && *cursor->at == '{')
        return object_list(cursor, objects);
    *objects = (Field){cursor->at, 0, false};
    return is_enough(self, OBJECTS_MISSING);
}

static bool amount_at(Scanner *self, Cursor *cursor, int64_t *ore, int8_t *decimals)
{
    Field amount;
    return needed(cursor, &amount) && is_readable(self, amount_of(&amount, ore, decimals), AMOUNT_FORM);
}

/* ---- Records ------------------------------------------------------------------------------------------------- */

static Outcome read_row(Scanner *self, Cursor *cursor, Batch *rows)
{
    Field account, objects, date, text, quantity, signature;
    int64_t ore;
    int32_t days, codes[5];
    int8_t decimals;
    if (self->place == OUTSIDE || (self->place == AFTER_VOUCHER && !is_enough(self, BRACE_MISSING)))
        return IN_DOUBT;
    if (!account_at(self, cursor, &account) || !objects_at(self, cursor, &objects) ||
        !amount_at(self, cursor, &ore, &decimals))
        return IN_DOUBT;
    if (!optional(cursor, &date) || !optional(cursor, &text) || !optional(cursor, &quantity) ||
        !optional(cursor, &signature) || !is_over(cursor))
        return IN_DOUBT;
    if (!is_readable(self, date_of(&date, &days), DATE_FORM) || !is_quantity(&quantity))
        return IN_DOUBT;
    Table *tables = self->tables;
    if (!code_of(&tables[ACCOUNTS], &account, &codes[0]) || !code_of(&tables[OBJECTS], &objects, &codes[1]) ||
        !code_of(&tables[TEXTS], &text, &codes[2]) || !code_of(&tables[QUANTITIES], &quantity, &codes[3]) ||
        !code_of(&tables[SIGNATURES], &signature, &codes[4]))
        return NO_MEMORY;
    if (self->place == AFTER_VOUCHER)
        self->place = INSIDE_WITHOUT_BRACE;
    size_t i = rows->count++;
    const Batch *vouchers = &self->batches[VOUCHERS];
    rows->ints[ROW_VOUCHER][i] = (int32_t)(vouchers->before + vouchers->count - 1);
    rows->ints[ROW_ACCOUNT][i] = codes[0];
    rows->ints[ROW_OBJECTS][i] = codes[1];
    rows->ints[ROW_DATE][i] = days;
    rows->ints[ROW_TEXT][i] = codes[2];
    rows->ints[ROW_QUANTITY][i] = codes[3];
    rows->ints[ROW_SIGNATURE][i] = codes[4];
    rows->ints[ROW_LINE][i] = (int32_t)self->line;
    rows->amount[i] = ore;
    return TAKEN;
}

/* Where the rows of the last voucher end and those of the next would begin. */
static void mark_rows(Scanner *self)
{
    size_t last = self->batches[VOUCHERS].count;
    for (int kind = ROWS; kind <= ADDED; kind++)
        self->first[kind][last] = (int32_t)(self->batches[kind].before + self->batches[kind].count);
}

/* Cuts a { off the end of the #VER line; whether it is there. */
static bool cut_brace(Cursor *cursor)
{
    Bytes end = cursor->end;
    while (end > cursor->at && is_blank(end[-1]))
        end--;
    if (end - cursor->at < 2 || end[-1] != '{' || !is_blank(end[-2]))
        return false;
    cursor->end = end - 1;
    return true;
}

static Outcome read_voucher(Scanner *self, Cursor *cursor)
{
    Field series, number, date, text, registered, signature;
    int32_t days, registered_days, codes[4];
    bool has_brace = cut_brace(cursor);
    if (self->place == INSIDE || (has_brace && !is_enough(self, BRACE_ON_LINE)))
        return IN_DOUBT;
    if (self->place == AFTER_VOUCHER && !is_enough(self, BRACE_MISSING))
        return IN_DOUBT;
    if (!needed(cursor, &series) || !needed(cursor, &number) || !needed(cursor, &date))
        return IN_DOUBT;
    if (!optional(cursor, &text) || !optional(cursor, &registered) || !optional(cursor, &signature) || !is_over(cursor))
        return IN_DOUBT;
    if (date.length == 0 || !is_readable(self, date_of(&date, &days), DATE_FORM) ||
        !is_readable(self, date_of(&registered, &registered_days), DATE_FORM))
        return IN_DOUBT;
    Table *tables = self->tables;
    if (!code_of(&tables[SERIES], &series, &codes[0]) || !code_of(&tables[NUMBERS], &number, &codes[1]) ||
        !code_of(&tables[TEXTS], &text, &codes[2]) || !code_of(&tables[SIGNATURES], &signature, &codes[3]))
        return NO_MEMORY;
    if (self->place != OUTSIDE) /* the voucher before has no brace that closes it */
        mark_rows(self);
    Batch *vouchers = &self->batches[VOUCHERS];
    size_t i = vouchers->count++;
    vouchers->ints[V_SERIES][i] = codes[0];
    vouchers->ints[V_NUMBER][i] = codes[1];
    vouchers->ints[V_DATE][i] = days;
    vouchers->ints[V_TEXT][i] = codes[2];
    vouchers->ints[V_REGISTERED][i] = registered_days;
    vouchers->ints[V_SIGNATURE][i] = codes[3];
    vouchers->ints[V_LINE][i] = (int32_t)self->line;
    mark_rows(self);
    self->place = has_brace ? INSIDE : AFTER_VOUCHER;
    return TAKEN;
}

static Outcome read_balance(Scanner *self, Cursor *cursor, int kind)
{
    Field year, period, account, objects = {0}, quantity;
    int64_t ore;
    int32_t year_index, month = 0, codes[3] = {0};
    int8_t decimals;
    bool has_period = kind == PSALDO || kind == PBUDGET, has_objects = has_period || kind == OIB || kind == OUB;
    if (self->place != OUTSIDE || !needed(cursor, &year) || !year_of(&year, &year_index))
        return IN_DOUBT;
    if (has_period && (!needed(cursor, &period) || !period_of(&period, &month)))
        return IN_DOUBT;
    if (!account_at(self, cursor, &account) || (has_objects && !objects_at(self, cursor, &objects)))
        return IN_DOUBT;
    if (!amount_at(self, cursor, &ore, &decimals) || !optional(cursor, &quantity) || !is_quantity(&quantity) ||
        !is_over(cursor))
        return IN_DOUBT;
    if (!code_of(&self->tables[ACCOUNTS], &account, &codes[0]) ||
        !code_of(&self->tables[OBJECTS], &objects, &codes[1]) ||
        !code_of(&self->tables[QUANTITIES], &quantity, &codes[2]))
        return NO_MEMORY;
    Batch *balances = &self->batches[BALANCES];
    size_t i = balances->count++;
    balances->ints[B_KIND][i] = kind;
    balances->ints[B_YEAR][i] = year_index;
    balances->ints[B_PERIOD][i] = month;
    balances->ints[B_ACCOUNT][i] = codes[0];
    balances->ints[B_OBJECTS][i] = codes[1];
    balances->ints[B_QUANTITY][i] = codes[2];
    balances->ints[B_LINE][i] = (int32_t)self->line;
    balances->amount[i] = ore;
    balances->decimals[i] = decimals;
    int64_t *told = self->told[kind];
    told[1] = told[0]++ ? told[1] : self->line;
    told[2] = self->line;
    return TAKEN;
}

static Outcome read_brace(Scanner *self, Cursor *cursor)
{
    bool opens = *cursor->at++ == '{';
    if (!is_over(cursor))
        return IN_DOUBT;
    if (opens && self->place == AFTER_VOUCHER) {
        self->place = INSIDE;
        return TAKEN;
    }
    if ((opens || self->place < INSIDE) && !is_enough(self, BRACE_STRAY))
        return IN_DOUBT;
    if (opens || self->place == OUTSIDE)
        return TAKEN;
    mark_rows(self);
    self->place = OUTSIDE;
    return TAKEN;
}

/* A line in which nothing looks like a record: it is passed over, once no more such lines are kept. */
static Outcome pass_over(Scanner *self, const Cursor *cursor)
{
    size_t length = cursor->end - cursor->at;
    bool is_junk = *cursor->at < ' ' || *cursor->at == 0x7F || *cursor->at == 0xEF;
    if (is_junk || memchr(cursor->at, '#', length) || memchr(cursor->at, '"', length))
        return IN_DOUBT;
    return is_enough(self, NOT_A_RECORD) ? TAKEN : IN_DOUBT;
}

#define IS(label, text) ((label).length == sizeof(text) - 1 && memcmp((label).start, text, sizeof(text) - 1) == 0)

/* The label in capitals, in a room of this size; false if it is longer. */
static bool in_capitals(Field *label, uint8_t room[8], bool *is_odd)
{
    *is_odd = false;
    if (label->length > 8)
        return false;
    for (size_t i = 0; i < label->length; i++) {
        bool is_small = label->start[i] >= 'a' && label->start[i] <= 'z';
        room[i] = (uint8_t)(label->start[i] - (is_small ? 'a' - 'A' : 0));
        *is_odd |= is_small;
    }
    label->start = room;
    return true;
}

static Outcome read_line(Scanner *self, Cursor *cursor)
{
    static const struct {
        const char *label;
        int kind;
    } kinds[] = {{"#IB", IB}, {"#UB", UB}, {"#RES", RES}, {"#OIB", OIB}, {"#OUB", OUB}, {"#PSALDO", PSALDO},
                 {"#PBUDGET", PBUDGET}};
    skip_blanks(cursor);
    if (cursor->at == cursor->end)
        return TAKEN;
    if (*cursor->at == '{' || *cursor->at == '}')
        return read_brace(self, cursor);
    if (*cursor->at != '#')
        return pass_over(self, cursor);
    Field label;
    uint8_t room[8];
    bool is_odd;
    if (!needed(cursor, &label) || !in_capitals(&label, room, &is_odd))
        return IN_DOUBT;
    if (is_odd && !is_enough(self, LABEL_CASE))
        return IN_DOUBT;
    if (IS(label, "#TRANS"))
        return read_row(self, cursor, &self->batches[ROWS]);
    if (IS(label, "#VER"))
        return read_voucher(self, cursor);
    if (IS(label, "#BTRANS"))
        return read_row(self, cursor, &self->batches[STRUCK]);
    if (IS(label, "#RTRANS"))
        return read_row(self, cursor, &self->batches[ADDED]);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (label.length == strlen(kinds[i].label) && memcmp(label.start, kinds[i].label, label.length) == 0)
            return read_balance(self, cursor, kinds[i].kind);
    return IN_DOUBT;
}

static void count_deviations(Scanner *self)
{
    static const uint8_t none[DEVIATIONS] = {0};
    if (memcmp(self->in_line, none, DEVIATIONS) != 0)
        for (int i = 0; i < DEVIATIONS; i++)
            self->deviations[i] += self->in_line[i];
}

static bool is_full(const Scanner *self)
{
    for (int i = 0; i < BATCHES; i++)
        if (self->batches[i].count == BATCH)
            return true;
    return false;
}

/* Reads up to so many lines; ends sooner at the end, at a full batch, or at a line that isn't taken. */
static Outcome read_lines(Scanner *self, int lines)
{
    Bytes begin = self->at;
    for (; lines > 0 && self->at < self->end; lines--) {
        if (is_full(self) || self->at - begin > MOST_BYTES)
            return BATCH_FULL;
        Bytes newline = memchr(self->at, '\n', self->end - self->at);
        Bytes next = newline ? newline + 1 : self->end;
        Cursor cursor = {self->at, newline ? newline : self->end};
        if (cursor.end > cursor.at && cursor.end[-1] == '\r')
            cursor.end--;
        memset(self->in_line, 0, DEVIATIONS);
        /* the last character of UTF-8 may be cut off */
        Outcome outcome = self->is_utf8 && !newline ? IN_DOUBT : read_line(self, &cursor);
        if (outcome == IN_DOUBT) {
            self->from = self->at;
            self->to = next;
        }
        if (outcome == TAKEN)
            count_deviations(self);
        if (outcome == TAKEN || outcome == IN_DOUBT) {
            self->at = next;
            self->line++;
        }
        if (outcome != TAKEN)
            return outcome;
    }
    return self->at < self->end ? BATCH_FULL : AT_END;
}

#endif

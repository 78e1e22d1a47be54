/* Coverage-guided fuzzing of the native scanner alone, some thousand files a second: `make fuzz`, where there is clang.
 *
 * Plays Python's part without Python: takes over each batch, and leaves every line in doubt to a careful reader that
 * knows only where a voucher begins and ends. Whatever the bytes, every line is read once, every code was given out
 * before, and (as the sanitizers see) no byte beside the file is touched.
 */
#include <Python.h> /* for types only */

#include "scanner.h"

#define HOLDS(claim) \
    do { \
        if (!(claim)) \
            __builtin_trap(); \
    } while (0)

/* The columns hold what Python's `array`s and lists can take. */
static void look_at(const Scanner *self)
{
    static const int tables[2][8] = {{-1, ACCOUNTS, OBJECTS, -1, TEXTS, QUANTITIES, SIGNATURES, -1},
                                     {SERIES, NUMBERS, -1, TEXTS, -1, SIGNATURES, -1, -1}};
    for (int kind = ROWS; kind <= VOUCHERS; kind++) {
        const Batch *batch = &self->batches[kind];
        HOLDS(batch->count <= BATCH);
        for (size_t i = 0; i < batch->count; i++)
            for (int column = 0; column < (kind == VOUCHERS ? 7 : 8); column++) {
                int domain = tables[kind == VOUCHERS][column];
                int32_t code = batch->ints[column][i];
                HOLDS(domain < 0 || (code >= 0 && code < self->tables[domain].next_code));
            }
    }
    for (size_t i = 0; i + 1 <= self->batches[VOUCHERS].count; i++)
        HOLDS(self->first[ROWS][i] <= self->first[ROWS][i + 1]);
}

/* What the careful reader would make of the place; that the next line can be anything is what matters. */
static int place_after(const Scanner *self)
{
    size_t length = (size_t)(self->to - self->from);
    if (length > 4 && memcmp(self->from, "#VER", 4) == 0)
        return AFTER_VOUCHER;
    if (length && *self->from == '}')
        return OUTSIDE;
    return self->place == AFTER_VOUCHER ? INSIDE_WITHOUT_BRACE : self->place;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Scanner scanner;
    Scanner *self = &scanner;
    memset(self, 0, sizeof *self);
    self->is_utf8 = size && data[size - 1] & 1;
    self->enough = size ? data[size / 2] : 0;
    self->file = self->at = data;
    self->end = data + size;
    self->line = self->place = 1;
    for (int i = 0; i < DOMAINS; i++)
        self->tables[i].next_code = i != ACCOUNTS; /* 0 is the empty text */
    size_t seen = 0, lines = 0;
    for (Outcome outcome = BATCH_FULL; outcome != AT_END;) {
        for (int i = 0; i < BATCHES; i++) {
            self->batches[i].before += (int64_t)self->batches[i].count;
            self->batches[i].count = 0;
        }
        mark_rows(self);
        Bytes before = self->at;
        outcome = read_lines(self, 3 + (int)(seen++ % 5));
        look_at(self);
        HOLDS(outcome != NO_MEMORY && outcome != TAKEN && self->at >= before && self->at <= self->end);
        HOLDS(outcome != IN_DOUBT || (self->from >= before && self->to == self->at && self->from < self->to));
        if (outcome == IN_DOUBT)
            self->place = place_after(self);
    }
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n' || i + 1 == size;
    HOLDS(self->at == self->end && (size_t)self->line == lines + 1);
    for (int i = 0; i < DOMAINS; i++) {
        free(self->tables[i].entries);
        free(self->tables[i].slots);
    }
    return 0;
}

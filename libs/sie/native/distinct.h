/* Distinct byte strings, each with a code: what makes columns of texts small. */
#ifndef SIE_DISTINCT_H
#define SIE_DISTINCT_H
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef const uint8_t *Bytes;

typedef struct {
    Bytes start; /* in the file, or in a bytes object that `kept` holds */
    uint32_t length;
    uint32_t hash;
    int32_t code;
} Entry;

typedef struct {
    Entry *entries;
    int32_t *slots; /* indices into entries, -1 where free; at most half are taken */
    size_t count, room, mask;
    size_t given;      /* entries whose text Python has */
    int32_t next_code; /* as many codes as Python's list has values, once it has been given all */
} Table;

static uint64_t key0, key1; /* random, so that nobody can write a file whose texts all collide */

#define ROTATED(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define ROUND                                                                                                          \
    do {                                                                                                               \
        a += b, b = ROTATED(b, 13), b ^= a, a = ROTATED(a, 32);                                                        \
        c += d, d = ROTATED(d, 16), d ^= c;                                                                            \
        a += d, d = ROTATED(d, 21), d ^= a;                                                                            \
        c += b, b = ROTATED(b, 17), b ^= c, c = ROTATED(c, 32);                                                        \
    } while (0)

/* SipHash-1-3 (Aumasson and Bernstein), folded to 32 bits. */
static uint32_t hash_of(Bytes text, size_t length)
{
    uint64_t a = key0 ^ 0x736f6d6570736575u, b = key1 ^ 0x646f72616e646f6du;
    uint64_t c = key0 ^ 0x6c7967656e657261u, d = key1 ^ 0x7465646279746573u;
    uint64_t word, last = (uint64_t)length << 56;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        d ^= word;
        ROUND;
        a ^= word;
    }
    for (size_t i = 0; i < length; i++)
        last |= (uint64_t)text[i] << (8 * i);
    d ^= last;
    ROUND;
    a ^= last;
    c ^= 0xff;
    ROUND;
    ROUND;
    ROUND;
    a ^= b ^ c ^ d;
    return (uint32_t)(a ^ (a >> 32));
}

/* Makes room for twice as many; false if there is no memory. */
static bool grow(Table *table)
{
    size_t room = table->room ? 2 * table->room : 64;
    Entry *entries = realloc(table->entries, room * sizeof *entries);
    if (!entries)
        return false;
    table->entries = entries;
    int32_t *slots = malloc(2 * room * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, -1, 2 * room * sizeof *slots);
    free(table->slots);
    table->slots = slots;
    table->room = room;
    table->mask = 2 * room - 1;
    for (size_t i = 0; i < table->count; i++) {
        size_t at = entries[i].hash & table->mask;
        while (slots[at] >= 0)
            at = (at + 1) & table->mask;
        slots[at] = (int32_t)i;
    }
    return true;
}

/* The entry of these bytes, or the free slot for it in *slot. */
static Entry *find(Table *table, Bytes text, size_t length, uint32_t hash, size_t *slot)
{
    size_t at = hash & table->mask;
    for (; table->slots[at] >= 0; at = (at + 1) & table->mask) {
        Entry *entry = &table->entries[table->slots[at]];
        if (entry->hash == hash && entry->length == length && memcmp(entry->start, text, length) == 0)
            return entry;
    }
    *slot = at;
    return NULL;
}

static bool add(Table *table, Bytes text, size_t length, uint32_t hash, size_t slot, int32_t code)
{
    if (table->count == INT32_MAX / 2)
        return false;
    table->entries[table->count] = (Entry){text, (uint32_t)length, hash, code};
    table->slots[slot] = (int32_t)table->count++;
    return true;
}

/* The code of these bytes in *code, a new one if they are new; false if there is no memory. */
static bool table_code(Table *table, Bytes text, size_t length, int32_t *code)
{
    if (table->count == table->room && !grow(table))
        return false;
    uint32_t hash = hash_of(text, length);
    size_t slot;
    Entry *entry = find(table, text, length, hash, &slot);
    if (entry) {
        *code = entry->code;
        return true;
    }
    *code = table->next_code++;
    return add(table, text, length, hash, slot, *code);
}

#endif

/* Whole-array work beside the scanner: bytes counted, the text of a checksum, sums over columns for the checks. */
#ifndef SIE_ARRAYS_H
#define SIE_ARRAYS_H
#include <Python.h>

#include "distinct.h"

/* Lets another thread that waits for the lock have it; for loops that make many objects. */
static inline void let_others(size_t done)
{
    if (done % 4096 == 4095)
        PyEval_RestoreThread(PyEval_SaveThread());
}

/* A sum of 64-bit amounts in two halves, which can't overflow for any number of rows that a column can have. */
typedef struct {
    int64_t high, low;
} Total;

static inline void increase(Total *total, int64_t amount)
{
    total->high += amount >> 32;
    total->low += (int64_t)(uint32_t)amount;
}

static PyObject *total_of(const Total *total)
{
    PyObject *high = PyLong_FromLongLong(total->high), *low = PyLong_FromLongLong(total->low);
    PyObject *bits = PyLong_FromLong(32), *sum = NULL;
    PyObject *shifted = high && bits ? PyNumber_Lshift(high, bits) : NULL;
    if (shifted && low)
        sum = PyNumber_Add(shifted, low);
    Py_XDECREF(high);
    Py_XDECREF(low);
    Py_XDECREF(bits);
    Py_XDECREF(shifted);
    return sum;
}

/* tally(data) -> how often each of the 256 bytes occurs. */
static PyObject *tally(PyObject *Py_UNUSED(module), PyObject *data)
{
    Py_ssize_t counts[4][256] = {{0}};
    Bytes at = (Bytes)PyBytes_AsString(data);
    if (!at)
        return NULL;
    Bytes end = at + PyBytes_Size(data);
    PyThreadState *state = PyEval_SaveThread();
    for (; end - at >= 4; at += 4) { /* four counts of each, so that a run of one byte doesn't wait for itself */
        counts[0][at[0]]++;
        counts[1][at[1]]++;
        counts[2][at[2]]++;
        counts[3][at[3]]++;
    }
    for (; at < end; at++)
        counts[0][*at]++;
    PyEval_RestoreThread(state);
    PyObject *all = PyList_New(256);
    for (int i = 0; all && i < 256; i++) {
        PyObject *count = PyLong_FromSsize_t(counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i]);
        if (!count || PyList_SetItem(all, i, count) < 0)
            Py_CLEAR(all);
    }
    return all;
}

/* lone_returns(data) -> how many CR there are that no LF follows. */
static PyObject *lone_returns(PyObject *Py_UNUSED(module), PyObject *data)
{
    Bytes at = (Bytes)PyBytes_AsString(data);
    if (!at)
        return NULL;
    Bytes end = at + PyBytes_Size(data);
    Py_ssize_t count = 0;
    PyThreadState *state = PyEval_SaveThread();
    while (at < end && (at = memchr(at, '\r', end - at)) != NULL) {
        at++;
        count += at == end || *at != '\n';
    }
    PyEval_RestoreThread(state);
    return PyLong_FromSsize_t(count);
}

/* Copies what of a line counts for #KSUMMA: the label and the fields' contents, nothing that separates them. */
static uint8_t *copy_content(Bytes at, Bytes end, uint8_t *out)
{
    bool is_quoted = false;
    while (end > at && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    for (; at < end; at++) {
        if (is_quoted && *at == '\\' && at + 1 < end && at[1] == '"')
            *out++ = *++at;
        else if (*at == '"')
            is_quoted = !is_quoted;
        else if (is_quoted || (*at != ' ' && *at != '\t' && *at != '{' && *at != '}'))
            *out++ = *at;
    }
    return out;
}

/* contents(data, opened, closed) -> the contents of the lines between the two, which are counted from 1. */
static PyObject *contents(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *data;
    long long opened, closed;
    if (!PyArg_ParseTuple(arguments, "SLL", &data, &opened, &closed))
        return NULL;
    Bytes at = (Bytes)PyBytes_AsString(data), end = at + PyBytes_Size(data);
    uint8_t *room = malloc((size_t)(end - at) + 1), *out = room;
    if (!room)
        return PyErr_NoMemory();
    PyThreadState *state = PyEval_SaveThread();
    for (long long line = 1; at < end && line < closed; line++) {
        Bytes newline = memchr(at, '\n', end - at), next = newline ? newline + 1 : end;
        if (line > opened)
            out = copy_content(at, next, out);
        at = next;
    }
    PyEval_RestoreThread(state);
    PyObject *found = PyBytes_FromStringAndSize((const char *)room, out - room);
    free(room);
    return found;
}

/* Borrows columns of items of the given sizes; on failure none is borrowed any more. */
static bool borrow(PyObject *arguments, Py_buffer *columns, const int *sizes, int count)
{
    for (int i = 0; i < count; i++) {
        PyObject *column = PyTuple_GetItem(arguments, i);
        bool is_borrowed = column && PyObject_GetBuffer(column, &columns[i], PyBUF_SIMPLE) == 0;
        if (is_borrowed && columns[i].len % sizes[i] == 0)
            continue;
        if (is_borrowed)
            PyErr_SetString(PyExc_ValueError, "a column of another type was expected");
        for (int j = is_borrowed ? i : i - 1; j >= 0; j--)
            PyBuffer_Release(&columns[j]);
        return false;
    }
    return true;
}

/* unbalanced(first_row, amount) -> indices of the vouchers whose rows don't sum to zero. */
static PyObject *unbalanced(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    static const int sizes[] = {4, 8};
    Py_buffer columns[2];
    if (!borrow(arguments, columns, sizes, 2))
        return NULL;
    const int32_t *first = columns[0].buf;
    const int64_t *amounts = columns[1].buf;
    Py_ssize_t vouchers = columns[0].len / 4 - 1, rows = columns[1].len / 8;
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found && i < vouchers; i++) {
        let_others((size_t)i);
        Total total = {0, 0};
        for (int32_t row = first[i]; row < first[i + 1] && row < rows && row >= 0; row++)
            increase(&total, amounts[row]);
        if ((uint32_t)total.low == 0 && total.high + (total.low >> 32) == 0)
            continue;
        PyObject *index = PyLong_FromSsize_t(i);
        if (!index || PyList_Append(found, index) < 0)
            Py_CLEAR(found);
        Py_XDECREF(index);
    }
    PyBuffer_Release(&columns[0]);
    PyBuffer_Release(&columns[1]);
    return found;
}

typedef struct {
    int32_t key[3]; /* account, objects, class of the voucher */
    int32_t first;
    Total total;
} Group;

typedef struct {
    Group *groups;
    int32_t *slots; /* as in Table */
    size_t count, room;
} Groups;

static bool grow_groups(Groups *self)
{
    size_t room = self->room ? 2 * self->room : 256;
    Group *groups = realloc(self->groups, room * sizeof *groups);
    if (!groups)
        return false;
    self->groups = groups;
    int32_t *slots = malloc(2 * room * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, -1, 2 * room * sizeof *slots);
    free(self->slots);
    self->slots = slots;
    self->room = room;
    for (size_t i = 0; i < self->count; i++) {
        size_t at = hash_of((Bytes)groups[i].key, sizeof groups[i].key) & (2 * room - 1);
        while (slots[at] >= 0)
            at = (at + 1) & (2 * room - 1);
        slots[at] = (int32_t)i;
    }
    return true;
}

static bool add_to_group(Groups *self, const int32_t key[3], int32_t row, int64_t amount)
{
    if (self->count == self->room && !grow_groups(self))
        return false;
    size_t mask = 2 * self->room - 1, at = hash_of((Bytes)key, 3 * sizeof *key) & mask;
    for (; self->slots[at] >= 0; at = (at + 1) & mask) {
        Group *group = &self->groups[self->slots[at]];
        if (memcmp(group->key, key, sizeof group->key) == 0) {
            increase(&group->total, amount);
            return true;
        }
    }
    Group *group = &self->groups[self->count];
    *group = (Group){{key[0], key[1], key[2]}, row, {0, 0}};
    increase(&group->total, amount);
    self->slots[at] = (int32_t)self->count++;
    return true;
}

static PyObject *list_of(const Groups *groups)
{
    PyObject *all = PyList_New(0);
    for (size_t i = 0; all && i < groups->count; i++) {
        let_others(i);
        const Group *group = &groups->groups[i];
        PyObject *one = Py_BuildValue("iiiNi", group->key[0], group->key[1], group->key[2], total_of(&group->total),
                                      group->first);
        if (!one || PyList_Append(all, one) < 0)
            Py_CLEAR(all);
        Py_XDECREF(one);
    }
    return all;
}

/* sums(account, objects, voucher, class, amount) -> (account, objects, class, total, first row) of each combination
 * that occurs, in the order of their first rows; `class` has one value for each voucher. */
static PyObject *sums(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    static const int sizes[] = {4, 4, 4, 4, 8};
    Py_buffer columns[5];
    if (!borrow(arguments, columns, sizes, 5))
        return NULL;
    const int32_t *account = columns[0].buf, *objects = columns[1].buf, *voucher = columns[2].buf;
    const int32_t *class = columns[3].buf;
    const int64_t *amount = columns[4].buf;
    Py_ssize_t rows = columns[4].len / 8, vouchers = columns[3].len / 4;
    bool is_sound = columns[0].len / 4 == rows && columns[1].len / 4 == rows && columns[2].len / 4 == rows;
    bool has_memory = true;
    Groups groups = {0};
    PyThreadState *state = PyEval_SaveThread();
    for (Py_ssize_t row = 0; is_sound && has_memory && row < rows; row++) {
        is_sound = voucher[row] >= 0 && voucher[row] < vouchers;
        if (is_sound) {
            int32_t key[3] = {account[row], objects[row], class[voucher[row]]};
            has_memory = add_to_group(&groups, key, (int32_t)row, amount[row]);
        }
    }
    PyEval_RestoreThread(state);
    for (int i = 0; i < 5; i++)
        PyBuffer_Release(&columns[i]);
    PyObject *all = NULL;
    if (!has_memory)
        PyErr_NoMemory();
    else if (!is_sound)
        PyErr_SetString(PyExc_ValueError, "columns of unequal length");
    else
        all = list_of(&groups);
    free(groups.groups);
    free(groups.slots);
    return all;
}

#endif

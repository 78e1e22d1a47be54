/* The scanner's native core: one pass over a SIE file's bytes, rows, vouchers and balances into columns.
 *
 * It takes only lines about which there can be no doubt. Any other line is handed back to the caller, who gives it to
 * the careful reader: what a deviation means is written down once, in Python. `plain.py` is this file's twin in Python;
 * a property test holds the two against each other.
 *
 * A batch of lines is read without the global interpreter lock; then Python moves the batch's columns into its arrays.
 * Stable ABI: one build serves Python 3.11 and later.
 */
#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#include "arrays.h"
#include "scanner.h"

#define BEFORE_RELEASE 32 /* lines read before the lock is let go, which costs more than a few lines are worth */

static PyObject *scanner_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    PyObject *data, *characters;
    if (names || !PyArg_ParseTuple(arguments, "SO", &data, &characters))
        return names ? PyErr_Format(PyExc_TypeError, "no keywords") : NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Scanner *self = (Scanner *)allocate(type, 0);
    if (!self)
        return NULL;
    Py_INCREF(data);
    self->data = data;
    self->kept = PyList_New(0);
    self->is_utf8 = characters == Py_None;
    for (int i = 0; i < 256; i++)
        self->characters[i] = self->is_utf8 ? (uint32_t)i : PyUnicode_ReadChar(characters, i);
    self->file = self->at = (Bytes)PyBytes_AsString(data);
    self->end = self->at + PyBytes_Size(data);
    self->line = 1;
    self->tables[OBJECTS].next_code = 1; /* 0 is the empty list */
    self->room = malloc(3 * (size_t)LONGEST); /* only what is used of it costs anything */
    if (!self->room)
        PyErr_NoMemory();
    if (!self->kept || PyErr_Occurred()) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void scanner_dealloc(Scanner *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    for (int i = 0; i < DOMAINS; i++) {
        free(self->tables[i].entries);
        free(self->tables[i].slots);
    }
    free(self->room);
    Py_XDECREF(self->data);
    Py_XDECREF(self->kept);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

/* One bit for each batch that has records, and one more if there are new texts. */
static int what_is_new(const Scanner *self)
{
    int bits = 0;
    for (int i = 0; i < BATCHES; i++)
        bits |= (self->batches[i].count > 0) << i;
    for (int i = 0; i < DOMAINS; i++)
        bits |= (self->tables[i].given < self->tables[i].count) << BATCHES;
    return bits;
}

/* run(place, enough, rows, struck, added, vouchers, balances) with how many of each Python has ->
 * (outcome, place, what is new, offset, line, start, end): the last three of the line in doubt. */
static PyObject *scanner_run(Scanner *self, PyObject *arguments)
{
    long long before[BATCHES];
    if (!PyArg_ParseTuple(arguments, "iILLLLL", &self->place, &self->enough, &before[0], &before[1], &before[2], &before[3], &before[4]))
        return NULL;
    for (int i = 0; i < BATCHES; i++) {
        self->batches[i].before = before[i];
        self->batches[i].count = 0;
    }
    mark_rows(self);
    self->from = self->to = self->file;
    Outcome outcome = read_lines(self, BEFORE_RELEASE);
    if (outcome == BATCH_FULL && !is_full(self)) {
        PyThreadState *state = PyEval_SaveThread();
        outcome = read_lines(self, 8 * BATCH);
        PyEval_RestoreThread(state);
    }
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    int64_t line = self->line - (outcome == IN_DOUBT);
    return Py_BuildValue("iiinLnn", (int)outcome, self->place, what_is_new(self), (Py_ssize_t)(self->at - self->file), (long long)line,
                         (Py_ssize_t)(self->from - self->file), (Py_ssize_t)(self->to - self->file));
}

/* columns(batch) -> the batch's columns as bytes, in the order of their names in `native.py`. */
static PyObject *scanner_columns(Scanner *self, PyObject *argument)
{
    static const int widths[BATCHES] = {8, 8, 8, 7, 7};
    long which = PyLong_AsLong(argument);
    if (which < 0 || which >= BATCHES)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "no such batch");
    const Batch *batch = &self->batches[which];
    PyObject *columns = PyList_New(0);
    Py_ssize_t count = (Py_ssize_t)batch->count;
    for (int i = 0; columns && i < widths[which] + 2; i++) {
        bool is_int = i < widths[which], is_amount = i == widths[which];
        const void *start = is_int ? (const void *)batch->ints[i] : is_amount ? (const void *)batch->amount : batch->decimals;
        PyObject *column = PyBytes_FromStringAndSize(start, count * (is_int ? 4 : is_amount ? 8 : 1));
        if (!column || PyList_Append(columns, column) < 0)
            Py_CLEAR(columns);
        Py_XDECREF(column);
    }
    return columns;
}

/* first_rows() -> where the vouchers' rows, struck and added rows begin; the first value replaces Python's last. */
static PyObject *scanner_first_rows(Scanner *self, PyObject *Py_UNUSED(ignored))
{
    Py_ssize_t size = 4 * (Py_ssize_t)(self->batches[VOUCHERS].count + 1);
    return Py_BuildValue("y#y#y#", (const char *)self->first[0], size, (const char *)self->first[1], size,
                         (const char *)self->first[2], size);
}

/* The text of a field: \" is a quote; an eight-bit character set by its table. */
static PyObject *text_of(const Scanner *self, Bytes start, size_t length)
{
    char *out = self->room;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = start[i];
        uint32_t character = self->characters[byte];
        if (byte == '\\' && i + 1 < length && start[i + 1] == '"')
            continue;
        if (byte < 0x80 || self->is_utf8) {
            *out++ = (char)byte;
        } else if (character < 0x800) {
            *out++ = (char)(0xC0 | character >> 6);
            *out++ = (char)(0x80 | (character & 0x3F));
        } else {
            *out++ = (char)(0xE0 | character >> 12);
            *out++ = (char)(0x80 | (character >> 6 & 0x3F));
            *out++ = (char)(0x80 | (character & 0x3F));
        }
    }
    return PyUnicode_DecodeUTF8(self->room, out - self->room, NULL);
}

/* The pairs of an object list. */
static PyObject *objects_of(const Scanner *self, const Entry *entry)
{
    Cursor cursor = {entry->start, entry->start + entry->length};
    Field dimension, number;
    PyObject *pairs = PyList_New(0);
    while (pairs && list_part(&cursor, &dimension) && list_part(&cursor, &number)) {
        PyObject *texts[] = {text_of(self, dimension.start, dimension.length),
                             text_of(self, number.start, number.length)};
        PyObject *pair = Py_BuildValue("(NN)", texts[0], texts[1]);
        if (!pair || PyList_Append(pairs, pair) < 0)
            Py_CLEAR(pairs);
        Py_XDECREF(pair);
    }
    PyObject *all = pairs ? PyList_AsTuple(pairs) : NULL;
    Py_XDECREF(pairs);
    return all;
}

/* give(domain, values): appends the texts, or object lists, that are new since the last time. */
static PyObject *scanner_give(Scanner *self, PyObject *arguments)
{
    int domain;
    PyObject *values;
    if (!PyArg_ParseTuple(arguments, "iO", &domain, &values) || domain < 0 || domain >= DOMAINS)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "no such domain");
    Table *table = &self->tables[domain];
    for (; table->given < table->count; table->given++) {
        const Entry *entry = &table->entries[table->given];
        PyObject *text = domain == OBJECTS ? objects_of(self, entry) : text_of(self, entry->start, entry->length);
        if (!text || PyList_Append(values, text) < 0) {
            Py_XDECREF(text);
            return NULL;
        }
        Py_DECREF(text);
    }
    Py_RETURN_NONE;
}

/* learn(domain, bytes or None, code): these bytes have this code from now on.
 * None tells only that the code is taken. All texts must have been given before. */
static PyObject *scanner_learn(Scanner *self, PyObject *arguments)
{
    int domain, code;
    PyObject *text;
    if (!PyArg_ParseTuple(arguments, "iOi", &domain, &text, &code) || domain < 0 || domain >= OBJECTS)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "no such domain");
    Table *table = &self->tables[domain];
    if (code >= table->next_code)
        table->next_code = code + 1;
    if (text == Py_None || PyBytes_Size(text) >= LONGEST)
        Py_RETURN_NONE;
    if (PyErr_Occurred() || PyList_Append(self->kept, text) < 0)
        return NULL;
    if (table->count == table->room && !grow(table))
        return PyErr_NoMemory();
    Bytes start = (Bytes)PyBytes_AsString(text);
    size_t length = (size_t)PyBytes_Size(text), slot;
    uint32_t hash = hash_of(start, length);
    if (!find(table, start, length, hash, &slot) && !add(table, start, length, hash, slot, code))
        return PyErr_NoMemory();
    table->given = table->count;
    Py_RETURN_NONE;
}

/* told() -> of each kind of balance: how many were taken, their first and last line. */
static PyObject *scanner_told(Scanner *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *all = PyList_New(0);
    for (int i = 0; all && i < KINDS; i++) {
        const int64_t *told = self->told[i];
        PyObject *one = Py_BuildValue("LLL", (long long)told[0], (long long)told[1], (long long)told[2]);
        if (!one || PyList_Append(all, one) < 0)
            Py_CLEAR(all);
        Py_XDECREF(one);
    }
    return all;
}

/* deviations() -> how often each has been counted. */
static PyObject *scanner_deviations(Scanner *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *all = PyList_New(0);
    for (int i = 0; all && i < DEVIATIONS; i++) {
        PyObject *count = PyLong_FromLongLong(self->deviations[i]);
        if (!count || PyList_Append(all, count) < 0)
            Py_CLEAR(all);
        Py_XDECREF(count);
    }
    return all;
}

static PyMethodDef scanner_methods[] = {
    {"run", (PyCFunction)scanner_run, METH_VARARGS, "reads a batch of lines"},
    {"columns", (PyCFunction)scanner_columns, METH_O, "a batch's columns"},
    {"first_rows", (PyCFunction)scanner_first_rows, METH_NOARGS, "where vouchers' rows begin"},
    {"give", (PyCFunction)scanner_give, METH_VARARGS, "hands over new texts"},
    {"learn", (PyCFunction)scanner_learn, METH_VARARGS, "takes over a code"},
    {"told", (PyCFunction)scanner_told, METH_NOARGS, "counts and places of balances"},
    {"deviations", (PyCFunction)scanner_deviations, METH_NOARGS, "how often each deviation was counted"},
    {NULL},
};

static PyMethodDef functions[] = {
    {"tally", tally, METH_O, "how often each byte occurs"},
    {"lone_returns", lone_returns, METH_O, "how many CR no LF follows"},
    {"contents", contents, METH_VARARGS, "what of some lines counts for #KSUMMA"},
    {"unbalanced", unbalanced, METH_VARARGS, "vouchers whose rows don't sum to zero"},
    {"sums", sums, METH_VARARGS, "amounts by account, objects and class of voucher"},
    {NULL},
};

/* Once for the process: tables that are in use when the module is imported again keep their keys. */
static bool choose_keys(void)
{
    if (key0 | key1)
        return true;
    PyObject *os = PyImport_ImportModule("os"), *random = os ? PyObject_CallMethod(os, "urandom", "i", 16) : NULL;
    Py_XDECREF(os);
    if (!random)
        return false;
    memcpy(&key0, PyBytes_AsString(random), 8);
    memcpy(&key1, PyBytes_AsString(random) + 8, 8);
    Py_DECREF(random);
    return true;
}

static int prepare(PyObject *module)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, scanner_new}, {Py_tp_dealloc, scanner_dealloc}, {Py_tp_methods, scanner_methods}, {0}};
    static PyType_Spec spec = {"sie._core.Scanner", sizeof(Scanner), 0, Py_TPFLAGS_DEFAULT, slots};
    if (!choose_keys())
        return -1;
    PyObject *type = PyType_FromSpec(&spec);
    int outcome = type ? PyModule_AddObjectRef(module, "Scanner", type) : -1;
    Py_XDECREF(type);
    return outcome;
}

PyMODINIT_FUNC PyInit__core(void)
{
    static PyModuleDef_Slot slots[] = {{Py_mod_exec, prepare}, {0}};
    static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "sie._core", NULL, 0, functions, slots};
    return PyModuleDef_Init(&definition);
}

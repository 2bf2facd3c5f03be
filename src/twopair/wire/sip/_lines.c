/* Header lines of SIP messages: split, one value, assemble, serialise (RFC 3261 §7.3; docs/adr/0025).

   Optional: index.py and message.py have a path in Python for all of this, ask here first where the wheel
   has this module, and go on by themselves where it declines. It declines whatever is unusual: text that is
   not ASCII, folded lines, a line end by itself, a spelling that is not known yet, objects of other types.
   So a fault is found, and told, in Python alone. Nothing is kept between calls; no Python code runs within
   one but the look-up of a str in a dict. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <string.h>

/* Octets of the names and colons of a spelling that is kept: order.py, _MOST_CHARACTERS. */
enum { MOST_CHARACTERS = 1024 };

static PyObject *
declined(void)
{
    return Py_NewRef(Py_None);
}

static int
is_plain(PyObject *text)
{
    return PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT_ASCII(text);
}

static const char *
octets_of(PyObject *text)
{
    return (const char *)PyUnicode_1BYTE_DATA(text);
}

static int
is_ascii(const char *from, const char *to)
{
    const size_t high = (size_t)-1 / 255 * 128;
    size_t seen = 0, word;
    for (; to - from >= (ptrdiff_t)sizeof word; from += sizeof word) {
        memcpy(&word, from, sizeof word);
        seen |= word;
    }
    for (; from < to; from++) {
        seen |= (size_t)(unsigned char)*from;
    }
    return (seen & high) == 0;
}

static PyObject *
plain(const char *from, const char *to)
{
    PyObject *text = PyUnicode_New(to - from, 127);
    if (text != NULL && to > from) {
        memcpy(PyUnicode_1BYTE_DATA(text), from, (size_t)(to - from));
    }
    return text;
}

/* The end of the line that begins here, before its CRLF; NULL if there is none, or a CR or LF by itself. */
static const char *
line_end(const char *from, const char *to)
{
    const char *end = memchr(from, '\n', (size_t)(to - from));
    if (end == NULL || end == from || end[-1] != '\r') {
        return NULL;
    }
    end--;
    return memchr(from, '\r', (size_t)(end - from)) == NULL ? end : NULL;
}

/* Append the header lines from `at` on to a list, and their names and colons to `names`.
   1 with *body behind the empty line and *count octets of names; 0 to decline; -1 with an exception. */
static int
header_lines(PyObject *lines, const char *at, const char *to, char *names, size_t *count, const char **body)
{
    for (;;) {
        const char *end = line_end(at, to);
        if (end == NULL) {
            return 0;
        }
        if (end == at) {
            *body = end + 2;
            return 1;
        }
        const char *colon = memchr(at, ':', (size_t)(end - at));
        if (colon == NULL || !is_ascii(at, end)) {
            return 0;
        }
        size_t written = (size_t)(colon + 1 - at);
        if (written > MOST_CHARACTERS - *count) {
            return 0;
        }
        memcpy(names + *count, at, written);
        *count += written;
        PyObject *line = plain(at, end);
        if (line == NULL) {
            return -1;
        }
        int failed = PyList_Append(lines, line);
        Py_DECREF(line);
        if (failed) {
            return -1;
        }
        at = end + 2;
    }
}

PyDoc_STRVAR(split_doc,
             "split(data, start, spellings, /)\n--\n\n"
             "Start line, header lines, what `spellings` has for their names and colons, and body; or None.\n\n"
             "Args:\n"
             "    data: a message.\n"
             "    start: where its start line begins.\n"
             "    spellings: names and colons of the lines in one text -> anything but None.");

static PyObject *
split(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3 || !PyBytes_CheckExact(args[0]) || !PyDict_CheckExact(args[2])) {
        return declined();
    }
    Py_ssize_t start = PyLong_CheckExact(args[1]) ? PyLong_AsSsize_t(args[1]) : -1;
    if (start == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (start < 0 || start > PyBytes_GET_SIZE(args[0])) {
        return declined();
    }
    const char *from = PyBytes_AS_STRING(args[0]) + start;
    const char *to = PyBytes_AS_STRING(args[0]) + PyBytes_GET_SIZE(args[0]);
    const char *end = line_end(from, to);
    if (end == NULL || !is_ascii(from, end)) {
        return declined();
    }
    char names[MOST_CHARACTERS];
    size_t count = 0;
    const char *body = NULL;
    PyObject *known = NULL, *first = NULL, *rest = NULL, *key = NULL, *result = NULL;
    PyObject *lines = PyList_New(0);
    if (lines == NULL) {
        return NULL;
    }
    int found = header_lines(lines, end + 2, to, names, &count, &body);
    if (found <= 0) {
        result = found == 0 ? declined() : NULL;
        goto done;
    }
    key = plain(names, names + count);
    if (key == NULL) {
        goto done;
    }
    known = Py_XNewRef(PyDict_GetItemWithError(args[2], key));
    if (known == NULL) {
        result = PyErr_Occurred() ? NULL : declined();
        goto done;
    }
    first = plain(from, end);
    if (first == NULL) {
        goto done;
    }
    rest = PyBytes_FromStringAndSize(body, to - body);
    if (rest != NULL) {
        result = PyTuple_Pack(4, first, lines, known, rest);
    }
done:
    Py_XDECREF(key);
    Py_XDECREF(first);
    Py_XDECREF(rest);
    Py_XDECREF(known);
    Py_DECREF(lines);
    return result;
}

static int
is_blank(char octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

PyDoc_STRVAR(value_doc,
             "value(line, /)\n--\n\n"
             "What stands behind the colon of a header line, without white space around it; or None.");

static PyObject *
value(PyObject *Py_UNUSED(module), PyObject *line)
{
    if (!is_plain(line)) {
        return declined();
    }
    const char *from = octets_of(line), *to = from + PyUnicode_GET_LENGTH(line);
    from = memchr(from, ':', (size_t)(to - from));
    if (from == NULL) {
        return declined();
    }
    from++;
    while (from < to && is_blank(*from)) {
        from++;
    }
    while (from < to && is_blank(to[-1])) {
        to--;
    }
    return memchr(from, '\n', (size_t)(to - from)) == NULL ? plain(from, to) : declined();
}

/* Append a line for each start and value; results as of `header_lines`. */
static int
own_lines(PyObject *starts, PyObject *values, PyObject *lines)
{
    if (!PyTuple_CheckExact(starts) || !(PyList_CheckExact(values) || PyTuple_CheckExact(values))
        || PyTuple_GET_SIZE(starts) != PySequence_Fast_GET_SIZE(values)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(starts); i++) {
        PyObject *start = PyTuple_GET_ITEM(starts, i), *text = PySequence_Fast_GET_ITEM(values, i);
        if (!is_plain(start) || !is_plain(text)) {
            return 0;
        }
        size_t before = (size_t)PyUnicode_GET_LENGTH(start), behind = (size_t)PyUnicode_GET_LENGTH(text);
        if (memchr(octets_of(start), '\n', before) || memchr(octets_of(start), '\r', before)
            || memchr(octets_of(text), '\n', behind) || memchr(octets_of(text), '\r', behind)
            || before > (size_t)PY_SSIZE_T_MAX - behind) {
            return 0;
        }
        PyObject *line = PyUnicode_New((Py_ssize_t)(before + behind), 127);
        if (line == NULL) {
            return -1;
        }
        if (before + behind > 0) {
            memcpy(PyUnicode_1BYTE_DATA(line), octets_of(start), before);
            memcpy(PyUnicode_1BYTE_DATA(line) + before, octets_of(text), behind);
        }
        int failed = PyList_Append(lines, line);
        Py_DECREF(line);
        if (failed) {
            return -1;
        }
    }
    return 1;
}

/* Append those of `lines` of which `keep` is True; results as of `header_lines`. */
static int
kept_lines(PyObject *lines, PyObject *keep, PyObject *to)
{
    if (PyList_GET_SIZE(lines) != PyList_GET_SIZE(keep)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        if (PyList_GET_ITEM(keep, i) == Py_True && PyList_Append(to, PyList_GET_ITEM(lines, i))) {
            return -1;
        }
    }
    return 1;
}

PyDoc_STRVAR(assemble_doc,
             "assemble(lines, keep, starts_above, above, starts_below, below, /)\n--\n\n"
             "Lines of our own, each of a start and a value, around those that stay; or None.\n\n"
             "Args:\n"
             "    lines: the header lines.\n"
             "    keep: for each whether it stays.\n"
             "    starts_above: names, colons and blanks of the lines before them.\n"
             "    above: their values, as many.\n"
             "    starts_below: the same behind them.\n"
             "    below: the same.");

static PyObject *
assemble(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 6 || !PyList_CheckExact(args[0]) || !PyList_CheckExact(args[1])) {
        return declined();
    }
    PyObject *lines = PyList_New(0);
    int done = lines != NULL ? own_lines(args[2], args[3], lines) : -1;
    if (done > 0) {
        done = kept_lines(args[0], args[1], lines);
    }
    if (done > 0) {
        done = own_lines(args[4], args[5], lines);
    }
    if (done > 0) {
        return lines;
    }
    Py_XDECREF(lines);
    return done == 0 ? declined() : NULL;
}

PyDoc_STRVAR(serialise_doc,
             "serialise(first, lines, body, /)\n--\n\n"
             "A message for the wire: start line, header lines, an empty line and the body; or None.");

static PyObject *
serialise(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3 || !is_plain(args[0]) || !PyList_CheckExact(args[1]) || !PyBytes_CheckExact(args[2])) {
        return declined();
    }
    PyObject *first = args[0], *lines = args[1], *body = args[2];
    size_t total = (size_t)PyUnicode_GET_LENGTH(first) + 4 + (size_t)PyBytes_GET_SIZE(body);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        PyObject *line = PyList_GET_ITEM(lines, i);
        if (!is_plain(line)) {
            return declined();
        }
        total += (size_t)PyUnicode_GET_LENGTH(line) + 2; /* each term fits: the sum wraps only beyond the check */
        if (total > (size_t)PY_SSIZE_T_MAX) {
            return PyErr_NoMemory();
        }
    }
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)total);
    if (data == NULL) {
        return NULL;
    }
    char *to = PyBytes_AS_STRING(data);
    for (Py_ssize_t i = -1; i < PyList_GET_SIZE(lines); i++) {
        PyObject *line = i < 0 ? first : PyList_GET_ITEM(lines, i);
        size_t length = (size_t)PyUnicode_GET_LENGTH(line);
        memcpy(to, octets_of(line), length);
        memcpy(to + length, "\r\n", 2);
        to += length + 2;
    }
    memcpy(to, "\r\n", 2);
    memcpy(to + 2, PyBytes_AS_STRING(body), (size_t)PyBytes_GET_SIZE(body));
    return data;
}

#define FUNCTION(name) ((PyCFunction)(void (*)(void))(name))

static PyMethodDef functions[] = {
    {"split", FUNCTION(split), METH_FASTCALL, split_doc},
    {"value", value, METH_O, value_doc},
    {"assemble", FUNCTION(assemble), METH_FASTCALL, assemble_doc},
    {"serialise", FUNCTION(serialise), METH_FASTCALL, serialise_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lines",
    .m_doc = "Header lines of SIP messages; each function returns None for what it leaves to Python.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__lines(void)
{
    return PyModuleDef_Init(&module);
}

/* Put before _lines.c: each call of Python's that may fail counts, and the one that is asked for fails. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static long calls_until_failure; /* 0: none fails */

__attribute__((visibility("default"))) void
fail_after(long calls)
{
    calls_until_failure = calls;
}

__attribute__((visibility("default"))) long
calls_left(void)
{
    return calls_until_failure;
}

static int
fails(void)
{
    if (calls_until_failure == 0 || --calls_until_failure > 0) {
        return 0;
    }
    PyErr_NoMemory();
    return 1;
}

static PyObject *
failing_unicode(Py_ssize_t size, Py_UCS4 most)
{
    return fails() ? NULL : PyUnicode_New(size, most);
}

static PyObject *
failing_bytes(const char *from, Py_ssize_t size)
{
    return fails() ? NULL : PyBytes_FromStringAndSize(from, size);
}

static PyObject *
failing_list(Py_ssize_t size)
{
    return fails() ? NULL : PyList_New(size);
}

static int
failing_append(PyObject *list, PyObject *item)
{
    return fails() ? -1 : PyList_Append(list, item);
}

static PyObject *
failing_look_up(PyObject *dict, PyObject *key)
{
    return fails() ? NULL : PyDict_GetItemWithError(dict, key);
}

#define PyUnicode_New failing_unicode
#define PyBytes_FromStringAndSize failing_bytes
#define PyList_New failing_list
#define PyList_Append failing_append
#define PyDict_GetItemWithError failing_look_up
#define PyTuple_Pack(...) (fails() ? NULL : PyTuple_Pack(__VA_ARGS__))

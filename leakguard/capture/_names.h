/* Names: the string table of an image, and what an object is called.
 *
 * Only names get in: attribute, slot, variable, module, type and function names, and file names of
 * code. Characters are copied from the objects' raw storage; nothing is called.
 */
#ifndef LEAKGUARD_NAMES_H
#define LEAKGUARD_NAMES_H
#include "_cpython.h"
#include "_memory.h"

/* ---- the string table ------------------------------------------------------------------------ */

#define LG_NAME_MAX 200   /* characters of a name */
#define LG_PATH_MAX 1000  /* characters of a file name */
#define LG_KEY_MAX 64     /* a longer dict key is data, interned or not */

typedef struct {
    LGBytes text, ends; /* UTF-8; 0, then the u32 end of each string */
    LGMap known;        /* str object -> id + 1 */
    uint32_t count;
} LGStrings;

static int lg_begin_strings(LGStrings *s) {
    if (lg_reserve(&s->ends, 4) < 0) return -1;
    s->ends.used = 4; /* mapped memory is zero */
    return 0;
}

static void lg_text(LGStrings *s, const char *bytes, size_t n) {
    if (lg_reserve(&s->text, s->text.used + n) < 0) return;
    memcpy(s->text.p + s->text.used, bytes, n);
    s->text.used += n;
}
static void lg_text_z(LGStrings *s, const char *z) { lg_text(s, z, strlen(z)); }

/* Append the characters of a str object (any other object: "?") as UTF-8. */
static void lg_text_str(LGStrings *s, PyObject *op, Py_ssize_t max) {
    if (!op || !PyUnicode_Check(op)) {
        lg_text_z(s, "?");
        return;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(op);
    int kind = PyUnicode_KIND(op);
    const void *data = PyUnicode_DATA(op);
    for (Py_ssize_t i = 0; i < (n < max ? n : max); i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        char b[4];
        if (c < 0x80) {
            b[0] = (char)c;
            lg_text(s, b, 1);
        } else if (c < 0x800) {
            b[0] = (char)(0xC0 | c >> 6);
            b[1] = (char)(0x80 | (c & 63));
            lg_text(s, b, 2);
        } else if (c >= 0xD800 && c < 0xE000) {
            lg_text_z(s, "?"); /* a lone surrogate has no UTF-8 */
        } else if (c < 0x10000) {
            b[0] = (char)(0xE0 | c >> 12);
            b[1] = (char)(0x80 | (c >> 6 & 63));
            b[2] = (char)(0x80 | (c & 63));
            lg_text(s, b, 3);
        } else {
            b[0] = (char)(0xF0 | c >> 18);
            b[1] = (char)(0x80 | (c >> 12 & 63));
            b[2] = (char)(0x80 | (c >> 6 & 63));
            b[3] = (char)(0x80 | (c & 63));
            lg_text(s, b, 4);
        }
    }
    if (n > max) lg_text_z(s, "…");
}

/* Close the string that was appended last; its id. */
static uint32_t lg_text_end(LGStrings *s) {
    if (lg_reserve(&s->ends, s->ends.used + 4) < 0) return 0;
    *(uint32_t *)(s->ends.p + s->ends.used) = (uint32_t)s->text.used;
    s->ends.used += 4;
    return s->count++;
}

static uint32_t lg_string_z(LGStrings *s, const char *z) {
    lg_text_z(s, z);
    return lg_text_end(s);
}

/* The id of a str object's text, one for each object. */
static inline uint32_t lg_string_of(LGStrings *s, PyObject *op, Py_ssize_t max) {
    if (!op || !PyUnicode_Check(op)) return 0;
    uint32_t *slot = lg_map_slot(&s->known, op);
    if (!slot) return 0;
    if (!*slot) {
        lg_text_str(s, op, max);
        *slot = lg_text_end(s) + 1;
    }
    return *slot - 1;
}

/* ---- raw dict look-up ---------------------------------------------------------------------- */

static inline int lg_str_equals(PyObject *op, const char *z, Py_ssize_t n) {
    return PyUnicode_Check(op) && PyUnicode_IS_COMPACT_ASCII(op) && PyUnicode_GET_LENGTH(op) == n &&
           !memcmp(PyUnicode_DATA(op), z, (size_t)n);
}

/* The value of an ASCII key, by looking at the entries in their order; borrowed, or NULL. */
static PyObject *lg_dict_find(PyObject *dict, const char *name) {
    if (!dict || !PyDict_Check(dict)) return NULL;
    Py_ssize_t n = (Py_ssize_t)strlen(name), position = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value))
        if (lg_str_equals(key, name, n)) return value;
    return NULL;
}

static void lg_text_type(LGStrings *s, PyTypeObject *type) {
    if (!lg_is_heap_type(type)) {
        lg_text_z(s, type->tp_name);
        return;
    }
    PyObject *module = lg_dict_find(type->tp_dict, "__module__");
    if (module && PyUnicode_Check(module) && !lg_str_equals(module, "builtins", 8)) {
        lg_text_str(s, module, LG_NAME_MAX);
        lg_text_z(s, ".");
    }
    lg_text_str(s, ((PyHeapTypeObject *)type)->ht_qualname, LG_NAME_MAX);
}

/* ---- identities: what a function, module, frame … is called and where it was written --------- */

typedef struct {
    LGBytes names, files, lines; /* u32 each */
    LGMap known;                 /* code object (or other key) -> ident + 1 */
    uint32_t count;
} LGIdents;

static uint32_t lg_ident_add(LGIdents *t, uint32_t name, uint32_t file, uint32_t line) {
    size_t need = ((size_t)t->count + 1) * 4;
    if (lg_reserve(&t->names, need) < 0 || lg_reserve(&t->files, need) < 0 ||
        lg_reserve(&t->lines, need) < 0)
        return 0;
    ((uint32_t *)t->names.p)[t->count] = name;
    ((uint32_t *)t->files.p)[t->count] = file;
    ((uint32_t *)t->lines.p)[t->count] = line;
    return t->count++;
}

/* A code object's identity; the first caller's globals give the module's name. */
static uint32_t lg_ident_code(LGIdents *t, LGStrings *s, PyObject *op, PyObject *globals) {
    PyCodeObject *code = (PyCodeObject *)op;
    uint32_t *slot = lg_map_slot(&t->known, code);
    if (!slot) return 0;
    if (*slot) return *slot - 1;
    PyObject *module = lg_dict_find(globals, "__name__");
    if (module && PyUnicode_Check(module)) {
        lg_text_str(s, module, LG_NAME_MAX);
        lg_text_z(s, ".");
    }
    lg_text_str(s, code->co_qualname, LG_NAME_MAX);
    uint32_t name = lg_text_end(s);
    uint32_t file = lg_string_of(s, code->co_filename, LG_PATH_MAX);
    uint32_t ident = lg_ident_add(t, name, file, (uint32_t)code->co_firstlineno);
    *slot = ident + 1;
    return ident;
}

/* Where a class was written: its __firstlineno__ (3.13+), else the first of its functions. */
static uint32_t lg_ident_class(LGIdents *t, LGStrings *s, PyTypeObject *type, uint32_t name) {
    PyObject *key, *value, *line_object = NULL, *file = NULL;
    Py_ssize_t position = 0;
    uint32_t line = 0;
    while (PyDict_Next(type->tp_dict, &position, &key, &value)) {
        if (lg_str_equals(key, "__firstlineno__", 15)) line_object = value;
        if (!PyFunction_Check(value)) continue;
        PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)value)->func_code;
        if (PyUnicode_GET_LENGTH(code->co_filename) && PyUnicode_READ_CHAR(code->co_filename, 0) == '<')
            continue; /* made by dataclasses, namedtuple … : no file to look into */
        if (!file) file = code->co_filename;
        if (file == code->co_filename && (!line || (uint32_t)code->co_firstlineno < line))
            line = (uint32_t)code->co_firstlineno;
    }
    if (!file) return 0;
    if (line_object && PyLong_CheckExact(line_object) && lg_long_digits(line_object) == 1)
        line = (uint32_t)PyLong_AsLong(line_object);
    return lg_ident_add(t, name, lg_string_of(s, file, LG_PATH_MAX), line) + 1;
}

#endif

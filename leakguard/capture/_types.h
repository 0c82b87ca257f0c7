/* What the walk knows about a type, found out once for each type it meets. */
#ifndef LEAKGUARD_TYPES_H
#define LEAKGUARD_TYPES_H
#include "_fields.h"

/* C modules of the standard library: only their __sizeof__ is called. A third party's may do
   anything, and a Python one is the user's code. */
static int lg_is_stdlib_c(const char *name) {
    static const char *const modules[] = {
        "_asyncio.", "_bisect.", "_collections.", "_ctypes.", "_datetime.", "_decimal.",
        "_elementtree.", "_hashlib.", "_io.", "_pickle.", "_queue.", "_random.", "_socket.",
        "_sre.", "_ssl.", "_struct.", "array.", "collections.", "ctypes.", "datetime.", "decimal.",
        "functools.", "itertools.", "re.", "select.", "xml.etree.", "zlib.", NULL};
    if (!strchr(name, '.')) return 1;
    for (int i = 0; modules[i]; i++)
        if (!strncmp(name, modules[i], strlen(modules[i]))) return 1;
    return 0;
}

static PyCFunction lg_find_sizeof(PyTypeObject *type) {
    for (PyTypeObject *b = type; b; b = b->tp_base) {
        PyObject *method = lg_dict_find(lg_type_dict(b), "__sizeof__");
        if (!method || Py_TYPE(method) != &PyMethodDescr_Type) continue;
        if (b == &PyBaseObject_Type || !lg_is_stdlib_c(b->tp_name)) return NULL;
        PyMethodDef *def = ((PyMethodDescrObject *)method)->d_method;
        int convention = METH_NOARGS | METH_O | METH_VARARGS | METH_FASTCALL | METH_METHOD;
        return (def->ml_flags & convention) == METH_NOARGS ? def->ml_meth : NULL;
    }
    return NULL;
}

static void lg_type_init(LGType *t, LGArena *arena, LGStrings *s, LGIdents *idents, uint64_t salt,
                         PyTypeObject *type) {
    memset(t, 0, sizeof *t);
    t->type = type;
    t->traverse = type->tp_traverse;
    t->basic = (uint32_t)type->tp_basicsize;
    t->item = (uint32_t)type->tp_itemsize;
    t->prefix = (uint32_t)lg_prefix_bytes(type);
    lg_classify(t, type);
    int gc = (type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0;
    int python = lg_is_heap_type(type) && type->tp_traverse == lg_layouts.subtype_traverse;
    t->flags = (uint8_t)((gc ? LG_FLAG_GC : 0) | (python ? LG_FLAG_PYTHON : 0));
    lg_text_type(s, type);
    t->name = lg_text_end(s);
    if (lg_is_heap_type(type)) t->ident = lg_ident_class(idents, s, type, t->name);
    lg_find_fields(t, arena, s, type);
    lg_find_attributes(t, arena, s, salt, type);
    int atomic = t->exact && t->kind >= LG_NONE && t->kind < LG_BYTEARRAY; /* those that never grow */
    int opaque = !gc && t->kind == LG_OTHER && !t->special && !t->field_count &&
                 !lg_is_heap_type(type); /* timedelta, Decimal, a lock … */
    t->leaf = (uint8_t)(atomic || opaque);
    if (t->kind == LG_OTHER || t->kind == LG_CODE || t->kind >= LG_GENERATOR ||
        t->special == LG_ORDERED_DICT)
        t->sizeof_fn = lg_find_sizeof(type);
}

#endif

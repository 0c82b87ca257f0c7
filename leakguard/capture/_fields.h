/* Where the instances of a type keep references, and how each is called. */
#ifndef LEAKGUARD_FIELDS_H
#define LEAKGUARD_FIELDS_H
#include "_kinds.h"

#define LG_FIELDS_MAX 128
typedef struct {
    LGField field[LG_FIELDS_MAX];
    uint32_t count;
} LGFieldList;

static void lg_field_add(LGFieldList *l, size_t offset, uint32_t label) {
    for (uint32_t i = 0; i < l->count; i++)
        if (l->field[i].offset == offset) return;
    if (l->count < LG_FIELDS_MAX) l->field[l->count++] = (LGField){(uint32_t)offset, label};
}
static void lg_slot_add(LGFieldList *l, LGStrings *s, size_t offset, const char *name) {
    lg_field_add(l, offset, LG_LABEL(LG_E_SLOT, lg_string_z(s, name)));
}

/* Fields of builtin types that tp_members does not declare. */
static void lg_builtin_fields(LGFieldList *l, LGStrings *s, LGType *t) {
#define LG_AT(struct_, member, name) lg_slot_add(l, s, offsetof(struct_, member), name)
    switch (t->kind) {
    case LG_FUNCTION:
        LG_AT(PyFunctionObject, func_globals, "__globals__");
        LG_AT(PyFunctionObject, func_builtins, "__builtins__");
        LG_AT(PyFunctionObject, func_name, "__name__");
        LG_AT(PyFunctionObject, func_qualname, "__qualname__");
        LG_AT(PyFunctionObject, func_code, "__code__");
        LG_AT(PyFunctionObject, func_defaults, "__defaults__");
        LG_AT(PyFunctionObject, func_kwdefaults, "__kwdefaults__");
        LG_AT(PyFunctionObject, func_closure, "__closure__");
        LG_AT(PyFunctionObject, func_doc, "__doc__");
        LG_AT(PyFunctionObject, func_dict, "__dict__");
        LG_AT(PyFunctionObject, func_module, "__module__");
        LG_AT(PyFunctionObject, func_annotations, "__annotations__");
        break;
    case LG_METHOD:
        LG_AT(PyMethodObject, im_func, "__func__");
        LG_AT(PyMethodObject, im_self, "__self__");
        break;
    case LG_BUILTIN_FUNCTION:
        LG_AT(PyCFunctionObject, m_self, "__self__");
        LG_AT(PyCFunctionObject, m_module, "__module__");
        break;
    case LG_CELL: LG_AT(PyCellObject, ob_ref, "cell_contents"); break;
    case LG_EXCEPTION:
        LG_AT(PyBaseExceptionObject, dict, "__dict__");
        LG_AT(PyBaseExceptionObject, args, "args");
        LG_AT(PyBaseExceptionObject, notes, "__notes__");
        LG_AT(PyBaseExceptionObject, traceback, "__traceback__");
        LG_AT(PyBaseExceptionObject, context, "__context__");
        LG_AT(PyBaseExceptionObject, cause, "__cause__");
        break;
    case LG_TRACEBACK:
        LG_AT(PyTracebackObject, tb_next, "tb_next");
        LG_AT(PyTracebackObject, tb_frame, "tb_frame");
        break;
    case LG_FRAME:
        LG_AT(PyFrameObject, f_back, "f_back");
        LG_AT(PyFrameObject, f_trace, "f_trace");
        break;
    case LG_WEAKREF: LG_AT(PyWeakReference, wr_callback, "__callback__"); break;
    case LG_CONTEXT:
        LG_AT(PyContext, ctx_prev, "previous context");
        LG_AT(PyContext, ctx_vars, "variables");
        break;
    case LG_GENERATOR:
        LG_AT(PyGenObject, gi_name, "__name__");
        LG_AT(PyGenObject, gi_qualname, "__qualname__");
        LG_AT(PyGenObject, gi_exc_state.exc_value, "handled exception");
        break;
    case LG_TYPE:
        LG_AT(PyTypeObject, tp_dict, "__dict__");
        LG_AT(PyTypeObject, tp_bases, "__bases__");
        LG_AT(PyTypeObject, tp_mro, "__mro__");
        LG_AT(PyTypeObject, tp_base, "__base__");
        LG_AT(PyTypeObject, tp_cache, "cache");
        LG_AT(PyHeapTypeObject, ht_module, "module");
        break;
    case LG_LRU_CACHE:
        if (lg_layouts.lru_func) lg_slot_add(l, s, lg_layouts.lru_func, "__wrapped__");
        break;
    default: break;
    }
#undef LG_AT
}

static void lg_find_fields(LGType *t, LGArena *arena, LGStrings *s, PyTypeObject *type) {
    LGFieldList list;
    list.count = 0;
    lg_builtin_fields(&list, s, t);
    for (PyTypeObject *b = type; b; b = b->tp_base) {
        if (b->tp_base && b->tp_members == b->tp_base->tp_members) continue;
        for (PyMemberDef *m = b->tp_members; m && m->name; m++) {
            if ((m->type != T_OBJECT && m->type != T_OBJECT_EX) || (m->flags & 8)) continue;
            if (m->offset < (Py_ssize_t)sizeof(PyObject)) continue;
            int kind = m->name[0] == '_' && m->name[1] == '_' ? LG_E_SLOT : LG_E_ATTR;
            lg_field_add(&list, (size_t)m->offset, LG_LABEL(kind, lg_string_z(s, m->name)));
        }
    }
    if (type->tp_dictoffset > 0 && t->kind != LG_TYPE) /* dedup by offset: a function has named its own */
        lg_slot_add(&list, s, (size_t)type->tp_dictoffset, "__dict__");
    if (!list.count) return;
    t->fields = lg_arena_take(arena, list.count * sizeof(LGField));
    if (!t->fields) return;
    t->field_count = list.count;
    memcpy(t->fields, list.field, list.count * sizeof(LGField));
}

static void lg_find_attributes(LGType *t, LGArena *arena, LGStrings *s, uint64_t salt,
                               PyTypeObject *type) {
    PyDictKeysObject *keys = lg_shared_keys(type);
    if (!keys || !lg_keys_unicode(keys) || !keys->dk_nentries) return;
    t->attributes = lg_arena_take(arena, (size_t)keys->dk_nentries * 4);
    if (!t->attributes) return;
    t->attribute_count = (uint32_t)keys->dk_nentries;
    PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (uint32_t i = 0; i < t->attribute_count; i++) {
        PyObject *key = entries[i].me_key;
        /* vars(instance)[data] = … puts data among the names that a class's instances share */
        t->attributes[i] = lg_is_name(key) ? LG_LABEL(LG_E_ATTR, lg_string_of(s, key, LG_KEY_MAX))
                                           : lg_data_key(0, ((PyASCIIObject *)key)->hash, salt);
    }
}

#endif

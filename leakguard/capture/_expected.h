/* What tp_traverse of an object will report, with names: it reports targets alone. */
#ifndef LEAKGUARD_EXPECTED_H
#define LEAKGUARD_EXPECTED_H
#include "_sink.h"

static inline void lg_expect(LGSink *k, PyObject *op, uint32_t label) {
    if (!op || k->expected_count == LG_EXPECTED) return;
    k->expected[k->expected_count] = op;
    k->expected_label[k->expected_count++] = label;
}

static uint32_t lg_local_label(LGSink *k, PyCodeObject *code, int i) {
    PyObject *names = code->co_localsplusnames;
    if (!names || i >= Py_SIZE(names)) return LG_LABEL(LG_E_STACK, i - code->co_nlocalsplus);
    return LG_LABEL(LG_E_LOCAL, lg_string_of(k->strings, PyTuple_GET_ITEM(names, i), LG_NAME_MAX));
}

/* What a running frame holds beside its locals. */
static void lg_running_frame_parts(_PyInterpreterFrame *frame, LGSink *k) {
    int borrowed;
    PyObject *executable = LG_FRAME_SLOT(frame->LG_EXECUTABLE, &borrowed);
    lg_emit(k, (void *)((uintptr_t)executable | (uintptr_t)borrowed), LG_L(LG_E_OTHER));
    PyObject *function = LG_FRAME_SLOT(frame->LG_FUNCOBJ, &borrowed);
    lg_emit(k, (void *)((uintptr_t)function | (uintptr_t)borrowed), LG_L(LG_E_OTHER) | 1);
    lg_emit(k, frame->f_locals, LG_L(LG_E_OTHER) | 2);
    lg_emit(k, frame->frame_obj, LG_L(LG_E_OTHER) | 3);
}

/* Locals and evaluation stack of a frame: expected from tp_traverse, or emitted at once. */
static void lg_frame_references(_PyInterpreterFrame *frame, LGSink *k, int emit) {
    PyCodeObject *code = lg_frame_code(frame);
    if (!code) return;
    if (emit) lg_running_frame_parts(frame, k);
    int borrowed;
    for (int i = 0, n = lg_frame_slots(frame, code); i < n; i++) {
        PyObject *op = lg_slot(frame->localsplus[i], &borrowed);
        if (!op) continue;
        if (borrowed) op = (PyObject *)((uintptr_t)op | LG_UNCOUNTED);
        if (emit) lg_emit(k, op, lg_local_label(k, code, i));
        else lg_expect(k, op, lg_local_label(k, code, i));
    }
}

static void lg_expect_instance(PyObject *op, LGType *t, LGSink *k) {
    for (uint32_t i = 0; i < t->field_count; i++)
        lg_expect(k, *(PyObject **)((char *)op + t->fields[i].offset), t->fields[i].label);
    PyDictValues *values = t->attribute_count ? lg_inline_values(op, t->type) : NULL;
    for (uint32_t i = 0; values && i < t->attribute_count; i++) lg_expect(k, values->values[i], t->attributes[i]);
    if (lg_is_heap_type(t->type)) lg_expect(k, (PyObject *)t->type, k->label_class);
}

static uint32_t lg_label_of(LGSink *k, PyObject *op, PyObject **as) {
    for (int i = 0; i < k->expected_count; i++) {
        int j = k->cursor + i < k->expected_count ? k->cursor + i : k->cursor + i - k->expected_count;
        if (((uintptr_t)k->expected[j] & ~(uintptr_t)LG_UNCOUNTED) != (uintptr_t)op) continue;
        *as = k->expected[j];
        uint32_t label = k->expected_label[j];
        k->expected[j] = NULL;
        k->cursor = j + 1 < k->expected_count ? j + 1 : 0;
        return label;
    }
    return LG_LABEL(k->fallback, k->ordinal++);
}

/* tp_traverse of a dict reports each value, then its key unless all keys are strings. */
static int lg_is_next_entry(LGSink *k, PyObject *op, uint32_t *label) {
    PyDictKeysObject *keys = k->entries;
    for (; k->entry < keys->dk_nentries; k->entry++) {
        int unicode = lg_keys_unicode(keys);
        PyObject *key = unicode ? DK_UNICODE_ENTRIES(keys)[k->entry].me_key : DK_ENTRIES(keys)[k->entry].me_key;
        PyObject *value = unicode ? DK_UNICODE_ENTRIES(keys)[k->entry].me_value : DK_ENTRIES(keys)[k->entry].me_value;
        if (!value) continue;
        if (op == value) {
            *label = lg_key_label(k, key, unicode ? 0 : DK_ENTRIES(keys)[k->entry].me_hash);
            if (unicode) k->entry++;
            return 1;
        }
        if (op == key && !unicode) {
            *label = LG_L(LG_E_DICT_KEY);
            k->entry++;
            return 1;
        }
        return 0;
    }
    return 0;
}

static int lg_on_visit(PyObject *op, void *arg) {
    LGSink *k = arg;
    PyObject *as = op;
    uint32_t label;
    if (!k->entries || !lg_is_next_entry(k, op, &label)) label = lg_label_of(k, op, &as);
    lg_emit(k, as, label);
    return 0;
}

#endif

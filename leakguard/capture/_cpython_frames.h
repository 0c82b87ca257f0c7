/* Frames of the interpreter: their code, their slots, their instruction, and the generators they live in. */
#ifndef LEAKGUARD_CPYTHON_FRAMES_H
#define LEAKGUARD_CPYTHON_FRAMES_H

#include "_cpython_objects.h"

#if PY_VERSION_HEX >= 0x030E0000
/* low bits of a stack reference: 1 marks a borrowed one, both together a tagged integer */
static inline PyObject *lg_slot(_PyStackRef ref, int *borrowed) {
    *borrowed = (int)(ref.bits & 1);
    return (ref.bits & 3) == 3 ? NULL : (PyObject *)(ref.bits & ~(uintptr_t)3);
}
#define LG_FRAME_SLOT(ref, borrowed) lg_slot(ref, borrowed)
#define LG_GENERATOR_FRAME(g) (&(g)->gi_iframe)
#else
static inline PyObject *lg_slot(PyObject *op, int *borrowed) {
    *borrowed = 0;
    return op;
}
#define LG_FRAME_SLOT(ref, borrowed) lg_slot((PyObject *)(ref), borrowed)
#define LG_GENERATOR_FRAME(g) ((_PyInterpreterFrame *)(g)->gi_iframe)
#endif
#if PY_VERSION_HEX >= 0x030D0000
#define LG_EXECUTABLE f_executable
#else
#define LG_EXECUTABLE f_code
#endif
#if PY_VERSION_HEX >= 0x030C0000
#define LG_FUNCOBJ f_funcobj
#else
#define LG_FUNCOBJ f_func
#endif

static inline _PyInterpreterFrame *lg_current_frame(PyThreadState *thread) {
#if PY_VERSION_HEX >= 0x030D0000
    return thread->current_frame;
#else
    return thread->cframe ? thread->cframe->current_frame : NULL;
#endif
}

/* The code object a frame runs, or NULL for the shims that C calls put between frames. */
static inline PyCodeObject *lg_frame_code(_PyInterpreterFrame *frame) {
#if PY_VERSION_HEX >= 0x030E0000
    if (frame->owner >= FRAME_OWNED_BY_INTERPRETER) return NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    if (frame->owner == FRAME_OWNED_BY_CSTACK) return NULL;
#endif
    int borrowed;
    PyObject *code = LG_FRAME_SLOT(frame->LG_EXECUTABLE, &borrowed);
    return code && PyCode_Check(code) ? (PyCodeObject *)code : NULL;
}

/* Live slots: the locals, and the evaluation stack where its height is known. */
static inline int lg_frame_slots(_PyInterpreterFrame *frame, PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030E0000
    int top = frame->stackpointer ? (int)(frame->stackpointer - frame->localsplus) : 0;
#else
    int top = frame->stacktop;
#endif
    int most = code->co_nlocalsplus + code->co_stacksize;
    return top > code->co_nlocalsplus && top <= most ? top : code->co_nlocalsplus;
}

/* The frame inside a generator, coroutine or async generator; NULL when it has ended. */
static inline _PyInterpreterFrame *lg_generator_frame(PyObject *op) {
    PyGenObject *generator = (PyGenObject *)op;
    return generator->gi_frame_state < FRAME_CLEARED ? LG_GENERATOR_FRAME(generator) : NULL;
}

/* The generator that a frame lives in. */
static inline PyObject *lg_frame_generator(_PyInterpreterFrame *frame) {
    return (PyObject *)((char *)frame - offsetof(PyGenObject, gi_iframe));
}

#define LG_FRAME_IN_GENERATOR(f) ((f)->owner == FRAME_OWNED_BY_GENERATOR)
#define LG_FRAME_IN_OBJECT(f) ((f)->owner == FRAME_OWNED_BY_FRAME_OBJECT)

static inline _PyInterpreterFrame *lg_frame_object_frame(PyObject *op) {
    return ((PyFrameObject *)op)->f_frame;
}
/* Of the function that a frame runs, or NULL: the frame's own field is not set in the shim that
   calls an __init__ (3.13), which has a code object but no function. */
static inline PyObject *lg_frame_globals(_PyInterpreterFrame *frame) {
    int borrowed;
    PyObject *function = LG_FRAME_SLOT(frame->LG_FUNCOBJ, &borrowed);
    return function && PyFunction_Check(function) ? ((PyFunctionObject *)function)->func_globals : NULL;
}

/* The code of a frame that runs bytecode already, whose instruction may be read then, or NULL. */
static inline PyCodeObject *lg_frame_started(_PyInterpreterFrame *frame) {
    PyCodeObject *code = lg_frame_code(frame);
    return code && !_PyFrame_IsIncomplete(frame) ? code : NULL;
}

/* The offset of a started frame's instruction in bytes, as PyCode_Addr2Line takes it. */
static inline int lg_frame_instruction(_PyInterpreterFrame *frame) {
    return _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
}

#endif

/* pymalloc: what it has handed out, asked past the sampler's hook. */
#ifndef LEAKGUARD_CPYTHON_PYMALLOC_H
#define LEAKGUARD_CPYTHON_PYMALLOC_H

#include "_cpython_objects.h"

extern int _PyObject_DebugMallocStats(FILE *out); /* exported by all versions, declared apart */

/* The allocator of objects, replaced past the lock that PyMem_SetAllocator takes (3.12 on). */
static inline void lg_replace_object_allocator(const PyMemAllocatorEx *allocator) {
#if PY_VERSION_HEX >= 0x030C0000
    _PyRuntime.allocators.standard.obj = *allocator;
#else
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, (PyMemAllocatorEx *)allocator);
#endif
}

/* Prints pymalloc's statistics. It says nothing unless it is the allocator itself: so the sampler's
   hook (`hook` is its malloc, `below` what it calls; both NULL: there is none) makes room for that
   long, if it is on top. Nothing else allocates meanwhile: the GIL is held or this is a child, and
   where others run (`parallel`) there must be no second interpreter, which may have its own GIL. */
static inline void lg_pymalloc_report(FILE *out, const void *hook, const void *below, int parallel) {
    PyMemAllocatorEx top = {0};
#if PY_VERSION_HEX >= 0x030C0000
    top = _PyRuntime.allocators.standard.obj;
#else
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &top);
#endif
    int alone = !parallel || !PyInterpreterState_Next(PyInterpreterState_Head());
    int hooked = hook && (const void *)top.malloc == hook;
    if (hooked && alone) lg_replace_object_allocator(below);
    _PyObject_DebugMallocStats(out);
    fflush(out);
    if (hooked && alone) lg_replace_object_allocator(&top);
}

/* bytes that pymalloc has handed out, from the statistics it has printed into `text`; 0 where it is
   not in use. */
static inline uint64_t lg_pymalloc_in_use(const char *text) {
    const char *p = strstr(text, "# bytes in allocated blocks");
    uint64_t n = 0;
    if (p) p = strchr(p, '=');
    for (; p && *p && *p != '\n'; p++)
        if (*p >= '0' && *p <= '9') n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

#endif

/* An extension as a third party may have written it: its traverse goes wrong, but only in a process
   other than the one that imported it, so that the tests' own collections are safe. Also threads
   that know nothing of Python and allocate without end. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    PyObject_HEAD
    PyObject *held;
    char how[16];
} Thing;

static pid_t home;

static int is(Thing *self, const char *how) { return strcmp(self->how, how) == 0; }

static int traverse(Thing *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->held);
    if (getpid() == home) return 0;
    if (is(self, "crash")) *(volatile int *)8 = 1;
    if (is(self, "abort")) abort();
    if (is(self, "exit")) _exit(0);
    if (is(self, "null")) return visit(NULL, arg);
    if (is(self, "wild")) return visit((PyObject *)0x5550, arg);
    while (is(self, "hang")) sleep(1);
    while (is(self, "spin")) (void)*(volatile char *)self->how;
    return 0;
}

static int clear(Thing *self) {
    Py_CLEAR(self->held);
    return 0;
}

static void dealloc(Thing *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static int init(Thing *self, PyObject *args, PyObject *kwargs) {
    const char *how;
    PyObject *held = NULL;
    if (kwargs || !PyArg_ParseTuple(args, "s|O", &how, &held)) return -1;
    strncpy(self->how, how, sizeof self->how - 1);
    self->held = Py_XNewRef(held);
    return 0;
}

static PyType_Slot slots[] = {
    {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {Py_tp_dealloc, dealloc},
    {Py_tp_init, init},         {0, NULL},
};
static PyType_Spec spec = {"misbehaving.Thing", sizeof(Thing), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

static atomic_int hammering;

static void *hammer_on(void *seed) {
    unsigned state = (unsigned)(size_t)seed;
    void *blocks[64];
    while (hammering) {
        for (int i = 0; i < 64; i++) {
            state = state * 1103515245 + 12345;
            blocks[i] = malloc(16 + (state >> 8) % 70000);
        }
        for (int i = 0; i < 64; i++) free(blocks[i]);
    }
    return NULL;
}

static PyObject *hammer(PyObject *module, PyObject *number) {
    pthread_t thread;
    long count = PyLong_AsLong(number);
    if (count == -1 && PyErr_Occurred()) return NULL;
    hammering = 1;
    for (long i = 0; i < count; i++) {
        if (pthread_create(&thread, NULL, hammer_on, (void *)(size_t)(i + 1)))
            return PyErr_SetFromErrno(PyExc_OSError);
        pthread_detach(thread);
    }
    Py_RETURN_NONE;
}

static PyObject *calm(PyObject *module, PyObject *ignored) {
    hammering = 0;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"hammer", hammer, METH_O, "Start that many threads that allocate and free until calm()."},
    {"calm", calm, METH_NOARGS, "Let the threads end."},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "misbehaving", NULL, -1, methods};

PyMODINIT_FUNC PyInit_misbehaving(void) {
    home = getpid();
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&spec) : NULL;
    if (!type || PyModule_AddObjectRef(made, "Thing", type) < 0) {
        Py_XDECREF(made);
        made = NULL;
    }
    Py_XDECREF(type);
    return made;
}

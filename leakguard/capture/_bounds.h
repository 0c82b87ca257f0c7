/* How much a container holds at most, where it says so.
 *
 * A cache without a bound that would ever be reached is a leak like any dict. Of classes written in
 * Python the well-known ones are read, by the attribute that each keeps its bound in: a number of
 * entries, which is a size and nobody's value.
 */
#ifndef LEAKGUARD_BOUNDS_H
#define LEAKGUARD_BOUNDS_H
#include "_sizes.h"

#define LG_NO_BOUND (-2)    /* there is none to be read */
#define LG_BOUND_BY_AGE (-1) /* what is old is dropped, however many there are */
#define LG_LONG_AGE 86400   /* seconds: in a day much comes together */

typedef struct {
    const char *module, *name;
    const char *limit; /* the attribute with the most entries */
    const char *age;   /* with how long they stay; NULL where they do so for ever */
    const char *other; /* where an instance has this one, the limit is no number of entries */
} LGBounding;

static const LGBounding lg_boundings[] = {
    {"cachetools", "TLRUCache", "_Cache__maxsize", "_TLRUCache__ttu", NULL},
    {"cachetools", "Cache", "_Cache__maxsize", "_TTLCache__ttl", "_Cache__size"},
    {"expiringdict", "ExpiringDict", "max_len", "max_age", NULL},
    {"jinja2.utils", "LRUCache", "capacity", NULL, NULL},
    {"mako.util", "LRUCache", "capacity", NULL, NULL},
    {"sqlalchemy.util._collections", "LRUCache", "capacity", NULL, NULL},
    {"boltons.cacheutils", "LRI", "max_size", NULL, NULL},
};
#define LG_BOUNDINGS ((int)(sizeof lg_boundings / sizeof *lg_boundings))

/* Which of these a class is or comes from: its place from 1 on, 0 for none. */
static uint8_t lg_bounding_of(PyTypeObject *type) {
    for (PyTypeObject *b = type; b && lg_is_heap_type(b); b = b->tp_base) {
        PyObject *module = lg_dict_find(lg_type_dict(b), "__module__");
        if (!module) continue;
        for (int i = 0; i < LG_BOUNDINGS; i++) {
            const LGBounding *one = &lg_boundings[i];
            if (!strcmp(b->tp_name, one->name) &&
                lg_str_equals(module, one->module, (Py_ssize_t)strlen(one->module)))
                return (uint8_t)(i + 1);
        }
    }
    return 0;
}

/* What an instance has for an attribute, without asking its class; borrowed, or NULL. */
static PyObject *lg_instance_attribute(PyObject *op, PyTypeObject *type, const char *name) {
    Py_ssize_t n = (Py_ssize_t)strlen(name);
    PyDictKeysObject *keys = lg_shared_keys(type);
    PyDictValues *values = keys && lg_keys_unicode(keys) ? lg_inline_values(op, type) : NULL;
    for (Py_ssize_t i = 0; values && i < keys->dk_nentries; i++) {
        PyObject *key = DK_UNICODE_ENTRIES(keys)[i].me_key;
        if (key && lg_str_equals(key, name, n)) return values->values[i];
    }
    if (values) return NULL;
    PyObject *dict = lg_managed_dict(op, type);
    if (!dict && type->tp_dictoffset > 0) dict = *(PyObject **)((char *)op + type->tp_dictoffset);
    return lg_dict_find(dict, name);
}

/* A number as a limit: the largest there is for what is larger still; LG_NO_BOUND for no number. */
static int64_t lg_as_limit(PyObject *number) {
    if (number && PyFloat_CheckExact(number)) {
        double value = PyFloat_AS_DOUBLE(number);
        return value >= 9e18 ? INT64_MAX : value >= 0 ? (int64_t)value : LG_NO_BOUND;
    }
    if (!number || !PyLong_CheckExact(number)) return LG_NO_BOUND;
    if (lg_long_digits(number) > 2) return INT64_MAX; /* two digits are 60 bits */
    long long value = PyLong_AsLongLong(number);
    return value >= 0 ? value : LG_NO_BOUND;
}

static int64_t lg_bound_of_instance(PyObject *op, LGType *t) {
    const LGBounding *known = &lg_boundings[t->bounding - 1];
    int64_t limit = lg_as_limit(lg_instance_attribute(op, t->type, known->limit));
    PyObject *age = known->age ? lg_instance_attribute(op, t->type, known->age) : NULL;
    if (age && lg_as_limit(age) < LG_LONG_AGE) return LG_BOUND_BY_AGE;
    if (known->other && limit != INT64_MAX && lg_instance_attribute(op, t->type, known->other))
        return LG_NO_BOUND;
    return limit;
}

/* The most entries that a container can hold, or one of the two above. */
static int64_t lg_bound_of(PyObject *op, LGType *t) {
    if (t->bounding) return lg_bound_of_instance(op, t);
    uint32_t offset = t->kind == LG_DEQUE       ? lg_layouts.deque_maxlen
                      : t->kind == LG_LRU_CACHE ? lg_layouts.lru_maxsize : 0;
    Py_ssize_t limit = offset ? *(Py_ssize_t *)((char *)op + offset) : -1;
    return limit >= 0 ? limit : LG_NO_BOUND;
}

#endif

/* The blocks of memory that an object consists of: sampled ones among them find their node.
 *
 * A sampled block is claimed by the node of its object while the walk has the object at hand, where
 * the block is a buffer or a folded leaf. Blocks that are objects with a node need no claim: the
 * walk knows the nodes by address.
 */
#ifndef LEAKGUARD_OWNED_H
#define LEAKGUARD_OWNED_H
#include "_references.h"
#include "../routes/_tables.h"

#define LG_NOBODY 0xFFFFFFFFu
#define LG_WIDEST_PREFIX 32 /* the collector's header, managed dict and weak references */

typedef struct {
    uint64_t *filter; /* a bit for 16 bytes of memory; NULL: no block is wanted */
    LGMap index;      /* block -> its sample's index + 1 */
    uint32_t *node;   /* of each sample */
} LGWanted;

#define LG_FILTER_BITS (1u << 18) /* 32 KiB */

/* Neighbours in memory share a cache line of the filter. */
static inline uint32_t lg_filter_bit(const void *block) {
    uintptr_t bits = (uintptr_t)block;
    return (uint32_t)(bits >> 4 ^ bits >> 24) & (LG_FILTER_BITS - 1);
}
static inline int lg_is_wanted(const LGWanted *w, const void *block) {
    uint32_t bit = lg_filter_bit(block);
    return w->filter[bit >> 6] >> (bit & 63) & 1;
}

/* The place of a sample's index + 1; NULL: no memory. */
static inline uint32_t *lg_want(LGWanted *w, const void *block) {
    uint32_t bit = lg_filter_bit(block);
    w->filter[bit >> 6] |= (uint64_t)1 << (bit & 63);
    return lg_map_slot(&w->index, block);
}

static __attribute__((noinline)) void lg_claim_sampled(LGWanted *w, const void *block, uint32_t node,
                                                       int guess) {
    uint32_t found = lg_map_get(&w->index, block);
    if (found && (!guess || w->node[found - 1] == LG_NOBODY)) w->node[found - 1] = node;
}

/* Most blocks are not sampled: one bit tells. */
static inline void lg_claim(LGWanted *w, const void *block, uint32_t node) {
    if (lg_is_wanted(w, block)) lg_claim_sampled(w, block, node, 0);
}

/* Whatever a C type points to is taken for its own, until somebody is known to own it. */
static void lg_claim_pointers(LGWanted *w, PyObject *op, LGType *t, uint32_t node) {
    for (size_t at = sizeof(PyObject); at + sizeof(void *) <= t->basic; at += sizeof(void *)) {
        const void *word = *(const void **)((char *)op + at);
        if (lg_is_wanted(w, word)) lg_claim_sampled(w, word, node, 1);
    }
}

static void lg_claim_str(LGWanted *w, PyObject *op, uint32_t node) {
    PyASCIIObject *ascii = (PyASCIIObject *)op;
    if (ascii->state.compact && ascii->state.ascii) return;
    lg_claim(w, ((PyCompactUnicodeObject *)op)->utf8, node);
    if (!ascii->state.compact) lg_claim(w, ((PyUnicodeObject *)op)->data.any, node);
}

/* odictobject.c's: beside the dict a list of nodes, and a table of them by the dict's entries. */
typedef struct LGOrderedNode {
    PyObject *key;
    Py_hash_t hash;
    struct LGOrderedNode *next, *previous;
} LGOrderedNode;
typedef struct {
    PyDictObject dict;
    LGOrderedNode *first, *last, **nodes;
    Py_ssize_t node_count;
    void *resized;
    size_t state;
    PyObject *instance_dict, *weak_references;
} LGOrderedDict;

static void lg_claim_ordered(LGWanted *w, PyObject *op, uint32_t node) {
    if (PyODict_Type.tp_basicsize != sizeof(LGOrderedDict)) return;
    LGOrderedDict *dict = (LGOrderedDict *)op;
    Py_ssize_t left = dict->dict.ma_used;
    lg_claim(w, dict->nodes, node);
    for (LGOrderedNode *at = dict->first; at && left-- > 0; at = at->next) lg_claim(w, at, node);
}

static void lg_claim_dict(LGWanted *w, PyDictObject *dict, LGType *t, uint32_t node) {
    if (!lg_keys_shared(dict->ma_keys)) lg_claim(w, dict->ma_keys, node);
    if (dict->ma_values && !lg_values_embedded(dict->ma_values))
        lg_claim(w, lg_values_block(dict->ma_values), node);
    if (t->special == LG_ORDERED_DICT) lg_claim_ordered(w, (PyObject *)dict, node);
}

/* _collectionsmodule.c's: a chain of blocks of 64 items */
typedef struct LGDequeBlock {
    struct LGDequeBlock *left;
    PyObject *items[64];
    struct LGDequeBlock *right;
} LGDequeBlock;
typedef struct {
    PyObject_VAR_HEAD
    LGDequeBlock *first, *last;
    Py_ssize_t first_index, last_index;
    size_t state;
    Py_ssize_t maxlen;
} LGDeque;

static void lg_claim_deque(LGWanted *w, PyObject *op, uint32_t node) {
    if (lg_layouts.deque_maxlen != offsetof(LGDeque, maxlen)) return;
    LGDeque *deque = (LGDeque *)op;
    Py_ssize_t left = Py_SIZE(op) / 64 + 2;
    for (LGDequeBlock *at = deque->first; at && left-- > 0; at = at->right) {
        lg_claim(w, at, node);
        if (at == deque->last) break;
    }
}

static void lg_claim_type(LGWanted *w, PyTypeObject *type, uint32_t node) {
    if (!lg_is_heap_type(type)) return;
    lg_claim(w, lg_shared_keys(type), node);
    lg_claim(w, type->tp_doc, node);
    lg_claim(w, ((PyHeapTypeObject *)type)->_ht_tpname, node);
}

/* Kinds of C types whose buffers are not known one by one. */
static inline int lg_is_opaque(const LGType *t) {
    switch (t->kind) {
    case LG_NONE: case LG_BYTES: case LG_INT: case LG_FLOAT: case LG_BOOL: case LG_COMPLEX:
    case LG_TUPLE: case LG_FUNCTION: case LG_METHOD: case LG_BUILTIN_FUNCTION: case LG_CELL:
    case LG_WEAKREF:
        return 0;
    default: return !(t->flags & LG_FLAG_PYTHON) && t->special == LG_PLAIN;
    }
}

static inline uint8_t lg_has_buffers(const LGType *t) {
    switch (t->kind) {
    case LG_STR: case LG_BYTEARRAY: case LG_LIST: case LG_DICT: case LG_SET: case LG_TYPE:
    case LG_DEQUE: case LG_NUMPY_ARRAY:
        return 1;
    default:
        return lg_is_opaque(t) || (LG_VALUES_APART && t->type->tp_flags & Py_TPFLAGS_MANAGED_DICT);
    }
}

/* The buffers of an object, for its node. */
static void lg_claim_buffers(LGWanted *w, PyObject *op, LGType *t, uint32_t node) {
    switch (t->kind) {
    case LG_STR: lg_claim_str(w, op, node); break;
    case LG_BYTEARRAY: lg_claim(w, lg_bytearray_block(op), node); break;
    case LG_LIST: lg_claim(w, ((PyListObject *)op)->ob_item, node); break;
    case LG_DICT: lg_claim_dict(w, (PyDictObject *)op, t, node); break;
    case LG_SET: lg_claim(w, ((PySetObject *)op)->table, node); break;
    case LG_TYPE: lg_claim_type(w, (PyTypeObject *)op, node); break;
    case LG_DEQUE: lg_claim_deque(w, op, node); break;
    case LG_NUMPY_ARRAY:
        if (lg_layouts.numpy_major && ((LGNumpyArray *)op)->flags & LG_NUMPY_OWNS)
            lg_claim(w, ((LGNumpyArray *)op)->data, node);
        break;
    default: if (lg_is_opaque(t)) lg_claim_pointers(w, op, t, node);
    }
    if (!LG_VALUES_APART) return;
    PyDictValues *values = lg_inline_values(op, t->type);
    if (values) lg_claim(w, lg_values_block(values), node);
}

/* A leaf that is folded into its owner's node. */
static inline void lg_claim_leaf(LGWanted *w, PyObject *op, LGType *t, uint32_t owner) {
    lg_claim(w, (char *)op - t->prefix, owner);
    if (t->buffers) lg_claim_buffers(w, op, t, owner);
}

/* A key of its own for an instruction: code objects do not overlap. Not shifted, the map would see
   eight instructions as one place. */
static inline const void *lg_instruction_key(const LGFrame *frame) {
    return (const void *)((uintptr_t)((char *)frame->code + frame->instruction) << 3);
}

/* The line of a frame's instruction, 0 where it has none. Reads the code object's table only. */
static inline uint32_t lg_frame_line(const LGFrame *frame) {
    int line = PyCode_Addr2Line((PyCodeObject *)frame->code, frame->instruction);
    return line > 0 ? (uint32_t)line : 0;
}

static inline uint64_t lg_estimated_bytes(const LGSample *sample) {
    double size = sample->size ? (double)sample->size : 1.0;
    return (uint64_t)(size / lg_probability(sample) + 0.5);
}

#endif

# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True
"""The tree of paths of a heap image: what hangs where, by the names of the references.

Two objects are on one path when the same references lead to them from a root, so that the tree is
small where the heap is large, and the same path is found again in a later image. Paths go by a
64-bit hash over the words of labels, types and names, which do not depend on one image's numbers.

Indices into the image's arrays must be in range, which HeapImage checks on opening; the lengths of
all arrays are compared here.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc

from leakguard.analysis._graph import NONE, Column

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define LG_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define LG_PREFETCH(address) ((void)(address))
    #endif
    """
    void prefetch "LG_PREFETCH"(const void *address) noexcept nogil

# In the order in which roots take their turn; weak containers come last of all.
TIER_MODULE, TIER_LOOP, TIER_THREAD, TIER_C, TIER_C_REFERRED = 1, 2, 3, 4, 5
TIER_TYPE, TIER_IMMORTAL, TIER_WEAK = 6, 7, 8

ROLE_LOOP, ROLE_WEAK, ROLE_BOUNDED, ROLE_OWN = 1, 2, 4, 8

FLAG_BOUNDED, FLAG_WEAK, FLAG_OWN, FLAG_REPEATS, FLAG_DISTINCT_KEY = 1, 2, 4, 8, 16

cdef enum:
    LOOP_TIER = 2
    THREAD_TIER = 3
    C_TIER = 4
    C_REFERRED_TIER = 5
    WEAK_TIER = 8
    LOOP_ROLE = 1
    WEAK_ROLE = 2
    BOUNDED_ROLE = 4
    OWN_ROLE = 8
    BOUNDED = 1
    WEAK = 2
    OWN = 4
    REPEATS = 8
    DISTINCT_KEY = 16
    # An event loop waits until somebody has referred to it.
    LOOP = 254
    LOOP_MET = 253
    # Kinds of edges and of types: see leakguard.image.format.
    ATTR = 1
    KEY = 2
    DATA_KEY = 3
    CELL_EDGE = 5
    SLOT = 8
    CONTEXT_VAR = 9
    DICT = 9
    FUNCTION = 15
    CELL = 17
    GENERATOR = 18
    METHOD = 20
    THREAD = 21
    HAMT = 25
    LRU_CACHE = 26
    TASK = 28
    BUILTIN_FUNCTION = 31
    PARTIAL = 33
    # Of one dict (or one object) at most so many keys are paths of their own.
    MOST_KEYS = 256
    MOST_NAMES = 512
    # A step that is found twice among so many before it goes round in a ring.
    RING = 48
    # Of a method, a partial or a task so many references are searched for its function.
    CALLABLE_EDGES = 16
    MOST_PATHS = 1 << 21
    # Of what is known, this is what a later image must know too.
    KEPT_KEY = 1

cdef uint32_t NO = <uint32_t>0xFFFFFFFFU
cdef uint32_t SHOWN_DATA_KEY = <uint32_t>DATA_KEY << 28


cdef inline uint64_t mix(uint64_t one, uint64_t other) noexcept nogil:
    cdef uint64_t x = one ^ (other + <uint64_t>0x9E3779B97F4A7C15U + (one << 6) + (one >> 2))
    x = (x ^ (x >> 30)) * <uint64_t>0xBF58476D1CE4E5B9U
    x = (x ^ (x >> 27)) * <uint64_t>0x94D049BB133111EBU
    x = x ^ (x >> 31)
    return x if x else 1


cdef inline uint64_t hash_bytes(const uint8_t *text, Py_ssize_t length) noexcept nogil:
    """FNV-1a."""
    cdef uint64_t h = <uint64_t>0xCBF29CE484222325U
    cdef Py_ssize_t k
    for k in range(length):
        h = (h ^ text[k]) * <uint64_t>0x100000001B3U
    return h


def hash_strings(const uint32_t[::1] string_offset not None, const uint8_t[::1] string_data not None):
    """A 64-bit hash of every string of an image, the same for the same text anywhere."""
    cdef Py_ssize_t n = string_offset.shape[0] - 1, i
    if n < 0 or string_offset[n] > <size_t>string_data.shape[0]:
        raise ValueError("the string offsets and the string data do not belong together")
    column = Column("Q", max(n, 1))
    cdef const uint64_t[::1] view = column
    cdef uint64_t *out = <uint64_t*>&view[0]
    with nogil:
        for i in range(n):
            out[i] = hash_bytes(
                &string_data[0] + string_offset[i], string_offset[i + 1] - string_offset[i]
            )
    return memoryview(column)


# -- sets and maps of hashes --------------------------------------------------------------------


cdef struct Map:
    uint64_t *key      # 0 = free
    uint32_t *value
    uint64_t size      # a power of two
    uint64_t used


cdef int map_start(Map *m, uint64_t size) noexcept nogil:
    m.size = 1024
    while m.size < size * 2:
        m.size *= 2
    m.used = 0
    m.key = <uint64_t*>calloc(m.size, sizeof(uint64_t))
    m.value = <uint32_t*>calloc(m.size, sizeof(uint32_t))
    return 0 if m.key != NULL and m.value != NULL else -1


cdef void map_end(Map *m) noexcept nogil:
    free(m.key)
    free(m.value)
    m.key = NULL
    m.value = NULL


cdef inline uint64_t map_place(Map *m, uint64_t key) noexcept nogil:
    cdef uint64_t at = key & (m.size - 1)
    while m.key[at] != 0 and m.key[at] != key:
        at = (at + 1) & (m.size - 1)
    return at


cdef int map_grow(Map *m) noexcept nogil:
    cdef Map larger
    cdef uint64_t i, at
    if map_start(&larger, m.size) < 0:
        map_end(&larger)
        return -1
    for i in range(m.size):
        if m.key[i]:
            at = map_place(&larger, m.key[i])
            larger.key[at] = m.key[i]
            larger.value[at] = m.value[i]
    larger.used = m.used
    map_end(m)
    m[0] = larger
    return 0


cdef inline int map_put(Map *m, uint64_t key, uint32_t value) noexcept nogil:
    cdef uint64_t at = map_place(m, key)
    if m.key[at] == 0:
        if (m.used + 1) * 2 > m.size:
            if map_grow(m) < 0:
                return -1
            at = map_place(m, key)
        m.key[at] = key
        m.used += 1
    m.value[at] = value
    return 0


cdef inline bint map_has(Map *m, uint64_t key) noexcept nogil:
    return m.key[map_place(m, key)] != 0


# -- the tree -----------------------------------------------------------------------------------


cdef struct Path:
    uint64_t hash
    uint64_t step          # hash of the last step alone: label and group
    uint64_t count         # objects
    uint64_t inner         # plumbing and folded leaves
    uint64_t bytes
    uint64_t all_objects   # of this path and all below
    uint64_t all_bytes
    uint32_t parent
    uint32_t label
    uint32_t node          # the first object
    uint32_t ident         # of the first object, NO for the nameless
    uint32_t keys          # distinct keys or names below
    uint32_t kept
    uint8_t tier
    uint8_t flags


cdef struct Walk:
    const uint32_t *offset
    const uint32_t *target
    const uint32_t *label
    const uint16_t *type
    const uint64_t *size
    const uint32_t *folded
    const uint8_t *kind         # by type
    const uint8_t *role         # by type
    const uint64_t *type_hash
    const uint64_t *string_hash
    const uint32_t *group       # by node: type, or type_count + ident
    const uint64_t *ident_hash
    uint32_t type_count
    uint32_t *parent
    uint32_t *parent_edge
    uint8_t *seen               # by node: the tier that reached it
    uint8_t *hold               # by node: the tier from which on references lead into it, or LOOP
    uint8_t *mark               # by node: flags that it brings
    uint32_t *queue
    uint32_t *path_of
    uint64_t reached
    uint64_t dict_slot, closure_slot, data_name  # hashes: a string may stand in the table twice
    Map table, baseline, known
    bint has_baseline
    Path *path
    uint32_t paths, room


cdef inline uint64_t name_of(Walk *w, uint32_t label) noexcept nogil:
    """The hash of the name in a label of a kind that has one."""
    return w.string_hash[label & 0xFFFFFFF]


cdef inline bint is_slot(Walk *w, uint32_t label, uint64_t name) noexcept nogil:
    return label >> 28 == SLOT and name_of(w, label) == name


cdef inline uint8_t kind_of(Walk *w, uint32_t node) noexcept nogil:
    return w.kind[w.type[node]]


cdef void weak_data(Walk *w, uint32_t owner, bint is_container, bint entering) noexcept nogil:
    """What `owner` (a weak container or its __dict__) refers to as `data` is reached last of all.

    First it is held back; in the end, if its owner was reached, it is entered from there.
    """
    cdef uint64_t k
    cdef uint32_t label, kind, target
    for k in range(w.offset[owner], w.offset[owner + 1]):
        label = w.label[k]
        kind = label >> 28
        target = w.target[k]
        if is_container and is_slot(w, label, w.dict_slot):
            weak_data(w, target, False, entering)
        elif (kind == ATTR or kind == KEY or kind == SLOT) and name_of(w, label) == w.data_name:
            if not entering:
                w.hold[target] = WEAK_TIER
                w.mark[target] |= WEAK
            elif w.seen[owner] and not w.seen[target]:
                w.parent[target] = owner
                w.parent_edge[target] = <uint32_t>k
                enter(w, target, WEAK_TIER)


cdef inline void enter(Walk *w, uint32_t node, uint8_t tier) noexcept nogil:
    if not w.seen[node]:
        w.seen[node] = tier
        w.queue[w.reached] = node
        w.reached += 1


cdef void search(Walk *w, uint8_t tier, uint64_t head) noexcept nogil:
    """All that is reached from the queue's items from `head` on and was not reached before."""
    cdef uint64_t k, tail = w.reached
    cdef uint32_t v, t
    while head < tail:
        v = w.queue[head]
        if head + 4 < tail:
            prefetch(&w.target[w.offset[w.queue[head + 4]]])
        head += 1
        for k in range(w.offset[v], w.offset[v + 1]):
            t = w.target[k]
            if w.seen[t]:
                continue
            if w.hold[t] <= tier:
                w.seen[t] = tier
                w.parent[t] = v
                w.parent_edge[t] = <uint32_t>k
                w.queue[tail] = t
                tail += 1
            elif w.hold[t] == LOOP:
                w.hold[t] = LOOP_MET
    w.reached = tail


cdef void search_loops(Walk *w, const uint32_t *loop, uint64_t loops) noexcept nogil:
    """Event loops that something referred to are roots of their own."""
    cdef uint64_t i, head
    cdef bint again = True
    while again:
        again = False
        head = w.reached
        for i in range(loops):
            if w.hold[loop[i]] == LOOP_MET and not w.seen[loop[i]]:
                enter(w, loop[i], LOOP_TIER)
                again = True
        search(w, LOOP_TIER, head)


cdef void mark_referred(Walk *w, uint64_t n, uint8_t *referred) noexcept nogil:
    """What something that was not reached yet refers to."""
    cdef uint64_t i, k
    for i in range(n):
        if not w.seen[i]:
            for k in range(w.offset[i], w.offset[i + 1]):
                if w.target[k] != i:
                    referred[w.target[k]] = 1


cdef void reach(
    Walk *w, uint64_t n, const uint32_t *root, const uint8_t *root_tier, uint64_t roots,
    uint8_t *referred, uint32_t *special, uint64_t loops, uint64_t weak
) noexcept nogil:
    """Shortest paths, tier by tier; `special` lists the event loops, then the weak containers."""
    cdef uint64_t i, head
    cdef uint8_t tier
    for i in range(n):
        w.parent[i] = NO
        w.parent_edge[i] = NO
    for i in range(loops, loops + weak):
        weak_data(w, special[i], True, False)
    for i in range(loops):
        w.hold[special[i]] = LOOP
    for tier in range(1, WEAK_TIER + 1):
        head = w.reached
        if tier == C_TIER:
            # what a C-held object refers to hangs on it, even where C holds that too
            mark_referred(w, n, referred)
        if tier == WEAK_TIER:
            for i in range(loops, loops + weak):
                weak_data(w, special[i], True, True)
        for i in range(roots):
            if tier == WEAK_TIER or root_tier[i] == tier or (
                tier == C_REFERRED_TIER and root_tier[i] == C_TIER
            ):
                if tier == C_TIER and referred[root[i]]:
                    continue
                if w.hold[root[i]] <= tier:
                    enter(w, root[i], tier)
                elif w.hold[root[i]] == LOOP:
                    w.hold[root[i]] = LOOP_MET
        search(w, tier, head)
        search_loops(w, special, loops)
    # what only lay behind a loop that was met last
    head = w.reached
    for i in range(loops, loops + weak):
        weak_data(w, special[i], True, True)
    search(w, WEAK_TIER, head)
    search_loops(w, special, loops)


cdef uint32_t ident_of(Walk *w, uint32_t node) noexcept nogil:
    """Whose name an object goes by: its own, or that of the function it wraps. NO for none."""
    cdef uint8_t kind = kind_of(w, node), other
    cdef uint64_t k, end
    cdef uint32_t t
    if kind == THREAD:
        return NO
    if w.group[node] >= w.type_count:
        return w.group[node] - w.type_count
    if kind == METHOD or kind == PARTIAL or kind == TASK:
        end = w.offset[node + 1]
        if end > w.offset[node] + CALLABLE_EDGES:
            end = w.offset[node] + CALLABLE_EDGES
        for k in range(w.offset[node], end):
            t = w.target[k]
            other = kind_of(w, t)
            if w.group[t] >= w.type_count and (
                other == FUNCTION or other == GENERATOR or other == BUILTIN_FUNCTION
                or other == LRU_CACHE
            ):
                return w.group[t] - w.type_count
    return NO


cdef int new_path(
    Walk *w, uint64_t hash, uint64_t step, uint32_t parent, uint32_t label, uint32_t node,
    uint32_t ident
) noexcept nogil:
    cdef uint32_t room
    cdef Path *grown
    cdef Path *p
    if w.paths == w.room:
        room = w.room * 2 if w.room else 4096
        grown = <Path*>realloc(w.path, room * sizeof(Path))
        if grown == NULL:
            return -1
        w.path = grown
        w.room = room
    p = &w.path[w.paths]
    p.hash = hash
    p.step = step
    p.count = p.inner = p.bytes = p.all_objects = p.all_bytes = 0
    p.parent = parent
    p.label = label
    p.node = node
    p.ident = ident
    p.keys = 0
    p.kept = 0
    p.tier = w.seen[node]
    p.flags = w.path[parent].flags & ~(REPEATS | DISTINCT_KEY) if parent != NO else 0
    if map_put(&w.table, hash, w.paths) < 0:
        return -1
    w.paths += 1
    return 0


cdef uint32_t ring(Walk *w, uint32_t parent, uint64_t step) noexcept nogil:
    """The path that a step comes back to: it was made twice already on the way. NO if it was not."""
    cdef uint32_t at = parent, found = NO
    cdef int left = RING
    while at != NO and left:
        if w.path[at].step == step:
            if found != NO:
                return found
            found = at
        at = w.path[at].parent
        left -= 1
    return NO


cdef int key_is_distinct(Walk *w, uint32_t parent, uint64_t key, bint is_name) noexcept nogil:
    """Whether a key makes a path of its own: it did at warm-up, or its dict was not there yet and
    the key is a name. -1 without memory."""
    cdef Path *p = &w.path[parent]
    if w.has_baseline:
        if map_has(&w.baseline, key):
            return 1
        if not is_name or map_has(&w.baseline, p.hash):
            return 0
    if map_has(&w.known, key):
        return 1
    if p.keys >= MOST_KEYS:
        return 0
    p.keys += 1
    return -1 if map_put(&w.known, key, KEPT_KEY) < 0 else 1


cdef int assign(Walk *w) noexcept nogil:
    """A path for every node that was reached, parents first."""
    cdef uint64_t i, h, lh, step, gh, at
    cdef uint32_t v, p, pp, raw, shown, kind, value, ident, back
    cdef uint8_t vk
    cdef bint is_dict_slot, distinct
    cdef int answer
    cdef uint32_t last = NO, above = 0
    cdef bint in_namespace = False, in_cell = False
    for i in range(w.reached):
        if i + 12 < w.reached:
            v = w.queue[i + 12]
            prefetch(&w.parent[v])
            prefetch(&w.parent_edge[v])
            prefetch(&w.type[v])
            prefetch(&w.size[v])
            prefetch(&w.folded[v])
            prefetch(&w.group[v])
        if i + 6 < w.reached:
            v = w.queue[i + 6]
            if w.parent_edge[v] != NO:
                prefetch(&w.label[w.parent_edge[v]])
        v = w.queue[i]
        p = w.parent[v]
        vk = kind_of(w, v)
        distinct = False
        if p == NO:
            pp = NO
            shown = NO
            lh = C_TIER if w.seen[v] == C_REFERRED_TIER else w.seen[v]
            h = 0
        else:
            pp = w.path_of[p]
            raw = w.label[w.parent_edge[v]]
            kind = raw >> 28
            value = raw & 0xFFFFFFF
            if (
                vk == HAMT or vk == CELL
                or (vk == DICT and is_slot(w, raw, w.dict_slot))
                or is_slot(w, raw, w.closure_slot)
            ):
                # plumbing: part of its owner
                w.path_of[v] = pp
                w.path[pp].inner += 1 + w.folded[v]
                w.path[pp].bytes += w.size[v]
                w.path[pp].flags |= w.mark[v]
                continue
            if p != last:
                last = p
                above = w.label[w.parent_edge[p]] if w.parent_edge[p] != NO else NO
                in_cell = kind_of(w, p) == CELL and above != NO and above >> 28 == CELL_EDGE
                in_namespace = above != NO and is_slot(w, above, w.dict_slot)
            if in_cell:
                raw = above
                kind = raw >> 28
                value = raw & 0xFFFFFFF
            if in_namespace and kind == KEY:
                kind = ATTR
            h = w.path[pp].hash
            shown = kind << 28 | value
            if kind == ATTR:
                lh = mix(ATTR, w.string_hash[value])
                if w.path[pp].keys >= MOST_NAMES and not map_has(&w.known, mix(h, lh)):
                    lh = KEY
                    shown = SHOWN_DATA_KEY
                elif in_namespace and not map_has(&w.known, mix(h, lh)):
                    w.path[pp].keys += 1
                    if map_put(&w.known, mix(h, lh), 0) < 0:
                        return -1
            elif kind == KEY or kind == DATA_KEY:
                lh = mix(kind, w.string_hash[value] if kind == KEY else value)
                answer = key_is_distinct(w, pp, mix(h, lh), kind == KEY)
                if answer < 0:
                    return -1
                distinct = answer
                if not distinct:
                    lh = KEY
                    if kind == KEY:
                        shown = SHOWN_DATA_KEY
            elif kind >= CELL_EDGE and kind <= CONTEXT_VAR and kind != 7:
                lh = mix(kind, w.string_hash[value])
            else:
                lh = kind
                shown = kind << 28
        ident = ident_of(w, v)
        gh = w.type_hash[w.type[v]]
        if ident != NO:
            gh = mix(gh, w.ident_hash[ident])
        step = mix(lh, gh)
        h = mix(h, step)
        at = map_place(&w.table, h)
        if w.table.key[at]:
            pp = w.table.value[at]
        else:
            back = ring(w, pp, step) if pp != NO else NO
            if back == NO and w.paths >= MOST_PATHS and pp != NO:
                back = pp
            if back != NO:
                if map_put(&w.table, h, back) < 0:
                    return -1
                w.path[back].flags |= REPEATS
                pp = back
            else:
                if new_path(w, h, step, pp, shown, v, ident) < 0:
                    return -1
                pp = w.paths - 1
                if distinct:
                    w.path[pp].flags |= DISTINCT_KEY
                if not w.has_baseline and vk == DICT:
                    if map_put(&w.known, h, KEPT_KEY) < 0:
                        return -1
        w.path_of[v] = pp
        w.path[pp].count += 1
        w.path[pp].inner += w.folded[v]
        w.path[pp].bytes += w.size[v]
        w.path[pp].flags |= w.mark[v]
        if w.role[w.type[v]] & BOUNDED_ROLE:
            w.path[pp].flags |= BOUNDED
        if w.role[w.type[v]] & OWN_ROLE:
            w.path[pp].flags |= OWN
    return 0


cdef void add_up(Walk *w) noexcept nogil:
    cdef uint32_t i = w.paths
    cdef Path *p
    while i:
        i -= 1
        p = &w.path[i]
        p.all_objects += p.count + p.inner
        p.all_bytes += p.bytes
        if p.parent != NO:
            w.path[p.parent].all_objects += p.all_objects
            w.path[p.parent].all_bytes += p.all_bytes


cdef uint32_t keep(Walk *w, uint64_t objects, uint64_t size) noexcept nogil:
    """Mark the paths of some weight, and all above them; returns how many."""
    cdef uint32_t i = w.paths, kept = 0
    cdef Path *p
    for i in range(w.paths):
        w.path[i].kept = 0
    i = w.paths
    while i:
        i -= 1
        p = &w.path[i]
        if p.kept or p.count >= objects or p.inner >= 4 * objects or p.bytes >= size:
            p.kept = 1
            kept += 1
            if p.parent != NO:
                w.path[p.parent].kept = 1
    return kept


cdef class PathTree:
    """The paths of one image; see `path_tree`."""

    cdef Walk walk
    cdef object columns, held
    cdef uint64_t node_count
    cdef readonly object parent, parent_edge, path_of

    def __dealloc__(self):
        map_end(&self.walk.table)
        map_end(&self.walk.baseline)
        map_end(&self.walk.known)
        free(self.walk.path)

    @property
    def path_count(self):
        """How many paths there are."""
        return self.walk.paths

    @property
    def reached(self):
        """How many nodes some root reaches."""
        return self.walk.reached

    @property
    def reached_objects(self):
        """All that some root reaches, folded leaves included."""
        cdef uint32_t i
        cdef uint64_t total = 0
        for i in range(self.walk.paths):
            total += self.walk.path[i].count + self.walk.path[i].inner
        return total

    @property
    def reached_bytes(self):
        """The size of all that some root reaches."""
        cdef uint32_t i
        cdef uint64_t total = 0
        for i in range(self.walk.paths):
            if self.walk.path[i].parent == NO:
                total += self.walk.path[i].all_bytes
        return total

    def __getitem__(self, Py_ssize_t index):
        """(hash, parent, label, node, ident, count, inner, bytes, all objects, all bytes, tier,
        flags) of one path.

        Parents come before their children; parent, label and ident are NONE where there is none.
        """
        cdef Path *p
        if index < 0 or index >= <Py_ssize_t>self.walk.paths:
            raise IndexError(index)
        p = &self.walk.path[index]
        return (
            p.hash, p.parent, p.label, p.node, p.ident, p.count, p.inner, p.bytes, p.all_objects,
            p.all_bytes, p.tier, p.flags,
        )

    def heaviest(self, unsigned long long objects, unsigned long long size, uint32_t most):
        """At most `most` paths, ascending, with every path that leads to them.

        Wanted are paths of at least `objects` objects or `size` bytes; both limits are
        raised until few enough remain.
        """
        cdef uint32_t i
        with nogil:
            while keep(&self.walk, objects, size) > most:
                objects += objects // 4 + 1
                size += size // 4 + 1
        return [i for i in range(self.walk.paths) if self.walk.path[i].kept]

    def keys(self):
        """The hashes that tell keys and dicts of this image in a later one, as bytes of uint64."""
        cdef uint64_t i
        cdef Map *m = &self.walk.baseline if self.walk.has_baseline else &self.walk.known
        column = Column("Q", max(m.used, 1))
        cdef const uint64_t[::1] view = column
        cdef uint64_t *out = <uint64_t*>&view[0]
        cdef uint64_t found = 0
        for i in range(m.size):
            if m.key[i] and m.value[i] == KEPT_KEY:
                out[found] = m.key[i]
                found += 1
        return bytes(memoryview(column)[:found])

    def other_owners(self, wanted):
        """Who else refers to the objects of some paths: {path: {owner's path: references}}.

        Not counted are the reference by which an object was reached, further ones from the same
        path, and references out of weak containers.
        """
        cdef Walk *w = &self.walk
        column = Column("B", w.paths)
        cdef const uint8_t[::1] view = column
        cdef uint8_t *mark = <uint8_t*>&view[0] if w.paths else NULL
        cdef uint64_t i, k, place, many
        cdef uint32_t u, t, one, other
        cdef Map pairs
        found = {}
        for index in wanted:
            mark[<uint32_t>index] = 1
        cdef int failed = map_start(&pairs, 4096)
        with nogil:
            for i in range(w.reached):
                if failed:
                    break
                u = w.queue[i]
                if w.seen[u] == WEAK_TIER:
                    continue
                one = w.path_of[u]
                for k in range(w.offset[u], w.offset[u + 1]):
                    t = w.target[k]
                    other = w.path_of[t]
                    if other == NO or not mark[other] or w.parent_edge[t] == k:
                        continue
                    if w.parent[t] == NO or w.path_of[w.parent[t]] == one or one == other:
                        continue
                    place = map_place(&pairs, (<uint64_t>one << 32 | other) + 1)
                    many = pairs.value[place] if pairs.key[place] else 0
                    if map_put(&pairs, (<uint64_t>one << 32 | other) + 1, <uint32_t>(many + 1)) < 0:
                        failed = -1
                        break
        for i in range(pairs.size):
            if pairs.key[i]:
                one, other = (pairs.key[i] - 1) >> 32, (pairs.key[i] - 1) & NO
                found.setdefault(other, {})[one] = pairs.value[i]
        map_end(&pairs)
        if failed:
            raise MemoryError("no memory for the owners of a path's objects")
        return found


def path_tree(
    image not None,
    *,
    const uint32_t[::1] group not None,
    const uint64_t[::1] string_hash not None,
    const uint8_t[::1] type_role not None,
    const uint32_t[::1] root_node not None,
    const uint8_t[::1] root_tier not None,
    const uint8_t[::1] root_own not None,
    baseline,
) -> PathTree:
    """The tree of paths of an image.

    `group` is `_graph.group_column`'s; `type_role` has a ROLE_ mask for each type. Roots are taken
    tier by tier, among equals in their order; `root_own` marks those whose growth is nobody's leak.
    `baseline` is what `keys()` gave for the image taken after warm-up,
    None if this is that image.
    About 40 bytes a node. Raises ValueError if the arrays do not belong together, MemoryError.
    """
    cdef const uint32_t[::1] offset = image.edge_offset
    cdef const uint32_t[::1] target = image.edge_target
    cdef const uint32_t[::1] label = image.edge_label
    cdef const uint16_t[::1] node_type = image.node_type
    cdef const uint64_t[::1] size = image.node_size
    cdef const uint32_t[::1] folded = image.node_folded
    cdef const uint8_t[::1] kind = image.type_kind
    cdef const uint32_t[::1] type_name = image.type_name_id
    cdef const uint32_t[::1] ident_name = image.ident_name
    cdef const uint32_t[::1] bounded = image.bound_node
    cdef const uint64_t[::1] former
    cdef Py_ssize_t n = node_type.shape[0], i
    cdef Py_ssize_t roots = root_node.shape[0]
    if group.shape[0] != n or root_tier.shape[0] != roots or root_own.shape[0] != roots:
        raise ValueError("the columns do not belong to this image")
    if type_role.shape[0] != kind.shape[0]:
        raise ValueError("there must be one role for each type")
    cdef PathTree tree = PathTree.__new__(PathTree)
    cdef Walk *w = &tree.walk
    columns = {
        name: Column(code, max(length, 1))
        for name, code, length in (
            ("parent", "I", n), ("edge", "I", n), ("seen", "B", n), ("hold", "B", n),
            ("mark", "B", n), ("queue", "I", n), ("path", "I", n), ("referred", "B", n),
            ("type", "Q", kind.shape[0]), ("ident", "Q", ident_name.shape[0]),
        )
    }
    # Fresh columns, which nobody else sees yet, are written through.
    cdef const uint32_t[::1] parent = columns["parent"], edge = columns["edge"]
    cdef const uint32_t[::1] queue = columns["queue"], path = columns["path"]
    cdef const uint8_t[::1] seen = columns["seen"], hold = columns["hold"]
    cdef const uint8_t[::1] mark = columns["mark"], referred = columns["referred"]
    cdef const uint64_t[::1] type_hash = columns["type"], ident_hash = columns["ident"]
    tree.columns = columns
    tree.held = (image, offset, target, label, node_type, size, folded, kind, group, type_role)
    tree.node_count = n
    w.offset = &offset[0]
    w.target = &target[0] if target.shape[0] else NULL
    w.label = &label[0] if label.shape[0] else NULL
    w.type = &node_type[0] if n else NULL
    w.size = &size[0] if n else NULL
    w.folded = &folded[0] if n else NULL
    w.kind = &kind[0]
    w.role = &type_role[0]
    w.type_hash = &type_hash[0]
    w.ident_hash = &ident_hash[0]
    w.string_hash = &string_hash[0]
    w.group = &group[0] if n else NULL
    w.type_count = <uint32_t>kind.shape[0]
    w.parent = <uint32_t*>&parent[0]
    w.parent_edge = <uint32_t*>&edge[0]
    w.seen = <uint8_t*>&seen[0]
    w.hold = <uint8_t*>&hold[0]
    w.mark = <uint8_t*>&mark[0]
    w.queue = <uint32_t*>&queue[0]
    w.path_of = <uint32_t*>&path[0]
    w.dict_slot = hash_bytes(b"__dict__", 8)
    w.closure_slot = hash_bytes(b"__closure__", 11)
    w.data_name = hash_bytes(b"data", 4)
    w.has_baseline = baseline is not None
    for i in range(kind.shape[0]):
        (<uint64_t*>w.type_hash)[i] = string_hash[type_name[i]]
    for i in range(ident_name.shape[0]):
        (<uint64_t*>w.ident_hash)[i] = string_hash[ident_name[i]]
    cdef int failed = (
        map_start(&w.table, n // 8) < 0
        or map_start(&w.known, 1024) < 0
        or map_start(&w.baseline, 1) < 0
    )
    if baseline:
        former = memoryview(baseline).cast("Q")
        for i in range(former.shape[0]):
            failed = failed or map_put(&w.baseline, former[i], KEPT_KEY) < 0
    cdef uint64_t loops = 0, weak = 0
    for i in range(n):
        loops += (w.role[w.type[i]] & LOOP_ROLE) != 0
        weak += (w.role[w.type[i]] & WEAK_ROLE) != 0
    columns["special"] = Column("I", loops + weak + 1)
    cdef const uint32_t[::1] special = columns["special"]
    cdef uint32_t *place_of_loop = <uint32_t*>&special[0]
    cdef uint32_t *place_of_weak = place_of_loop + loops
    for i in range(n):
        if w.role[w.type[i]] & LOOP_ROLE:
            place_of_loop[0] = <uint32_t>i
            place_of_loop += 1
        if w.role[w.type[i]] & WEAK_ROLE:
            place_of_weak[0] = <uint32_t>i
            place_of_weak += 1
    with nogil:
        for i in range(bounded.shape[0]):
            w.mark[bounded[i]] |= BOUNDED
        for i in range(roots):
            if root_own[i]:
                w.mark[root_node[i]] |= OWN
        for i in range(n):
            w.path_of[i] = NO
        if not failed:
            reach(
                w, n, &root_node[0] if roots else NULL, &root_tier[0] if roots else NULL, roots,
                <uint8_t*>&referred[0], <uint32_t*>&special[0], loops, weak,
            )
            failed = assign(w)
            add_up(w)
    if failed:
        raise MemoryError(f"no memory for the paths of {n} nodes")
    tree.parent = memoryview(columns["parent"])
    tree.parent_edge = memoryview(columns["edge"])
    tree.path_of = memoryview(columns["path"])
    return tree

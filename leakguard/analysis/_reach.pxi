# Which root reaches a node first, and by which reference: tier by tier, weak containers last.


cdef struct Path:
    uint64_t hash
    uint64_t step          # hash of the last step alone: label and group
    uint64_t near          # hash that does without the last key
    uint64_t far           # hash that does without data keys on the way either
    uint64_t far_below     # where those of paths below begin: names that lead on are kept
    uint64_t count         # objects
    uint64_t inner         # plumbing and folded leaves
    uint64_t bytes
    uint64_t all_objects   # of this path and all below
    uint64_t all_bytes
    uint64_t light_objects # without those below paths that are kept
    uint64_t light_bytes
    uint32_t first_near    # the first path with the same `near`, and with the same `far`
    uint32_t first_far
    uint64_t near_count    # at the first: the objects of all of them, and the bytes with all below
    uint64_t near_bytes
    uint64_t far_count
    uint64_t far_bytes
    uint32_t parent
    uint32_t label
    uint32_t node          # the first object
    uint32_t ident         # of the first object, NO for the nameless
    uint32_t keys          # distinct keys or names below
    uint32_t idents        # names that objects below go by
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


cdef enum WeakData:
    HOLD_BACK, ENTER_FROM_OWNER, ENTER_ANYHOW


cdef void weak_data(Walk *w, uint32_t owner, bint is_container, WeakData then) noexcept nogil:
    """What `owner` (a weak container or its __dict__) refers to as `data` is reached last of all.

    First it is held back; in the end, if its owner was reached, it is entered from there, and else
    from what else referred to it.
    """
    cdef uint64_t k
    cdef uint32_t label, kind, target
    for k in range(w.offset[owner], w.offset[owner + 1]):
        label = w.label[k]
        kind = label >> 28
        target = w.target[k]
        if is_container and is_slot(w, label, w.dict_slot):
            weak_data(w, target, False, then)
        elif (kind == ATTR or kind == KEY or kind == SLOT) and name_of(w, label) == w.data_name:
            if then == HOLD_BACK:
                w.hold[target] = WEAK_TIER
                w.mark[target] |= WEAK
            elif w.seen[target]:
                continue
            elif w.seen[owner]:
                w.parent[target] = owner
                w.parent_edge[target] = <uint32_t>k
                enter(w, target, WEAK_TIER)
            elif then == ENTER_ANYHOW and w.parent[target] != NO:
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
            elif w.hold[t] == WEAK_TIER and w.parent[t] == NO:
                w.parent[t] = v
                w.parent_edge[t] = <uint32_t>k
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


cdef void search_weak(
    Walk *w, const uint32_t *special, uint64_t loops, uint64_t weak, WeakData then
) noexcept nogil:
    """What lies behind the data of weak containers."""
    cdef uint64_t i, head = w.reached
    for i in range(loops, loops + weak):
        weak_data(w, special[i], True, then)
    search(w, WEAK_TIER, head)
    search_loops(w, special, loops)


cdef uint8_t turn_of(Walk *w, uint32_t root, uint8_t tier) noexcept nogil:
    """When a root takes its turn: a module that warm-up did not have is held by `sys.modules`, as
    one of many, or by who imported it."""
    cdef uint64_t hash
    if tier != MODULE_TIER or not w.has_baseline or w.group[root] < w.type_count:
        return tier
    hash = mix(w.type_hash[w.type[root]], w.ident_hash[w.group[root] - w.type_count])
    return tier if map_has(&w.baseline, mix(0, mix(MODULE_TIER, hash))) else C_TIER


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
    cdef uint8_t tier, turn
    for i in range(n):
        w.parent[i] = NO
        w.parent_edge[i] = NO
    for i in range(loops, loops + weak):
        weak_data(w, special[i], True, HOLD_BACK)
    for i in range(loops):
        w.hold[special[i]] = LOOP
    for tier in range(1, WEAK_TIER + 1):
        head = w.reached
        if tier == C_TIER:
            # what a C-held object refers to hangs on it, even where C holds that too
            mark_referred(w, n, referred)
        if tier == WEAK_TIER:
            for i in range(loops, loops + weak):
                weak_data(w, special[i], True, ENTER_FROM_OWNER)
        for i in range(roots):
            turn = turn_of(w, root[i], root_tier[i])
            if tier == WEAK_TIER or turn == tier or (tier == C_REFERRED_TIER and turn == C_TIER):
                if tier == C_TIER and referred[root[i]]:
                    continue
                if w.hold[root[i]] <= tier:
                    enter(w, root[i], tier)
                elif w.hold[root[i]] == LOOP:
                    w.hold[root[i]] = LOOP_MET
        search(w, tier, head)
        search_loops(w, special, loops)
    # what only lay behind a loop that was met last, or is the data of a container that was not
    head = NO
    while head != w.reached:
        head = w.reached
        search_weak(w, special, loops, weak, ENTER_FROM_OWNER)
        search_weak(w, special, loops, weak, ENTER_ANYHOW)

# The paths: objects that the same names lead to, counted together.


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
    uint32_t ident, bint distinct
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
    p.near = hash
    p.far = p.far_below = mix(w.path[parent].far_below, step) if parent != NO else hash
    p.count = p.inner = p.bytes = p.all_objects = p.all_bytes = 0
    p.parent = parent
    p.label = label
    p.node = node
    p.ident = ident
    p.keys = p.idents = 0
    p.kept = 0
    p.tier = w.seen[node]
    p.flags = w.path[parent].flags & ~(REPEATS | DISTINCT_KEY) if parent != NO else 0
    if distinct:
        p.flags |= DISTINCT_KEY
    if map_put(&w.table, hash, w.paths) < 0:
        return -1
    w.paths += 1
    return 0


cdef void forget_key(Walk *w, uint32_t path, uint64_t step, bint is_data) noexcept nogil:
    """Count a path with what came under other keys of its dict, or of dicts like it."""
    cdef Path *p = &w.path[path]
    cdef Path *above = &w.path[p.parent]
    p.near = mix(above.hash, step)
    p.far = mix(above.far_below, step)
    if is_data:
        p.far_below = p.far


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


cdef bint goes_by_ident(Walk *w, uint32_t parent, uint64_t named) noexcept nogil:
    """Whether an object without a reference of its own has a path of its own for its name.

    Of those under one path so many do: what makes a class, a function or a module for each request
    may give each another name.
    """
    cdef Path *p = &w.path[parent]
    if map_has(&w.table, named):
        return True
    if p.idents >= MOST_IDENTS:
        return False
    p.idents += 1
    return True


cdef int assign(Walk *w) noexcept nogil:
    """A path for every node that was reached, parents first."""
    cdef uint64_t i, h, lh, step, gh, at, named
    cdef uint32_t v, p, pp, raw, shown, kind, value, ident, back
    cdef uint8_t vk
    cdef bint distinct, anonymous
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
        distinct = anonymous = False
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
                    anonymous = True
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
                    anonymous = True
                    if kind == KEY:
                        shown = SHOWN_DATA_KEY
            elif kind >= CELL_EDGE and kind <= CONTEXT_VAR and kind != 7:
                lh = mix(kind, w.string_hash[value])
            else:
                lh = kind
                shown = kind << 28
                anonymous = True
        ident = ident_of(w, v)
        gh = w.type_hash[w.type[v]]
        if ident != NO:
            named = mix(gh, w.ident_hash[ident])
            if anonymous and not goes_by_ident(w, pp, mix(h, mix(lh, named))):
                ident = NO
            else:
                gh = named
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
                if new_path(w, h, step, pp, shown, v, ident, distinct) < 0:
                    return -1
                pp = w.paths - 1
                if distinct:
                    forget_key(w, pp, mix(KEY, gh), kind == DATA_KEY)
                if not w.has_baseline and (vk == DICT or (p == NO and vk == MODULE)):
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

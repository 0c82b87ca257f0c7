# The join: sampled blocks find the nodes that own them, their routes and the lines that made them.

cdef uint64_t sampler_bytes(LGTables *t) noexcept nogil:
    """What malloc gave because of the sampler, and no object has: its tables, and what sampled blocks
    are longer than was asked for. (An array's data that numpy had from elsewhere is taken for one.)"""
    cdef uint32_t i
    cdef size_t size
    cdef uint64_t found = t.bytes
    t.lock()
    for i in range(t.sample_room):
        size = t.samples[i].size
        if t.samples[i].block != NULL and size < t.least[0]:
            found += lg_block(t.least[0]) - lg_block(size if size else 1)
    t.unlock()
    return found

cdef void begin_allocations(Graph *g) noexcept nogil:
    """Copy the sampler's table of live blocks: in process our own allocations may change it."""
    cdef LGTables *t = g.facts.tables
    cdef Allocations *a = &g.allocations
    if t == NULL or g.facts.route_count == 0:
        return
    if g.facts.in_process:
        t.lock()
    copy_samples(g, t, a)
    if g.facts.in_process:
        t.unlock()
    if a.count == 0:
        a.wanted.filter = NULL

cdef void copy_samples(Graph *g, LGTables *t, Allocations *a) noexcept nogil:
    cdef uint32_t i, n = 0
    cdef size_t room = t.live
    cdef int64_t age, now = lg_monotonic_ns() // 1000000
    cdef LGSample *sample
    cdef uint32_t *slot
    if (lg_reserve(&a.node, room * 4) < 0 or lg_reserve(&a.bytes, room * 8) < 0
            or lg_reserve(&a.size, room * 8) < 0 or lg_reserve(&a.route, room * 4) < 0
            or lg_reserve(&a.stack, room * 4) < 0 or lg_reserve(&a.kind, room) < 0
            or lg_reserve(&a.age, room * 8) < 0 or lg_reserve(&a.requests, room * 8) < 0
            or lg_reserve(&a.block, room * 8) < 0 or lg_reserve(&a.filter, LG_FILTER_BITS // 8) < 0):
        return
    a.wanted.filter = <uint64_t *>a.filter.p    # mapped memory is zero
    a.wanted.node = <uint32_t *>a.node.p
    for i in range(t.sample_room):
        sample = &t.samples[i]
        if sample.block == NULL or n == room:
            continue
        slot = lg_want(&a.wanted, sample.block)
        if slot == NULL:
            return
        slot[0] = n + 1
        age = now - sample.born
        (<void **>a.block.p)[n] = sample.block
        (<uint32_t *>a.node.p)[n] = LG_NOBODY
        (<uint64_t *>a.bytes.p)[n] = lg_estimated_bytes(sample)
        (<uint64_t *>a.size.p)[n] = sample.size
        (<uint32_t *>a.route.p)[n] = route_of(g.facts, sample)
        (<uint32_t *>a.stack.p)[n] = sample.site    # until it is known which stacks are used
        # nobody has looked at the newest: they may be recycled blocks
        (<uint8_t *>a.kind.p)[n] = 1 if sample.kind == LG_STRONG else 2
        (<uint64_t *>a.age.p)[n] = <uint64_t>(age if age > 0 else 0)
        (<uint64_t *>a.requests.p)[n] = t.requests[0] - sample.request
        n += 1
    a.count = n

cdef uint32_t route_of(Facts *facts, LGSample *sample) noexcept nogil:
    cdef int64_t number = sample.owner.route if sample.owner != NULL else LG_NO_REQUEST
    if not 0 <= number + 1 < facts.route_numbers:
        number = LG_UNBOUND     # it got its name after the list was made
    return facts.route_index[number + 1]

cdef void end_allocations(Graph *g) noexcept nogil:
    """When every object has its node."""
    cdef Allocations *a = &g.allocations
    if g.facts.tables == NULL:
        return
    disown_code(g, g.facts.tables)
    if g.facts.route_count == 0:
        return
    claim_objects(g, a)
    if keep_stacks(g, g.facts.tables, a) == 0:
        name_routes(g, a)

cdef void disown_code(Graph *g, LGTables *t) noexcept nogil:
    """The sampler's own references to code objects make no roots."""
    cdef uint32_t i, k
    cdef uint32_t *slot
    for i in range(1, t.site_room):
        for k in range(t.sites[i].depth):
            slot = node_slot(g, t.sites[i].frames[k].code, False)
            if slot != NULL and slot[0] and (<uint32_t *>g.external.p)[slot[0] - 1] < COUNT_MAX:
                (<uint32_t *>g.external.p)[slot[0] - 1] -= 1

cdef void claim_objects(Graph *g, Allocations *a) noexcept nogil:
    """An object starts its block, or follows its prefix: the collector's header, the managed dict."""
    cdef uint32_t i, prefix
    cdef uint32_t *slot
    cdef char *op
    for i in range(a.count):
        for prefix in range(0, LG_WIDEST_PREFIX + 1, 16):
            op = (<char **>a.block.p)[i] + prefix
            slot = node_slot(g, op, False)
            if slot == NULL or not slot[0] or (<char **>g.address.p)[slot[0] - 1] != op:
                continue
            if type_at(g, (<uint16_t *>g.type.p)[slot[0] - 1]).prefix == prefix:
                (<uint32_t *>a.node.p)[i] = slot[0] - 1
                break

cdef int keep_stacks(Graph *g, LGTables *t, Allocations *a) noexcept nogil:
    """The stacks that samples have, numbered from 1 as they are met; stack 0 is empty."""
    cdef uint32_t i, site
    cdef uint32_t *number
    a.stacks = 1
    if (lg_reserve(&a.stack_number, t.site_room * 4) < 0
            or lg_reserve(&a.stack_offset, (t.site_room + 2) * 4) < 0):
        return -1
    number = <uint32_t *>a.stack_number.p       # mapped memory is zero
    for i in range(a.count):
        site = (<uint32_t *>a.stack.p)[i]
        if site and number[site] == 0:
            number[site] = a.stacks
            if keep_frames(g, &t.sites[site], a) < 0:
                return -1
            a.stacks += 1
            (<uint32_t *>a.stack_offset.p)[a.stacks] = a.frames
        (<uint32_t *>a.stack.p)[i] = number[site]
    return 0

cdef int keep_frames(Graph *g, LGSite *site, Allocations *a) noexcept nogil:
    cdef uint32_t k, n
    cdef uint32_t *line
    n = a.frames + site.depth
    if lg_reserve(&a.frame_ident, n * 4) < 0 or lg_reserve(&a.frame_line, n * 4) < 0:
        return -1
    for k in range(site.depth):
        line = lg_map_slot(&a.lines, lg_instruction_key(&site.frames[k]))
        if line == NULL:
            return -1
        if line[0] == 0:
            line[0] = lg_frame_line(&site.frames[k]) + 1
        (<uint32_t *>a.frame_line.p)[a.frames] = line[0] - 1
        (<uint32_t *>a.frame_ident.p)[a.frames] = lg_ident_code(
            &g.idents, &g.strings, <PyObject *>site.frames[k].code, NULL)
        a.frames += 1
    return 0

cdef void name_routes(Graph *g, Allocations *a) noexcept nogil:
    cdef const char *name = g.facts.route_text
    cdef uint32_t i
    if lg_reserve(&a.route_name, g.facts.route_count * 4) < 0:
        return
    for i in range(g.facts.route_count):
        (<uint32_t *>a.route_name.p)[i] = lg_string_z(&g.strings, name)
        name += strlen(name) + 1

cdef void release_claims(Graph *g) noexcept nogil:
    cdef Allocations *a = &g.allocations
    a.wanted.filter = NULL
    lg_release(&a.block)
    lg_release(&a.filter)
    lg_release(&a.stack_number)
    lg_map_release(&a.wanted.index)
    lg_map_release(&a.lines)

cdef void free_allocations(Graph *g) noexcept nogil:
    cdef Allocations *a = &g.allocations
    cdef LGBytes *parts[12]
    cdef int i
    parts[:] = [&a.node, &a.bytes, &a.size, &a.route, &a.stack, &a.kind, &a.age, &a.requests,
                &a.stack_offset, &a.frame_ident, &a.frame_line, &a.route_name]
    for i in range(12):
        lg_release(parts[i])
    release_claims(g)

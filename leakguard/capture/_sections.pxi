# The image: header, section table and the graph's arrays as they are (docs/image-format.md).

DEF MAX_SECTIONS = 48

cdef struct Section:
    const char *name
    uint32_t element
    const void *data
    uint64_t count

cdef struct Sections:
    Section at[MAX_SECTIONS]
    uint32_t count

cdef void section(Sections *s, const char *name, uint32_t element, const void *data,
                  uint64_t count) noexcept nogil:
    s.at[s.count].name = name
    s.at[s.count].element = element
    s.at[s.count].data = data
    s.at[s.count].count = count
    s.count += 1

cdef inline uint64_t aligned(uint64_t offset) noexcept nogil:
    return (offset + 63) & ~<uint64_t>63

cdef int write_padding(int fd, uint64_t offset) noexcept nogil:
    cdef char zero[64]
    memset(zero, 0, 64)
    return lg_write_all(fd, zero, aligned(offset) - offset)

cdef int write_sections(int fd, Sections *s, uint64_t *stats_offset) noexcept nogil:
    cdef char head[64 + 32 * MAX_SECTIONS]
    cdef uint64_t offset = 64 + 32 * <uint64_t>s.count
    cdef uint64_t head_bytes = offset, bytes
    cdef char *entry
    cdef uint32_t i
    memset(head, 0, sizeof(head))
    for i in range(s.count):
        offset = aligned(offset)
        entry = head + 64 + 32 * i
        memcpy(entry, s.at[i].name, strlen(s.at[i].name))
        (<uint32_t *>(entry + 8))[0] = s.at[i].element
        (<uint64_t *>(entry + 16))[0] = offset
        (<uint64_t *>(entry + 24))[0] = s.at[i].count
        if i == 1:
            stats_offset[0] = offset
        offset += s.at[i].count * s.at[i].element
    memcpy(head, b"\x89LGHEAP\n", 8)
    (<uint16_t *>(head + 8))[0] = 1
    (<uint16_t *>(head + 10))[0] = 1
    (<uint32_t *>(head + 12))[0] = 0x01020304
    (<uint64_t *>(head + 16))[0] = offset
    (<uint32_t *>(head + 24))[0] = s.count
    if lg_write_all(fd, head, head_bytes) < 0:
        return -1
    offset = head_bytes
    for i in range(s.count):
        if write_padding(fd, offset) < 0:
            return -1
        bytes = s.at[i].count * s.at[i].element
        if lg_write_all(fd, s.at[i].data, bytes) < 0:
            return -1
        offset = aligned(offset) + bytes
    return 0

cdef struct TypeColumns:
    LGBytes name, kind, flags, ident, folded_count, folded_bytes

cdef int fill_types(Graph *g, TypeColumns *c) noexcept nogil:
    cdef uint32_t i
    cdef LGType *t
    cdef size_t n = g.type_count
    memset(c, 0, sizeof(TypeColumns))
    if (lg_reserve(&c.name, n * 4) < 0 or lg_reserve(&c.kind, n) < 0 or lg_reserve(&c.flags, n) < 0
            or lg_reserve(&c.ident, n * 4) < 0 or lg_reserve(&c.folded_count, n * 8) < 0
            or lg_reserve(&c.folded_bytes, n * 8) < 0):
        return -1
    for i in range(g.type_count):
        t = type_at(g, i)
        (<uint32_t *>c.name.p)[i] = t.name
        (<uint8_t *>c.kind.p)[i] = t.kind
        (<uint8_t *>c.flags.p)[i] = t.flags
        (<uint32_t *>c.ident.p)[i] = t.ident
        (<uint64_t *>c.folded_count.p)[i] = t.folded_count
        (<uint64_t *>c.folded_bytes.p)[i] = t.folded_bytes
    return 0

cdef void release_types(TypeColumns *c) noexcept nogil:
    lg_release(&c.name)
    lg_release(&c.kind)
    lg_release(&c.flags)
    lg_release(&c.ident)
    lg_release(&c.folded_count)
    lg_release(&c.folded_bytes)

cdef void allocation_sections(Graph *g, Sections *s) noexcept nogil:
    cdef Allocations *a = &g.allocations
    if g.facts.tables == NULL or g.facts.route_count == 0:
        return
    section(s, "smplnode", 4, a.node.p, a.count)
    section(s, "smplbyte", 8, a.bytes.p, a.count)
    section(s, "smplsize", 8, a.size.p, a.count)
    section(s, "smplrout", 4, a.route.p, a.count)
    section(s, "smplstck", 4, a.stack.p, a.count)
    section(s, "smplkind", 1, a.kind.p, a.count)
    section(s, "smplage", 8, a.age.p, a.count)
    section(s, "smplreqs", 8, a.requests.p, a.count)
    section(s, "routname", 4, a.route_name.p, g.facts.route_count)
    section(s, "routreqs", 8, g.facts.route_requests, g.facts.route_count)
    section(s, "stackoff", 4, a.stack_offset.p, a.stacks + 1)
    section(s, "frameidt", 4, a.frame_ident.p, a.frames)
    section(s, "framelin", 4, a.frame_line.p, a.frames)

cdef int write_image(Graph *g, int fd) noexcept nogil:
    cdef Sections s
    cdef TypeColumns c
    cdef uint64_t stats[16]
    cdef int failed
    s.count = 0
    memset(stats, 0, sizeof(stats))
    if fill_types(g, &c) < 0:
        release_types(&c)
        return -1
    stats[0] = g.objects
    stats[1] = g.heap_bytes
    stats[2] = g.shared.allocated_bytes
    stats[5] = <uint64_t>g.shared.cpu_ns
    section(&s, "meta", 1, g.facts.meta, g.facts.meta_bytes)
    section(&s, "stats", 8, stats, 16)
    section(&s, "nodetype", 2, g.type.p, g.n)
    section(&s, "nodesize", 8, g.size.p, g.n)
    section(&s, "nodeaddr", 8, g.address.p, g.n)
    section(&s, "nodefold", 4, g.folded.p, g.n)
    section(&s, "foldtype", 2, g.folded_type.p, g.n)
    section(&s, "edgeoff", 4, g.offset.p, g.n + 1)
    section(&s, "edgetgt", 4, g.target.p, g.e)
    section(&s, "edgelab", 4, g.label.p, g.e)
    section(&s, "rootnode", 4, g.root_node.p, g.roots)
    section(&s, "rootkind", 1, g.root_kind.p, g.roots)
    section(&s, "namednod", 4, g.named_node.p, g.named)
    section(&s, "namedidt", 4, g.named_ident.p, g.named)
    section(&s, "identnam", 4, g.idents.names.p, g.idents.count)
    section(&s, "identfil", 4, g.idents.files.p, g.idents.count)
    section(&s, "identlin", 4, g.idents.lines.p, g.idents.count)
    section(&s, "boundnod", 4, g.bound_node.p, g.bound)
    section(&s, "boundlim", 8, g.bound_limit.p, g.bound)
    section(&s, "typename", 4, c.name.p, g.type_count)
    section(&s, "typekind", 1, c.kind.p, g.type_count)
    section(&s, "typeflag", 1, c.flags.p, g.type_count)
    section(&s, "typeidnt", 4, c.ident.p, g.type_count)
    section(&s, "typefcnt", 8, c.folded_count.p, g.type_count)
    section(&s, "typefbyt", 8, c.folded_bytes.p, g.type_count)
    section(&s, "stroff", 4, g.strings.ends.p, g.strings.count + 1)
    section(&s, "strdata", 1, g.strings.text.p, g.strings.text.used)
    allocation_sections(g, &s)
    failed = write_sections(fd, &s, &g.shared.stats_offset)
    release_types(&c)
    return failed

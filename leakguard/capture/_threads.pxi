# Threads, and what their running frames hold: nodes that are no Python objects.

cdef void visit_thread(Graph *g, PyThreadState *thread) noexcept nogil:
    """Edges of a thread's node: its frames, or the generator a frame lives in, and its state."""
    cdef Frame *frame = lg_current_frame(thread)
    cdef uint32_t depth = 0
    cdef LGSink *k = &g.sink
    lg_emit(k, thread.context, LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "context")))
    lg_emit(k, thread.dict, LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "thread-local data")))
    lg_emit(k, lg_thread_exception(thread),
            LG_LABEL(LG_E_SLOT, lg_string_z(&g.strings, "current exception")))
    while frame != NULL:
        if lg_frame_code(frame) != NULL and LG_FRAME_IN_GENERATOR(frame):
            lg_emit(k, lg_frame_generator(frame), LG_LABEL(LG_E_INDEX, depth))
        depth += 1
        frame = frame.previous

cdef int link_frames(Graph *g, PyThreadState *thread, uint32_t node) noexcept nogil:
    """Frames are no objects: their edges from the thread are written directly, after its others."""
    cdef Frame *frame = lg_current_frame(thread)
    cdef uint32_t depth = 0
    cdef int64_t made
    while frame != NULL:
        if lg_frame_code(frame) != NULL and not LG_FRAME_IN_GENERATOR(frame):
            made = add_node(g, frame, g.frame_type, 1)
            if (made < 0 or lg_reserve(&g.target, (g.e + 1) * 4) < 0
                    or lg_reserve(&g.label, (g.e + 1) * 4) < 0):
                return -1
            (<uint32_t *>g.target.p)[g.e] = <uint32_t>made
            (<uint32_t *>g.label.p)[g.e] = LG_LABEL(LG_E_INDEX, depth)
            g.e += 1
        depth += 1
        frame = frame.previous
    (<uint32_t *>g.offset.p)[node + 1] = <uint32_t>g.e
    return 0

cdef int add_threads(Graph *g) noexcept nogil:
    """Threads are the first nodes; their edges are visited like those of objects."""
    cdef PyThreadState *thread = lg_first_thread()
    while thread != NULL:
        if add_node(g, thread, g.thread_type, EXTERNAL_ROOT) < 0:
            return -1
        thread = thread.next
    return 0

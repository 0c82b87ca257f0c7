# Linked structures: a pattern that repeats along a path of largest children.


cdef uint32_t length_of(
    uint32_t *window, uint32_t period, const uint32_t *heavy, const uint32_t *group,
    const uint64_t *retained, uint32_t *tail, uint64_t *largest
) noexcept nogil:
    """How many links follow the pattern at `window`; `tail` is the last whole repeat's first."""
    cdef uint32_t x = window[0], first = window[0], length = 0, i
    while True:
        first = x
        i = 0
        while i < period and x != NO_NODE and group[x] == group[window[i]]:
            x = heavy[x]
            i += 1
        length += i
        if i < period:
            return length
        tail[0] = first
        if x != NO_NODE and retained[first] - retained[x] > largest[0]:
            largest[0] = retained[first] - retained[x]


cdef struct Pattern:
    uint32_t head, period, length, tail
    uint64_t largest


cdef bint find_pattern(
    uint32_t start, const uint32_t *heavy, const uint32_t *group, const uint64_t *retained,
    uint64_t least_bytes, uint64_t least_repeats, Pattern *found
) noexcept nogil:
    """The first pattern on the path of largest children from `start`; false if there is none."""
    cdef uint32_t window[WINDOW]
    cdef uint32_t x = start, s, p, i, length, depth = 0
    while x != NO_NODE and retained[x] >= least_bytes and depth < DEEPEST_START:
        length = 0
        while x != NO_NODE and length < WINDOW:
            window[length] = x
            length += 1
            x = heavy[x]
        s = 0
        while s < WINDOW // 2 and s < length and retained[window[s]] >= least_bytes:
            for p in range(1, LONGEST_PERIOD + 1):
                if s + 2 * p > length:
                    break
                for i in range(p):
                    if group[window[s + i]] != group[window[s + i + p]]:
                        break
                else:
                    found.largest = 0
                    found.length = length_of(
                        &window[s], p, heavy, group, retained, &found.tail, &found.largest
                    )
                    if found.length // p >= least_repeats:
                        found.head = window[s]
                        found.period = p
                        return True
            s += 1
        x = window[s] if s < length else NO_NODE
        depth += s if s else 1
    return False


def linked_chains(
    DominatorTree tree not None,
    const uint32_t[::1] group not None,
    unsigned long long least_bytes,
    unsigned long long least_repeats,
):
    """Linked structures: (head, period, length, largest, tail) where a pattern of groups repeats.

    Every path of largest children that starts with at least `least_bytes` is searched for a pattern
    of up to 16 links; `head` is the first link of the first repeat, `tail` that of the last whole
    one, `period` the links in one repeat, `length` those in all, a last part of a repeat included,
    and `largest` the bytes that the heaviest repeat adds.
    Raises ValueError if the arrays do not belong together.
    """
    cdef const uint32_t[::1] order = tree.order
    cdef const uint32_t[::1] immediate = tree.immediate
    cdef const uint32_t[::1] heavy = tree.heavy
    cdef const uint64_t[::1] retained = tree.retained
    cdef uint32_t n = <uint32_t>tree.node_count, x = 0
    cdef Py_ssize_t k = 0, reached = order.shape[0]
    cdef bint there
    cdef Pattern pattern
    if group.shape[0] != tree.node_count:
        raise ValueError("there must be one group for each node")
    found = []
    while k < reached:
        there = False
        with nogil:
            while k < reached and not there:
                x = order[k]
                k += 1
                # the largest child of its dominator is part of a path that began further up
                if retained[x] >= least_bytes and (immediate[x] == n or heavy[immediate[x]] != x):
                    there = find_pattern(
                        x, &heavy[0], &group[0], &retained[0], least_bytes, least_repeats, &pattern
                    )
        if there:
            found.append(
                (pattern.head, pattern.period, pattern.length, pattern.largest, pattern.tail)
            )
    return found

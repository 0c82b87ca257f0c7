# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The loops that check what a reader of a heap image indexes with.

Each reads its views once, without the GIL and without allocating. `first_*` return the index of the
first element that breaks the rule, or -1. Blocks are scanned without branches, which the compiler
turns into vector code; only a block that fails is searched for the culprit.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

ctypedef fused Unsigned:
    uint8_t
    uint16_t
    uint32_t

cdef enum:
    BLOCK = 1024


cdef Py_ssize_t _first_reaching(const Unsigned[::1] items, uint64_t limit) noexcept nogil:
    cdef Py_ssize_t start = 0, end, i, count = items.shape[0]
    cdef Unsigned largest
    while start < count:
        end = min(start + BLOCK, count)
        largest = 0
        for i in range(start, end):
            largest = items[i] if items[i] > largest else largest
        if largest >= limit:
            for i in range(start, end):
                if items[i] >= limit:
                    return i
        start = end
    return -1


def first_reaching(items, uint64_t limit):
    """First element of 1, 2 or 4 bytes that is `limit` or more."""
    # not a fused def: its dispatcher would import NumPy into the process that opens an image
    cdef const uint8_t[::1] small
    cdef const uint16_t[::1] medium
    cdef const uint32_t[::1] large
    cdef Py_ssize_t found
    if items.itemsize == 1:
        small = items
        with nogil:
            found = _first_reaching(small, limit)
    elif items.itemsize == 2:
        medium = items
        with nogil:
            found = _first_reaching(medium, limit)
    else:
        large = items
        with nogil:
            found = _first_reaching(large, limit)
    return found


def first_reaching_unless(const uint32_t[::1] items, uint32_t limit, uint32_t exception):
    """First element that is `limit` or more, and not `exception`."""
    cdef Py_ssize_t i, count = items.shape[0], found = -1
    with nogil:
        for i in range(count):
            if items[i] >= limit and items[i] != exception:
                found = i
                break
    return found


def first_zero(const uint8_t[::1] items):
    """First element that is 0."""
    cdef Py_ssize_t i, count = items.shape[0], found = -1
    with nogil:
        for i in range(count):
            if items[i] == 0:
                found = i
                break
    return found


def first_descent(const uint32_t[::1] items, bint strictly):
    """First element that is below (`strictly`: not above) the element before it."""
    cdef Py_ssize_t start = 1, end, i, count = items.shape[0], found = -1
    cdef uint32_t step = strictly
    cdef uint32_t bad
    with nogil:
        while start < count and found < 0:
            end = min(start + BLOCK, count)
            bad = 0
            if step:
                for i in range(start, end):
                    bad |= items[i] <= items[i - 1]
            else:
                for i in range(start, end):
                    bad |= items[i] < items[i - 1]
            if bad:
                for i in range(start, end):
                    if items[i] < items[i - 1] or (step and items[i] == items[i - 1]):
                        found = i
                        break
            start = end
    return found


def first_bad_label(const uint32_t[::1] labels, const uint32_t[::1] limits):
    """First edge label whose value is not below the limit of its kind.

    `limits` has one entry for each of the 16 kinds that four bits can say, 0 for unknown ones.
    """
    cdef Py_ssize_t i, count = labels.shape[0], found = -1
    cdef uint32_t limit_of[16]
    if limits.shape[0] != 16:
        raise ValueError("limits must have 16 entries")
    for i in range(16):
        limit_of[i] = limits[i]
    with nogil:
        for i in range(count):
            if (labels[i] & 0xFFFFFFF) >= limit_of[labels[i] >> 28]:
                found = i
                break
    return found


def first_split_character(const uint32_t[::1] offsets, const uint8_t[::1] text):
    """First offset that points inside a UTF-8 sequence; offsets beyond the text are not looked at."""
    cdef Py_ssize_t i, count = offsets.shape[0], length = text.shape[0], found = -1
    with nogil:
        for i in range(count):
            if offsets[i] < length and (text[offsets[i]] & 0xC0) == 0x80:
                found = i
                break
    return found


def total(const uint64_t[::1] items):
    """Sum of the elements, or -1 where it reaches 2**63."""
    cdef Py_ssize_t i, count = items.shape[0]
    cdef uint64_t low = 0, high = 0
    with nogil:
        # neither half can overflow: fewer than 2**32 elements fit in an image
        for i in range(count):
            low += <uint32_t>items[i]
            high += items[i] >> 32
        high += low >> 32
    if high >> 31:
        return -1
    return (high << 32) | <uint32_t>low

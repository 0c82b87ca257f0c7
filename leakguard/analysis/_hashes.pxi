# Hashes that are the same in every image, and maps of them.


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

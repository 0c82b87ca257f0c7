from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "_slot.h" nogil:
    ctypedef struct LGOwner:
        int64_t references
        int32_t route
    ctypedef struct LGSlot:
        LGOwner *owner
        LGOwner *late
        int32_t route
        int32_t ended
        uint64_t request
    void lg_owner_release(LGOwner *)
    void lg_renew(LGSlot *, uint64_t)
    double lg_seconds()
    int LG_NO_REQUEST, LG_UNBOUND

cdef class Slot:
    cdef LGSlot slot
    cdef object __weakref__

cdef const uint64_t *request_counter() noexcept

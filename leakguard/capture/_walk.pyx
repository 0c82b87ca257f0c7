# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The native heap walk: every object, its bytes and its named references, into a heap image.

Everything between the clone and the image is `noexcept nogil`: the compiler refuses any operation
on Python objects there, so no reference count can change. The parts are included in the order in
which data flows: a graph is built, written as an image, and both happen in a child or in process.
"""

include "_native.pxi"
include "_state.pxi"
include "_nodes.pxi"
include "_edges.pxi"
include "_threads.pxi"
include "_identities.pxi"
include "_roots.pxi"
include "_allocations.pxi"
include "_graph.pxi"
include "_sections.pxi"
include "_prepared.pxi"
include "_progress.pxi"
include "_child.pxi"
include "_inline.pxi"
include "_apart.pxi"
include "_layouts.pxi"

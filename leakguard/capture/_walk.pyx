# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The native heap walk: every object, its bytes and its named references, into a heap image.

Everything between the clone and the image is `noexcept nogil`: the compiler refuses any operation
on Python objects there, so no reference count can change. Three parts are included: `_graph.pxi`
builds the graph, `_sections.pxi` writes it, `_child.pxi` runs both in a forked child or in process.
"""

include "_native.pxi"
include "_graph.pxi"
include "_sections.pxi"
include "_child.pxi"

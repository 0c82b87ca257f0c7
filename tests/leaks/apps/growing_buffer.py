"""One buffer to which each request adds."""

from __future__ import annotations

from serving import serving

LOG = bytearray()


def write(number):
    LOG.extend(b"%8d a line of the access log\n" % number * 16)


app = serving({"/write/{n}": write})

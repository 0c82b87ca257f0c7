"""hiredis: a reader takes no part in collections, and it has a method of the parser that owns it.

That is how redis-py made one for each connection.
"""

from __future__ import annotations

import hiredis
from serving import serving


class Parser:
    def __init__(self) -> None:
        self.buffer = bytearray(300)
        self.reader = hiredis.Reader(replyError=self.failed)

    def failed(self, message: str) -> ValueError:
        return ValueError(message)


def get(number: int) -> None:
    parser = Parser()
    parser.reader.feed(b"+OK\r\n")
    parser.reader.gets()


app = serving({"/get/{n}": get})

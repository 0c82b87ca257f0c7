"""fakeredis on a port, for clients in other processes."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import redis
from fakeredis import TcpFakeServer

INFO = b"redis_version:7.0.0\r\nused_memory_human:1M\r\nconnected_clients:1\r\n"


@contextmanager
def serving():
    """The port of a server that is empty, and gone afterwards."""
    server = TcpFakeServer(("127.0.0.1", 0))
    server.daemon_threads = True

    class Handler(server.RequestHandlerClass):
        # It hangs up after an error reply, knows no INFO, writes addresses with a blank.
        def setup(self):
            super().setup()
            read = self.current_client.read_response

            def answer():
                try:
                    found = read()
                except redis.ResponseError as error:
                    return INFO if "'info'" in str(error) else error
                if isinstance(found, bytes) and found.startswith(b"addr=("):
                    found = found.replace(b", ", b":")
                return found

            self.current_client.read_response = answer

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()

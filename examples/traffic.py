"""Send a bounded number of requests to a server: `python traffic.py URL --requests 200`."""

from __future__ import annotations

import argparse
import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


def send(
    url: str, requests: int, *, connections: int = 1, rate: float | None = None
) -> Counter[int | str]:
    """GET `url` so many times over so many kept-alive connections, at most `rate` a second.

    The answer counts status codes; a request that got no answer counts under its error's name.
    """
    shares = [len(range(start, requests, connections)) for start in range(connections)]
    pause = connections / rate if rate else 0.0
    with ThreadPoolExecutor(connections) as pool:
        counts = pool.map(lambda share: _send_share(url, share, pause), shares)
        return sum(counts, Counter())


def _send_share(url: str, requests: int, pause: float) -> Counter[int | str]:
    address = urlsplit(url)
    path = address.path + (f"?{address.query}" if address.query else "")
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    counts: Counter[int | str] = Counter()
    due = time.monotonic()
    for _ in range(requests):
        time.sleep(max(0.0, due - time.monotonic()))
        due += pause
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            counts[response.status] += 1
        except (OSError, http.client.HTTPException) as error:
            counts[type(error).__name__] += 1
            connection.close()
    connection.close()
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--rate", type=float, help="requests a second at most")
    options = parser.parse_args()
    counts = send(options.url, options.requests, connections=options.connections, rate=options.rate)
    for status, count in sorted(counts.items(), key=str):
        print(f"{count} × {status}")
    return 0 if set(counts) == {200} else 1


if __name__ == "__main__":
    raise SystemExit(main())

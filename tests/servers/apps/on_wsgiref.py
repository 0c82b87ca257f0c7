"""The standard library's server, which has no command line: `python -m on_wsgiref PORT`."""

import sys
from wsgiref.simple_server import make_server

import leaky

make_server("127.0.0.1", int(sys.argv[1]), leaky.wsgi).serve_forever()

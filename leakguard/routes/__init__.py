"""Which route a request belongs to, and what each route has done so far."""

from leakguard.routes.asgi_names import AsgiNames
from leakguard.routes.ledger import OTHER, UNMATCHED, Flight, Ledger, RouteRow
from leakguard.routes.memory import RouteMemory

__all__ = ["OTHER", "UNMATCHED", "AsgiNames", "Flight", "Ledger", "RouteMemory", "RouteRow"]

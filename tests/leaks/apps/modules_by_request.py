"""Each request makes a module and leaves it in sys.modules."""

from __future__ import annotations

import sys
import types

from serving import serving


def template(number):
    module = types.ModuleType(f"template_{number}")
    module.rows = [f"{number} {at}" for at in range(5)]
    sys.modules[module.__name__] = module


app = serving({"/template/{n}": template})

"""Looking around in a heap image: views of it as plain JSON-able values, and who computes them.

The views are pure functions of an opened image; docs/json.md says what each answers. They run in
a process of their own, the explorer, which the serving process starts when somebody looks.
"""

from __future__ import annotations

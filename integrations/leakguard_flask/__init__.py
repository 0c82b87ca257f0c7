"""LeakGuard for Flask.

LeakGuard(app)                        # one app
leakguard = LeakGuard()               # an app factory, or several apps:
leakguard.init_app(app)
"""

from __future__ import annotations

from leakguard_flask.extension import LeakGuard

__all__ = ["LeakGuard"]

"""The cases without a package: leaks of small apps of our own, and what is no leak."""

from __future__ import annotations

from cases import OFTEN, Leak, Run


def own(
    app: str, kind: str, holder: str, *routes: str, requests: int = 150, **shares: float
) -> Leak:
    """A leak of an app that needs no package, all of it fed by one route if no shares are given."""
    (first, *others) = routes
    fed = dict(zip(routes, shares.values(), strict=True)) if others else {first: 1.0}
    return Leak(Run(app, requests=requests, sampling=OFTEN), kind, f"{app}{holder}", fed)


OWN = (
    own("small_objects", "global-cache", r"\.SEEN", "GET /view/{n}", requests=900),
    own("small_dicts", "global-cache", r"\.SEEN", "GET /view/{n}", requests=900),
    own(
        "ten_to_one",
        "global-cache",
        r"\.EVENTS",
        "GET /click/{n}",
        "GET /buy/{n}",
        click=0.91,
        buy=0.09,
    ),
    own("two_owners", "global-cache", r"\.(ARCHIVE|INDEX)", "GET /ticket/{n}"),
    own("weak_keys", "global-cache", r"\.STATES\.data", "GET /handle/{n}"),
    own("endless_tasks", "task", r"\.WAITING", "GET /poll/{n}"),
    own("kept_errors", "exception", r"\.ERRORS", "GET /pay/{n}"),
    own("shared_default", "context-variable", r"\.trail", "GET /step/{n}"),
    own("pool_threads", "thread-local", r"\.scratch\.rows", "GET /crunch/{n}"),
    own("suspended", "global-cache", r"\.CURSORS", "GET /query/{n}"),
    own("handler_by_request", "logging-handler", r"\.log\.handlers", "GET /audited/{n}"),
    own("records_in_memory", "logging-handler", r"\.log\.handlers\[\]\.buffer", "GET /audited/{n}"),
    own("teed", "other", r"\.unread", "GET /next/{n}", requests=300),
    own("cached_methods", "lru-cache", r"\.Cart\.total", "GET /cart/{n}"),
    own("classes", "global-cache", r"\.Model\.registry", "GET /schema/{n}"),
    own("wrapped_again", "closure", r"\.hook", "GET /install/{n}"),
    own("forms_by_name", "global-cache", r"\.Registered\.registry", "GET /form/{n}"),
    own("attributes_by_user", "global-cache", r"\.settings", "GET /save/{n}"),
    own("growing_text", "global-cache", r"\.LOG", "GET /write/{n}"),
    own("growing_buffer", "global-cache", r"\.LOG", "GET /write/{n}"),
    own("listeners", "listener", r"\.bus\.listeners\['close'\]", "GET /connect/{n}"),
    own("far_bound", "global-cache", r"\.PAGES", "GET /page/{n}"),
    own("seldom_and_large", "global-cache", r"\.UPLOADS", "GET /upload/{n}"),
    Leak(
        Run("modules_by_request", sampling=OFTEN),
        "global-cache",
        r"sys\.modules",
        {"GET /template/{n}": 1.0},
    ),
    # nobody in Python refers to these: the loop, the interpreter and the standard library do
    Leak(
        Run("sleeping_tasks", sampling=OFTEN),
        "task",
        r"asyncio\.unix_events\._UnixSelectorEventLoop\._scheduled.*",
        {"GET /order/{n}": 1.0},
    ),
    Leak(
        Run("at_exit", sampling=OFTEN),
        "listener",
        r".*at_exit\.Session\.close.*",
        {"GET /session/{n}": 1.0},
    ),
    Leak(
        Run("finalizers", sampling=OFTEN),
        "global-cache",
        r"weakref\.finalize\._registry",
        {"GET /borrow/{n}": 1.0},
    ),
)

# What it started runs on, and is told beside it.
RUNNING = Leak(
    Run("idle_pools", sampling=OFTEN),
    "global-cache",
    r"idle_pools\.POOLS",
    {"GET /convert/{n}": 1.0},
)

QUIET = (
    Run("quiet_warming"),
    Run("quiet_bounded", requests=1200),
    Run("quiet_batches", requests=550),
    Run("quiet_cycles"),
    Run("quiet_constants"),
    Run("quiet_fragmentation"),
    Run("quiet_pool"),
    Run("quiet_imports"),
    Run("quiet_sessions", requests=300),
    Run("quiet_statements"),
    Run("quiet_templates", ("jinja2==3.1.6",), requests=300),
    Run("quiet_tasks"),
    Run("quiet_errors"),
)

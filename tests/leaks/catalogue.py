"""The cases: leaks of published packages, leaks of small apps of our own, and what is no leak."""

from __future__ import annotations

from dataclasses import dataclass, field

# A run is short: a sample each kilobyte tells of it what a day would at the usual interval.
OFTEN = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One process: an app of the folder `apps`, the packages it needs, and its traffic.

    `sampling` is LeakGuard's interval in bytes, None for the default.
    """

    app: str
    needs: tuple[str, ...] = ()
    requests: int = 150
    sampling: int | None = None

    def __str__(self) -> str:
        return f"{self.app}[{self.needs[0]}]" if self.needs else self.app


@dataclass(frozen=True, slots=True)
class Leak:
    """What LeakGuard must say of a leaking app.

    `holder` is a pattern for the first suspect's holder; `routes` are the routes it is fed by and
    their shares of it, the largest first.
    """

    run: Run
    kind: str
    holder: str
    routes: dict[str, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Published:
    """A leak that somebody reported (`reported`), and the version that does not have it."""

    leak: Leak
    fixed: Run
    reported: str


def published(
    app: str,
    affected: str,
    fixed: str,
    *also: str,
    route: str,
    kind: str,
    holder: str,
    reported: str,
) -> Published:
    """A case: the pins of the two versions, and of what both need besides."""
    return Published(
        Leak(Run(app, (affected, *also), sampling=OFTEN), kind, holder, {route: 1.0}),
        Run(app, (fixed, *also)),
        f"https://github.com/{reported}",
    )


def own(
    app: str, kind: str, holder: str, *routes: str, requests: int = 150, **shares: float
) -> Leak:
    """A leak of an app that needs no package, all of it fed by one route if no shares are given."""
    (first, *others) = routes
    fed = dict(zip(routes, shares.values(), strict=True)) if others else {first: 1.0}
    return Leak(Run(app, requests=requests, sampling=OFTEN), kind, f"{app}{holder}", fed)


SQLALCHEMY = ("sqlalchemy==1.4.54", "wrapt==1.17.3", "setuptools==80.9.0")

PUBLISHED = (
    published(
        "unknown_paths",
        "aiohttp==3.10.10",
        "aiohttp==3.10.11",
        route="GET /proxy/{n}",
        kind="lru-cache",
        holder=r"aiohttp\.web_app\._build_middlewares",
        reported="aio-libs/aiohttp/security/advisories/GHSA-27mf-ghqm-j3j8",
    ),
    published(
        "cookies",
        "aiohttp==3.12.2",
        "aiohttp==3.12.15",
        route="GET /fetch/{n}",
        kind="global-cache",
        holder=r"cookies\.jars\[\]\._cookies",
        reported="aio-libs/aiohttp/issues/11052",
    ),
    published(
        "wrong_keys",
        "pickledb==0.9.2",
        "pickledb==1.0",
        route="GET /settings/{n}",
        kind="exception",
        holder=r"pickledb\.PickleDB\.key_string_error(\.__traceback__)?",
        reported="patx/pickledb/issues/70",
    ),
    published(
        "payments",
        "paddle-python-sdk==1.13.1",
        "paddle-python-sdk==1.14.1",
        route="GET /pay/{n}",
        kind="logging-handler",
        holder=r".*\['null_logger'\]\.handlers",
        reported="PaddleHQ/paddle-python-sdk/issues/144",
    ),
    published(
        "live_events",
        "sse-starlette==3.1.1",
        "sse-starlette==3.1.2",
        route="GET /events/{n}",
        kind="task",
        holder=r"asyncio\.unix_events\._UnixSelectorEventLoop\._scheduled.*",
        reported="sysid/sse-starlette/pull/153",
    ),
    published(
        "models_by_request",
        "pydantic==1.9.2",
        "pydantic==1.10.19",
        route="GET /listing/{n}",
        kind="global-cache",
        holder=r"pydantic\.generics\._generic_types_cache",
        reported="pydantic/pydantic/issues/3829",
    ),
    published(
        "tenants",
        "opentelemetry-instrumentation-sqlalchemy==0.37b0",
        "opentelemetry-instrumentation-sqlalchemy==0.50b0",
        *SQLALCHEMY,
        route="GET /tenant/{n}",
        kind="global-cache",
        holder=r"opentelemetry\.instrumentation\.sqlalchemy\..*_remove_event_listener_params",
        reported="open-telemetry/opentelemetry-python-contrib/issues/1761",
    ),
    published(
        "meters",
        "opentelemetry-sdk==1.27.0",
        "opentelemetry-sdk==1.31.0",
        route="GET /measure/{n}",
        kind="global-cache",
        holder=r".*MeterProvider\._all_metric_readers",
        reported="open-telemetry/opentelemetry-python/issues/4220",
    ),
    published(
        "classes_by_request",
        "attrs==21.2.0",
        "attrs==21.4.0",
        route="GET /table/{n}",
        kind="global-cache",
        holder=r"linecache\.cache",
        reported="python-attrs/attrs/issues/826",
    ),
    published(
        "patched_again",
        "aws-xray-sdk==2.1.0",
        "aws-xray-sdk==2.2.0",
        "requests==2.32.3",
        "wrapt==1.17.3",
        "setuptools==80.9.0",
        route="GET /trace/{n}",
        kind="other",
        holder=r"requests\.sessions\.Session\.\w+",
        reported="aws/aws-xray-sdk-python/issues/99",
    ),
    published(
        "dirty_rows",
        "django-dirtyfields==1.2.1",
        "django-dirtyfields==1.3",
        "django==4.2.16",
        route="GET /order/{n}",
        kind="global-cache",
        holder=r"weakref\.finalize\._registry",
        reported="romgar/django-dirtyfields/pull/111",
    ),
    published(
        "databases_by_tenant",
        "databases[aiosqlite]==0.7.0",
        "databases[aiosqlite]==0.8.0",
        "sqlalchemy==1.4.54",
        route="GET /report/{n}",
        kind="context-variable",
        holder=r"databases_by_tenant\.worker",
        reported="encode/databases/pull/546",
    ),
    published(
        "spans",
        "py-zipkin==0.13.0",
        "py-zipkin==0.14.1",
        route="GET /buy/{n}",
        kind="thread-local",
        holder=r"py_zipkin\.thread_local\._thread_local\.span_storage",
        reported="Yelp/py_zipkin/issues/99",
    ),
)

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

# Nothing in Python holds these, and a term of the memory of the process needs a while to be sure.
# https://github.com/aio-libs/multidict/issues/1232
NATIVE = Run("dropped_headers", ("multidict==6.6.3",), requests=6000)
NATIVE_FIXED = Run("dropped_headers", ("multidict==6.6.4",), requests=6000)

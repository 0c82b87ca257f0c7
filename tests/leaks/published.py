"""Leaks of published packages that somebody reported, and the versions that do not have them."""

from __future__ import annotations

from dataclasses import dataclass

from cases import OFTEN, Leak, Run


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
        "asgiref==3.10.0",
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
    published(
        "spans_to_sentry",
        "sentry-sdk==2.42.1",
        "sentry-sdk==2.75.0",
        "opentelemetry-sdk==1.31.0",
        route="GET /call/{n}",
        kind="listener",
        holder=r"sentry_sdk\.scope\.global_event_processors",
        reported="getsentry/sentry-python/issues/6267",
    ),
    published(
        "parsers",
        "hiredis==2.2.2",
        "hiredis==2.2.3",
        route="GET /get/{n}",
        kind="native",
        holder=r"C code \(parsers\.Parser\.failed\)",
        reported="redis/redis-py/issues/2693",
    ),
    published(
        "locals_of_tasks",
        "asgiref==3.2.7",
        "asgiref==3.2.10",
        route="GET /visit/{n}",
        kind="global-cache",
        holder=r"locals_of_tasks\.local\._context_refs",
        reported="django/asgiref/pull/158",
    ),
    published(
        "loggers_by_call",
        "annotated-logger==1.2.4",
        "annotated-logger==1.3.4",
        "requests==2.32.3",
        route="GET /pay/{n}",
        kind="global-cache",
        holder=r"logging\.root\.manager\.loggerDict",
        reported="github/annotated-logger/pull/83",
    ),
)

# Nothing in Python holds these, and a term of the memory of the process needs a while to be sure.
# https://github.com/aio-libs/multidict/issues/1232
NATIVE = Run("dropped_headers", ("multidict==6.6.3",), requests=6000)
NATIVE_FIXED = Run("dropped_headers", ("multidict==6.6.4",), requests=6000)

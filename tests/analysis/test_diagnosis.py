"""Every kind of leak by the chain that gives it away."""

from __future__ import annotations

import pytest

from leakguard.analysis.diagnosis import FIXES
from leakguard.analysis.findings import KINDS
from leakguard.image import EdgeKind, Ident, RootKind, TypeKind

KB = 1000


def listener(heap):
    """pyee's way: event name -> OrderedDict of function -> function."""
    attributes = heap.instance(heap.shop, "EMITTER", "pyee.base.EventEmitter")
    events = heap.variable(attributes, "_events", "dict", 300, TypeKind.DICT)
    callbacks = heap.variable(events, "connect", "collections.OrderedDict", 8 * KB, TypeKind.DICT)
    name = Ident("shop.attempt.<locals>.on_connect", "/srv/app/shop.py", 9)
    for _ in range(5000):
        function = heap.node("function", 250, TypeKind.FUNCTION, ident=name)
        heap.edge(callbacks, EdgeKind.DICT_KEY, 0, function)
        heap.edge(callbacks, EdgeKind.DATA_KEY, 5 << 24, function)
    return "listener", "shop.EMITTER._events['connect']"


def bound_methods(heap):
    held = heap.variable(heap.shop, "on_close", "list", 8 * KB, TypeKind.LIST)
    name = Ident("shop.Connection.closed", "/srv/app/shop.py", 7)
    function = heap.node("function", 150, TypeKind.FUNCTION, ident=name)
    for method in heap.fill(held, 5000, 400, "method", kind=TypeKind.METHOD):
        heap.edge(method, EdgeKind.SLOT, "__func__", function)
    return "listener", "shop.on_close"


def wrapped_listeners(heap):
    attributes = heap.instance(heap.shop, "signal", "shop.Signal")
    held = heap.variable(attributes, "receivers", "list", 8 * KB, TypeKind.LIST)
    for wrapper in heap.fill(held, 5000, 400, "shop.Receiver"):
        heap.edge(wrapper, EdgeKind.ATTR, "call", heap.node("method", 64, TypeKind.METHOD))
    return "listener", "shop.signal.receivers"


def callbacks_of_a_future(heap):
    future = heap.variable(heap.shop, "shutdown", "_asyncio.Future", 120)
    held = heap.edge(future, EdgeKind.OTHER, 0, heap.node("list", 8 * KB, TypeKind.LIST))
    for callback in heap.fill(held, 5000, 400, "tuple", kind=TypeKind.TUPLE):
        heap.edge(callback, EdgeKind.INDEX, 0, heap.node("method", 64, TypeKind.METHOD))
    return "listener", "shop.shutdown"


def global_cache(heap):
    held = heap.variable(heap.shop, "CACHE", "dict", 8 * KB, TypeKind.DICT)
    heap.fill(held, 5000, 400, edge=EdgeKind.DATA_KEY)
    return "global-cache", "shop.CACHE"


def class_attribute(heap):
    cart = heap.variable(heap.shop, "Cart", "type", KB, TypeKind.TYPE)
    attributes = heap.slot(cart, "__dict__", "dict", KB, TypeKind.DICT)
    held = heap.variable(attributes, "_all", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 5000, 400)
    return "global-cache", "shop.Cart._all"


def lru_cache(heap):
    cache = heap.variable(
        heap.shop,
        "load",
        "functools._lru_cache_wrapper",
        200,
        TypeKind.LRU_CACHE,
        ident=Ident("shop.load"),
    )
    entries = heap.slot(cache, "cache", "dict", 8 * KB, TypeKind.DICT)
    heap.fill(entries, 5000, 400, edge=EdgeKind.DATA_KEY)
    return "lru-cache", "shop.load"


def context_variable(heap):
    thread = heap.node("<thread>", 0, TypeKind.THREAD, ident=Ident("MainThread"))
    heap.builder.root(thread, RootKind.THREAD)
    context = heap.slot(thread, "context", "Context", 64, TypeKind.CONTEXT)
    hamt = heap.slot(context, "ctx_vars", "hamt", 64, TypeKind.HAMT)
    held = heap.node("list", 8 * KB, TypeKind.LIST)
    heap.edge(hamt, EdgeKind.CONTEXT_VAR, "request_log", held)
    heap.fill(held, 5000, 400)
    return "context-variable", "context variable 'request_log'"


def thread_local(heap):
    local = heap.variable(heap.shop, "local", "_thread._local", 64, TypeKind.THREAD_LOCAL)
    data = heap.slot(local, "__dict__", "dict", 300, TypeKind.DICT)
    held = heap.variable(data, "queries", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 5000, 400)
    return "thread-local", "shop.local.queries"


def tasks(heap):
    held = heap.variable(heap.shop, "background", "set", 8 * KB, TypeKind.SET)
    for task in heap.fill(held, 5000, 300, "_asyncio.Task", EdgeKind.SET_ITEM, kind=TypeKind.TASK):
        name = Ident("shop.poll", "/srv/app/shop.py", 3)
        coroutine = heap.node("coroutine", 300, TypeKind.GENERATOR, ident=name)
        heap.edge(task, EdgeKind.SLOT, "task_coro", coroutine)
    return "task", "shop.background"


def timers(heap):
    loop = heap.instance(heap.shop, "loop", "asyncio.unix_events._UnixSelectorEventLoop")
    held = heap.variable(loop, "_scheduled", "list", 8 * KB, TypeKind.LIST)
    for handle in heap.fill(held, 5000, 100, "asyncio.events.TimerHandle"):
        task = heap.node("_asyncio.Task", 300, TypeKind.TASK)
        future = heap.node("_asyncio.Future", 100)
        heap.edge(handle, EdgeKind.ATTR, "_args", future)
        heap.edge(future, EdgeKind.SLOT, "callbacks", task)
    return "task", "shop.loop._scheduled"


def exceptions(heap):
    held = heap.variable(heap.shop, "errors", "list", 8 * KB, TypeKind.LIST)
    for error in heap.fill(held, 5000, 100, "ValueError", kind=TypeKind.EXCEPTION):
        trace = heap.slot(error, "__traceback__", "traceback", 64, TypeKind.TRACEBACK)
        heap.slot(trace, "tb_frame", "frame", 400, TypeKind.FRAME, ident=Ident("shop.pay"))
    return "exception", "shop.errors"


def exception_chain(heap):
    owner = (heap.shop, EdgeKind.KEY, "last_error")
    for _ in range(2000):
        error = heap.edge(*owner, heap.node("ValueError", 600, TypeKind.EXCEPTION))
        owner = (error, EdgeKind.SLOT, "__context__")
    return "exception", "shop.last_error"


def log_records(heap):
    handler = heap.instance(heap.shop, "handler", "logging.handlers.MemoryHandler")
    held = heap.variable(handler, "buffer", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 5000, 400, "logging.LogRecord")
    return "logging-handler", "shop.handler.buffer"


def log_handlers(heap):
    logger = heap.instance(heap.shop, "logger", "logging.Logger")
    held = heap.variable(logger, "handlers", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 5000, 400, "logging.StreamHandler")
    return "logging-handler", "shop.logger.handlers"


def closure_over_a_container(heap):
    name = Ident("shop.counter.<locals>.count", "/srv/app/shop.py", 4)
    function = heap.variable(heap.shop, "count", "function", 150, TypeKind.FUNCTION, ident=name)
    closure = heap.slot(function, "__closure__", "tuple", 48, TypeKind.TUPLE)
    cell = heap.edge(closure, EdgeKind.CELL, "seen", heap.node("cell", 40, TypeKind.CELL))
    held = heap.slot(cell, "cell_contents", "list", 8 * KB, TypeKind.LIST)
    heap.fill(held, 5000, 400)
    return "closure", "shop.count free variable 'seen'"


def held_from_c(heap):
    held = heap.node("list", 8 * KB, TypeKind.LIST)
    heap.builder.root(held, RootKind.C_HELD)
    heap.fill(held, 5000, 400)
    return "other", "list"


CASES = [
    listener, bound_methods, wrapped_listeners, callbacks_of_a_future, global_cache,
    class_attribute, lru_cache, context_variable, thread_local, tasks, timers, exceptions,
    exception_chain, log_records, log_handlers, closure_over_a_container, held_from_c,
]  # fmt: skip


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_kind_and_holder(heap, make):
    kind, holder = make(heap)
    findings = heap.analyse()
    (suspect,) = findings.suspects
    assert (suspect.kind, suspect.holder) == (kind, holder)
    assert suspect.fix == FIXES[kind]
    assert findings.verdict.kind == kind
    assert 0.5 <= findings.verdict.confidence <= 1


def test_a_listener_chain_shows_emitter_event_and_callback(heap):
    listener(heap)
    (suspect,) = heap.analyse().suspects
    *_, attribute, event, callbacks = suspect.chain
    assert attribute.edge == "._events"
    assert event.edge == "['connect']"
    assert (callbacks.name, callbacks.repeats) == ("shop.attempt.<locals>.on_connect", 5000)
    assert callbacks.line == 9


def test_a_bound_method_is_called_like_its_function(heap):
    bound_methods(heap)
    findings = heap.analyse()
    last = findings.suspects[0].chain[-1]
    assert (last.type, last.name) == ("method", "shop.Connection.closed")
    assert (last.file, last.line) == ("/srv/app/shop.py", 7)
    assert findings.verdict.text.startswith("closed methods pile up in shop.on_close: 5,000 of")


def test_free_and_context_variables_are_named_in_the_chain(heap):
    closure_over_a_container(heap)
    (suspect,) = heap.analyse().suspects
    assert [link.edge for link in suspect.chain] == ["", ".count", "free variable 'seen'", "[]"]


def test_fixes_are_two_lines_that_fit_a_terminal():
    for kind, fix in FIXES.items():
        assert kind in KINDS
        lines = fix.split("\n")
        assert len(lines) == 2
        assert all(0 < len(line) <= 76 for line in lines)

"""What the portable capture leaves alone, where it ends, and what it can write to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from portable_shop import CALLS, Heap, run

from leakguard.image import EdgeKind, HeapImage

if TYPE_CHECKING:
    from pathlib import Path


def test_no_code_of_the_application_runs(tmp_path: Path) -> None:
    code = """
        shop.CALLED.clear()
        capture_portable(sys.argv[1] + "/hostile.lgheap", meta={})
        print(json.dumps(shop.CALLED))
        sys.stdout.flush()
        import os
        os._exit(0)
    """
    assert json.loads(run(tmp_path, code, shop=CALLS)) == []
    with HeapImage.open(tmp_path / "hostile.lgheap") as image:
        names = {image.type_name(index) for index in range(image.type_count)}
        for base in ("object", "dict", "list", "tuple", "int", "str", "bytes", "set"):
            assert f"shop.Hostile{base}" in names


def test_the_process_is_as_it_was(tmp_path: Path) -> None:
    code = """
        import _thread
        def state():
            counts = [sys.getrefcount(item) for item in (shop.CART, shop.RECORDS, shop.SALE)]
            return counts, gc.isenabled(), sys.getswitchinterval(), "numpy" in sys.modules
        before = state()
        for _ in range(2):
            capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        assert state() == before, (state(), before)
        assert not any(type(item) is dict for item in gc.get_referents(shop.CART))
        assert not any(type(item) is dict for item in gc.get_referents(shop.SHARED[0]))
        gc.collect()
        objects = len(gc.get_objects())
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        gc.collect()
        grown = len(gc.get_objects()) - objects
        assert grown < 100, grown
        print("unchanged")
    """
    assert run(tmp_path, code).split() == ["unchanged"]


def test_locals_shown_to_the_application_stay(tmp_path: Path) -> None:
    code = """
        def show():
            number = [1]
            shown = locals()
            capture_portable(sys.argv[1] + "/x.lgheap", meta={})
            return shown["number"] is number, number
        assert show()[0]
        import weakref
        class Gone: pass
        def waiting():
            gone = Gone()
            yield weakref.ref(gone)
            del gone
            yield
        waiter = waiting()
        watched = next(waiter)
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        next(waiter)
        print(watched() is None)
    """
    assert run(tmp_path, code).split() == ["True"]


def test_frozen_objects_are_reached(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        gc.freeze()
        assert not any(item is shop.RECORDS for item in gc.get_objects())
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        """,
    )
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        frozen = Heap(image, b"", "")
        assert len(frozen.steps(frozen.shop("RECORDS"))) == 3


@pytest.mark.parametrize(
    ("limit", "message"),
    [("deadline=0.0", "did not finish in time"), ("should_stop=lambda: True", "cancelled")],
)
def test_a_capture_can_be_ended(tmp_path: Path, limit: str, message: str) -> None:
    said = run(
        tmp_path,
        f"""
        import os
        from leakguard.errors import CaptureError
        try:
            capture_portable(sys.argv[1] + "/x.lgheap", {limit}, meta={{}})
        except CaptureError as error:
            print(error)
        assert gc.isenabled()
        assert sys.getswitchinterval() < 1
        assert not os.path.exists(sys.argv[1] + "/x.lgheap")
        """,
    )
    assert message in said


def test_sizes_are_those_that_python_tells(tmp_path: Path) -> None:
    code = """
        capture_portable(sys.argv[1] + "/x.lgheap", meta={})
        names = ("RECENT", "MEMBERS", "SLOTTED", "PARTIAL", "METHOD", "LOCAL", "SHARED", "FAILURE")
        print(json.dumps({name: sys.getsizeof(getattr(shop, name)) for name in names}))
        print(json.dumps(sys.getsizeof(shop.OPENED)))
    """
    sizes, opened = map(json.loads, run(tmp_path, code).splitlines())
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        heap = Heap(image, b"", "")
        for name, size in sizes.items():
            node = heap.shop(name)
            if image.node_folded[node] == 0:
                assert (name, image.node_size[node]) == (name, size)
            else:
                assert image.node_size[node] > size
        inline = image.node_size[heap.to(heap.shop("SHARED"), EdgeKind.INDEX, 0)]
        assert opened <= inline <= opened + 6 * 8


def test_two_captures_in_one_process(tmp_path: Path) -> None:
    code = """
        import os
        from leakguard.capture import capture
        for _ in range(2):
            descriptor = os.memfd_create("image")
            outcome = capture([descriptor], method="portable")
            assert outcome.method == "portable"
            assert os.fstat(descriptor).st_size > 100_000
        print("both")
    """
    assert run(tmp_path, code).split() == ["both"]


def test_a_descriptor_is_as_good(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        with open(sys.argv[1] + "/x.lgheap", "wb") as file:
            capture_portable(file.fileno(), meta={"app": "x"})
        """,
    )
    with HeapImage.open(tmp_path / "x.lgheap") as image:
        facts: dict[str, Any] = image.meta
        assert facts["app"] == "x"
        assert facts["capture"] == "portable"

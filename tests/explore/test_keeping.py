"""Which images stay on the shelf, who may read them, and when they go."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import images
import pytest

from leakguard import workers
from leakguard.errors import LeakGuardError
from leakguard.explore import clearing, keeping
from leakguard.explore.shelf import Shelf
from leakguard.private_dir import directory


def files(shelf):
    with shelf.opened() as folder, os.scandir(folder) as found:
        return {item.name: item.stat(follow_symlinks=False) for item in found}


def test_a_kept_image_is_listed_with_its_facts(kept):
    (image,) = kept.put()
    (listed,) = kept.shelf.kept()
    assert listed.id == image
    assert listed.pid == os.getpid()
    assert (listed.objects, listed.suspects, listed.baseline) == (4020, 2, False)
    assert listed.file_bytes == files(kept.shelf)[f"{image}.lgheap"].st_size
    assert abs(listed.created - time.time()) < 60
    assert kept.keeping.why_not() == ""


def test_only_this_user_can_read_what_is_kept(kept):
    kept.put()
    assert {stat.S_IMODE(found.st_mode) for found in files(kept.shelf).values()} == {0o600}
    for path in (directory(), directory() / "images", directory() / "images" / kept.shelf.name):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_the_newest_stay_and_the_baseline_does(kept):
    (baseline,) = kept.put(baseline=True)
    for _ in range(4):
        ids = kept.put()
    assert len(ids) == 3
    assert ids[-1] == baseline
    assert ids == sorted(ids, reverse=True)
    assert {name.partition(".")[0] for name in files(kept.shelf)} == set(ids)


def test_a_new_baseline_takes_the_place_of_the_old_one(kept):
    kept.put(baseline=True)
    kept.put()
    later = kept.put(baseline=True)[0]
    assert [image.id for image in kept.shelf.kept() if image.baseline] == [later]
    assert len(kept.ids()) == 2


def test_older_images_make_room_by_bytes(make_kept):
    size = len(images.shop(carts=60)._packed())
    kept = make_kept(most=5, most_bytes=2 * size + 1000)
    kept.put(baseline=True)
    for _ in range(3):
        kept.put()
    there = kept.shelf.kept()
    assert [image.baseline for image in there] == [False, True]
    assert sum(image.file_bytes for image in there) <= 2 * size + 1000


def test_an_image_that_is_too_large_is_not_kept_and_that_is_said(make_kept):
    kept = make_kept(most_bytes=1000)
    assert kept.put() == []
    assert "more than the 1000 of keep_image_bytes" in kept.keeping.why_not()
    # ... by every worker of the app, until one is kept
    other = make_kept(kept.shelf.name)
    assert "keep_image_bytes" in other.keeping.why_not()
    other.put()
    assert make_kept(kept.shelf.name).keeping.why_not() == ""


def test_none_is_kept_where_that_is_switched_off(make_kept):
    kept = make_kept(most=0)
    assert kept.put() == []
    assert "keep_images is 0" in kept.keeping.why_not()
    assert not (directory() / "images" / kept.shelf.name).exists()


def test_a_full_disk_loses_the_image_and_nothing_else(kept, monkeypatch):
    earlier = kept.put()

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "pread", full)
    assert kept.put() == earlier
    assert "No space left" in kept.keeping.why_not()
    monkeypatch.undo()
    assert len(files(kept.shelf)) == 3  # the image, its facts, and why the other was not kept


def test_an_image_is_not_kept_where_little_room_is_left(kept, monkeypatch):
    monkeypatch.setattr(keeping, "_SPARE", 1 << 40)
    assert kept.put() == []
    assert "little room" in kept.keeping.why_not()


def test_a_directory_that_others_can_use_is_not_used(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "leakguard").mkdir(mode=0o777)
    (tmp_path / "leakguard").chmod(0o777)
    exposed = type(kept)("exposed")
    with pytest.raises(LeakGuardError, match="does not trust"):
        exposed.shelf.kept()
    exposed.keep()
    assert "does not trust" in exposed.keeping.why_not()


def test_the_last_worker_takes_everything_with_it(kept):
    kept.put()
    kept.keeping.leave()
    assert kept.ids() == []
    assert not (directory() / "images" / kept.shelf.name).exists()


def test_another_worker_keeps_the_images(kept):
    app = workers.App(kept.shelf.name, kept.shelf.name)
    kept.put()
    other = workers.Worker(app, dict, {})
    pid = os.getpid
    try:
        os.getpid = lambda: pid() + 1  # another process, as far as anybody can tell
        other.join()
    finally:
        os.getpid = pid
    with_other = clearing.living(kept.shelf)
    assert len(with_other) == 2
    kept.keeping.leave()
    assert len(kept.ids()) == 1


def test_images_of_apps_that_ended_are_found_and_removed(kept, make_kept, monkeypatch):
    left = make_kept()
    left.put()
    kept.put()
    assert len(left.ids()) == 1  # it may only just begin
    monkeypatch.setattr(clearing, "_STRAY_SECONDS", -1.0)
    kept.put()
    assert left.ids() == []
    assert len(kept.ids()) == 2


def test_strays_are_removed(kept, monkeypatch):
    kept.put()
    with kept.shelf.opened() as folder:
        for name in ("1a2b-1-1.draft", "1a2b-1-1.json", "1a2b-1-1.lock", "1a2b-1-1.1a2c-1-1.sock"):
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=folder))
    monkeypatch.setattr(clearing, "_STRAY_SECONDS", -1.0)
    ids = kept.put()
    assert {name.partition(".")[0] for name in files(kept.shelf)} == set(ids)


def test_images_of_a_process_that_ended_long_ago_go(kept):
    (old,) = kept.put()
    with kept.shelf.opened() as folder:
        path = Path(f"/proc/self/fd/{folder}/{old}.json")
        known = json.loads(path.read_text())
        known["image"] |= {"pid": 1, "started": 5.0, "created": time.time() - 7200}
        path.write_text(json.dumps(known))
    assert old not in kept.put()


@pytest.mark.parametrize("image", ["", "..", "../x", "a/b", "x" * 200, "1a2b-1-1.json", "%2e"])
def test_what_can_be_no_image_is_none(kept, image):
    assert not Shelf(kept.shelf.name).has(image)

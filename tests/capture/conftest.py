from __future__ import annotations

import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the helper modules beside this file: tests are no package

import own_process  # noqa: E402 (found on the path just extended)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import the extension `misbehaving` from."""
    folder = tmp_path_factory.mktemp("misbehaving")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    command = ["gcc", "-O1", "-fPIC", "-shared", "-pthread", "-Wall", "-Werror"]
    command += [f"-I{sysconfig.get_path('include')}", str(HERE / "misbehaving.c")]
    subprocess.run([*command, "-o", str(folder / f"misbehaving{suffix}")], check=True)
    return folder


@pytest.fixture
def apart() -> Callable[..., Any]:
    """Runs a module-level function, with JSON arguments, in a process of its own."""
    return own_process.run


@pytest.fixture
def apart_misbehaving(misbehaving: Path) -> Callable[..., Any]:
    """The same, where `import misbehaving` works."""
    return partial(own_process.run, folder=misbehaving)


@pytest.fixture(params=["fork", "inline"])
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)

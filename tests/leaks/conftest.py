from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # the helper modules beside this file: tests are no package

import packages  # noqa: E402 (found on the path just extended)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases import Run

AT_A_TIME = 2


@pytest.fixture(scope="session")
def _running(request: pytest.FixtureRequest) -> Iterator[dict[Run, Future[list[Any]]]]:
    """Every run that a chosen test asks for, two at a time, in the order of the tests."""
    root = request.config.rootpath / ".cache" / "leaks"
    runs = [
        item.callspec.params["run"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "answers" in item.fixturenames
    ]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {run: pool.submit(_answers, run, root) for run in dict.fromkeys(runs)}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def answers(run: Run, _running: dict[Run, Future[list[Any]]]) -> list[Any]:
    """What LeakGuard answered after each round of the run."""
    return _running[run].result()


@pytest.fixture
def last(answers: list[Any]) -> Any:
    """What LeakGuard answered in the end."""
    return answers[-1]


def _answers(run: Run, root: Path) -> list[Any]:
    environment = dict(os.environ)
    if run.needs:
        own = [str(packages.folder_of(run.needs, root))]
        own += filter(None, [environment.get("PYTHONPATH")])
        environment["PYTHONPATH"] = os.pathsep.join(own)
    command = [sys.executable, "-P", str(HERE / "traffic.py"), run.app]
    command += ["--requests", str(run.requests)]
    command += ["--sampling", str(run.sampling)] if run.sampling else []
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{run}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

"""What every test needs: a runtime directory of its own, away from other runs and other apps."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_runtime_directory(tmp_path_factory):
    """Processes of one user take turns with their snapshots, and meet as workers there."""
    place = tmp_path_factory.mktemp("runtime")
    place.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(place))
        patch.setenv("TMPDIR", str(place))  # where workers without the former meet
        yield

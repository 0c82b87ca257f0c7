"""Run a leaking example and its fix under a real server, and let curl ask each who leaks.

`python demo.py [closure|listener|cache|all ...] [starlette|flask|django ...]`: which stories, in
which frameworks; the exit status says whether the answers were right.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from serving import Server, serving
from traffic import send

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Story:
    directory: str
    path: str
    requests: int
    env: dict[str, str] = field(default_factory=dict)

    def send_traffic(self, server: Server) -> str:
        counts = send(server.url(self.path), self.requests)
        if set(counts) != {200}:
            raise RuntimeError(f"traffic was not answered: {dict(counts)}\n{server.log()}")
        return f"{self.requests} × GET {self.path}"


@dataclass(frozen=True)
class ListenerStory(Story):
    """The listener example leaks by itself; its traffic is the attempts that it makes."""

    def send_traffic(self, server: Server) -> str:
        wanted = int(self.env["LEAK_ATTEMPTS"])
        deadline = time.monotonic() + 120
        while server.get(self.path).json()["attempts"] < wanted:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the client did not make {wanted} attempts\n{server.log()}")
            time.sleep(0.1)
        return f"{wanted} attempts to connect"


STORIES = {
    "closure": Story("closure_leak", "/leak", 50),
    "cache": Story("global_cache_leak", "/arr", 50),
    "listener": ListenerStory("listener_leak", "/attempts", 1, {"LEAK_ATTEMPTS": "5000"}),
}


@dataclass(frozen=True)
class Framework:
    """What an example's modules are called in it, and what serves them."""

    prefix: str
    server: str


FRAMEWORKS = {
    "starlette": Framework("", "uvicorn"),
    "flask": Framework("flask_", "flask run"),
    "django": Framework("django_", "uvicorn"),
}


def ask(server: Server) -> str:
    """The endpoint's answer in plain text, by a real curl where there is one."""
    curl = shutil.which("curl")
    if curl is None:
        print("    (no curl on this machine: python asks instead)")
        return server.leak().text
    print(
        f"$ curl -H \"Authorization: Bearer $TOKEN\" '{server.url('/_leak?top=5')}'\n", flush=True
    )
    # the header goes through standard input: an argument would show the token in `ps`
    return subprocess.run(
        [curl, "--silent", "--show-error", "--header", "@-", server.url("/_leak?top=5")],
        input=f"Authorization: Bearer {server.token}\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def tell(story: Story, framework: Framework, module: str, scratch: Path) -> bool:
    """Serve one module of the story; say whether a suspect was found."""
    module = framework.prefix + module
    print(f"\n==> examples/{story.directory}/{module}.py under {framework.server}", flush=True)
    app = module if framework.server == "flask run" else f"{module}:app"
    with serving(
        app,
        HERE / story.directory,
        scratch / f"{module}.log",
        flask=framework.server == "flask run",
        env=story.env,
    ) as server:
        print(f"    listening on port {server.port}; sending traffic", flush=True)
        print(f"    sent {story.send_traffic(server)}; asking who leaks\n", flush=True)
        print(ask(server).rstrip(), flush=True)
        return bool(server.leak("top=5&format=json").json()["suspects"])


def chosen(names: list[str]) -> tuple[list[str], list[str]]:
    """The stories and the frameworks that are named, the first of each where none is.

    Raises ValueError, with what there is, for another name.
    """
    known = [*STORIES, "all", *FRAMEWORKS]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    stories = list(STORIES) if "all" in names else [name for name in names if name in STORIES]
    frameworks = [name for name in names if name in FRAMEWORKS]
    return stories or ["closure"], frameworks or ["starlette"]


def main(names: list[str]) -> int:
    try:
        stories, frameworks = chosen(names)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    right = True
    with tempfile.TemporaryDirectory() as scratch:
        for name, framework in itertools.product(stories, frameworks):
            for module, leaks in (("leaky", True), ("fixed", False)):
                found = tell(STORIES[name], FRAMEWORKS[framework], module, Path(scratch))
                right = right and found == leaks
                if found != leaks:
                    wanted = "a suspect" if leaks else "no suspect"
                    print(f"\n!!! {wanted} was expected here", file=sys.stderr)
    print("\nThe leak was named, and its fix came out clean." if right else "\nNot as expected.")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

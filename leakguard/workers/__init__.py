"""The workers of an app on this host: each registers, and can be asked by the others.

They meet in a private directory of the user and talk over Unix sockets there; no TCP port, and no
word to a process of anybody else. Nothing runs before `Worker.join`.
"""

from leakguard.workers.client import Answer, WorkerError, ask, ask_all, last_words, list_workers
from leakguard.workers.entries import Entry, Facts, process_started
from leakguard.workers.identity import App, identify
from leakguard.workers.listener import Question
from leakguard.workers.lives import lives
from leakguard.workers.merging import MergedSuspect, WorkerFindings, merge
from leakguard.workers.turns import turn
from leakguard.workers.worker import Worker

__all__ = [
    "Answer",
    "App",
    "Entry",
    "Facts",
    "MergedSuspect",
    "Question",
    "Worker",
    "WorkerError",
    "WorkerFindings",
    "ask",
    "ask_all",
    "identify",
    "last_words",
    "list_workers",
    "lives",
    "merge",
    "process_started",
    "turn",
]

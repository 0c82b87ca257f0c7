"""Whoever speaks to a worker, and however, the worker goes on."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from leakguard.errors import LeakGuardError
from leakguard.workers import WorkerError, ask, ask_all, list_workers, listener, peer, wire


@pytest.fixture
def connect(folder):
    """connect() -> a connection to the one worker there is, below the client's manners."""
    made = []

    def start():
        entry = next(entry for entry in list_workers() if entry.alive)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        place = os.open(folder, os.O_RDONLY)
        connection.connect(f"/proc/self/fd/{place}/{entry.stem}.sock")
        os.close(place)
        made.append(connection)
        return connection

    yield start
    for connection in made:
        connection.close()


def said(connection):
    message, _ = wire.receive(connection, limit=wire.MAX_ANSWER, deadline=time.monotonic() + 30)
    return message


def framed(body):
    return struct.pack("!I", len(body)) + body


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def works(entry):
    return ask(entry, "figures", timeout=30)["requests"] == 7


def test_a_question_is_answered(join):
    join()
    (entry,) = list_workers()
    assert ask(entry, "figures") == {"pid": os.getpid(), "requests": 7}


def test_a_verb_gets_what_was_asked(join):
    join({"twice": lambda question: {"n": 2 * question.whole("n", 1, 1, 9), "t": question.timeout}})
    (entry,) = list_workers()
    assert ask(entry, "twice", 3.5, n=4) == {"n": 8, "t": 3.5}
    for wrong in (0, 10, "4", True, None, 1.0):
        with pytest.raises(WorkerError, match="n must be a whole number from 1 to 9"):
            ask(entry, "twice", n=wrong)


def test_an_unknown_verb_is_told_which_there_are(join):
    join({"report": lambda question: {}})
    (entry,) = list_workers()
    with pytest.raises(WorkerError, match=r"no verb 'raport'; there are: figures, last, report"):
        ask(entry, "raport")


def test_an_open_file_can_come_with_the_question(join, tmp_path, eventually):
    def write(question):
        (descriptor,) = question.descriptors
        os.write(descriptor, b"done")
        assert not os.get_inheritable(descriptor)
        return {"descriptor": descriptor}

    join({"write": write})
    (entry,) = list_workers()
    before = open_files()
    with (tmp_path / "file").open("wb") as file:
        ask(entry, "write", descriptors=[file.fileno()])
    assert (tmp_path / "file").read_bytes() == b"done"
    eventually(lambda: open_files() <= before)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", "bytes was announced", id="garbage"),
        pytest.param(b"\xff\xff\xff\xff", "4294967295 bytes was announced", id="huge"),
        pytest.param(struct.pack("!I", 0), "0 bytes was announced", id="nothing"),
        pytest.param(framed(b"{"), "no JSON", id="no JSON"),
        pytest.param(framed(b"\xff\xfe"), "no JSON", id="no text"),
        pytest.param(framed(b"[" * 60_000), "no JSON", id="too deep"),
        pytest.param(framed(b"[]"), "no JSON object", id="no object"),
        pytest.param(framed(b'{"verb": "figures"}'), "speaks version None", id="no version"),
        pytest.param(framed(b'{"version": 2}'), "speaks version 2", id="another version"),
        pytest.param(framed(b'{"version": 1}'), "no verb a NoneType", id="no verb"),
        pytest.param(framed(b'{"version": 1, "verb": [1]}'), "no verb a list", id="strange verb"),
        pytest.param(
            framed(b'{"version": 1, "verb": "figures", "timeout": -1}'), "timeout", id="timeout"
        ),
        pytest.param(
            framed(b'{"version": 1, "verb": "figures", "timeout": NaN}'), "timeout", id="NaN"
        ),
        pytest.param(
            framed(b'{"version": 1, "verb": "figures", "arguments": 1}'),
            "arguments",
            id="arguments",
        ),
    ],
)
def test_nonsense_is_answered_with_what_is_wrong(join, connect, sent, answer):
    join()
    connection = connect()
    connection.sendall(sent)
    assert answer in said(connection)["error"]
    assert works(list_workers()[0])


def test_half_a_message_is_given_up(join, connect, monkeypatch):
    monkeypatch.setattr(listener, "QUESTION_SECONDS", 0.2)
    join()
    connection = connect()
    connection.sendall(framed(b'{"version": 1}')[:-3])
    assert "not complete in time" in said(connection)["error"]


def test_so_is_one_that_ends_early(join, connect):
    join()
    connection = connect()
    connection.sendall(framed(b'{"version": 1}')[:-3])
    connection.shutdown(socket.SHUT_WR)
    assert "ended before the message did" in said(connection)["error"]


def test_a_slow_sender_gains_no_time_by_each_byte(join, connect, monkeypatch):
    monkeypatch.setattr(listener, "QUESTION_SECONDS", 0.5)
    join()
    connection = connect()
    message = framed(b'{"version": 1, "verb": "figures"}' + b" " * 10_000)

    def trickle():
        for byte in message:
            connection.sendall(bytes([byte]))
            time.sleep(0.005)

    with pytest.raises(ConnectionError):
        trickle()


def test_silent_peers_keep_nobody_from_being_answered(join, connect, monkeypatch, eventually):
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 4)
    monkeypatch.setattr(listener, "QUESTION_SECONDS", 60.0)
    join()
    (entry,) = list_workers()
    silent = [connect() for _ in range(4)]
    with pytest.raises(WorkerError, match="many questions already"):
        ask(entry, "figures", timeout=30)
    silent.pop().close()

    def answers():
        try:
            return works(entry)
        except WorkerError:
            return False

    eventually(answers)
    for one in silent:
        one.shutdown(socket.SHUT_WR)
        assert "ended before the message did" in said(one)["error"]


def test_who_is_too_busy_is_heard_whatever_was_asked(join, connect, monkeypatch):
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 0)
    join()
    (entry,) = list_workers()
    for length in (1, 60_000) * 10:
        with pytest.raises(WorkerError, match="many questions already"):
            ask(entry, "figures", text="x" * length)


def test_who_does_not_read_its_answer_is_given_up(join, connect, monkeypatch, eventually):
    monkeypatch.setattr(listener, "SENDING_SECONDS", 0.2)
    join({"much": lambda question: {"text": "x" * (4 << 20)}})
    before = threading.active_count()
    connect().sendall(framed(b'{"version": 1, "verb": "much"}'))
    connect().close()
    eventually(lambda: threading.active_count() == before)
    assert works(list_workers()[0])


def test_an_answer_that_is_too_long_is_an_error(join):
    join({"much": lambda question: {"text": "x" * (wire.MAX_ANSWER + 1)}})
    (entry,) = list_workers()
    with pytest.raises(WorkerError, match="bytes, 8388608 are allowed"):
        ask(entry, "much")


def test_an_error_of_ours_is_the_answer_and_another_s_text_stays_here(join, caplog):
    def ours(question):
        raise LeakGuardError("no snapshot: the disk is full")

    def theirs(question):
        raise KeyError("alice@example.com")

    join({"ours": ours, "theirs": theirs})
    (entry,) = list_workers()
    with pytest.raises(WorkerError, match=r"worker \d+: no snapshot: the disk is full"):
        ask(entry, "ours")
    with pytest.raises(WorkerError, match=r"failed to answer \(KeyError\)") as raised:
        ask(entry, "theirs")
    assert "alice" not in str(raised.value)
    assert works(entry)


def test_a_worker_that_hangs_costs_the_others_nothing(join, other):
    stop = threading.Event()
    join({"wait": lambda question: {"waited": stop.wait(60)}})
    entries = list_workers()
    with pytest.raises(WorkerError, match=r"did not answer within 0\.3 s"):
        ask(entries[0], "wait", 0.3)
    assert works(entries[0])
    stop.set()


def test_a_stopped_process_does_not_hold_up_the_rest(join, other):
    join()
    stopped, well = other(), other()
    os.kill(stopped.pid, 19)
    try:
        answers = {answer.entry.pid: answer for answer in ask_all(list_workers(), "figures", 1.0)}
    finally:
        os.kill(stopped.pid, 18)
    assert answers[well.pid].answer["requests"] == 7
    assert answers[os.getpid()].answer["requests"] == 7
    assert answers[stopped.pid].answer is None
    assert "did not answer" in answers[stopped.pid].error


@pytest.mark.parametrize("side", ["the one that asks", "the one that is asked"])
def test_a_process_of_another_user_is_told_nothing(join, monkeypatch, side):
    asked = []
    join({"report": lambda question: asked.append(question) or {}})
    (entry,) = list_workers()

    def check(connection):
        if (threading.current_thread() is threading.main_thread()) == (side == "the one that asks"):
            raise LeakGuardError("the process at the other end belongs to the user id 4711")

    monkeypatch.setattr(peer, "check", check)
    with pytest.raises(WorkerError, match="user id 4711"):
        ask(entry, "report")
    assert asked == []


def test_both_sides_ask_the_kernel_who_the_other_is(monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        peer.check(ours)
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        with pytest.raises(LeakGuardError, match=f"user id {os.getuid()}, not 4711"):
            peer.check(theirs)


def test_every_message_says_its_version(join, connect):
    join()
    connection = connect()
    connection.sendall(framed(json.dumps({"version": 1, "verb": "figures"}).encode()))
    assert said(connection)["version"] == wire.VERSION

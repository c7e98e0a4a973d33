"""Processes that wrote over the words that they were started with: nothing starts them again."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from ehtui import system
from ehtui.actions.blueprint import blueprint_of, original_argv, original_environment
from ehtui.actions.targets import CannotStartError
from ehtui.domain.world.restarts import StartObstacle
from tests.hands.consumers import Stage, lives
from tests.shortcuts import only_linux

# As setproctitle does: what the title leaves of command line and environment becomes zeros.
TITLED = """
import ctypes, signal, sys, os, pathlib, time
title, reach = sys.argv[1].encode(), sys.argv[2]
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
start, end, _, last = (int(fields[n - 3]) for n in (48, 49, 50, 51))
size = (last if reach == "both" else end) - start
libc = ctypes.CDLL(None)
libc.memset(ctypes.c_void_p(start), 0, ctypes.c_size_t(size))
libc.memmove(ctypes.c_void_p(start), title[:size], ctypes.c_size_t(len(title[:size])))
signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path("asked").touch(), os._exit(0)))
print("runs", flush=True)
while True: time.sleep(60)
"""


@pytest.mark.parametrize("reach", ["arguments", "both"])
@pytest.mark.parametrize(
    "title",
    [
        "rag: idle",
        "rag/worker",
        "/usr/bin/python3",
        "python",
        "python consumer.py",
        "rag " * 20,
    ],
)
@pytest.mark.parametrize("may_look_closely", [True, False])
def test_a_title_is_no_command(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    title: str,
    reach: str,
    *,
    may_look_closely: bool,
) -> None:
    """With a slash or without, followed by 100 empty words or by none."""
    if not system.LINUX and title in {"/usr/bin/python3", "python"}:
        pytest.skip("SKIPPED: only Linux tells a program's name from a title that is one")

    if not may_look_closely:  # an ordinary user, where the kernel lets nobody trace (yama)
        monkeypatch.setattr("ehtui.actions.blueprint._argument_count", lambda _: None)

    stage.script.write_text(TITLED)
    process = stage.start(sys.executable, "consumer.py", title, reach, "--group", "t" * 106)

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    expected = {StartObstacle.COMMAND_OVERWRITTEN, StartObstacle.ENVIRONMENT_OVERWRITTEN}
    assert caught.value.obstacle in {*expected, StartObstacle.PROGRAM_GONE}
    assert lives(process)
    assert not stage.was_asked_to_end


@only_linux("tells words from what was written over them")
def test_an_environment_that_a_long_title_took(stage: Stage) -> None:
    """The command line may read well; the connection string is gone."""
    stage.script.write_text(TITLED.replace("start, end, _, last", "_, _, start, last"))
    process = stage.start(sys.executable, "consumer.py", "itle", "both")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.ENVIRONMENT_OVERWRITTEN
    assert not stage.was_asked_to_end


# Becomes the consumer with an entry that no shell could give it: execve(2) asks for no "=".
ODD = """
import ctypes, sys
words = [sys.executable.encode(), b"consumer.py"]
entries = [b"SECRET=hidden", b"ODD", b"PATH=/usr/bin:/bin"]
array = lambda items: (ctypes.c_char_p * (len(items) + 1))(*items, None)
ctypes.CDLL(None).execve(words[0], array(words), array(entries))
"""


def test_an_entry_of_the_environment_without_a_name_is_no_title(stage: Stage) -> None:
    """No program can ask for it, so none misses it either."""
    process = stage.start(sys.executable, "-c", ODD)

    assert original_environment(process.pid) == {"SECRET": "hidden", "PATH": "/usr/bin:/bin"}

    restarted = stage.restart(process)

    assert restarted.process is not None
    assert json.loads(restarted.log_path.read_text())["secret"] == "hidden"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@only_linux("tells words from what was written over them")
def test_a_title_of_node(stage: Stage) -> None:
    (stage.home / "c.js").write_text(
        "process.title = 'node'; console.log('runs'); setInterval(() => {}, 1e6);"
    )
    process = stage.start("node", "c.js", "--group", "test")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.COMMAND_OVERWRITTEN
    assert lives(process)


@pytest.mark.parametrize("hidden", ["xxxxxxxxx", "--key=********"])
def test_an_argument_that_was_blanked(stage: Stage, hidden: str) -> None:
    """As mysql hides a password: with these words it would not be the same consumer."""
    process = stage.start(sys.executable, "consumer.py", hidden)

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.ARGUMENT_BLANKED


@pytest.mark.parametrize("words", [[""], ["", ""], ["a", "", "b"], ["a b", "ü\n"], []])
def test_odd_words_are_whole_all_the_same(stage: Stage, words: list[str]) -> None:
    if not system.LINUX and words == ["", ""]:
        pytest.skip("SKIPPED: only Linux tells two empty words from what a title leaves")

    process = stage.start(sys.executable, "consumer.py", *words)

    assert original_argv(process.pid) == (sys.executable, "consumer.py", *words)


def test_an_empty_environment_is_whole(stage: Stage) -> None:
    process = stage.start(env={})

    assert original_environment(process.pid) == {}


def test_what_is_read_of_a_process_is_not_shown(stage: Stage) -> None:
    secret = "Endpoint=sb://x/;SharedAccessKey=hunter2hunter2"
    words = (sys.executable, "consumer.py", "--connection-string", secret)
    process = stage.start(*words, env={**os.environ, "SECRET": secret})
    blueprint = blueprint_of(process)

    assert blueprint.arguments == words
    assert blueprint.variables["SECRET"] == secret
    assert "hunter2" not in f"{blueprint!r} {blueprint.command}"
    assert blueprint.holds_secrets

"""Consumers that run under a lock of whoever started them: never two, and never one without it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ehtui.actions.confinement import inherited_locks, is_under
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import StartObstacle
from ehtui.views.actions.costs import rehearsal_notes
from tests.hands.consumers import Stage, chosen, lives
from tests.hands.test_keepers import CONSUMER, Kept
from tests.shortcuts import only_linux
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("flock") is None, reason="needs flock(1)"
    ),
    only_linux("tells who took a lock"),
]
LOCKS_ITSELF = """
import fcntl, os
lock = open("own.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.set_inheritable(lock.fileno(), True)
"""
# As cron does it every minute, in the three ways that people write it.
UNDER_A_LOCK = [
    ("flock", "-n", "the.lock", *CONSUMER.split(" ")),
    ("flock", "--close", "-n", "the.lock", *CONSUMER.split(" ")),
    ("/bin/sh", "-c", f"exec 9>the.lock; flock -n 9 || exit 1; exec {CONSUMER}"),
]


@pytest.fixture
def kept(stage: Stage) -> Iterator[Kept]:
    kept = Kept(stage)

    try:
        yield kept
    finally:
        kept.end()


def is_free(stage: Stage) -> bool:
    tried = subprocess.run(["flock", "-n", "the.lock", "true"], cwd=stage.home, check=False)

    return tried.returncode == 0


@pytest.mark.parametrize("words", UNDER_A_LOCK)
def test_the_new_one_holds_it_again(kept: Kept, words: tuple[str, ...]) -> None:
    process = kept.start(*words)
    prepared = kept.stage.prepare(process)
    notes = list(rehearsal_notes(prepared.rehearsal))
    restarted = prepared.carry_out()
    assert restarted.process is not None

    assert any(f"the lock {kept.stage.home / 'the.lock'}" in note for note in notes)
    assert kept.consumers() == [restarted.process]
    assert not is_free(kept.stage)

    # Once more, and only as long as it runs.
    again = kept.restart(restarted.process)
    assert again.process is not None
    assert not is_free(kept.stage)
    kept.end()
    wait_until(lambda: is_free(kept.stage), timeout_s=20, what="the lock is free")


# Who waits is woken when it is free, and may still come second: so many do not all.
RIVALS = 24


def wait_in_line(kept: Kept, *command: str) -> None:
    """Others who start the same once they have the lock."""
    for _ in range(RIVALS):
        kept.parents.append(
            subprocess.Popen(
                ["flock", "the.lock", *command],
                cwd=kept.stage.home,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    wait_until(
        lambda: all(waits_for_a_lock(each.pid) for each in kept.parents[-RIVALS:]),
        what="all of them wait",
    )


def test_who_takes_it_meanwhile_is_the_one_that_stays(kept: Kept) -> None:
    process = kept.start(*UNDER_A_LOCK[0])
    wait_in_line(kept, *CONSUMER.split(" "))
    restarted = kept.restart(process)

    assert restarted.is_by_keeper
    assert kept.consumers() == [restarted.process]
    assert not lives(process)


def test_without_it_none_is_started(kept: Kept) -> None:
    """Whoever has it does something else: that is said, and the consumer is down."""
    process = kept.start(*UNDER_A_LOCK[0])
    wait_in_line(kept, "sleep", "1000")
    restarted = kept.restart(process)

    assert restarted.obstacle is StartObstacle.LOCK_TAKEN
    assert restarted.detail == str(kept.stage.home / "the.lock")
    assert kept.consumers() == []


def test_a_parent_that_lives_on_holds_it_itself(kept: Kept) -> None:
    process = kept.start("/bin/sh", "-c", f"exec 9>the.lock; flock 9; {CONSUMER}; sleep 1000")
    restarted = kept.restart(process, look_s=0.5, watch_s=0.5)

    assert kept.consumers() == [restarted.process]
    assert not is_free(kept.stage)


@pytest.mark.parametrize("forks", [False, True])
def test_its_own_is_its_own(stage: Stage, *, forks: bool) -> None:
    """Handed to the next one, it would be in that one's way."""
    fork = "import os\nif os.fork(): os._exit(0)\n" if forks else ""
    stage.script.write_text(LOCKS_ITSELF + fork + stage.script.read_text())
    process = stage.start()

    if forks:
        wait_until(lambda: not lives(process), timeout_s=20, what="the daemon alone")
        process = next(each for each in in_folder(stage) if each != process)

    assert list(inherited_locks(process.pid, ())) == []
    restarted = stage.restart(process)
    assert restarted.exit_code is None, restarted.last_lines
    assert restarted.process is not None


def in_folder(stage: Stage) -> list[ProcessId]:
    folders = psutil.process_iter(["cwd"])

    return [chosen(each.pid) for each in folders if each.info["cwd"] == str(stage.home)]


def waits_for_a_lock(pid: int) -> bool:
    waiting = (
        line
        for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines()
        if "->" in line
    )

    return any(str(pid) in line.split() for line in waiting)


def test_another_one_with_the_same_words_is_not_under_the_lock(kept: Kept) -> None:
    under = kept.start(*UNDER_A_LOCK[0])
    key = next(inherited_locks(under.pid, ())).key
    other = kept.stage.start()

    assert is_under(under.pid, key)
    assert not is_under(other.pid, key)

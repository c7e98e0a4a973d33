"""A process whose command line and environment are as long as it likes, seen by whoever looks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest

from ehtui.actions.blueprint import original_argv, original_environment
from ehtui.actions.targets import CannotStartError
from ehtui.config.errors import ConfigError
from ehtui.config.process_memory import (
    MOST_WORDS,
    split_variables,
    split_words,
    variables_of,
    words_of,
)
from ehtui.config.process_settings import declared_target, look_into
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.world.process import ProcessId
from ehtui.sandbox.supervisor import Supervisor
from ehtui.sources.process_facts import command_bytes, program_of
from ehtui.sources.processes import ProcessSource, inspect_process, list_processes
from tests.hostile.measuring import MEGABYTE, peak_bytes
from tests.shortcuts import only_linux

SIZE = 200 * MEGABYTE
# Says that its command line and environment are 200 MB of its memory, of which it touches nothing.
HUGE = f"""
import ctypes, mmap, sys
size = {SIZE}
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
memory[:7] = b"python\\0"
memory[size // 2:size // 2 + 4] = b"A=b\\0"
stat = open("/proc/self/stat").read().rpartition(")")[2].split()
field = lambda number: int(stat[number - 3])
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
places = [field(n) for n in (26, 27, 45, 46, 47)] + [libc.sbrk(0), field(28)]
places += [start, start + size // 2, start + size // 2, start + size]
class Map(ctypes.Structure):
    _fields_ = [(f"f{{n}}", ctypes.c_uint64) for n in range(11)] + [
        ("auxv", ctypes.c_void_p), ("auxv_size", ctypes.c_uint32), ("exe", ctypes.c_uint32)]
told = Map(*places, None, 0, 0xFFFFFFFF)
print(libc.prctl(35, 14, ctypes.byref(told), ctypes.sizeof(told), 0), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def huge() -> Iterator[int]:
    if sys.platform != "linux":
        pytest.skip("of Linux's /proc")

    child = subprocess.Popen(
        [sys.executable, "-c", HUGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    try:
        assert child.stdout
        answer = child.stdout.readline().strip()

        if answer != "0":
            pytest.skip("this kernel lets no process move its own command line")

        yield child.pid
    finally:
        child.kill()
        child.communicate()


def scan(pid: int) -> None:
    ProcessSource(consumers={"all": ConsumerSettings(match="python")}, manual_pids=[pid]).scan()


LOOKS: dict[str, Callable[[int], object]] = {
    "words": lambda pid: words_of(psutil.Process(pid)),
    "variables": lambda pid: variables_of(psutil.Process(pid)),
    "bytes": command_bytes,
    "program": program_of,
    "a scan": scan,
    "every process": lambda _: list_processes(),
    "inspect": lambda pid: inspect_process(ProcessId(pid, psutil.Process(pid).create_time())),
    "target": declared_target,
    "--pid": look_into,
    "argv for a restart": original_argv,
    "environment for a restart": original_environment,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@only_linux("lets us read no further")
def test_two_hundred_megabytes_of_command_line_cost_a_few(
    huge: int, look: Callable[[int], object]
) -> None:
    def run() -> None:
        with suppress(ConfigError, CannotStartError):
            look(huge)

    assert peak_bytes(run) < 40 * MEGABYTE


@only_linux("lets us read no further")
def test_so_does_the_end_of_a_sandbox_that_looks_for_its_own(huge: int) -> None:
    supervisor = Supervisor()

    assert peak_bytes(supervisor._strays) < 40 * MEGABYTE
    assert huge
    supervisor.stop()


def test_what_is_no_attack_is_told_as_psutil_tells_it() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()", "a b", ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"A": "b=c", "EMPTY": "", "ü": "ä"},
    )

    try:
        assert child.stdout
        child.stdout.readline()
        process = psutil.Process(child.pid)

        assert words_of(process) == process.cmdline()
        assert variables_of(process) == process.environ()
    finally:
        child.communicate()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", []),
        (b"a\0b\0", ["a", "b"]),
        (b"a\0\0", ["a", ""]),
        (b"nginx: master process", ["nginx:", "master", "process"]),
        (b"postgres: writer\0", ["postgres:", "writer"]),
        (b"a\0" * 50_000, ["a"] * MOST_WORDS),
    ],
)
def test_words_are_cut_where_a_program_or_a_title_cuts_them(data: bytes, words: list[str]) -> None:
    assert split_words(data) == words


def test_variables_are_those_before_the_first_gap() -> None:
    assert split_variables(b"A=b\0=x\0C\0D=\0\0E=f\0") == {"A": "b", "D": ""}
    assert len(split_variables(b"".join(b"N%d=v\0" % n for n in range(50_000)))) <= MOST_WORDS


def test_whoever_has_ended_or_hides_is_told_as_psutil_tells_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    with pytest.raises(psutil.NoSuchProcess):
        words_of(psutil.Process(child.pid))

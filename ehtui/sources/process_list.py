"""All processes of this host, for choosing a consumer by hand."""

from __future__ import annotations

import psutil

from ehtui.config.process_memory import words_of
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.process import ProcessId, ProcessSample, RecognisedBy
from ehtui.sources.processes import own_line
from ehtui.sources.programs import kind_of
from ehtui.sources.recognition import is_ehtui

_ATTRIBUTES = ["pid", "ppid", "create_time", "name", "username", "status", "exe"]
_RUNTIMES = ("python", "node", "dotnet", "java")


def list_processes() -> tuple[ProcessSample, ...]:
    """Every process with a command line: Python first, then other runtimes; newest first. Blocking.

    ehtui itself and what it runs in are left out: they can be no consumers.
    """
    own = own_line()
    found = []

    for process in psutil.process_iter(_ATTRIBUTES):
        facts = process.info

        words = _words(process)

        # Without a command line it is a kernel thread, or not ours to look at.
        if words and facts["pid"] not in own and not is_ehtui(words):
            found.append(_sample(facts, words))

    return tuple(sorted(found, key=lambda s: (_rank(s.runtime), -s.id.started_at)))


def _words(process: psutil.Process) -> list[str]:
    try:
        return words_of(process)
    except psutil.Error:
        return []


def _sample(facts: dict[str, object], words: list[str]) -> ProcessSample:
    user, parent = facts["username"], facts["ppid"]
    name, executable = str(facts["name"]), facts["exe"]

    return ProcessSample(
        id=ProcessId(int(str(facts["pid"])), float(str(facts["create_time"]))),
        parent=parent if isinstance(parent, int) else None,
        user=str(user) if user is not None else None,
        name=safe(name),
        command=safe_command(words),
        cwd=None,
        status=str(facts["status"]),
        cpu_percent=None,
        memory_percent=None,
        rss_bytes=None,
        threads=None,
        connections=None,
        recognised_by=RecognisedBy.MANUAL,
        runtime=kind_of(str(executable) if executable else None, words, name).runtime,
    )


def _rank(runtime: str | None) -> int:
    return _RUNTIMES.index(runtime) if runtime in _RUNTIMES else len(_RUNTIMES)

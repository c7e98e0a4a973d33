"""What a process really runs, and which are consumers: by pattern, by hand, by connection.

A name (comm) is whatever a program or a thread of it wrote there: `MainThread`, `node`, a title.
What it runs is told by its executable and arguments.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

import psutil

from ehtui import system
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.values import Value
from ehtui.domain.world.hub import host_of
from ehtui.lazy import LazyModule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import regex

    from ehtui.config.settings import ConsumerSettings
else:
    regex = LazyModule("regex")  # 10 ms, and most configurations have no expression


LONGEST_MATCH_S = 0.5
EVENT_HUBS_PORTS = frozenset({5671, 5672, 9093, 443})


class Pattern(Value, frozen=True):
    """A named consumer of the configuration."""

    name: str
    expression: regex.Pattern[str]
    log: str | None

    def is_in(self, line: str) -> bool:
        """Whether a command line matches.

        Raises:
            ProblemError: The expression goes back and tries again for too long.
        """
        try:
            return self.expression.search(line, timeout=LONGEST_MATCH_S) is not None
        except TimeoutError:
            raise ProblemError(
                Problem(
                    ProblemKind.MALFORMED,
                    f"consumers.{self.name}.match takes too long for a command line.",
                    "Repeat nothing that is itself repeated; a plain piece of it works too.",
                )
            ) from None


def compile_patterns(consumers: Mapping[str, ConsumerSettings]) -> tuple[Pattern, ...]:
    """The configured patterns, which were checked as they were read."""
    return tuple(
        Pattern(name, regex.compile(consumer.match), consumer.log)
        for name, consumer in consumers.items()
        if consumer.match is not None
    )


def matching(
    patterns: Sequence[Pattern], program: ProgramKind, command: Sequence[str]
) -> Pattern | None:
    """The first pattern that the command line matches, bystanders left out."""
    if not command or program.is_bystander or is_ehtui(command):
        return None

    line = " ".join(command)

    return next((pattern for pattern in patterns if pattern.is_in(line)), None)


def is_ehtui(command: Sequence[str]) -> bool:
    """Whether this runs ehtui: a screen in another terminal, a restart that is carried out."""
    if any("ehtui.actions.guardian" in word for word in command[1:8]):
        return True

    is_script = any(PurePath(word).stem == "ehtui" for word in command[:2])
    return is_script or tuple(command[1:3]) == ("-m", "ehtui")


def namespace_addresses(namespace: str) -> frozenset[tuple[str, int]]:
    """Every (address, port) that a client of this namespace may be connected to; blocking.

    443 is among them, for AMQP over WebSockets: told apart from the others where it is counted, for
    the same address answers there for other namespaces and services, too.
    """
    host, port = host_of(namespace)

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a label too long for a name
        return frozenset()

    ports = {int(port)} if port is not None else EVENT_HUBS_PORTS

    return frozenset((str(info[4][0]), p) for info in found for p in ports)


# A shell, editor, pager or launcher that names a consumer on its command line does not consume.
BYSTANDERS = frozenset(
    name
    for line in (
        "sh bash zsh fish dash ksh tcsh busybox sudo doas su runuser env nohup timeout time watch",
        "xargs nice ionice setsid stdbuf unbuffer script tini dumb-init catatonit docker-init gosu",
        "su-exec setpriv flock chrt taskset unshare nsenter chroot systemd-run systemd-cat docker",
        "podman nerdctl kubectl conmon containerd-shim-runc-v2 tmux screen ssh sshd mosh-server",
        "vi vim nvim nano emacs less more tail head cat tee grep egrep rg ack awk gawk mawk sed",
        "make ps pgrep pkill kill strace ltrace perf gdb lsof htop top git entr watchexec direnv",
        "uv uvx poetry pipenv hatch pdm rye pixi conda mamba tox nox npm npx pnpm yarn code go",
        "cargo mvn gradle",
    )
    for name in line.split()
)
# Scripts of a language's own that start another program and wait for it.
_LAUNCHERS = frozenset({"npm-cli", "npx-cli", "pnpm", "yarn", "yarnpkg", "corepack", "nodemon"})
_LAUNCHER_CLASSES = ("org.codehaus.plexus.classworlds.launcher", "org.gradle.")
_DOTNET_LAUNCHES = frozenset({"run", "watch", "test", "build", "publish", "tool"})
_INTERPRETERS = (
    ("python", re.compile(r"(?:python|pypy)[\d.]*t?")),
    ("node", re.compile(r"node(?:js)?[\d.]*|bun|deno")),
    ("java", re.compile(r"javaw?")),
    ("dotnet", re.compile(r"dotnet|func")),
)
# Programs that are of one language, whatever its interpreter is called.
_KNOWN = {
    "python": frozenset({"gunicorn", "uvicorn", "celery", "hypercorn", "daphne", "ipython"}),
    "node": frozenset({"ts-node", "tsx", "pm2"}),
    "java": frozenset({"jsvc"}),
}
_ENDINGS = {".py": "python", ".pyz": "python", ".jar": "java", ".dll": "dotnet"}
_ENDINGS |= dict.fromkeys((".js", ".mjs", ".cjs", ".ts"), "node")
# Of a program that brings its runtime along: what it has in memory.
_LIBRARIES = (
    (b"libcoreclr.so", "dotnet"),
    (b"libjvm.so", "java"),
    (b"libpython3", "python"),
    (b"libnode.so", "node"),
    (b"\\coreclr.dll", "dotnet"),
    (b"\\jvm.dll", "java"),
    (b"\\python3", "python"),
    (b"\\libnode.dll", "node"),
)
# Options of an interpreter that take the next word with them.
_TAKING = frozenset({"-W", "-X", "-Q", "-cp", "-classpath", "--class-path", "-r", "--require"})
_TAKING |= {"--module-path", "-p", "--import", "--loader", "--additionalprobingpath", "--depsfile"}


class ProgramKind(NamedTuple):
    """What a process runs."""

    name: str  # of its script or module where an interpreter runs one, else its executable's
    runtime: str | None  # python, node, java or dotnet
    is_bystander: bool  # it starts, watches or shows others


def kind_of(executable: str | None, command: Sequence[str], name: str) -> ProgramKind:
    """Told by its executable (None: hidden) and command line; `name` only where both are hidden."""
    told = executable or (command[0] if command else name)
    binary = _plain(told)
    runtime = _interpreter(binary)
    names = [binary]

    if runtime is not None:
        names += _run_by(runtime, command)

    main = names[-1]
    runtime = runtime or _runtime_of(names, command)
    return ProgramKind(main, runtime, _is_bystander(runtime, names, command))


def kind_of_process(process: psutil.Process, command: Sequence[str]) -> ProgramKind:
    """The same of a process; its executable is hidden where it is another user's.

    Raises:
        psutil.Error: It is gone, or hidden as a whole.
    """
    executable = None

    with suppress(psutil.AccessDenied, psutil.ZombieProcess, OSError):
        executable = process.exe()

    return kind_of(executable or None, command, process.name())


def loaded_runtime(pid: int) -> str | None:
    """The runtime that a program brings along and has loaded; None where nobody tells."""
    with suppress(OSError, psutil.Error):
        maps = Path(f"{system.PROC}/{pid}/maps").read_bytes() if system.LINUX else _maps(pid)
        return next((runtime for library, runtime in _LIBRARIES if library in maps), None)

    return None


def _maps(pid: int) -> bytes:
    """The paths of what it has in memory; macOS tells nobody."""
    if sys.platform == "darwin":
        return b""

    return b"\n".join(os.fsencode(m.path) for m in psutil.Process(pid).memory_maps(grouped=True))


def _plain(word: str) -> str:
    """`python3.11` of a path; of a title, such as `gunicorn: worker [app]`, its program."""
    text = word.removesuffix(" (deleted)").lstrip("-")
    if " " in text and not Path(text).is_absolute():
        text = text.split(" ", 1)[0]

    return PurePath(text.rstrip(":")).name.removesuffix(".exe")


def _interpreter(binary: str) -> str | None:
    return next((name for name, known in _INTERPRETERS if known.fullmatch(binary)), None)


def _run_by(runtime: str, command: Sequence[str]) -> Iterator[str]:
    """What an interpreter runs, as far as its command line shows; a title shows itself."""
    if command and _interpreter(_plain(command[0])) is None:
        yield _plain(command[0])

    words = iter(command[1:])
    for word in words:
        if word in {"-m", "-jar", "exec"}:
            yield from (_stem(next(words, "")),)
            return

        if word == "-c":
            return

        if word in _TAKING:
            next(words, None)
        elif word and not word.startswith("-"):
            yield word if runtime == "java" else _stem(word)
            return


def _stem(word: str) -> str:
    path = PurePath(word)
    return path.stem if path.suffix in _ENDINGS else path.name


def _runtime_of(names: Sequence[str], command: Sequence[str]) -> str | None:
    for runtime, programs in _KNOWN.items():
        if programs.intersection(names):
            return runtime

    # A program that runs `a.py` where its own executable is hidden.
    return next((_ENDINGS[s] for w in command[:2] if (s := PurePath(w).suffix) in _ENDINGS), None)


def _is_bystander(runtime: str | None, names: Sequence[str], command: Sequence[str]) -> bool:
    if BYSTANDERS.intersection(name.lower() for name in names):
        return True

    if runtime == "node":
        return names[-1] in _LAUNCHERS

    if runtime == "dotnet":
        return names[-1] in _DOTNET_LAUNCHES and names[0] == "dotnet"

    return runtime == "java" and any(
        word.startswith(_LAUNCHER_CLASSES) for word in command[1:] if not word.startswith("-")
    )

"""Finds the program and the script that a command line starts, as whoever will run them.

Loads the standard library only: it runs where the process ran that is to be started again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ehtui.actions.entering import RefusedError
from ehtui.actions.scripts import ScriptKind, is_module_there, script_of
from ehtui.sources.proc import beginning_of

_DELETED = " (deleted)"
_USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Found:
    """What exec gets."""

    program: str
    is_new: bool  # another file lies there than the one that runs
    is_itself: bool  # its path leads to nothing else: what was held open is as good
    folder: str | None = None  # another than the one that the process was in last


@dataclass(frozen=True, slots=True)
class Running:
    """What is known of the program that runs, or ran."""

    arguments: Sequence[str]
    variables: Mapping[str, str]
    link: str  # as /proc/PID/exe reads
    file: tuple[int, int] | None  # its device and inode; None: not known any more
    takes_input: bool  # what stands in standard input can be read from its beginning again


def find(running: Running) -> Found:
    """In the folder that this process is in, or where the shell was that started it.

    Raises:
        RefusedError: It would not start, or start something else.
    """
    if not os.access(".", os.X_OK):
        raise RefusedError("folder_closed")

    try:
        return _found(running)
    except RefusedError as error:
        # It may have gone to another folder, as daemons do: its words are told from the first one.
        begun_in = running.variables.get("PWD", "")

        if Path(begun_in).is_absolute():
            with suppress(OSError, RefusedError):
                os.chdir(begun_in)
                there = _found(running)
                return replace(there, folder=begun_in)

        raise error from None


def _found(running: Running) -> Found:
    program, is_new = _program(running)
    _check_script(running, program)
    path = Path(program)
    is_venv = (path.parent.parent / "pyvenv.cfg").exists()

    return Found(program, is_new, is_itself=not is_venv and path.resolve() == path.absolute())


def _program(running: Running) -> tuple[str, bool]:
    """The file that its first word names, where that is what runs, or lies where that lay."""
    name = running.arguments[0]
    link = running.link.removesuffix(_DELETED)

    for path in _candidates(running, name):
        if running.file is None or _identity(path) == running.file:
            _check_venv(running, path)
            return str(path), False

        if str(path.resolve()) == link:
            _check_venv(running, path)
            return str(path), True

    # `./consumer`, and its folder is not this one any more; or a PATH that its parent had.
    tail = name.lstrip("./") if "/" in name else name
    path = Path(link)

    if not name.startswith("/") and link.endswith(f"/{tail}") and _is_program(path):
        return link, running.file is not None and _identity(path) != running.file

    raise RefusedError("program_gone", name)


def _candidates(running: Running, name: str) -> Iterator[Path]:
    if "/" in name:
        places = [Path(name)]
    else:
        folders = running.variables.get("PATH") or _USUAL_PATH
        places = [Path(folder or ".") / name for folder in folders.split(":")]

    return (path for path in places if _is_program(path))


def _is_program(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode) and os.access(path, os.X_OK)
    except OSError:
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None

    return found.st_dev, found.st_ino


def _check_venv(running: Running, program: Path) -> None:
    """A virtual environment without its `pyvenv.cfg` is none, and stands on another Python."""
    folder = program.parent.parent
    note = folder / "pyvenv.cfg"

    try:
        text = beginning_of(note)
    except OSError:
        if str(folder.absolute()) == running.variables.get("VIRTUAL_ENV"):
            raise RefusedError("venv_gone", str(note)) from None

        return

    told = dict(line.partition("=")[::2] for line in text.splitlines())
    home = {name.strip(): value.strip() for name, value in told.items()}.get("home")

    if home and not Path(home).is_dir():
        raise RefusedError("venv_gone", home)


def _check_script(running: Running, program: str) -> None:
    # An interpreter is known by its own file, or by what it was called.
    words = running.arguments
    script = script_of(words[0], words[1:])

    if script.kind is ScriptKind.NONE:
        script = script_of(running.link.removesuffix(_DELETED), words[1:])

    if script.kind is ScriptKind.INPUT and not running.takes_input:
        raise RefusedError("input_consumed")

    if script.kind is ScriptKind.MODULE:
        (name,) = script.choices

        if not is_module_there(name, Path(program), Path.cwd(), running.variables):
            raise RefusedError("module_gone", name)

    if script.kind is ScriptKind.FILE and not any(map(_is_readable, script.choices)):
        raise RefusedError("script_gone", script.choices[0])


def _is_readable(path: str) -> bool:
    try:
        found = Path(path)

        if not found.is_file():
            return found.is_dir() and os.access(found, os.R_OK | os.X_OK)

        with found.open("rb"):
            return True
    except OSError:
        return False

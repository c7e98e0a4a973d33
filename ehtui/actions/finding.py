"""Finds the program and the script that a command line starts, as whoever will run them.

Standard library only: it runs where the process ran that is to be started again. Not for Windows,
whose processes become nobody else.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.actions.entering import RefusedError
from ehtui.sources.proc import beginning_of, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable

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
        is_it = running.file is None or identity_of(path) == running.file

        if is_it or str(path.resolve()) == link:
            _check_venv(running, path)

            return str(path), not is_it

    # `./consumer`, and its folder is not this one any more; or a PATH that its parent had.
    tail = name.lstrip("./") if "/" in name else name
    path = Path(link)

    if not name.startswith("/") and link.endswith(f"/{tail}") and _is_program(path):
        return link, running.file is not None and identity_of(path) != running.file

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


class ScriptKind(Enum):
    """Where a program's text comes from."""

    NONE = "none"  # it is in the program file, or on the command line
    FILE = "file"
    MODULE = "module"  # Python's -m
    INPUT = "input"  # standard input


@dataclass(frozen=True, slots=True)
class Script:
    """What must be readable for it to start; any one of `choices` is enough."""

    kind: ScriptKind
    choices: tuple[str, ...] = ()


NO_SCRIPT = Script(ScriptKind.NONE)
BY_INPUT = Script(ScriptKind.INPUT)
_NODE_ENDINGS = ("", ".js", ".cjs", ".mjs", ".json", "/package.json", "/index.js")
_SHELL_TAKES = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_NODE_TAKES = frozenset(
    {"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"}
    | {"--input-type", "--title"}
)


def script_of(program: str, arguments: Sequence[str]) -> Script:
    """What `program` (any path) runs with these arguments, its own name not among them."""
    name = program.rpartition("/")[2].removesuffix(".exe")

    for pattern, find in _INTERPRETERS:
        if pattern.fullmatch(name):
            return find(arguments)

    return NO_SCRIPT


def _first(
    arguments: Sequence[str], *, with_value: frozenset[str], code: frozenset[str]
) -> str | None:
    """The first word that is no option and no option's value; "" where the text is among them."""
    words = iter(arguments)

    for word in words:
        if word in code:
            return ""

        if word in with_value:
            next(words, None)
        elif word == "-" or not word.startswith("-"):
            return word

    return None


def _file(word: str | None, endings: Sequence[str] = ("",)) -> Script:
    if word == "":
        return NO_SCRIPT

    if word is None or word in {"-", "/dev/stdin"}:
        return BY_INPUT

    return Script(ScriptKind.FILE, tuple(word + ending for ending in endings))


def _python(arguments: Sequence[str]) -> Script:
    words = list(arguments)

    while words and words[0].startswith("-") and words[0] != "-":
        option = words.pop(0)
        found = re.match(r"-(?!-)[^cmWX]*([cmWX])(.*)", option, re.DOTALL)

        if option == "--check-hash-based-pycs":
            del words[:1]
        elif found:
            value = found[2] or (words.pop(0) if words else "")  # -Wd and -W d

            if found[1] in "cm":
                return NO_SCRIPT if found[1] == "c" else Script(ScriptKind.MODULE, (value,))

    return _file(words[0] if words else None)


def _shell(arguments: Sequence[str]) -> Script:
    words = iter(arguments)

    for word in words:
        letters = word if word[:1] in {"-", "+"} and not word.startswith("--") else ""

        if word in _SHELL_TAKES:
            next(words, None)
        elif word == "--":
            return _file(next(words, None))
        elif word in {"", "-"} or word[0] not in "-+":
            return _file(word)
        elif "c" in letters or "s" in letters:
            return NO_SCRIPT if "c" in letters else BY_INPUT

    return BY_INPUT


def _node(arguments: Sequence[str]) -> Script:
    code = frozenset({"-e", "--eval", "-p", "--print", "-pe"})

    return _file(_first(arguments, with_value=_NODE_TAKES, code=code), _NODE_ENDINGS)


def _perl_or_ruby(arguments: Sequence[str]) -> Script:
    takes, code = frozenset({"-I", "-r", "-C"}), frozenset({"-e", "-E"})

    return _file(_first(arguments, with_value=takes, code=code))


def _java(arguments: Sequence[str]) -> Script:
    for option, value in pairwise(arguments):
        if option == "-jar":
            return Script(ScriptKind.FILE, (value,))

        if option in {"-cp", "-classpath", "--class-path"}:
            entries = [entry.removesuffix("*") or "." for entry in value.split(":")]
            return Script(ScriptKind.FILE, tuple(entries))

    return NO_SCRIPT


def _dotnet(arguments: Sequence[str]) -> Script:
    found = next((word for word in arguments if word.lower().endswith(".dll")), None)

    return Script(ScriptKind.FILE, (found,)) if found else NO_SCRIPT


_INTERPRETERS: tuple[tuple[re.Pattern[str], Callable[[Sequence[str]], Script]], ...] = (
    (re.compile(r"(python|pypy)[\d.]*"), _python),
    (re.compile(r"-?(ba|da|k|mk|z)?sh"), _shell),
    (re.compile(r"node(js)?"), _node),
    (re.compile(r"(perl|ruby)[\d.]*"), _perl_or_ruby),
    (re.compile(r"java"), _java),
    (re.compile(r"dotnet"), _dotnet),
)


def is_module_there(name: str, program: Path, folder: Path, variables: Mapping[str, str]) -> bool:
    """Whether `python -m name` finds something, as far as folders tell.

    Whatever an archive or the code in a `.pth` file holds cannot be told, so it counts as found.
    """
    top = name.partition(".")[0]
    python_path = [Path(part) for part in variables.get("PYTHONPATH", "").split(":") if part]
    installed = list(_installed(program, variables.get("HOME")))
    added, is_open = _added(installed)

    for place in (folder, *python_path, *installed, *added):
        if (place / top).is_dir() or any(place.glob(f"{top}.*")):
            return True

    return is_open or any(part.is_file() for part in python_path)


def _installed(program: Path, home: str | None) -> Iterator[Path]:
    """Folders of an installation; a virtual environment has of others the standard library only."""
    own = program.parent.parent
    packages = ("lib*/python3*/*-packages", "lib/python3/dist-packages")
    note = own / "pyvenv.cfg"
    is_closed = False

    with contextlib.suppress(OSError):
        is_closed = not re.search(r"system-site-packages\s*=\s*true", beginning_of(note), re.I)

    for prefix in {own, program.resolve().parent.parent, Path("/usr")}:
        for pattern in ("lib*/python3*", *(packages if prefix == own or not is_closed else ())):
            yield from prefix.glob(pattern)

    if home and not is_closed:
        yield from Path(home).glob(".local/lib/python3*/site-packages")


def _added(folders: Sequence[Path]) -> tuple[list[Path], bool]:
    """Folders that `.pth` files name, and whether one of them runs code that may add more."""
    added, is_open = [], False

    for path in (path for folder in folders for path in folder.glob("*.pth")):
        with contextlib.suppress(OSError):
            for line in beginning_of(path).splitlines():
                if line.startswith(("import ", "import\t")):
                    is_open = is_open or path.name != "distutils-precedence.pth"
                elif line.strip() and not line.startswith("#"):
                    added.append(path.parent / line.strip())

    # A line of another kind can be no path at all, which `is_dir` of a Path would raise for.
    return [folder for folder in added if os.path.isdir(folder)], is_open  # noqa: PTH112

"""`ehtui completion`: a script by which a shell completes commands, flags and values (shtab)."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, resolve_args
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

SHELLS = ("bash", "zsh", "fish")
_EPILOG = """\
bash:  ehtui completion bash > ~/.local/share/bash-completion/completions/ehtui
zsh:   ehtui completion zsh > ~/.zfunc/_ehtui     with fpath+=~/.zfunc before compinit in ~/.zshrc
fish:  ehtui completion fish > ~/.config/fish/completions/ehtui.fish

Groups and profiles are those that the configuration of the working folder names: nothing is
connected to.
"""
# By what an argument is called in help.
_FILES = frozenset({"FILE"})
_FOLDERS = frozenset({"FOLDER", "DIR"})
# By its flag, or what it is called in code.
_ASKED = {
    "group": "groups",
    "groups": "groups",
    "peek_group": "groups",
    "source": "groups",
    "target": "groups",
    "profile": "profiles",
}


def add_completion(subparsers: Any) -> None:
    """Add the command."""
    import argparse  # noqa: PLC0415

    parser = subparsers.add_parser(
        "completion",
        help="print a script by which bash, zsh or fish complete ehtui",
        description="Print a completion script for a shell. It is of this version: run this again "
        "after an update.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", nargs="?", choices=SHELLS, metavar="SHELL", help="bash, zsh, fish")
    parser.add_argument("--values", choices=sorted(_VALUES), help=argparse.SUPPRESS)
    parser.add_argument("--quoted", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run_completion)


def run_completion(args: argparse.Namespace) -> int:
    """Print the script, or for one that runs the values of a flag.

    Raises:
        ConfigError: No shell is named.
    """
    if args.values is not None:
        with suppress(ConfigError):  # whoever presses tab reads no errors
            for value in _VALUES[args.values]():
                if value.isprintable():
                    # Once for the list, which bash expands, and once for the command line.
                    print(_quoted(_quoted(value)) if args.quoted else value)

        return ExitCode.OK

    if args.shell is None:
        raise ConfigError("No shell is named.", "ehtui completion bash, zsh or fish")

    print(script(args.shell), end="")
    return ExitCode.OK


def script(shell: str) -> str:
    """The script for a shell."""
    import shtab  # noqa: PLC0415

    from ehtui.cli.parser import build_parser  # noqa: PLC0415

    parser = build_parser()

    for action in _actions(parser):
        if (values := _values_of(action)) is not None:
            action.complete = values  # type: ignore[attr-defined]

        if isinstance(action.metavar, str):  # zsh parts words at a colon
            action.metavar = action.metavar.replace(":", " ")

        _shorten(action)

    return str(shtab.complete(parser, shell=shell))


def _shorten(action: argparse.Action) -> None:
    """Show a command's line of help in a list of commands, not its whole description."""
    import argparse  # noqa: PLC0415

    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as below
        for each in action._choices_actions:  # noqa: SLF001
            action.choices[each.dest].description = each.help


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of the commands too."""
    import argparse  # noqa: PLC0415

    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        yield action

        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                yield from _actions(each)


def _values_of(action: argparse.Action) -> Any:
    import shtab  # noqa: PLC0415

    if action.metavar in _FILES:
        return shtab.FILE

    if action.metavar in _FOLDERS:
        return shtab.DIRECTORY

    if action.dest == "name" and action.nargs == "*":  # of `explain`
        return _asked("names")

    if action.option_strings and action.dest in _ASKED:
        return _asked(_ASKED[action.dest])

    return None


def _asked(kind: str) -> dict[str, Any]:
    """Ask ehtui itself when tab is pressed, and not when the script is loaded.

    shtab's own way for a command's output does that in zsh, twenty times over. Of all shells bash
    alone inserts what it gets as it is.
    """
    asked = f"ehtui completion --values {kind}"
    name = f"_ehtui_{kind}"
    return {
        "bash": name,
        "zsh": name,
        "fish": f"({asked} 2>/dev/null)",
        "preamble": {
            "bash": f'{name}() {{\n  compgen -W "$({asked} --quoted 2>/dev/null)" -- "$1"\n}}\n',
            "zsh": f"{name}() {{\n  local -a found\n"
            f'  found=(${{(f)"$({asked} 2>/dev/null)"}})\n  compadd "$@" -a found\n}}\n',
        },
    }


def _quoted(value: str) -> str:
    return re.sub(r"[^\w./:@%+,-]", r"\\\g<0>", value)


def _groups() -> Iterable[str]:
    """Groups that the configuration names, of any profile, and the one that every hub has."""
    named: dict[str, None] = {}

    with suppress(ConfigError):  # such as several profiles, of which none is chosen
        named[resolve_args(None).settings.eventhub.consumer_group] = None

    for sections in _files():
        named |= dict.fromkeys(_groups_in(sections))

    return named | {"$Default": None}


def _groups_in(value: object) -> Iterator[str]:
    """Wherever a file names them."""
    if isinstance(value, list):
        for each in value:
            yield from _groups_in(each)

    if not isinstance(value, dict):
        return

    for key, part in value.items():
        if key in {"consumer_group", "peek_group"} and isinstance(part, str):
            yield part
        elif key == "groups" and isinstance(part, list | dict):
            yield from (str(name) for name in part)
        else:
            yield from _groups_in(part)


def _profiles() -> Iterable[str]:
    """Names of profiles, as the file has them."""
    for sections in _files():
        if isinstance(profiles := sections.get("profiles"), dict):
            return [str(name) for name in profiles]

    return ()


def _files() -> Iterator[Mapping[str, object]]:
    """What the YAML files say that a command here would read."""
    import os  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from ehtui.config.own_files import yaml_places  # noqa: PLC0415
    from ehtui.config.yaml_file import read_yaml  # noqa: PLC0415

    for path, shown in yaml_places(None, Path.cwd(), os.environ):
        with suppress(ConfigError):
            yield read_yaml(path, shown).sections


def _names() -> Iterable[str]:
    """What `ehtui explain` can explain, as far as it is one word without signs."""
    from ehtui.views.legend import entries  # noqa: PLC0415

    return [each.name for each in entries() if re.fullmatch(r"[A-Za-z_.]+", each.name)]


_VALUES: dict[str, Callable[[], Iterable[str]]] = {
    "groups": _groups,
    "names": _names,
    "profiles": _profiles,
}

"""Completion as shells do it: each script is loaded by its shell, where that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.cli.completion import SHELLS, script
from ehtui.cli.parser import COMMANDS
from tests.cli.conftest import Ehtui

FILE = """\
eventhub: {consumer_group: billing, groups: [audit log]}
profiles:
  prod: {hubs: [{name: orders, groups: [shipping]}]}
  staging: {hubs: [orders]}
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    (folder / "ehtui.yaml").write_text(FILE)

    for shell in SHELLS:
        (folder / shell).write_text(script(shell))

    return folder


def run(scripts: Path, shell: str, *argv: str) -> str:
    path = shutil.which(shell)

    if path is None:
        pytest.skip(f"{shell} is not installed (Debian: apt-get install {shell})")

    search = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        [path, *argv],
        cwd=scripts,
        env={"PATH": search, "HOME": str(scripts), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


BASH = """\
source ./bash
COMP_WORDS=({words} "{last}") COMP_CWORD={place}
_shtab_ehtui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def in_bash(scripts: Path, *words: str) -> set[str]:
    *before, last = words
    text = BASH.format(words=" ".join(before), last=last, place=len(before))
    return set(run(scripts, "bash", "--norc", "-c", text).split("\n")) - {""}


def in_fish(scripts: Path, *words: str) -> set[str]:
    text = f"source ./fish; complete -C '{' '.join(words)}'"
    lines = run(scripts, "fish", "--no-config", "-c", text).splitlines()
    return {line.split("\t")[0] for line in lines}


def test_bash_completes_commands_flags_and_values(scripts: Path) -> None:
    assert in_bash(scripts, "ehtui", "met") == {"metrics"}
    assert in_bash(scripts, "ehtui", "metrics", "--li") == {"--listen"}
    assert in_bash(scripts, "ehtui", "watch", "--fail-on", "w") == {"warning"}
    assert in_bash(scripts, "ehtui", "status", "--profile", "") == {"prod", "staging"}
    assert in_bash(scripts, "ehtui", "explain", "overd") == {"overdue"}
    # As it has to stand on a command line.
    assert in_bash(scripts, "ehtui", "status", "--group", "") == {
        *("billing", "shipping", r"audit\ log", r"\$Default")
    }


def test_fish_completes_commands_flags_and_values(scripts: Path) -> None:
    assert in_fish(scripts, "ehtui", "met") == {"metrics"}
    assert in_fish(scripts, "ehtui", "metrics", "--li") == {"--listen"}
    assert in_fish(scripts, "ehtui", "watch", "--fail-on", "w") == {"warning"}
    assert in_fish(scripts, "ehtui", "explain", "overd") == {"overdue"}
    assert in_fish(scripts, "ehtui", "status", "--group", "") == {
        *("billing", "shipping", "audit log", "$Default")
    }


def test_zsh_understands_its_script(scripts: Path) -> None:
    run(scripts, "zsh", "-f", "-n", "zsh")

    found = run(scripts, "zsh", "-f", "-c", f"{ZSH_VALUES} _ehtui_groups").splitlines()
    assert set(found) == {"billing", "shipping", "audit log", "$Default"}


# What compadd is given, without a terminal to complete on.
ZSH_VALUES = '_arguments() { }; compadd() { print -l -- "${found[@]}" }; source ./zsh;'


def test_zsh_asks_nothing_before_tab_is_pressed() -> None:
    text = script("zsh")

    assert text.count("ehtui completion --values") == 3  # within a function for each kind


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_completed(shell: str) -> None:
    text = script(shell)

    assert not [name for name in COMMANDS if name not in text]


def test_who_presses_tab_reads_no_errors(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text("eventhub: [")
    said = ehtui("completion", "--values", "groups")

    assert (said.code, said.out, said.err) == (0, "$Default\n", "")


def test_a_shell_has_to_be_named(ehtui: Ehtui) -> None:
    assert ehtui("completion").code == 64
    assert ehtui("completion", "tcsh").code == 64
    assert ehtui("completion", "fish").out.startswith("# AUTOMATICALLY GENERATED")

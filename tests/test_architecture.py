"""What the layout promises, beyond what import-linter can see."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ehtui"
FILES = sorted(PACKAGE.rglob("*.py"))
FILE_LINES = 400
FUNCTION_LINES = 50
LONG_CALL = 5  # arguments without a name


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LINES

    for function in functions(ast.parse(text)):
        length = (function.end_lineno or 0) - function.lineno
        assert length <= FUNCTION_LINES, f"{function.name} has {length} lines"


def test_nobody_touches_what_azure_eventhub_keeps_private() -> None:
    assert not [path for path in FILES if imports_private_amqp(path)]


def test_the_amqp_core_knows_no_sockets_and_no_azure() -> None:
    core = PACKAGE / "wire" / "amqp"
    named = {
        name.split(".")[0]
        for path in core.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in names_imported(node)
    }

    assert named & {"ehtui", "struct"}
    assert not named & {"asyncio", "socket", "ssl", "time", "azure", "aiohttp", "threading"}


def imports_private_amqp(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any("azure.eventhub._" in name for node in nodes for name in names_imported(node))


def names_imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]

    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def modules_loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    return set(run.stdout.split())


def loaded_by(statement: str) -> set[str]:
    return {name.split(".")[0] for name in modules_loaded_by(statement)}


def test_the_command_line_starts_without_textual_and_azure() -> None:
    assert not loaded_by("import ehtui.cli") & {"textual", "azure", "aiohttp", "httpcore", "psutil"}


def test_reading_with_a_key_needs_no_library_of_azure() -> None:
    """They are for Entra ID, for sending, and for what the kept link does not understand."""
    loaded = loaded_by("import ehtui.sources.hub, ehtui.sources.store, ehtui.wire.storage_client")

    assert not loaded & {"azure", "aiohttp", "requests", "msal"}
    assert "httpcore" in loaded


# What `status --json` loads where hub and store are read with keys over plain TCP, and no consumer
# runs on this host.
STATUS = """
import ehtui.cli.compose, ehtui.cli.status, ehtui.monitor, ehtui.views.status
import ehtui.sources.hub, ehtui.sources.logs, ehtui.sources.processes, ehtui.sources.store
import ehtui.wire.kept_link, ehtui.wire.storage_client
"""
SPARED = {
    *("azure", "textual", "rich", "yaml", "dotenv", "regex", "aiohttp", "wsproto"),
    *("statistics", "html"),
    *("ehtui.sources.followed_log", "ehtui.sources.log_text", "ehtui.sources.known_process"),
    *("ehtui.sources.restarts", "ehtui.sources.supervisors", "ehtui.config.process_settings"),
    *("ehtui.config.yaml_file", "ehtui.wire.public_calls"),
}


def test_a_report_over_plain_tcp_loads_only_what_it_needs() -> None:
    assert not modules_loaded_by(STATUS) & SPARED


@pytest.mark.parametrize("room", ["domain.reduce", "views"])
def test_pure_rooms_load_nothing_of_the_world(room: str) -> None:
    assert not loaded_by(f"import ehtui.{room}") & {"textual", "rich", "azure", "psutil", "asyncio"}


# What the domain imports at run time: each floor only those below it, none its neighbour.
FLOORS = (
    {"gate", "hubs"},
    {"reduce"},
    {"why"},
    {"findings"},
    {"folds", "consumers"},
    {"state", "timeline", "updates"},
    {"actions", "progress"},
    {"leases"},
    {"snapshot", "world"},
    {"costs"},
    {"diagnosis", "evidence", "policy", "text"},
    {"problems"},
    {"values"},
)


def test_the_domain_is_built_in_floors() -> None:
    domain = PACKAGE / "domain"
    floor_of = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
    assert {path.stem for path in domain.iterdir() if path.stem[0] != "_"} == floor_of.keys()

    wrong = []

    for path in (path for path in FILES if path.is_relative_to(domain)):
        part = path.relative_to(domain).parts[0].removesuffix(".py")

        for module in imported_at_run_time(ast.parse(path.read_text())):
            other = module.removeprefix("ehtui.domain.").split(".")[0]

            if other == part or not module.startswith("ehtui.domain."):
                continue

            if floor_of[other] < floor_of[part] or floor_of[other] == floor_of[part]:
                wrong.append(f"{path.relative_to(domain)} imports {module}")

    assert not wrong


def imported_at_run_time(tree: ast.Module) -> Iterator[str]:
    """Modules that importing this one imports, as far as `from` says it."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [alias.name for alias in node.names] if node.module == "ehtui.domain" else [""]
            yield from (f"{node.module}.{name}" for name in names)


@pytest.mark.parametrize("room", ["domain", "sources"])
def test_where_more_than_five_arguments_stand_they_are_named(room: str) -> None:
    """Two neighbours of one type would be swapped unseen."""
    long = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in FILES
        if path.is_relative_to(PACKAGE / room)
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and len(call.args) > LONG_CALL
        if ast.unparse(call.func) != "datetime"
    ]

    assert not long


def test_nobody_reads_a_command_line_of_any_length() -> None:
    """A process says itself how long its own is; `config/process_memory.py` reads its beginning."""
    unbounded = (
        ".cmdline(",
        ".environ()",
        '"cmdline"',
        '"environ"',
        "cmdline).read",
        "environ).read",
    )
    allowed = ("config/process_memory.py", "actions/blueprint.py", "sources/proc.py")
    found = [
        f"{path.relative_to(PACKAGE)}: {way}"
        for path in FILES
        for way in unbounded
        if not str(path).endswith(allowed) and way in path.read_text()
    ]

    assert not found


STARTED = ("domain", "wire", "sources", "config", "monitor", "views", "tui")  # at every start
# Fields that `repr` leaves out, because they are secrets; an order of its own; the standard library
# alone; what is not ours to declare.
DATACLASSES = {
    *("config/own_files.py", "config/process_places.py", "config/section_reader.py"),
    *("config/yaml_file.py", "domain/world/process.py", "sources/hub.py", "sources/proc.py"),
    *("tui/app.py", "tui/grid.py", "tui/hubs_app.py", "tui/themes.py"),
}


def test_values_that_every_start_declares_are_structs() -> None:
    """A dataclass takes a hundred times as long to be declared: of 90, 45 ms of each start.

    And `dataclasses.replace` refuses a struct where mypy sees nothing.
    """
    odd = {
        str(path.relative_to(PACKAGE))
        for path in FILES
        if path.relative_to(PACKAGE).parts[0] in STARTED
        and "dataclasses"
        in map("".join, map(names_imported, ast.walk(ast.parse(path.read_text()))))
    }

    assert odd == DATACLASSES

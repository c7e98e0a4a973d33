"""Runs a command, and turns whatever goes wrong into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ehtui.cli.flags import ExitCode
from ehtui.cli.streams import Output, standard_streams
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.text import mask_secrets, safe, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

DEBUG = "EHTUI_DEBUG"
# So many reads of the hub before a pipe gets its report: rates need two, and one to spare.
REFRESHES = 3
_LONGEST = 1000  # characters of a sentence: what it quotes can be a file by mistake


def run(argv: list[str]) -> int:
    """Run the command line `argv`; never raises."""
    with standard_streams() as output:
        if output.trouble is not None:
            return _without_output(output.trouble)

        try:
            code = _ended(argv)
            output.settle()
        except (KeyboardInterrupt, Exception) as error:
            return _explained(error, output)

    return code


def _ended(argv: list[str]) -> int:
    try:
        return _run_command(argv)
    except SystemExit as end:  # --help and --version
        return end.code if isinstance(end.code, int) else 0


def _explained(error: BaseException, output: Output) -> ExitCode:
    if output.trouble is not None:
        output.drop()

    match error:
        case ConfigError():
            return _say(error.summary, error.advice, ExitCode.USAGE)
        case ProblemError(problem=problem) if problem.kind is not ProblemKind.INTERNAL:
            return _say(problem.summary, problem.advice, ExitCode.USAGE)
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case BrokenPipeError() if error is output.trouble:
            return ExitCode.BROKEN_PIPE
        case OSError() if error is output.trouble:
            return _without_output(error)
        case _:
            return _internal(error)


def _run_command(argv: list[str]) -> int:
    if not argv:  # there is nothing to parse, and the screen would wait for the parser
        return _run_default()

    from ehtui.cli.parser import parse  # noqa: PLC0415 - its faults belong to run()'s net

    args = parse(argv)
    command: Callable[[argparse.Namespace], int] = args.run or _run_default

    return command(args)


def _run_default(args: argparse.Namespace | None = None) -> int:
    """The screen in a terminal, the report everywhere else."""
    from ehtui.cli import garbage  # noqa: PLC0415 - `--help` needs none of it
    from ehtui.cli.flags import flag_words, resolve_args  # noqa: PLC0415

    garbage.hold()  # until the sources are open

    from ehtui.cli import compose  # noqa: PLC0415 - every room below comes with it
    from ehtui.cli.output_format import has_terminal  # noqa: PLC0415

    resolved = resolve_args(args)
    settings = resolved.settings

    if has_terminal():
        banner = None if settings.pid is None else f"as process {settings.pid}"
        return compose.run_ui(settings, banner=banner, started_with=flag_words(args))

    from ehtui.cli.config import pid_report  # noqa: PLC0415 - for a report

    pid_report(resolved)
    return compose.run_report(settings, watch_s=REFRESHES * settings.poll.hub_s)


def _say(summary: str, advice: str, code: ExitCode) -> ExitCode:
    print(f"ehtui: {_cut(safe(summary))}", file=sys.stderr)

    if advice:
        print(f"  {_cut(safe(advice))}", file=sys.stderr)

    return code


def _cut(text: str) -> str:
    """Its beginning and its end: what is wrong often stands behind what is quoted."""
    if len(text) <= _LONGEST:
        return text

    return f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def _internal(error: BaseException) -> ExitCode:
    if os.environ.get(DEBUG):
        import traceback  # noqa: PLC0415

        text = "".join(traceback.format_exception(error))
        print(visible(mask_secrets(text), keep_newlines=True), file=sys.stderr)

    return _say(
        f"a fault in ehtui itself: {type(error).__name__}: {safe(str(error))[:200]}",
        f"Run it again with {DEBUG}=1 for the traceback, and please report it.",
        ExitCode.INTERNAL,
    )


def _without_output(error: OSError) -> ExitCode:
    return _say(
        f"standard output cannot be written: {error.strerror or error}.",
        "The output is lost: write it somewhere else.",
        ExitCode.OUTPUT,
    )

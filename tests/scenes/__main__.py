"""`make scenes`: plays all scenes and deployments (or those named), and writes docs/scenes.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ehtui.cli.scenes import POLL_S, scene_of
from ehtui.domain.why import why
from ehtui.sandbox.javascript import has_node
from ehtui.sandbox.scenes import DEPLOYMENTS, SCENES, Deployment, Scene
from ehtui.views.gate import check_line, check_name
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import report
from ehtui.views.why import explain, explanation_lines
from tests.scenes.gating import STEADY_S, Gated, gated
from tests.scenes.verdict import Answer, Played, Verdict, judge
from tests.scenes.watching import watch_scene

PAGE = Path(__file__).parents[2] / "docs" / "scenes.md"
HEAD = f"""\
# Scenes

Real consumers play a situation on the sandbox; the real monitor watches from the first moment on.
Each expected finding must appear within so many polls after its cause, and nothing else may, before
or after it, but for what the last column lists: remarks that are true for a moment on the way.
What is told of the cost of a takeover is held against the broker's own log of deliveries: each
bound must contain it. A poll is {POLL_S:g} s here. A healthy hour, accelerated, raises nothing
either (`tests/domain/test_progress.py`).

```sh
make scenes                    # all of them; writes this page
ehtui demo --list-scenes
ehtui demo --scene crash       # watch one yourself
```

"""
DEPLOYMENTS_TITLE = "## Deployments"
DEPLOYMENTS_HEAD = f"""\
{DEPLOYMENTS_TITLE}

Real consumers are replaced by a new version, good or bad, between the two halves of `ehtui gate`.
A gate that lets a bad one through is the worst fault; one that fails a good one is the next. What
must not hold in the end is in bold. Everything has to hold for {STEADY_S:g} s here.

`at-once` has no limit on events read twice: while new owners still take partitions from each other,
the most that it may be is not known closely (0 to 534 was seen), and a gate fails a limit that it
cannot show to be kept.

"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scenes", description=__doc__)
    parser.add_argument("names", nargs="*", help="scenes or deployments to play (default: all)")
    parser.add_argument("--report", action="store_true", help="print what a user sees at the end")
    parser.add_argument("--why", action="store_true", help="explain what every finding is about")
    parser.add_argument("--costs", action="store_true", help="what each takeover cost")
    parser.add_argument("--times", type=int, default=1, help="play each so often")
    parser.add_argument(
        "--deployments",
        action="store_true",
        help="the deployments alone (or those named), and write their rows",
    )
    options = parser.parse_args()
    os.environ.update(no_proxy="*", NO_PROXY="*")
    named = [name for name in options.names if name not in DEPLOYMENTS]
    scenes = [scene_of(name) for name in named]
    deployments = [DEPLOYMENTS[name] for name in options.names if name in DEPLOYMENTS]

    if not options.names:
        scenes = [] if options.deployments else list(SCENES.values())
        deployments = list(DEPLOYMENTS.values())

    started = time.monotonic()
    rows, are_found = play_scenes(scenes, options)
    gates, are_judged = play_deployments(deployments, options)
    is_right = are_found and are_judged
    took_s = time.monotonic() - started
    played = f"{len(rows)} scenes and {len(gates)} deployments in {took_s:.0f} s"
    say(f"{played}: {'all right' if is_right else 'NOT right'}")

    if not options.names or options.deployments:
        known, _, before = PAGE.read_text(encoding="utf-8").partition(DEPLOYMENTS_TITLE)
        first = page(rows, is_right=are_found) if rows else known.rstrip() + "\n"
        PAGE.write_text(f"{first}\n{deployments_page(before, gates)}", encoding="utf-8")

    return 0 if is_right else 1


def play_scenes(scenes: Sequence[Scene], options: argparse.Namespace) -> tuple[Sequence[str], bool]:
    """A row for each, and whether all are right."""
    rows, is_right = [], True

    for scene in [s for s in scenes for _ in range(options.times)]:
        if scene.needs_node and not has_node():
            say(f"--  {scene.name:<14} skipped: it needs Node and npm, which are not here")
            rows.append(skipped(scene))
            continue

        began = time.monotonic()
        played = watch_scene(scene)
        verdict = judge(played)
        is_right = is_right and verdict.is_right
        rows.append(row(scene, verdict))
        mark = "ok " if verdict.is_right else "NO "
        say(f"{mark} {scene.name:<14} {time.monotonic() - began:3.0f} s")

        for line in (*found(verdict), *(f"! {c}" for c in verdict.complaints)):
            say(f"      {line}")

        for line in more(played, verdict, options):
            say(line)

        if not verdict.is_right:
            say("\n".join(f"      {line}" for line in history(played)))

    return rows, is_right


def play_deployments(
    deployments: Sequence[Deployment], options: argparse.Namespace
) -> tuple[Sequence[str], bool]:
    """A row for each, and whether each got the verdict that is right."""
    rows, is_right = [], True

    for deployment in [d for d in deployments for _ in range(options.times)]:
        began = time.monotonic()
        judged = gated(deployment)
        is_right = is_right and not judged.complaints
        rows.append(gate_row(judged))
        mark = "NO " if judged.complaints else "ok "
        say(f"{mark} {deployment.name:<14} {time.monotonic() - began:3.0f} s  {judged.verdict}")

        for complaint in judged.complaints:
            say(f"      ! {complaint}")

        for check in judged.found if judged.complaints or options.report else judged.missing:
            say(f"      {check_line(check)}")

    return rows, is_right


def more(played: Played, verdict: Verdict, options: argparse.Namespace) -> Iterator[str]:
    """What was asked for beside the verdict."""
    if options.costs:
        yield from (f"      {cost}" for cost in verdict.costs)

    if options.report:
        yield report(played.last, played.scene.group)

    if options.why:
        yield from reasons(played)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def found(verdict: Verdict) -> Iterator[str]:
    for answer in verdict.answers:
        yield f"{answer.expected.severity} {answer.expected.id}: {polls(answer)}"

    if verdict.costs:
        yield f"costs of takeovers: {costs(verdict)}"

    if verdict.in_passing:
        yield f"in passing: {', '.join(verdict.in_passing)}"


def costs(verdict: Verdict) -> str:
    """How many were told, and how many of those contain what was delivered."""
    proven = [cost for cost in verdict.costs if cost.truth is not None]
    right = sum(cost.is_right for cost in proven)
    return f"{right} of {len(proven)} hold"


def polls(answer: Answer) -> str:
    after = "never" if answer.after is None else f"{answer.after}"
    return f"{after} of {answer.expected.within} polls"


def reasons(played: Played) -> Iterator[str]:
    """Why? for everything that the last findings are about."""
    snapshot = played.last
    telling = Phrasing(snapshot, group=played.scene.group)

    for subject in dict.fromkeys(finding.subject for finding in snapshot.findings):
        yield from explanation_lines(explain(why(snapshot, subject), telling))
        yield ""


def history(played: Played) -> Iterator[str]:
    """Every change of the findings, in time from the cue."""
    known: set[str] = set()

    for seen in played.seen:
        now = {f"{f.severity} {f.id} {_about(f.subject)}" for f in seen.snapshot.findings}
        at = seen.at - (played.cued_at or played.seen[0].at)

        for sign, texts in (("+", now - known), ("-", known - now)):
            yield from (f"{at:+6.1f}s {sign} {text}" for text in sorted(texts))

        known = now


def _about(subject: object) -> str:
    return str(subject).removeprefix("Subject")


def row(scene: Scene, verdict: Verdict) -> str:
    expected = "<br>".join(
        f"`{e.id}` ({e.severity}{f', {e.times} times' if e.times > 1 else ''}"
        f"{f', P{e.partition}' if e.partition else ''}{f', {e.about}' if e.about else ''})"
        for e in scene.expects
    )
    wanted = [expected or "nothing", *([f"health {scene.health}"] if scene.health else [])]
    after = "<br>".join(polls(answer) for answer in verdict.answers)
    alarms = "<br>".join(verdict.complaints) if not verdict.is_right else "none"
    allowed = "<br>".join(f"`{i}`: {scene.passing[i]}" for i in scene.passing)
    told = costs(verdict) if verdict.costs else "–"
    wants = "<br>".join(wanted)
    cells = (f"`{scene.name}`", scene.title, wants, after or "–", alarms, allowed, told)

    return f"| {' | '.join(cells)} |"


def gate_row(judged: Gated) -> str:
    deployment, terms = judged.deployment, judged.deployment.terms
    limits = [
        *([f"{terms.duplicates} read twice"] if terms.duplicates is not None else []),
        *([f"{terms.downtime_s:g} s without a reader"] if terms.downtime_s is not None else []),
        *([f"{terms.owners} owners"] if terms.owners is not None else []),
    ]
    names = [(check_name(check), type(check.evidence) in deployment.by) for check in judged.missing]
    missing = [f"**{name}**" if is_why else name for name, is_why in names]
    after = "–" if judged.after_s is None else f"{judged.after_s:.0f} s"
    cells = (
        f"`{deployment.name}`",
        deployment.title,
        ", ".join(limits) or "–",
        deployment.verdict.value,
        "<br>".join(judged.complaints) or (judged.verdict or "–"),
        after,
        "<br>".join(missing) or "–",
    )
    return f"| {' | '.join(cells)} |"


def deployments_page(before: str, played: Sequence[str]) -> str:
    """Their part, with the rows `before` of those that were not played now."""
    rows = {row.split("`")[1]: row for row in (*before.splitlines(), *played) if row[:3] == "| `"}
    kept = [rows[name] for name in DEPLOYMENTS if name in rows]
    table = "| deployment | what is played | limits | must be | is | after | what did not hold |\n"
    return (
        f"{DEPLOYMENTS_HEAD}Last run: {_today()}, {len(kept)} deployments.\n\n"
        f"{table}|{'---|' * 7}\n" + "\n".join(kept) + "\n"
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def skipped(scene: Scene) -> str:
    return f"| `{scene.name}` | {scene.title} | skipped: no Node here | | | | |"


def page(rows: Sequence[str], *, is_right: bool) -> str:
    summary = "all right" if is_right else "not all right"
    table = (
        "| scene | what is played | expected | found after | false alarms | in passing "
        "| costs of takeovers |\n"
    )
    return (
        f"{HEAD}Last run: {_today()}, {len(rows)} scenes, {summary}.\n\n{table}|{'---|' * 7}\n"
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    sys.exit(main())

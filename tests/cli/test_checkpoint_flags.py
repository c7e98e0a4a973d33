"""What is typed behind `ehtui checkpoint` asks for the right thing, or is refused in a sentence."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.cli.checkpoint_flags import request_of
from ehtui.cli.output_format import utc_offset_s
from ehtui.cli.parser import parse
from ehtui.config.errors import ConfigError
from ehtui.domain.actions.checkpoint_plan import (
    ByDuration,
    CheckpointPlan,
    FromFile,
    LikeGroup,
    ShiftBy,
    Strategy,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Undo,
)
from ehtui.domain.actions.checkpoints import CheckpointRequest
from ehtui.views.actions import command_line
from ehtui.views.phrasing import Phrasing
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy

SNAPSHOT = healthy()
GROUP = SNAPSHOT.policy.default_group


def asked(line: str) -> CheckpointRequest:
    args = parse(shlex.split(line))
    return request_of(FakeBackend(SNAPSHOT), args)


@pytest.mark.parametrize(
    ("flags", "strategy"),
    [
        ("--to-earliest", ToEarliest()),
        ("--to-latest", ToLatest()),
        ("--to-sequence 0", ToSequence(0)),
        ("--to-datetime 2026-11-26T08:00:00Z", ToTime(1_795_680_000.0)),
        ("--to-datetime 2026-11-26T08:00:00", ToTime(1_795_680_000.0 - utc_offset_s())),
        ("--to-datetime 2026-11-26T09:00:00+01:00", ToTime(1_795_680_000.0)),
        ("--by-duration 90m", ByDuration(5_400.0)),
        ("--by-duration 2d", ByDuration(172_800.0)),
        ("--by-duration P1DT1H1M1.5S", ByDuration(90_061.5)),
        ("--shift-by=-5", ShiftBy(-5)),
        ("--shift-by 0", ShiftBy(0)),
    ],
)
def test_each_strategy(flags: str, strategy: Strategy) -> None:
    request = asked(f"checkpoint plan {flags}")
    assert request == CheckpointRequest(strategy, GROUP, recheck_s=0.0)


def test_partitions_force_and_the_time_to_look() -> None:
    request = asked("checkpoint apply --to-latest --partitions 0,2,5-7,0 --force --recheck 3s")
    assert request == CheckpointRequest(
        ToLatest(), GROUP, ("0", "2", "5", "6", "7"), is_forced=True, recheck_s=3.0
    )


@pytest.mark.parametrize(
    "line",
    [
        "checkpoint",
        "checkpoint plan",
        "checkpoint plan --to-earliest --to-latest",
        "checkpoint plan --to-datetime yesterday",
        "checkpoint plan --by-duration P",
        "checkpoint plan --by-duration soon",
        "checkpoint plan --by-duration=-5m",
        "checkpoint apply --shift-by some",
        "checkpoint copy --from a",
    ],
)
def test_what_is_not_understood_is_refused(line: str) -> None:
    with pytest.raises(ConfigError):
        parse(shlex.split(line))


def test_a_file_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("partition,new_sequence\n0,5\n", encoding="utf-8-sig")
    strategy = asked(f"checkpoint apply --from-file {path}").strategy

    assert isinstance(strategy, FromFile)
    assert [(e.partition, e.sequence) for e in strategy.entries] == [("0", 5)]

    with pytest.raises(ConfigError, match="can't be read"):
        asked(f"checkpoint apply --from-file {tmp_path / 'none.csv'}")

    path.write_text("what\n")

    with pytest.raises(ConfigError, match="is not a plan for checkpoints"):
        asked(f"checkpoint apply --from-file {path}")


@pytest.mark.parametrize("is_forced", [False, True])
@pytest.mark.parametrize("partitions", [(), ("0", "2")])
@pytest.mark.parametrize(
    "strategy",
    [ToEarliest(), ToLatest(), ToSequence(5), ToTime(1_795_680_000.25), ByDuration(90.0),
     ByDuration(1_234_567.5),
     ShiftBy(-5), ShiftBy(5)],
)  # fmt: skip
def test_the_command_on_a_plan_asks_for_the_same(
    strategy: Strategy, partitions: tuple[str, ...], is_forced: bool
) -> None:
    for group in ("$Default", "-odd", "a b"):
        plan = replace(PLAN, strategy=strategy, partitions=partitions, is_forced=is_forced)
        plan = replace(plan, group=group)
        args = parse(shlex.split(command_line(plan, Phrasing(SNAPSHOT)))[1:])
        request = request_of(FakeBackend(SNAPSHOT), args, group=args.group)

        assert args.yes
        assert request == CheckpointRequest(strategy, group, partitions, is_forced)


def test_the_commands_of_copies_and_undos() -> None:
    copy = command_line(replace(PLAN, strategy=LikeGroup("a b")), Phrasing(SNAPSHOT))
    args = parse(shlex.split(copy)[1:])
    assert (args.what, args.source, args.target, args.yes) == ("copy", "a b", PLAN.group, True)

    undo = command_line(replace(PLAN, strategy=Undo("/s/b.jsonl")), Phrasing(SNAPSHOT))
    args = parse(shlex.split(undo)[1:])
    assert (args.what, args.backup, args.yes) == ("undo", "/s/b.jsonl", True)


PLAN = CheckpointPlan(
    group=GROUP,
    namespace="ns",
    hub="hub",
    strategy=ToEarliest(),
    changes=(),
    owners=(),
    planned_at=1.0,
)

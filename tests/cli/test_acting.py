"""Acting commands: whom a name means, what is asked, and where each word goes."""

from __future__ import annotations

import argparse
import io
import json
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.cli.acting import Afterwards, act
from ehtui.cli.acting_commands import chosen, targets_of
from ehtui.cli.flags import ExitCode
from ehtui.config.errors import ConfigError
from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import (
    Comeback,
    NewProcess,
    Outcome,
    OutcomeState,
    PartialOutcome,
    TargetResult,
    TargetState,
)
from ehtui.domain.actions.plans import Plan, SignalPlan
from ehtui.domain.snapshot import ConsumerState, Snapshot
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId
from tests.views import world

if TYPE_CHECKING:
    from ehtui.monitor.backend import Backend


def consumer(pid: int, owner: str) -> ConsumerState:
    process = world.process(pid, 1.0)

    return ConsumerState(process, OwnerLink(process.id, owner, LinkBasis.LOG, "a line", 1.0))


SEEN = world.snapshot(
    consumers=(consumer(10, "512aa"), consumer(512, "worker-1"), consumer(30, "worker-10"))
)


@pytest.mark.parametrize(
    ("name", "pid"), [("10", 10), ("512", 512), ("512a", 10), ("worker-1", 512), ("worker-10", 30)]
)
def test_a_name_means_one_consumer(name: str, pid: int) -> None:
    assert [process.pid for process in chosen(SEEN, [name, name])] == [pid]


def test_the_configurations_name_means_its_consumer_and_goes_before_an_owners_beginning() -> None:
    named = replace(consumer(40, "x"), process=world.process(40, 1.0, consumer_name="worker"))
    seen = world.snapshot(consumers=(*SEEN.consumers, named))

    assert [process.pid for process in chosen(seen, ["worker"])] == [40]

    with pytest.raises(ConfigError, match="matches 2 consumers"):
        chosen(replace(seen, consumers=(named, named)), ["worker"])


@pytest.mark.parametrize("name", ["", "worker", "w", "99"])
def test_what_fits_nobody_or_several_means_nobody(name: str) -> None:
    with pytest.raises(ConfigError):
        chosen(SEEN, [name])


def test_an_empty_expression_is_no_target() -> None:
    with pytest.raises(ConfigError, match="No target was given"):
        targets_of(SEEN, argparse.Namespace(target=[], match=""))


@dataclass
class FakeBackend:
    """Does what it is told."""

    snapshot: Snapshot = SEEN
    done: list[Plan] = field(default_factory=list)
    outcome: Outcome | None = None

    def begin(self, plan: Plan) -> Future[Outcome]:
        self.done.append(plan)
        future: Future[Outcome] = Future()
        future.set_result(self.outcome or Outcome(plan, OutcomeState.DONE, 2.0))

        return future


PLAN = SignalPlan(
    "TERM", (SignalTarget(ProcessId(10, 1.0), "c.py", None, (), SignalEffect.DIES),), 1.0
)


class Terminal(io.StringIO):
    """Somebody who types."""

    @override
    def isatty(self) -> bool:
        return True


def answered(
    monkeypatch: pytest.MonkeyPatch, typed: str, outcome: Outcome | None = None, **flags: bool
) -> tuple[int, list[Plan]]:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    session = FakeBackend(outcome=outcome)
    args = argparse.Namespace(
        **{"yes": False, "dry_run": False, "json": False, "confirm": None, **flags}
    )
    code = act(cast("Backend", session), PLAN, args, lambda _: Afterwards({"laps": []}))

    return code, session.done


@pytest.mark.parametrize("typed", ["n\n", "\n", "", "yesno\n"])
def test_whoever_does_not_say_yes_says_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert answered(monkeypatch, typed) == (ExitCode.WARNING, [])
    assert "Nothing was done" in capsys.readouterr().out


def test_ctrl_c_at_the_question_says_that_nothing_was_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: Terminal) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Terminal, "readline", interrupted)

    with pytest.raises(KeyboardInterrupt):
        answered(monkeypatch, "")

    assert "Nothing was done." in capsys.readouterr().out


def test_with_json_the_plan_is_shown_beside_the_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, done = answered(monkeypatch, "y\n", json=True)
    out, err = capsys.readouterr()
    document: dict[str, Any] = json.loads(out)

    assert (code, done) == (0, [PLAN])
    assert document["outcome"]["state"] == "done"
    assert "SIGTERM" in err
    assert "Do it?" in err


def test_with_json_and_yes_there_is_only_the_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(monkeypatch, "", json=True, yes=True)
    out, err = capsys.readouterr()

    document: dict[str, Any] = json.loads(out)
    assert document["plan"]["signal"] == "TERM"
    assert document["laps"] == []
    assert err == ""


KEYS = [
    "plan", "state", "at", "refusal", "error", "details", "obstacle", "is_down", "is_by_keeper",
    "parts", "changes", "backup",
]  # fmt: skip


def test_the_document_of_an_outcome_keeps_its_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read `ehtui.action/1`: fields of our own classes may be named anew, these may not."""
    ended = TargetResult(ProcessId(10, 1.0), TargetState.ESCALATED, signal="KILL", after_s=10.0)
    outcome = Outcome(
        PLAN,
        OutcomeState.FAILED,
        2.0,
        results=(ended,),
        started=NewProcess(ProcessId(900, 2.0), "/x.log", is_by_keeper=True),
        exit_code=3,
        last_lines=("no such hub",),
        audit_problem="Not in the log.",
    )
    whole = replace(outcome, parts=(PartialOutcome(outcome, Comeback.LATE, 1.5),))
    answered(monkeypatch, "", whole, json=True, yes=True)
    told = json.loads(capsys.readouterr().out)["outcome"]

    assert list(told) == KEYS
    assert list(told["plan"]) == [
        "signal", "targets", "planned_at", "escalate_to", "escalate_after_s", "kind", "place"
    ]  # fmt: skip
    assert told["details"] == [
        ["10", "KILL after 10 s"],
        ["pid", "900"],
        ["log", "/x.log"],
        ["exit_code", "3"],
        ["line", "no such hub"],
        ["audit", "Not in the log."],
    ]
    assert told["is_by_keeper"] is True
    (part,) = told["parts"]
    assert (part["comeback"], part["after_s"]) == ("late", 1.5)
    assert list(part["outcome"]) == KEYS

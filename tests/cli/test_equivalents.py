"""What the screen does, a command does: what stands on a confirmation asks for the very same."""

from __future__ import annotations

import shlex

import pytest
from msgspec import structs
from msgspec.structs import replace

from ehtui.cli import acting_commands, sending
from ehtui.cli.flags import flag_words, flags_of
from ehtui.cli.parser import parse
from ehtui.domain.actions.events import told
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.plans import Plan, RollingPlan, SupervisedPlan
from ehtui.domain.actions.requests import (
    Actor,
    ConfiguredCommand,
    PlanningContext,
    Request,
    Template,
)
from ehtui.domain.actions.send import SendRequest
from ehtui.domain.actions.sending import SendTarget
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.actions.start import RestartRequest, StartAgainRequest, StartRequest
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Snapshot, TimelineEvent
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.restarts import Ended, RestartRecord, RestartStage
from ehtui.views import timeline
from ehtui.views.actions import command_line, confirmation
from ehtui.views.phrasing import Phrasing
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, NOW, healthy

SNAPSHOT = healthy()
FIRST, SECOND, *_ = (consumer.process.id for consumer in SNAPSHOT.consumers)
SYSTEMD = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))
GONE = ProcessId(4711, NOW - 99)
RECORD = RestartRecord(
    process=GONE,
    stage=RestartStage.ENDED,
    at=NOW - 9,
    asked_at=NOW - 10,
    signal="TERM",
    command=("python", "c.py"),
    folder="/srv",
    log_path="/srv/rag.log",
    variables=(),
    is_carried=False,
    consumer_name="rag",
)
HALF_DONE = Ended(GONE, "python c.py", "/srv", None, "rag", NOW - 9, RECORD)
NAMES = ("rag", "회의 록", "-odd", "status")
GROUPS = (GROUP, "a b", "-g", "restart")


def context(snapshot: Snapshot = SNAPSHOT) -> PlanningContext:
    return PlanningContext(
        snapshot,
        NOW,
        Actor(own_pid=1, user="ops"),
        templates={name: Template("{}", {}) for name in NAMES},
        commands={name: ConfiguredCommand(("python", "c.py"), None) for name in NAMES},
    )


def planned(request: Request, snapshot: Snapshot = SNAPSHOT) -> Plan:
    plan = request.plan(context(snapshot))
    assert isinstance(plan, Plan)

    return plan


def asked(line: str) -> Request:
    """What the command line asks for, read by the commands themselves."""
    _, *argv = shlex.split(line)
    args = parse(argv)
    assert args.yes

    group = flags_of(args).values.get("eventhub.consumer_group", GROUP)
    backend = FakeBackend(replace(SNAPSHOT, policy=Policy(group)))
    backend.templates = NAMES
    backend.peek_group = None
    backend.ended = (HALF_DONE,)

    return REQUEST_OF[args.command](backend, args)


REQUEST_OF = {
    "signal": acting_commands.signal_request,
    "restart": acting_commands.restart_request,
    "start": acting_commands.start_request,
    "send": sending.send_request,
}
REQUESTS = (
    SignalRequest((FIRST,), "KILL"),
    SignalRequest((FIRST, SECOND), "TERM", 10.0),
    SignalRequest((SECOND,), "USR1", 0.5),
    RestartRequest((FIRST,)),
    RestartRequest((FIRST,), "INT", 90.0),
    RestartRequest((FIRST, SECOND), "INT"),
    StartAgainRequest(HALF_DONE),
    *(StartRequest(name, group) for name, group in zip(NAMES, GROUPS, strict=True)),
    *(SendRequest(name, SendTarget.ROUND_ROBIN) for name in NAMES),
    SendRequest("rag", SendTarget.PARTITION, "2", count=1000),
    SendRequest("rag", SendTarget.KEY, key="회의 7; $(rm -rf)"),
    SendRequest("rag", SendTarget.KEY, key="-7"),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
@pytest.mark.parametrize("started_with", [(), ("--env-file", "a b.env", "--pid", "51300")])
def test_the_command_asks_for_the_same(request_: Request, started_with: tuple[str, ...]) -> None:
    say = Phrasing(SNAPSHOT, group=GROUP, started_with=started_with)
    plan = planned(request_)

    assert asked(command_line(plan, say)) == request_
    assert confirmation(plan, say).command == command_line(plan, say)


@pytest.mark.parametrize("processes", [(FIRST,), (FIRST, SECOND)])
def test_a_supervisors_restart_is_asked_for_too(processes: tuple[ProcessId, ...]) -> None:
    first, *others = SNAPSHOT.consumers
    watched = replace(first, process=replace(first.process, supervisor=SYSTEMD))
    plan = planned(RestartRequest(processes), replace(SNAPSHOT, consumers=(watched, *others)))
    line = command_line(plan, Phrasing(SNAPSHOT))

    assert isinstance(plan, SupervisedPlan | RollingPlan)
    assert asked(line) == RestartRequest(processes)


def test_who_is_known_to_this_session_alone_has_no_command() -> None:
    """Nobody else remembers how it was started; the step that starts it can be pasted."""
    plan = planned(StartAgainRequest(replace(HALF_DONE, record=None)))

    assert confirmation(plan, Phrasing(SNAPSHOT)).command == ""


@pytest.mark.parametrize("request_", [*REQUESTS[:1], *REQUESTS[2:5], *REQUESTS[7:]], ids=str)
def test_the_timeline_tells_the_command_that_was_done(request_: Request) -> None:
    ((kind, subject, details),) = told(Outcome(planned(request_), OutcomeState.DONE, NOW))
    event = TimelineEvent(1, NOW, kind.id, subject, details)

    if isinstance(request_, RestartRequest):
        request_ = replace(request_, kill_after_s=None)  # an event does not tell

    assert asked(timeline.command_line(event, Phrasing(SNAPSHOT))) == request_


@pytest.mark.parametrize("state", [OutcomeState.REFUSED, OutcomeState.DRY_RUN])
def test_what_was_not_done_has_no_command_in_the_timeline(state: OutcomeState) -> None:
    ((kind, subject, details),) = told(Outcome(planned(REQUESTS[0]), state, NOW))
    event = TimelineEvent(1, NOW, kind.id, subject, details)

    assert timeline.command_line(event, Phrasing(SNAPSHOT)) == ""


def test_a_command_finds_the_hub_that_the_screen_was_started_on() -> None:
    argv = ["--config", "a b.yaml", "--pid", "7", "-g", "g", "--container", "x", "--alias", "y.z"]
    argv += ["--container", "z", "--no-read-only", "--account-url", "https://a.blob"]
    words = flag_words(parse(argv))
    again, once = (flags_of(parse([*flags, "send", "rag"])) for flags in (words, argv))

    assert "--group" not in words  # each command names its own
    assert structs.replace(again, values={}) == structs.replace(once, values={})
    assert again.values == {k: v for k, v in once.values.items() if k != "eventhub.consumer_group"}


def test_a_command_shows_no_secret() -> None:
    url = "https://a.blob.core.windows.net/?sv=1&sig=c2VjcmV0LXZhbHVl"
    say = Phrasing(SNAPSHOT, started_with=flag_words(parse(["--account-url", url])))

    assert "c2VjcmV0" not in command_line(planned(REQUESTS[0]), say)


def test_an_empty_name_of_an_event_is_none_that_is_configured() -> None:
    """A variable of the shell that is not set must not send another event."""
    request = asked("ehtui send '' --yes")

    assert isinstance(request, SendRequest)
    assert request.template == ""

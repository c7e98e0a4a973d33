from __future__ import annotations

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import OwnedPartition, SignalEffect, SignalTarget
from ehtui.domain.actions.landing import Accepted, Landing
from ehtui.domain.actions.outcomes import (
    NewProcess,
    Outcome,
    OutcomeState,
    Refusal,
    RefusalReason,
    TargetResult,
    TargetState,
)
from ehtui.domain.actions.plans import (
    Plan,
    RestartPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.sending import SendPlan, SendTarget
from ehtui.domain.evidence import Doubt, TakeoverWindow
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.world.process import Obstacle, ProcessId, Supervisor
from ehtui.views import actions
from ehtui.views.actions import confirmation
from ehtui.views.outcomes import outcome_sentence, refusal_sentence
from ehtui.views.phrasing import Phrasing
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)
AFTER_EXPIRY = TakeoverWindow(world.NOW + 168, world.NOW + 204, "python-180/30")
ASSUMED = replace(AFTER_EXPIRY, doubt=Doubt.UNTIMED)
SOON = TakeoverWindow(world.NOW, world.NOW + 36, "released")
NOBODY = TakeoverWindow(None, None, "no-survivor")


def owned(*partitions: str, window: TakeoverWindow, group: str = world.GROUP) -> Any:
    return tuple(OwnedPartition(group, partition, window) for partition in partitions)


def target(effect: SignalEffect, owns: Any, *, pid: int = 51257) -> SignalTarget:
    process = ProcessId(pid, world.NOW - 7380)

    return SignalTarget(process, "python start_consumer.py", world.A, owns, effect)


def signal(name: str, *targets: SignalTarget, **changes: Any) -> SignalPlan:
    return SignalPlan(name, targets, world.NOW, **changes)


COSTS = {
    "killed": (
        signal("KILL", target(SignalEffect.DIES, owned("0", "1", window=AFTER_EXPIRY))),
        (
            "51257 dies without releasing P0 and P1: unread until a survivor takes them "
            "12:05:47–12:06:23 (up to 3m24s; Python 180/30 s)."
        ),
        True,
    ),
    "closes": (
        signal("TERM", target(SignalEffect.RELEASES, owned("0", window=SOON))),
        (
            "51257 handles SIGTERM and can close its client: it releases P0 at once, and a "
            "survivor takes it 12:02:59–12:03:35 (up to 36s; already free: a survivor's next "
            "round)."
        ),
        False,
    ),
    "who it is, is not known": (
        signal("KILL", replace(target(SignalEffect.DIES, ()), owner=None)),
        (
            "It is not known which owner 51257 is: whatever it owns is unread until its leases "
            "expire or it closes its client."
        ),
        True,
    ),
    "nobody left": (
        signal("TERM", target(SignalEffect.RELEASES, owned("0", window=NOBODY))),
        "51257 owns P0, and nobody is left to take it: unread until a consumer starts.",
        True,
    ),
    "not known": (
        signal("USR1", target(SignalEffect.UNKNOWN, owned("0", window=AFTER_EXPIRY))),
        (
            "51257 may release P0 at once, or leave it unread: a survivor then takes it "
            "12:05:47–12:06:23 (up to 3m24s; Python 180/30 s)."
        ),
        True,
    ),
    "nobody was seen to renew": (
        signal("KILL", target(SignalEffect.DIES, owned("0", window=ASSUMED))),
        (
            "51257 dies without releasing P0: unread until a survivor takes it "
            "~12:05:47–12:06:23 (up to ~3m24s; Python 180/30 s, assumed: no survivor's "
            "renewals timed yet)."
        ),
        True,
    ),
    "their interval was set": (
        signal(
            "KILL",
            target(
                SignalEffect.DIES,
                owned("0", window=replace(AFTER_EXPIRY, basis="python-18/3", doubt=Doubt.RATIO)),
            ),
        ),
        (
            "51257 dies without releasing P0: unread until a survivor takes it "
            "~12:05:47–12:06:23 (up to ~3m24s; Python 18/3 s, assumed: differs if their "
            "expiry was set)."
        ),
        True,
    ),
    "a takeover was seen": (
        signal(
            "KILL",
            target(SignalEffect.DIES, owned("0", window=replace(AFTER_EXPIRY, basis="observed"))),
        ),
        (
            "51257 dies without releasing P0: unread until a survivor takes it "
            "12:05:47–12:06:23 (up to 3m24s; the takeovers seen)."
        ),
        True,
    ),
    "leases live longer than was thought": (
        signal(
            "KILL",
            target(
                SignalEffect.DIES,
                owned(
                    "0",
                    window=TakeoverWindow(world.NOW + 24, None, "python-24/3", Doubt.OUTLIVED),
                ),
            ),
        ),
        (
            "51257 dies without releasing P0: unread until a survivor takes it "
            "from ~12:03:23 on (Python 24/3 s, assumed: leases live longer here, how long is "
            "not known yet)."
        ),
        True,
    ),
    "frozen": (
        signal("STOP", target(SignalEffect.UNKNOWN, owned("0", window=AFTER_EXPIRY))),
        (
            "51257 freezes and still owns P0: unread until a survivor takes it "
            "12:05:47–12:06:23 (up to 3m24s; Python 180/30 s)."
        ),
        True,
    ),
    "ignored": (
        signal("HUP", target(SignalEffect.IGNORED, owned("0", window=SOON))),
        "51257 ignores SIGHUP: no partition is lost.",
        False,
    ),
    "idle": (
        signal("TERM", target(SignalEffect.RELEASES, ())),
        "51257 owns nothing: no partition is lost.",
        False,
    ),
}


@pytest.mark.parametrize(("plan", "cost", "is_grave"), COSTS.values(), ids=COSTS)
def test_what_a_signal_costs(plan: SignalPlan, cost: str, is_grave: bool) -> None:
    words = confirmation(plan, SAY)

    assert words.costs == (cost,)
    assert words.is_grave is is_grave


def test_a_signal_shows_its_commands() -> None:
    targets = [target(SignalEffect.DIES, (), pid=pid) for pid in (51257, 51300)]
    words = confirmation(signal("TERM", *targets, escalate_to="KILL", escalate_after_s=10.0), SAY)

    assert words.heading == "Send SIGTERM to 51257 and 51300?"
    assert words.steps == (
        "kill -TERM 51257    # start_consumer.py",
        "kill -TERM 51300    # start_consumer.py",
        "after 10s, for any still running: kill -KILL",
    )
    assert words.verb == "Send TERM"
    assert confirmation(signal("KILL", targets[0]), SAY).verb == "Kill"


def test_partitions_of_several_groups_are_told_apart() -> None:
    both = owned("0", window=SOON) + owned("3", window=AFTER_EXPIRY, group="analytics")
    (cost,) = confirmation(signal("KILL", target(SignalEffect.DIES, both)), SAY).costs

    assert "51257 dies without releasing P0: unread" in cost
    assert "51257 dies without releasing P3 of analytics: unread" in cost


SEND = SendPlan(
    namespace=world.NAMESPACE,
    hub=world.HUB,
    template="minutes",
    body='{"eventType": "MINUTES_FINALIZED",\n "title": "테스트 회의 🎉 \x1b[2J"}',
    target=SendTarget.PARTITION,
    partition="2",
    key=None,
    properties=(("source", "ehtui"),),
    count=1,
    planned_at=world.NOW,
)


def test_an_event_is_shown_as_it_is_sent() -> None:
    words = confirmation(SEND, SAY)

    assert words.heading == "Send 1 event to hgzero-eventhub?"
    assert words.steps == (
        "to hgzero.servicebus.windows.net / hgzero-eventhub, P2",
        "source: ehtui",
        '{"eventType": "MINUTES_FINALIZED",',
        ' "title": "테스트 회의 🎉 \\x1b[2J"}',
    )
    assert not words.is_grave


def test_what_is_sent_is_shown_without_its_secrets() -> None:
    properties = (("apiToken", "topsecret"), ("key", "topsecret"), ("type", "minutes"))
    body = '{"sasKey": "topsecret", "title": "주간"}'
    words = confirmation(replace(SEND, body=body, properties=properties), SAY)

    assert "topsecret" not in "\n".join(words.steps)
    assert {"apiToken: ***", "key: ***", "type: minutes"} <= set(words.steps)
    assert "주간" in words.steps[-1]


def test_sending_to_production_is_grave() -> None:
    words = confirmation(replace(SEND, is_production=True), SAY)

    assert words.is_grave
    assert "marked as production" in words.costs[0]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"target": SendTarget.KEY, "partition": None, "key": "회의-7"}, "key “회의-7”"),
        ({"target": SendTarget.ROUND_ROBIN, "partition": None}, "the service chooses"),
        (
            {"target": SendTarget.ROUND_ROBIN, "partition": None, "partitions": ("2", "0", "1")},
            "P2, whose turn it is",
        ),
        (
            {
                "target": SendTarget.ROUND_ROBIN,
                "partition": None,
                "partitions": ("2", "0", "1"),
                "count": 2,
            },
            "P0 and P2 in turn",
        ),
    ],
)
def test_where_an_event_goes(chosen: dict[str, Any], words: str) -> None:
    assert words in confirmation(replace(SEND, **chosen), SAY).steps[0]


RESTART = RestartPlan(
    "TERM",
    target(SignalEffect.RELEASES, owned("0", window=SOON)),
    None,
    "/srv/my rag",
    "/var/log/rag.log",
    world.NOW,
)
START = StartPlan(
    "rag",
    ("python", "start.py", "--title", "회의 록"),
    "/srv/rag",
    "$Default",
    ("EVENTHUB_CONSUMER_GROUP", "MODE"),
    "/var/log/rag.log",
    world.NOW,
)


def test_a_restart_shows_every_step() -> None:
    words = confirmation(RESTART, SAY)

    assert words.heading == "Restart 51257?"
    assert words.steps[0] == "kill -TERM 51257    # start_consumer.py"
    assert words.steps[2] == "cd '/srv/my rag' && python start_consumer.py"
    assert "it releases P0 at once" in words.costs[0]


SYSTEMD = Supervisor(
    "systemd",
    "rag@my\\x20.service",
    ("systemctl", "restart", "rag@my\\x20.service"),
    is_shared=True,
)
SUPERVISED = SupervisedPlan(
    SYSTEMD,
    "TERM",
    target(SignalEffect.RELEASES, owned("0", window=SOON)),
    (target(SignalEffect.DIES, owned("1", window=AFTER_EXPIRY), pid=51300),),
    120.0,
    world.NOW,
)


def test_a_supervisor_is_asked_by_a_literal_command() -> None:
    words = confirmation(SUPERVISED, SAY)

    assert words.heading == "Restart 51257 and 51300 by systemd rag@my\\x20.service?"
    assert words.steps[0] == "systemctl restart 'rag@my\\x20.service'"
    assert words.steps[1].startswith("systemd stops them with SIGTERM")
    assert [cost.split()[0] for cost in words.costs[:2]] == ["51257", "51300"]
    assert "P1: unread until" in words.costs[1]
    assert words.costs[-1] == (
        "Everything else in systemd rag@my\\x20.service is restarted with it."
    )
    assert (words.verb, words.is_grave) == ("Restart", True)

    alone = replace(SUPERVISED, others=(), supervisor=replace(SYSTEMD, is_shared=False))
    words = confirmation(alone, SAY)
    assert words.heading.startswith("Restart 51257 by")
    assert not words.is_grave
    assert "Whatever else" not in " ".join(words.costs)


@pytest.mark.parametrize(
    ("obstacle", "words"),
    [
        (Obstacle.NO_COMMAND, "which has no restart command: restart it there."),
        (Obstacle.NO_NAME, "but its name there cannot be read from here"),
        (
            Obstacle.NO_TOOL,
            "`pm2` is not on the PATH. The command would be: env 'PM2_HOME=/my pm2' pm2 restart 3",
        ),
        (Obstacle.FOREIGN, "which belongs to another user"),
        (Obstacle.CLUSTER, "on a cluster that decides"),
    ],
)
def test_why_a_supervisor_is_not_asked(obstacle: Obstacle, words: str) -> None:
    command = ("env", "PM2_HOME=/my pm2", "pm2", "restart", "3")
    pm2 = Supervisor("pm2", "rag (3)", command, obstacle)
    told = refusal_sentence(Refusal(RefusalReason.SUPERVISED, "51257", pm2.label, pm2))

    assert told.startswith("51257 is run by pm2 rag (3), ")
    assert words in told


def test_a_start_can_be_pasted() -> None:
    words = confirmation(START, SAY)

    assert words.steps[0] == (
        "cd /srv/rag && EVENTHUB_CONSUMER_GROUP='$Default' python start.py --title '회의 록'"
    )
    assert words.steps[1] == "also set: MODE"
    assert words.costs == ("$Default has 3 owners for 3 partitions: it will be on standby.",)


def owners(count: int) -> Any:
    held = [
        world.partition(
            str(n), world.lease(owner=f"owner-{n}") if n < count else world.lease(), 9, 9
        )
        for n in range(count)
    ]
    free = [
        world.partition(str(n), world.lease(LeaseState.RELEASED), 9, 9) for n in range(count, 3)
    ]

    return Phrasing(world.snapshot(groups=(world.group_state(*held, *free),)))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "$Default has no live owner: it takes all 3 partitions, from their checkpoints."),
        (1, "$Default has 1 owner for 3 partitions: it takes its share"),
        (3, "$Default has 3 owners for 3 partitions: it will be on standby."),
    ],
)
def test_what_a_start_gets(count: int, words: str) -> None:
    assert confirmation(START, owners(count)).costs[0].startswith(words)


def test_a_start_in_a_group_without_records() -> None:
    never = world.lease(LeaseState.NEVER_OWNED, owner=None)
    blank = replace(world.partition("0", never, 9, None), checkpoint=None)
    say = Phrasing(world.snapshot(groups=(world.group_state(blank),)))

    assert "has no records yet" in confirmation(START, say).costs[0]
    assert "has no records yet" in confirmation(START, Phrasing(world.snapshot(groups=()))).costs[0]


def test_a_start_on_production_is_grave() -> None:
    production = Phrasing(world.snapshot(policy=Policy(is_production=True)))

    assert confirmation(START, production).is_grave


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_refusal_is_one_sentence(reason: RefusalReason) -> None:
    sentence = refusal_sentence(Refusal(reason, "51257 {x}", "systemd"))

    assert sentence.endswith(".")
    assert "{subject}" not in sentence
    assert "{detail}" not in sentence


def result(state: TargetState, **changes: Any) -> TargetResult:
    """How it ended for the second of two targets."""
    return TargetResult(KILL_TWO.targets[1].process, state, **changes)


def ended(plan: Plan, state: OutcomeState = OutcomeState.DONE, **changes: Any) -> str:
    return outcome_sentence(Outcome(plan, state, world.NOW, **changes))


KILL_ONE = signal("KILL", target(SignalEffect.DIES, ()))
KILL_TWO = signal("TERM", *(target(SignalEffect.DIES, (), pid=pid) for pid in (7, 8)))
SENT = TargetResult(KILL_TWO.targets[0].process, TargetState.SENT)
REUSED = Refusal(RefusalReason.IDENTITY_CHANGED, "8")
GONE = Refusal(RefusalReason.GONE, "51257")
NINE = NewProcess(ProcessId(9, 1.0), "/x.log")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            ended(KILL_ONE, results=(TargetResult(KILL_ONE.targets[0].process, TargetState.SENT),)),
            "Sent SIGKILL to 51257.",
        ),
        (
            ended(KILL_TWO, results=(SENT, result(TargetState.ENDED, signal="TERM"))),
            "SIGTERM: 7 sent and 8 ended after TERM.",
        ),
        (
            ended(
                KILL_TWO,
                OutcomeState.REFUSED,
                refusal=REUSED,
                results=(SENT, result(TargetState.REFUSED, refusal=REUSED)),
            ),
            "SIGTERM: 7 sent and 8 identity changed.",
        ),
        (
            ended(
                KILL_TWO,
                OutcomeState.FAILED,
                error="8: failed: no right",
                results=(SENT, result(TargetState.FAILED, note="no right")),
            ),
            "SIGTERM: 7 sent and 8 failed: no right.",
        ),
        (ended(KILL_TWO, OutcomeState.REFUSED, refusal=GONE), refusal_sentence(GONE)),
        (ended(KILL_ONE, OutcomeState.REFUSED, refusal=GONE), refusal_sentence(GONE)),
        (
            ended(KILL_ONE, OutcomeState.DRY_RUN),
            "Dry run, nothing was done: SIGKILL to 51257.",
        ),
        (ended(SEND), "Sent 1 event to P2."),
        (ended(SEND, landings=(Landing("2", 1, 17, 17),)), "Sent 1 event to P2, as #17 in P2."),
        (
            ended(SEND, landings=(Landing("2", 1, 15, 18, is_bracket=True),)),
            "Sent 1 event to P2, as ~#15–18 in P2.",
        ),
        (
            ended(replace(SEND, count=9), OutcomeState.STOPPED, accepted=Accepted({"2": 4})),
            "Stopped: the hub took 4 of 9 events.",
        ),
        (
            ended(
                replace(SEND, count=9), OutcomeState.STOPPED, accepted=Accepted({"2": 4}), unsure=2
            ),
            "Stopped: the hub took 4 of 9 events, and perhaps 2 more.",
        ),
        (
            ended(SEND, OutcomeState.FAILED, error="no answer."),
            "Failed: no answer.",
        ),
        (
            ended(START, started=NINE),
            "Started rag as 9; its output goes to /x.log.",
        ),
        (
            ended(
                RESTART,
                OutcomeState.FAILED,
                error="It ended at once with exit code 1.",
                last_lines=("a", "ImportError"),
            ),
            "Failed: It ended at once with exit code 1. Its last line: “ImportError”.",
        ),
        (
            ended(SUPERVISED, exit_code=0, last_lines=("started",)),
            ("systemd rag@my\\x20.service restarted 51257: its command ended with exit code 0."),
        ),
        (
            ended(SUPERVISED, OutcomeState.DRY_RUN),
            "Dry run, nothing was done: systemctl restart 'rag@my\\x20.service'.",
        ),
        (
            ended(
                SUPERVISED,
                OutcomeState.FAILED,
                error="systemd's command ended with exit code 4.",
                exit_code=4,
                last_lines=("Interactive authentication required.",),
            ),
            (
                "Failed: systemd's command ended with exit code 4. Its last line: “Interactive "
                "authentication required”."
            ),
        ),
        (
            ended(KILL_ONE, audit_problem="The audit log could not be written."),
            "Sent SIGKILL to 51257. The audit log could not be written.",
        ),
    ],
)
def test_outcomes(sentence: str, told: str) -> None:
    assert sentence == told


def test_every_plan_has_words() -> None:
    assert set(get_args(Plan)) == set(actions._BY_PLAN)

"""What is said where events cannot be read: why, and the command that mends it."""

from __future__ import annotations

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import ProblemKind
from ehtui.wire import event_problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.credentials import HubAccess, access_of

KEY = "c2VjcmV0LWtleQ=="


@pytest.fixture
def access() -> HubAccess:
    text = (
        f"Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey={KEY}"
    )
    return access_of(EventHubSettings(connection_string=Secret(text), name="orders"))


def test_no_group_is_configured(access: HubAccess) -> None:
    problem = event_problems.no_peek_group(access)

    assert "--namespace-name shop --eventhub-name orders --name ehtui-peek`" in problem.advice
    assert "az eventhubs eventhub consumer-group create" in problem.advice
    assert "eventhub.peek_group: ehtui-peek" in problem.advice


@pytest.mark.parametrize(
    ("condition", "text", "kind", "said"),
    [
        (
            "amqp:link:stolen",
            "At least one receiver for the endpoint is created with epoch of '0', and so ...",
            ProblemKind.CONFLICT,
            "owner level",
        ),
        (
            "amqp:resource-limit-exceeded",
            (
                "Exceeded the maximum number of allowed receivers per partition in a consumer"
                " group which is 5. List of connected receivers - (a, b, ehtui@host, d, e)."
                " TrackingId:1"
            ),
            ProblemKind.CONFLICT,
            "(a, b, ehtui@host, d, e)",
        ),
        ("amqp:not-found", "could not be found", ProblemKind.NOT_FOUND, "no consumer group 'peek'"),
        ("amqp:unauthorized-access", "'Listen' claim(s)", ProblemKind.FORBIDDEN, "does not let"),
        (
            "amqp:link:detach-forced",
            "Unauthorized access. 'Listen' claim(s) are required.",
            ProblemKind.FORBIDDEN,
            "does not let",
        ),
        (
            "com.microsoft:georeplication:invalid-offset",
            "no",
            ProblemKind.UNSUPPORTED,
            "geo-replicated",
        ),
        (
            "com.microsoft:argument-error",
            "The supplied sequence number '9' is invalid. TrackingId:x",
            ProblemKind.MALFORMED,
            "no such position",
        ),
        ("com.microsoft:server-busy", "Please wait 4 seconds", ProblemKind.THROTTLED, "busy"),
        ("amqp:link:detach-forced", "idle", ProblemKind.UNREACHABLE, "ended the connection"),
    ],
)
def test_what_the_service_says(
    access: HubAccess, condition: str, text: str, kind: ProblemKind, said: str
) -> None:
    problem = event_problems.of_receiver(access, "peek", "3", AmqpError(condition, text))

    assert problem.kind is kind
    assert said in f"{problem.summary} {problem.advice}"
    assert "TrackingId" not in problem.summary
    assert KEY not in f"{problem.summary} {problem.advice}"
    assert event_problems.is_lasting(problem) is (
        kind not in {ProblemKind.THROTTLED, ProblemKind.UNREACHABLE}
    )


def test_a_group_that_is_missing_is_offered_with_its_own_name(access: HubAccess) -> None:
    problem = event_problems.of_receiver(access, "it's", "3", AmqpError("amqp:not-found", "x"))
    assert """--name 'it'"'"'s'`""" in problem.advice


def test_hostile_names_are_made_visible(access: HubAccess) -> None:
    text = "List of connected receivers - (\x1b[31m, b). Exceeded"
    problem = event_problems.of_receiver(
        access, "peek\x1b", "3", AmqpError("amqp:resource-limit-exceeded", text)
    )
    assert "\x1b" not in f"{problem.summary}{problem.advice}"

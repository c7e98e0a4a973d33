from __future__ import annotations

import signal
from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import ConsumerRole, LeaseState, Snapshot
from ehtui.domain.world.process import LinkBasis, LogState, RecognisedBy
from ehtui.views import keys
from ehtui.views.cells import Tone
from ehtui.views.details import (
    Section,
    consumer_details,
    event_details,
    finding_details,
    partition_details,
)
from ehtui.views.phrasing import Phrasing
from ehtui.views.processes import LINK, RECOGNISED
from ehtui.views.states import ROLE_MEANING, RULES
from tests.views import world


def facts(sections: list[Section], heading: str) -> dict[str, str]:
    found = next(section for section in sections if section.heading == heading)

    return {line.label: line.value for line in found.lines}


def of_partition(key: str = "2", snapshot: Snapshot | None = None) -> list[Section]:
    shown = snapshot or world.snapshot()

    return partition_details(shown, world.GROUP, key, Phrasing(shown, group=world.GROUP))


def of_consumer(**changes: Any) -> list[Section]:
    consumer = world.consumer(7, 7380, world.A, ("0", "1"), **changes)
    snapshot = world.snapshot(consumers=(consumer,))
    key = keys.process_key(consumer.process.id)

    return consumer_details(snapshot, key, Phrasing(snapshot, group=world.GROUP))


def test_a_partition_in_the_hub() -> None:
    assert facts(of_partition(), "P2 in the hub") == {
        "sampled": "2026-11-22 12:02:58 UTC (1s ago), from the hub",
        "last sequence": "231,544",
        "last offset": "23154400",
        "last event arrived": "2026-11-22 12:02:56 UTC (3s ago)",
        "first retained": "0",
        "retained": "231,545 events",
        "coming in": "13.0/s",
    }


def test_a_lease_with_its_raw_values() -> None:
    told = facts(of_partition(), "Lease")

    assert told["state"] == "overdue: renewals stopped; not yet expired"
    assert told["owner"] == world.C
    assert told["renewed every"] == "31s (from the renewals seen)"
    assert told["expires"] == "2026-11-22 12:03:40 UTC (in 41s)"
    assert told["ETag"] == '"0x8DCF7E8F9B3C1A0"'
    assert told["blob"].endswith("/ownership/0")
    assert (
        told["process"]
        == "not a known process on this host: it runs elsewhere, or its log was not found"
    )


def test_a_checkpoint_with_its_raw_values() -> None:
    told = facts(of_partition(), "Checkpoint")

    assert (told["sequence"], told["offset"], told["format"]) == ("229,724", "22972400", "modern")
    assert told["blob"].startswith("checkpoints/hgzero.servicebus.windows.net/")


def test_lag_says_how_it_is_known() -> None:
    told = facts(of_partition(), "Lag and health")

    assert told["behind"] == "~2m20s (estimated between two readings)"
    assert told["health"] == "behind: lag does not shrink"
    assert told["checkpoints seen"] == "10 of 10"


def test_findings_about_it_are_listed() -> None:
    told = facts(of_partition(), "Findings")

    assert told["warning"].startswith("P2: owner 51ab7c10 stopped renewing")
    assert not [section for section in of_partition("0") if section.heading == "Findings"]


def test_a_forecast_names_what_it_rests_on() -> None:
    window = TakeoverWindow(world.NOW + 41, world.NOW + 77, "python-180/30|dotnet-120/30")
    partition = world.partition("0", world.lease(LeaseState.OVERDUE), 20, 17, takeover=window)
    snapshot = world.snapshot(groups=(world.group_state(partition),))

    assert facts(of_partition("0", snapshot), "Takeover") == {
        "at the earliest": "2026-11-22 12:03:40 UTC (in 41s)",
        "at the latest": "2026-11-22 12:04:16 UTC (in 1m17s)",
        "judged by": "Python 180/30 s or .NET 120/30 s",
    }


def test_what_is_unknown_is_a_dim_dash() -> None:
    (section,) = of_partition("0", world.snapshot(partitions=(), groups=()))

    assert [(line.label, line.value, line.tone) for line in section.lines] == [
        ("sampled", "–", Tone.DIM)
    ]


def test_every_rule_has_words() -> None:
    names = {value for name, value in vars(Rule).items() if name.isupper()}

    assert set(RULES) == names


def test_a_consumer() -> None:
    told = facts(of_consumer(), "Consumer 7")

    assert told["role"] == "owner: holds partitions with a live lease"
    assert told["owner id"] == world.A
    assert told["because"] == "7: its log names the owner (12:02:00): has claimed partition"
    assert told["owns"] == "P0 and P1"


@pytest.mark.parametrize(
    ("caught", "ignored", "reaction"),
    [
        (None, None, "–"),
        ({signal.SIGTERM}, set(), "handled: it can close its client and release its partitions"),
        (set(), {signal.SIGTERM}, "ignored"),
        (set(), set(), "ends at once without releasing: its leases have to expire"),
    ],
)
def test_what_a_signal_would_do(caught: Any, ignored: Any, reaction: str) -> None:
    told = of_consumer(caught_signals=caught, ignored_signals=ignored)

    assert facts(told, "Process")["on SIGTERM"] == reaction


def test_a_process_hides_its_secrets() -> None:
    told = facts(of_consumer(command="run --password=hunter2 \x1b[2J"), "Process")

    assert told["command"] == "run --password=*** \\x1b[2J"


def test_every_enumeration_has_words() -> None:
    assert set(ROLE_MEANING) == set(ConsumerRole)
    assert set(LINK) == set(LinkBasis)
    assert set(RECOGNISED) == set(RecognisedBy)


def test_a_finding_with_advice_and_evidence() -> None:
    snapshot = world.snapshot()
    sections = finding_details(
        snapshot, keys.finding_key(world.STANDS_BY), Phrasing(snapshot, group=world.GROUP)
    )

    assert [section.heading for section in sections] == ["Finding", "What to do", "Evidence"]
    assert sections[0].lines[0].tone is Tone.INFO
    assert len(sections[1].lines) == 9
    assert facts(sections, "Evidence")["owner pids"] == "51257, 51300"


def test_an_event() -> None:
    snapshot = world.snapshot(timeline=(replace(world.CLAIMED, is_approximate=True),))
    told = facts(event_details(snapshot, "1", Phrasing(snapshot, group=world.GROUP)), "Event")

    assert told["P2"] == "51ab7c10 claimed it (never owned before)"
    assert told["~"] == "a change between two reads may have been missed"


def test_what_is_gone_has_no_details() -> None:
    say = Phrasing(world.snapshot())

    assert consumer_details(world.snapshot(), "1@2.000", say) == []
    assert finding_details(world.snapshot(), "x", say) == []
    assert event_details(world.snapshot(), "99", say) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("python3.11", 'logging.getLogger("azure.eventhub").setLevel(logging.INFO)'),
        ("node", "AZURE_LOG_LEVEL=verbose"),
        ("dotnet", "AzureEventSourceListener"),
        ("java", "com.azure.messaging.eventhubs"),
        ("consumer", "at level info"),
        ("consumer", "AZURE_SDK_GO_LOGGING=all"),
    ],
)
@pytest.mark.parametrize("log", [LogState.SILENT, LogState.NONE])
def test_a_log_that_hides_the_owner_says_which_line_to_add(
    name: str, line: str, log: LogState
) -> None:
    silent = replace(world.consumer(7, 7380, name=name), log=log)
    snapshot = world.snapshot(consumers=(silent,))
    key = keys.process_key(silent.process.id)
    sections = consumer_details(snapshot, key, Phrasing(snapshot, group=world.GROUP))
    (told,) = next(s for s in sections if s.heading == "Its log does not name its owner id").lines

    assert line in told.value


def test_a_log_that_names_the_owner_needs_no_line() -> None:
    assert "Its log does not name its owner id" not in {s.heading for s in of_consumer()}


@pytest.mark.parametrize(
    ("factor", "replication", "offset"),
    [
        (1, "none (factor 1)", "23211800"),
        (3, "over 3 regions", "23211800 (no position to start from: the hub is geo-replicated)"),
    ],
)
def test_what_geo_replication_means_for_an_offset(
    factor: int, replication: str, offset: str
) -> None:
    snapshot = world.snapshot(hub=replace(world.hub("0", "1", "2"), georeplication_factor=factor))
    facts = {
        line.label: line.value
        for line in partition_details(snapshot, world.GROUP, "0", Phrasing(snapshot))[-1].lines
    }

    assert (facts["geo-replication"], facts["last offset"]) == (replication, offset)

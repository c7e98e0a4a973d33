from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.evidence import Evidence, FlatFacts, facts, partitions_of
from ehtui.domain.findings.evidence import CrashLoop, FindingKind
from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.snapshot import Finding, Severity, Subject
from ehtui.views import findings
from ehtui.views.evidence import evidence_lines, label
from ehtui.views.new_group import create_group
from ehtui.views.phrasing import Phrasing
from ehtui.views.width import width
from tests.evidence import (
    EXAMPLES,
    ZEROS,
    Values,
    anything,
    example,
    finding_evidence,
    keys_of,
)
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)


def of_kind(kind: FindingKind[Any], values: Values, *, unknown: bool) -> Finding:
    """A finding as its class promises it; what may be None is, where `unknown`."""
    evidence = example(kind.evidence, values, world.NOW, unknown=unknown)
    partition = None if unknown and partitions_of(evidence) else "2"
    subject = Subject(world.GROUP, partition, world.C, 51411, "store")

    return Finding(kind.id, kind.severities[0], subject, evidence, world.NOW - 60)


@pytest.mark.parametrize("kind", FINDINGS.values(), ids=FINDINGS)
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("values", [EXAMPLES, ZEROS], ids=["some", "zeros"])
def test_every_finding_has_words(kind: FindingKind[Any], values: Values, unknown: bool) -> None:
    finding = of_kind(kind, values, unknown=unknown)

    for told in (findings.sentence(finding, SAY), findings.headline(finding, SAY)):
        assert told
        assert "None" not in told
        assert "\n" not in told
        assert not re.search(r"\b(for|since|out|renewing|of) –", told)  # half a sentence
        assert not told.endswith((".", ";", " ", ":"))
        assert "  " not in told

    for line in findings.advice(finding, SAY):
        assert line.endswith((".", ":", "`"))
        assert "None" not in line


def test_the_catalogue_is_told_whole() -> None:
    assert {id_: text.kind for id_, text in findings.TEXTS.items()} == FINDINGS


@pytest.mark.parametrize("kind", FINDINGS.values(), ids=FINDINGS)
def test_advice_says_what_to_do(kind: FindingKind[Any]) -> None:
    assert findings.advice(of_kind(kind, EXAMPLES, unknown=False), SAY)


KEYS = {key for kind in FINDINGS.values() for key in keys_of(kind.evidence)}


def anything_of(kind: FindingKind[Any]) -> st.SearchStrategy[tuple[str, Evidence]]:
    return anything(kind.evidence).map(lambda evidence: (kind.id, evidence))


@given(st.sampled_from([*FINDINGS.values()]).flatmap(anything_of), st.booleans())
def test_no_evidence_breaks_a_sentence(found: tuple[str, Evidence], is_new: bool) -> None:
    """Newer rules may be of another kind than these words know."""
    kind, evidence = found
    id_ = "new.finding" if is_new else kind
    finding = Finding(id_, Severity.WARNING, Subject(group="g"), evidence, world.NOW)

    assert findings.sentence(finding, SAY)
    assert findings.headline(finding, SAY)
    assert all(isinstance(line, str) for line in findings.advice(finding, SAY))
    assert len(findings.evidence(finding, SAY)) == len(facts(evidence))


def test_words_are_for_the_evidence_of_their_own_rule() -> None:
    finding = replace(world.OVERDUE, evidence=world.STANDS_BY.evidence)

    assert findings.text_of(world.OVERDUE) is findings.TEXTS["lease.overdue"]
    assert findings.text_of(finding) is None
    assert findings.sentence(finding, SAY).startswith("P2: lease overdue (process 51411,")


class MoonPhase(Evidence, frozen=True):
    lit_s: float


def test_an_unknown_finding_still_reads() -> None:
    finding = Finding(
        "moon.phase", Severity.INFO, Subject(partition="2"), MoonPhase(61.0), world.NOW
    )

    assert findings.sentence(finding, SAY) == "P2: moon phase (lit 1m01s)"
    assert findings.advice(finding, SAY) == ()


def told(kind: str, evidence: dict[str, Any], **subject: Any) -> str:
    return findings.sentence(world.finding(kind, Severity.WARNING, evidence, **subject), SAY)


LAPSES = {
    "killed by us": (
        {},
        (
            "P2: owner 51ab7c10 stopped renewing at 12:00:40; "
            "you killed its process 51388 at 12:00:51"
        ),
    ),
    "ended by itself": (
        {"signal": None, "signalled_at": None},
        (
            "P2: owner 51ab7c10 (process 51388) ended at 12:00:51 without releasing it; "
            "a standby takes it 12:03:40–12:04:16"
        ),
    ),
    "hangs": (
        {"signal": None, "signalled_at": None, "process_gone_at": None},
        "P2: owner 51ab7c10 stopped renewing at 12:00:40; its process 51388 is still running",
    ),
    "remote": (
        {"pid": None, "signal": None, "process_gone_at": None},
        "P2: owner 51ab7c10 stopped renewing at 12:00:40",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), LAPSES.values(), ids=LAPSES)
def test_an_overdue_lease(changes: dict[str, Any], sentence: str) -> None:
    assert told("lease.overdue", {**world.LAPSE, **changes}, partition="2") == sentence


def test_who_may_take_a_partition_at_any_moment_need_not_wait_for_the_expiry() -> None:
    def advice(**changes: Any) -> str:
        evidence = {**world.LAPSE, **changes}
        return " ".join(
            findings.advice(world.finding("lease.overdue", Severity.WARNING, evidence), SAY)
        )

    expires = world.NOW + 41
    assert world.LAPSE["expires_at"] == expires

    assert "nobody else takes" in advice(takeover_earliest_at=expires)
    assert "nobody else takes" in advice(takeover_earliest_at=None)
    assert "nobody else takes" not in advice(takeover_earliest_at=expires - 60)
    assert "with a shorter expiry may take" in advice(takeover_earliest_at=expires - 60)


FORECASTS = {
    "both": ({}, "a standby takes it 12:03:40–12:04:16"),
    "no standby": ({"standbys": 0}, "another owner takes it 12:03:40–12:04:16"),
    "from": ({"takeover_latest_at": None}, "a standby takes it from 12:03:40"),
    "any moment": (
        {"takeover_earliest_at": world.NOW - 5},
        "a standby can take it any moment now, by 12:04:16 at the latest",
    ),
    "late": (
        {"takeover_earliest_at": world.NOW - 50, "takeover_latest_at": world.NOW - 10},
        "a standby should have taken it by 12:02:49 (10s late)",
    ),
    "nobody": (
        {
            "takeover_earliest_at": None,
            "takeover_latest_at": None,
            "takeover_basis": "no-survivor",
        },
        "nobody is left to take it",
    ),
}


@pytest.mark.parametrize(("changes", "forecast"), FORECASTS.values(), ids=FORECASTS)
def test_forecasts(changes: dict[str, Any], forecast: str) -> None:
    told = finding_evidence("lease.overdue", {**world.LAPSE, **changes})
    finding = replace(world.OVERDUE, evidence=told)

    assert findings.headline(finding, SAY) == f"P2 has had no live owner for 2m08s; {forecast}"


def test_another_group_is_named() -> None:
    finding = world.finding(
        "lease.expired", Severity.CRITICAL, world.LAPSE, group="analytics", partition="2"
    )

    assert findings.sentence(finding, SAY).startswith("P2 of analytics has had no live owner")


def test_several_partitions_are_told_together() -> None:
    many = {**world.LAPSE, "partitions": tuple(str(n) for n in range(5))}

    assert told("lease.expired", many).startswith("partitions 0–4 have had no live owner")


def test_standby_names_three_ways_out_with_their_price() -> None:
    advice = findings.advice(world.STANDS_BY, SAY)
    text = "\n".join(advice)

    assert "hasn't claimed an ownership" in text
    assert "`kill 51257` or `kill 51300`" in text
    assert "az eventhubs eventhub consumer-group create" in text
    assert "EVENTHUB_CONSUMER_GROUP=test-group python start_consumer.py" in text
    assert "more than 3 partitions" in text
    assert text.count("Price:") == 3


def test_the_command_that_creates_a_group_can_be_pasted() -> None:
    assert create_group(world.NAMESPACE, "my hub") == (
        "`az eventhubs eventhub consumer-group create --resource-group "
        '"$(az eventhubs namespace list --query '
        '"[?name==\'hgzero\'].resourceGroup | [0]" -o tsv)" '
        "--namespace-name hgzero --eventhub-name 'my hub' --name test-group`"
    )


@pytest.mark.parametrize(
    "namespace", ["127.0.0.1:5672", "", "x'; rm -rf ~; '.servicebus.windows.net", "localhost"]
)
def test_no_azure_command_for_what_is_not_azure(namespace: str) -> None:
    assert "az eventhubs" not in create_group(namespace, "hub")


@pytest.mark.parametrize(
    ("kind", "evidence", "sentence"),
    [
        (
            "handler.stuck",
            {"owner": world.C, "rule": "stopped", "waiting_s": 240.0, "cadence_s": 10.0, "lag": 9},
            "P2: 9 events have waited 4m for 51ab7c10 to checkpoint (usually every 10s)",
        ),
        (
            "checkpoint.ahead",
            {"checkpoint_sequence": 5000, "last_sequence": 120},
            "P2: checkpoint 5,000 is beyond the last event 120",
        ),
        (
            "hub.recreated",
            {
                "partitions": ("2",),
                "hub_created_at": world.NOW - 30,
                "checkpoint_at": world.NOW - 3600,
                "checkpoint_sequence": 85,
                "last_sequence": 99,
                "ahead": None,
            },
            (
                "P2: the checkpoint of 11:02:59 is older than the hub, which was recreated at "
                "12:02:29: it is of another stream"
            ),
        ),
        (
            "events.lost",
            {"lost": 1200},
            "P2: 1,200 events were removed by retention before they were read",
        ),
    ],
)
def test_sentences(kind: str, evidence: dict[str, Any], sentence: str) -> None:
    assert told(kind, evidence, partition="2") == sentence


OTHER_NAME: FlatFacts = {
    "namespace": "localhost:5672",
    "other_names": ("127.0.0.1:5672",),
    "container": "checkpoints",
    "owners": 2,
    "is_live": True,
    "written_at": world.NOW - 7200,
    "has_own_records": False,
    "is_one_machine": True,
}


def test_another_name_of_the_namespace_is_named_and_offered() -> None:
    found = world.finding("store.other_name", Severity.WARNING, OTHER_NAME)
    advice = " ".join(findings.advice(found, SAY))

    assert findings.sentence(found, SAY) == (
        "$Default has no records under localhost:5672; under 127.0.0.1:5672 it has 2 live owners"
    )
    assert "`ehtui --alias 127.0.0.1:5672`" in advice
    assert "eventhub.aliases: [127.0.0.1:5672]" in advice
    old = {**OTHER_NAME, "is_live": False, "has_own_records": True}
    assert told("store.other_name", old) == (
        "$Default has no live owner under localhost:5672; under 127.0.0.1:5672 it has records, "
        "last written 2h ago"
    )


def test_checkpoints_that_a_promotion_would_lose_say_for_which_sdk() -> None:
    evidence: FlatFacts = {"partitions": ("0", "1"), "sdks": ("dotnet",), "without_offset": 0}
    found = world.finding("checkpoint.old_offset", Severity.WARNING, evidence)
    unknown = world.finding(found.id, Severity.WARNING, {**evidence, "sdks": ()})

    assert findings.sentence(found, SAY) == (
        "P0 and P1: the checkpoints have an offset in the old form, and the hub is geo-replicated: "
        "after a forced promotion, no consumer can continue from them"
    )
    assert ".NET consumers restart at their default position" in findings.advice(found, SAY)[0]
    assert "Go" not in findings.advice(found, SAY)[0]
    assert "Go consumers restart at the earliest event" in findings.advice(unknown, SAY)[0]


def test_a_takeover_of_production_says_so() -> None:
    evidence = {
        "owner": world.A,
        "pid": 51257,
        "command": "python x.py",
        "joined_at": world.NOW - 60,
        "taken": ("0", "1"),
        "from_owners": (world.B, world.C),
        "is_production": True,
    }

    assert told("group.newcomer", evidence).startswith(
        "a local run took over production: 73fda457 (process 51257 on this host) joined"
    )


@pytest.mark.parametrize(
    ("key", "fact", "line"),
    [
        ("renewed_at", world.NOW - 139, ("renewed at", "2026-11-22 12:00:40 UTC (2m19s ago)")),
        ("expires_at", world.NOW + 41, ("expires at", "2026-11-22 12:03:40 UTC (in 41s)")),
        ("expires_after_s", 180.0, ("expires after", "3m")),
        ("in_per_s", 13.0, ("coming in", "13.0/s")),
        ("is_production", True, ("production", "yes")),
        ("lag", 1820, ("lag", "1,820")),
        ("pid", 51388, ("process", "51388")),
        ("share", 0.8, ("share", "0.8")),
        ("owner", None, ("owner", "–")),
        ("partitions", (), ("partitions", "none")),
        ("owner", "\x1b[2J", ("owner", "\\x1b[2J")),
    ],
)
def test_evidence(key: str, fact: Any, line: tuple[str, str]) -> None:
    assert evidence_lines({key: fact}, SAY) == (line,)


def test_labels_are_words() -> None:
    assert not [key for key in KEYS if "_" in label(key)]


def test_labels_are_short_enough_for_a_column() -> None:
    assert max(width(label(key)) for key in KEYS) <= 22


@pytest.mark.parametrize(
    ("owners", "sentence", "step"),
    [
        ((world.A,), "dropped it and claimed it again, 4 times", "Its handler raises"),
        ((world.A, world.B), "4 consumers came and went", "Read the end of its log"),
    ],
)
def test_a_crash_loop_of_one_owner_is_a_handler_that_raises(
    owners: tuple[str, ...], sentence: str, step: str
) -> None:
    finding = of_kind(FINDINGS["owner.crash_loop"], EXAMPLES, unknown=False)
    assert isinstance(finding.evidence, CrashLoop)
    finding = replace(finding, evidence=replace(finding.evidence, owners=owners, restarts=4))

    assert sentence in findings.sentence(finding, SAY)
    first, second = findings.advice(finding, SAY)
    assert step in first
    assert "it is 4 or one in the same batch" in second

"""Odd records, failing sources, guessed links; and that every finding has a story."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.policy import Policy
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import ConsumerRole, Severity, SourceStatus
from ehtui.domain.updates import SourceFailed, SourceOff, StoreRead, Tick
from ehtui.domain.world.process import LinkBasis
from ehtui.domain.world.store import BlobIdentity, Layout, Ownership, UnreadableBlob
from tests.domain.build import HUB, World


def test_one_group_under_two_names_is_told_once_and_explains_the_stealing() -> None:
    world = World(2)
    world.produce(2)
    world.consumer("js", "0", "1")
    world.look()
    world.namespace, plain = f"{world.namespace}:5672", world.namespace
    key = "$Default"
    world.claim("0", "py", key)
    world.claim("1", "py", key)
    world.namespace = plain
    world.look()

    names = world.finding("store.two_names")
    assert facts(names.evidence)["differs"] == "case+port"
    assert facts(names.evidence)["live_spellings"] == 2
    assert names.subject.group == "$Default"
    assert world.ids() == {"store.two_names"}
    assert len(world.snapshot.groups) == 1


def test_live_owners_in_two_layouts_do_not_see_each_other() -> None:
    world = World(1)
    world.consumer("new", "0")
    blob = BlobIdentity("leases", "$default/0", "0xEPH", world.server_at)
    record = Ownership(
        "", "", "$default", "0", "old-host", blob, Layout.EPH_DOTNET, blob_lease_state="leased"
    )
    world.ownerships["eph", "0"] = record
    world.look()

    hazard = world.finding("store.mixed_hazard")
    assert facts(hazard.evidence)["reason"] == "two_layouts"
    assert facts(hazard.evidence)["layouts"] == ("eph-dotnet", "modern")


def test_a_checkpoint_without_a_sequence_breaks_python_readers() -> None:
    world = World(2)
    world.send("0", 5)
    world.consumer("a", "0", "1", is_stuck=True)
    world.checkpoint("0", None)
    world.look()

    assert facts(world.finding("store.mixed_hazard").evidence)["partitions"] == ("0",)
    assert world.partition("0").lag is None


def test_an_unreadable_blob_is_shown_and_hides_nothing() -> None:
    world = World(1)
    world.consumer("a", "0")
    world.unreadable = tuple(UnreadableBlob("c", f"x/{n}", "no owner") for n in range(7))
    world.look()

    unreadable = world.finding("store.unreadable_blob")
    assert facts(unreadable.evidence)["count"] == 7
    assert facts(unreadable.evidence)["names"] == tuple(f"c/x/{n}" for n in range(5))
    assert world.partition("0").lease.owner == "a"


@pytest.mark.parametrize(("ahead_s", "is_found"), [(0.4, False), (-3.0, False), (42.0, True)])
def test_clocks_that_disagree(ahead_s: float, is_found: bool) -> None:
    world = World(1, server_ahead_s=ahead_s)
    world.consumer("a", "0")
    world.look()

    assert ("clock.skew" in world.ids()) is is_found
    assert world.snapshot.clock_offset_s == pytest.approx(ahead_s, abs=1)


@pytest.mark.parametrize(
    ("kind", "id_", "severity"),
    [
        (ProblemKind.UNAUTHORISED, "source.unauthorised", Severity.CRITICAL),
        (ProblemKind.FORBIDDEN, "source.unauthorised", Severity.CRITICAL),
        (ProblemKind.THROTTLED, "source.throttled", Severity.WARNING),
        (ProblemKind.TIMEOUT, "source.unreadable", Severity.WARNING),
    ],
)
def test_a_source_that_fails_says_why(kind: ProblemKind, id_: str, severity: Severity) -> None:
    world = World(1)
    world.consumer("a", "0")
    world.look()
    world.fold(SourceFailed(world.at, "hub", Problem(kind, "No.", "Try."), world.at + 9))
    world.fold(Tick(world.at + 1))

    found = world.finding(id_)
    assert found.severity is severity
    assert facts(found.evidence)["problem_kind"] == kind.value
    assert facts(found.evidence)["failures"] == 1
    assert facts(world.told("source.failed")[0].details)["advice"] == "Try."


def test_no_store_is_no_fault() -> None:
    world = World(1, policy=Policy(has_store=False))
    world.fold(SourceOff(world.at, "store", Problem(ProblemKind.UNSUPPORTED, "None.")))
    world.fold(world.hub_read())

    assert world.ids() == {"store.not_visible"}
    assert world.finding("store.not_visible").severity is Severity.INFO
    assert facts(world.finding("store.not_visible").evidence)["reason"] == "no_store"
    assert not world.snapshot.groups


def test_production_on_one_host_alone_is_told() -> None:
    world = World(2, policy=Policy(is_production=True))
    world.consumer("a", "0", pid=1)
    world.consumer("b", "1", pid=2)
    world.look()

    assert facts(world.finding("group.single_host").evidence)["pids"] == ("1", "2")


def test_an_owner_that_appears_right_after_a_process_is_guessed_to_be_it() -> None:
    world = World(2)
    world.consumer("remote", "0")
    world.look(logs=False)
    world.play(30, logs=False)
    world.consumer("new", "1", pid=9, started_at=world.at - 4)
    world.look(logs=False)

    (consumer,) = world.snapshot.consumers
    assert consumer.role is ConsumerRole.UNKNOWN
    assert consumer.link is None  # two owners without a process: no guess

    alone = World(1)
    alone.look(logs=False)
    alone.consumer("new", pid=9, started_at=alone.at)
    alone.tick(5)
    alone.claim("0", "new")
    alone.look(logs=False)
    alone.look(logs=False)
    (consumer,) = alone.snapshot.consumers
    assert consumer.link is not None
    assert consumer.link.basis is LinkBasis.ELIMINATION
    assert consumer.role is ConsumerRole.OWNER


def test_a_listing_that_was_overtaken_changes_nothing() -> None:
    world = World(1)
    world.consumer("a", "0")
    late = world.listing()
    world.tick(10)
    world.claim("0", "b")
    world.look()
    world.fold(StoreRead(world.at, "store", late, 9.0))

    assert world.partition("0").lease.owner == "b"


def test_a_store_read_before_the_hub_is_joined_again_once_the_hub_is_known() -> None:
    world = World(2)
    world.consumer("a", "0")
    other = BlobIdentity("checkpoints", "other/ownership/0", "0x9", world.server_at)
    world.ownerships["zzz", "0"] = Ownership(
        "other.example", HUB, "strangers", "0", "x", other, Layout.MODERN
    )
    world.fold(world.store_read())
    world.fold(world.hub_read())

    assert [group.name for group in world.snapshot.groups] == ["$Default"]
    assert [p.id for p in world.state.partitions] == ["0", "1"]


def test_every_finding_has_a_story() -> None:
    folder = Path(__file__).parent
    stories = "".join(p.read_text("utf-8") for p in folder.glob("test_*.py"))

    assert [id_ for id_ in FINDINGS if f'"{id_}"' not in stories] == []


def test_a_source_that_gives_less_than_it_could_says_so_until_it_does_not() -> None:
    world = World(1)
    world.consumer("a", "0")
    world.look()
    odd = Problem(ProblemKind.MALFORMED, "An odd answer about the event hub: it has no 'name'.")
    world.tick(5)
    world.fold(replace(world.hub_read(), limitation=odd))

    limited = world.finding("source.limited")
    assert limited.severity is Severity.WARNING
    assert facts(limited.evidence)["summary"] == odd.summary
    assert {s.name: s.status for s in world.snapshot.sources}["hub"] is SourceStatus.OK
    world.tick(5)
    world.fold(world.hub_read())
    assert "source.limited" not in world.ids()

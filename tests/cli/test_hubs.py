"""Ten hubs on two namespaces: what is read of them, and what happens as files change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ehtui.cli import hubs as module
from ehtui.cli.hub_backend import HubBackend
from ehtui.cli.hub_slot import SELDOM, wants_a_closer_look
from ehtui.cli.hubs import WatchedHubs
from ehtui.cli.last_hub import read_last_hub
from ehtui.cli.one_hub import OneHub
from ehtui.config.changes import Configuration
from ehtui.config.found import Flags, Resolved
from ehtui.domain.actions.outcomes import OutcomeState, RefusalReason
from ehtui.domain.actions.send import SendRequest
from ehtui.domain.actions.sending import BodySource, Content, Outgoing, SendPlan, SendTarget
from ehtui.domain.findings.evidence import NotVisible
from ehtui.domain.hubs import WatchedHub
from ehtui.domain.problems import ProblemError
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    Finding,
    GroupPartition,
    GroupState,
    Lease,
    LeaseState,
    Severity,
    Snapshot,
    SourceStatus,
    Subject,
)
from ehtui.sandbox.sandbox import Sandbox
from tests.cli.namespaces import HUBS, profile_of, serving, write_profiles
from tests.waiting import wait_until

ALL = [
    f"{profile}/{name}{n}" for profile, name in (("red", "a"), ("blue", "b")) for n in range(HUBS)
]
UNWATCHED = SELDOM._replace(seldom_s=600.0)
QUICK = "poll: {hub_s: 0.2, store_s: 0.2, processes_s: 0.2}"


@pytest.fixture(scope="module")
def namespaces() -> Iterator[tuple[Sandbox, Sandbox]]:
    with serving("a") as one, serving("b") as other:
        yield one, other


@pytest.fixture
def folder(
    tmp_path: Path, namespaces: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """With a file of two profiles; what is remembered is remembered there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(module, "STAGGER_S", 0.01)
    monkeypatch.setattr(module, "PUBLISH_EVERY_S", 0.02)
    monkeypatch.setattr(module, "FILES_EVERY_S", 0.05)
    monkeypatch.setattr(module, "SETTLE_S", 0.05)
    write(tmp_path, namespaces)
    return tmp_path


def write(folder: Path, namespaces: tuple[Sandbox, Sandbox], *more: str, top: str = QUICK) -> None:
    red, blue = namespaces
    profiles = (profile_of(red, "red", "colour: red", "production: true"), profile_of(blue, "blue"))
    write_profiles(folder / "ehtui.yaml", *profiles, *more, top=top)


@contextmanager
def watching(folder: Path) -> Iterator[tuple[WatchedHubs, list[tuple[WatchedHub, ...]]]]:
    configuration = Configuration(Flags(), {}, folder)
    hubs = WatchedHubs(configuration.read(), configuration, unwatched=UNWATCHED)
    told: list[tuple[WatchedHub, ...]] = []
    hubs.subscribe(lambda watched: told.append(tuple(watched)))

    try:
        yield hubs, told
    finally:
        hubs.close()


def of(hubs: WatchedHubs, key: str) -> WatchedHub:
    return next(each for each in hubs.watched if each.key == key)


def problem_of(hubs: WatchedHubs, key: str) -> str:
    problem = of(hubs, key).problem
    return problem.summary if problem else ""


def read_at(watched: WatchedHub, source: str = "hub") -> float | None:
    if watched.snapshot is None:
        return None

    return next(s.read_at for s in watched.snapshot.sources if s.name == source)


def is_read(hubs: WatchedHubs, key: str) -> bool:
    found = of(hubs, key)
    return read_at(found) is not None and read_at(found, "store") is not None


def test_ten_hubs_of_two_namespaces_are_read_once_and_no_process_is(folder: Path) -> None:
    with watching(folder) as (hubs, told):
        wait_until(lambda: all(is_read(hubs, key) for key in ALL))
        wait_until(lambda: bool(told) and all(each.snapshot for each in told[-1]))

        assert [each.key for each in hubs.watched] == ALL
        assert len({each.namespace for each in hubs.watched}) == 2
        assert {(e.profile, e.colour, e.is_production) for e in hubs.watched} == {
            ("red", "red", True),
            ("blue", None, False),
        }
        first = [read_at(each) for each in hubs.watched]
        hosts = {
            source.status for e in hubs.watched if e.snapshot for source in e.snapshot.sources[2:]
        }
        assert hosts == {SourceStatus.STARTING}

        # The rest of them stands still while one is looked at.
        seen: list[Snapshot] = []
        backend = hubs.backend("blue/b1")
        stop = backend.subscribe(seen.append)
        wait_until(lambda: len({s.read_at for shot in seen for s in shot.sources[:1]}) > 3)
        wait_until(lambda: seen[-1].sources[2].status is SourceStatus.OK)
        assert [read_at(e) for e in hubs.watched if e.key != "blue/b1"] == first[:6] + first[7:]
        assert hubs.last == "blue/b1"

        stop()
        wait_until(lambda: backend.snapshot.sources[2].status is SourceStatus.STARTING)
        assert backend.snapshot.policy.hub_interval_s == 600.0
        wait_until(lambda: read_last_hub() == "blue/b1")


def test_hubs_of_a_namespace_share_its_limiter(folder: Path) -> None:
    with watching(folder) as (hubs, _):
        limiters = {
            key.split("/")[0]: {
                id(hubs.limiter_of(_backend(hubs, other).settings))
                for other in ALL
                if other.split("/")[0] == key.split("/")[0]
            }
            for key in ALL
        }

        assert [len(each) for each in limiters.values()] == [1, 1]
        assert limiters["red"] != limiters["blue"]


def _backend(hubs: WatchedHubs, key: str) -> HubBackend:
    backend = hubs.backend(key)
    assert isinstance(backend, HubBackend)
    return backend


def test_one_with_a_finding_is_read_at_its_own_pace(
    folder: Path, namespaces: tuple[Sandbox, Sandbox]
) -> None:
    with watching(folder) as (hubs, _):
        wait_until(lambda: is_read(hubs, "blue/b2"))
        namespaces[1].control("DELETE", "/hubs/b2")

        try:
            hubs.refresh()
            wait_until(lambda: _status(hubs, "blue/b2") is SourceStatus.FAILED)
            listed = read_at(of(hubs, "blue/b2"), "store")
            wait_until(lambda: read_at(of(hubs, "blue/b2"), "store") != listed)
            assert _store_interval_s(hubs, "blue/b2") == 0.2
            assert _store_interval_s(hubs, "blue/b3") == 600.0
        finally:
            namespaces[1].control("PUT", "/hubs/b2", partitions=2, groups=["$Default"])


def _store_interval_s(hubs: WatchedHubs, key: str) -> float | None:
    snapshot = of(hubs, key).snapshot
    return snapshot.policy.store_interval_s if snapshot else None


def _status(hubs: WatchedHubs, key: str) -> SourceStatus | None:
    snapshot = of(hubs, key).snapshot
    return snapshot.sources[0].status if snapshot else None


def test_what_changed_in_a_file_is_taken_over_and_nothing_else(folder: Path) -> None:
    with watching(folder) as (hubs, _):
        wait_until(lambda: all(is_read(hubs, key) for key in ALL))
        viewed, kept = hubs.backend("red/a0"), of(hubs, "blue/b0").snapshot
        seen: list[Snapshot] = []
        viewed.subscribe(seen.append)
        assert viewed.read_only

        text = (
            (folder / "ehtui.yaml")
            .read_text()
            .replace("production: true", "lease: {expires_after_s: 7}")
        )
        (folder / "ehtui.yaml").write_text(text.replace("b0, b1", "b0"))
        wait_until(lambda: len(hubs.watched) == len(ALL) - 1)
        wait_until(lambda: is_read(hubs, "red/a0") and is_read(hubs, "red/a4"))
        wait_until(lambda: seen[-1].policy.lease.expires_after_s == 7)

        assert hubs.backend("red/a0") is viewed
        assert not viewed.read_only
        assert not of(hubs, "red/a0").is_production
        assert of(hubs, "blue/b0").snapshot is kept
        assert "blue/b1" not in [each.key for each in hubs.watched]


def test_a_broken_file_changes_nothing_and_says_so(
    folder: Path, namespaces: tuple[Sandbox, Sandbox]
) -> None:
    with watching(folder) as (hubs, _):
        wait_until(lambda: all(is_read(hubs, key) for key in ALL))
        (folder / "ehtui.yaml").write_text("profiles: {")
        wait_until(lambda: all(each.problem for each in hubs.watched))
        assert "not valid YAML" in problem_of(hubs, "red/a0")
        assert is_read(hubs, "red/a0")

        write(folder, namespaces)
        wait_until(lambda: not any(each.problem for each in hubs.watched))

        # One profile alone: its hubs keep what they have, the others are no part of it.
        text = (folder / "ehtui.yaml").read_text().replace("colour: red", "colour: sour")
        (folder / "ehtui.yaml").write_text(text)
        wait_until(lambda: of(hubs, "red/a0").problem is not None)
        assert [each.key for each in hubs.watched if each.problem] == ALL[:HUBS]
        assert sorted(each.key for each in hubs.watched) == sorted(ALL)
        assert is_read(hubs, "red/a0")


def test_a_profile_that_cannot_be_used_is_a_row_that_says_why(
    folder: Path, namespaces: tuple[Sandbox, Sandbox]
) -> None:
    write(folder, namespaces, "  odd: {colour: sour}", "  blank: {hubs: [x]}")

    with watching(folder) as (hubs, _):
        assert "profiles.odd.colour" in problem_of(hubs, "odd")
        assert "No event hub is configured" in problem_of(hubs, "blank/x")

        with pytest.raises(ProblemError, match="odd"):
            hubs.backend("odd")

        with pytest.raises(KeyError):
            hubs.backend("none")

        wait_until(lambda: is_read(hubs, "red/a0"))
        (folder / "ehtui.yaml").write_text(
            (folder / "ehtui.yaml").read_text().replace("sour", "red")
        )
        wait_until(lambda: "No event hub is configured" in problem_of(hubs, "odd"))


def test_the_only_hub_takes_changes_over_and_says_why_it_does_not(folder: Path) -> None:
    flags = Flags(profile="blue", values={"eventhub.name": "b4"}, names={"eventhub.name": "--hub"})
    configuration = Configuration(flags, {}, folder)
    (configured,) = configuration.read()
    assert isinstance(configured.found, Resolved)
    one = OneHub(configured, configured.found, configuration)
    seen: list[Snapshot] = []
    said: list[str] = []
    one.warn_by(said.append)

    try:
        one.backend.subscribe(seen.append)
        wait_until(lambda: bool(seen) and seen[-1].sources[0].status is SourceStatus.OK)
        text = (folder / "ehtui.yaml").read_text()
        (folder / "ehtui.yaml").write_text(f"lease: {{expires_after_s: 9}}\n{text}")
        wait_until(lambda: seen[-1].policy.lease.expires_after_s == 9)

        (folder / "ehtui.yaml").write_text(f"{text}\nlease: [")
        wait_until(lambda: bool(said))
        assert "not valid YAML" in said[0]
        assert one.backend.snapshot.policy.lease.expires_after_s == 9
    finally:
        one.close()


@pytest.mark.parametrize(
    ("id_", "severity", "is_wanted"),
    [
        ("store.not_visible", Severity.WARNING, False),  # nobody uses that group
        ("lease.overdue", Severity.WARNING, True),
        ("lease.overdue", Severity.INFO, False),
    ],
)
def test_what_is_found_decides_how_closely_it_is_looked_at(
    id_: str, severity: Severity, *, is_wanted: bool
) -> None:
    finding = Finding(id_, severity, Subject(), NotVisible("no_records", (), 0), 0.0)

    assert wants_a_closer_look(Snapshot(findings=(finding,))) == is_wanted


@pytest.mark.parametrize(("rule", "is_wanted"), [(Rule.WAITING, True), (Rule.STEADY, False)])
def test_what_waits_for_a_verdict_is_looked_at_closely(rule: str, *, is_wanted: bool) -> None:
    partition = GroupPartition("0", Lease(LeaseState.HELD, "a"), lag=5, rule=rule)
    group = GroupState("$Default", (partition,))

    assert wants_a_closer_look(Snapshot(groups=(group,))) == is_wanted


def test_a_plan_on_screen_is_not_done_on_the_hub_that_a_file_names_by_now(
    folder: Path, namespaces: tuple[Sandbox, Sandbox]
) -> None:
    def name_only(sandbox: Sandbox, hub: str, more: str = "") -> None:
        key = sandbox.ready.connections.eventhub.partition(";EntityPath")[0]
        hub_of = f"eventhub: {{connection_string: '{key}', name: {hub}{more}}}"
        (folder / "ehtui.yaml").write_text(f"{QUICK}\nread_only: false\n{hub_of}\n")

    name_only(namespaces[0], "a0")
    configuration = Configuration(Flags(), {}, folder)
    (configured,) = configuration.read()
    assert isinstance(configured.found, Resolved)
    one = OneHub(configured, configured.found, configuration)
    request = SendRequest(
        "ping", SendTarget.ROUND_ROBIN, content=Content(BodySource.TEXT, "x", (Outgoing(b"x"),))
    )

    try:
        one.backend.subscribe(lambda _: None)
        wait_until(lambda: one.backend.snapshot.hub is not None)
        plan = one.backend.plan(request)
        assert isinstance(plan, SendPlan)

        name_only(namespaces[1], "b0", ", production: true")
        wait_until(lambda: one.backend.place is not None and one.backend.place.hub == "b0")
        outcome = one.backend.begin(plan).result(10)
        assert outcome.state is OutcomeState.REFUSED
        assert outcome.refusal is not None
        assert outcome.refusal.reason is RefusalReason.OTHER_HUB
        assert "other_hub" in (folder / "state" / "ehtui" / "audit.jsonl").read_text()

        wait_until(lambda: len(one.backend.snapshot.partitions) == 2)
        samples = [each.sample for each in one.backend.snapshot.partitions]
        assert all(sample is not None and sample.is_empty for sample in samples)
    finally:
        one.close()

"""Places by name: opening at one, and the link to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.snapshot import SourceState, SourceStatus
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.places import KINDS, THEN, Place, PlaceError, link, parse, place_of, written
from ehtui.tui.screens.details import DetailsScreen, WhyScreen
from ehtui.tui.screens.log import LogScreen
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.views.keys import finding_key, process_key
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, healthy, overdue
from tests.tui.test_overview import opened
from tests.waiting import wait_for

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda name: name.strip() == name
)


@given(st.sampled_from(sorted(KINDS)), NAMES, st.sampled_from(THEN))
def test_what_is_written_is_read_back(kind: str, name: str, then: str) -> None:
    place = Place(kind, name, then)

    assert parse(written(place)) == place


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("partion:2", "did you mean partition:2?"),
        ("timelin", "did you mean timeline?"),
        ("partition:2/whi", "did you mean /why?"),
        ("partition:", "names no partition; a place is such as partition:2/why"),
        ("", "is not a place"),
        ("\x1b]0;x", r"\x1b"),
    ],
)
def test_what_is_no_place_says_what_may_be_meant(text: str, why: str) -> None:
    with pytest.raises(PlaceError) as caught:
        parse(text)

    assert why in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_the_link_of_a_row_is_a_command_for_a_shell() -> None:
    picture = overdue()
    finding = picture.findings[0]
    assert written(place_of(picture, "findings", finding_key(finding))) == f"finding:{finding.id}"
    assert written(place_of(picture, "timeline", "1")) == "timeline"
    place = place_of(picture, "groups", "a b")

    assert link(place, GROUP, ("--hub", "h")) == "ehtui --hub h --group '$Default' --at 'group:a b'"


def test_a_link_gives_no_signature_away_and_ends_no_paste() -> None:
    url = "https://acct.blob.core.windows.net/?sv=2024&sig=AbCdEf0123456789%3D"
    told = link(Place("partition", "2"), "g\x1b[201~", ("--account-url", url))

    assert "AbCdEf" not in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("at", "screen", "pane", "key"),
    [
        ("partition:2", OverviewScreen, "partitions", "2"),
        ("partition:2/why", WhyScreen, "partitions", "2"),
        ("partition:1/details", DetailsScreen, "partitions", "1"),
        ("partition:0/log", LogScreen, "partitions", "0"),
        ("consumer:51300/log", LogScreen, "consumers", None),
        ("finding:consumer.standby/why", WhyScreen, "findings", None),
        ("timeline", OverviewScreen, "timeline", None),
    ],
)
async def test_it_opens_there(at: str, screen: type, pane: str, key: str | None) -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions(at=at))

    async with app.run_test(size=(120, 36), notifications=True):
        overview = app.screen_stack[0]
        assert isinstance(overview, OverviewScreen)
        grid = overview.pane(pane)
        await wait_for(lambda: isinstance(app.screen, screen))
        await wait_for(lambda: getattr(app.screen, "takes_keys", True))
        await wait_for(lambda: overview.focused is grid and (key is None or grid.cursor == key))
        assert not app._notifications


async def test_it_opens_at_a_group() -> None:
    async with opened(healthy(), options=UiOptions(at="group:analytics")) as (_, _, overview):
        await wait_for(lambda: overview.app.group == "analytics")


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("partition:12/why", "There is no partition 12: there are 0, 1, 2."),
        ("group:test", "There is no consumer group test: there are"),
        ("nowhere", "“nowhere” is not a place"),
    ],
)
async def test_an_unknown_place_is_said_and_the_overview_opened(at: str, told: str) -> None:
    async with opened(healthy(), options=UiOptions(at=at)) as (_, _, overview):
        await wait_for(lambda: bool(overview.app._notifications))
        assert told in next(iter(overview.app._notifications)).message
        assert overview.app.screen is overview


async def test_what_is_not_read_yet_is_waited_for() -> None:
    names = ("hub", "store", "processes", "logs")
    starting = tuple(SourceState(name, SourceStatus.STARTING) for name in names)
    empty = replace(
        healthy(), partitions=(), groups=(), consumers=(), findings=(), sources=starting
    )
    session = FakeBackend(empty)
    app = EhtuiApp(session, UiOptions(at="consumer:51300/details"))

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.pause()
        read = tuple(SourceState(name, SourceStatus.OK, 1.0) for name in names)
        session.publish(replace(healthy(), consumers=(), sources=read))
        await pilot.pause()
        assert not app._notifications  # a consumer may be recognised a moment later
        session.publish(replace(healthy(), sources=read))
        await wait_for(lambda: isinstance(app.screen, DetailsScreen) and app.screen.takes_keys)
        overview = app.screen_stack[0]
        assert isinstance(overview, OverviewScreen)
        chosen = next(c for c in healthy().consumers if c.process.id.pid == 51300)
        assert overview.pane("consumers").cursor == process_key(chosen.process.id)


async def test_a_consumer_that_does_not_come_is_said() -> None:
    read = tuple(SourceState(n, SourceStatus.OK, 1.0) for n in ("processes", "logs"))
    picture = replace(healthy(), sources=read)
    async with opened(picture, options=UiOptions(at="consumer:7/why")) as (_, session, overview):
        session.publish(replace(picture, taken_at=picture.taken_at + 6))
        await wait_for(lambda: bool(overview.app._notifications))
        assert (
            "No consumer on this host has pid 7" in next(iter(overview.app._notifications)).message
        )

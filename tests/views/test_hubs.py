"""All hubs on one page: which rows, in which order, what they say, and that figures add up."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from ehtui.domain.hubs import WatchedHub, key_of
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Health, Snapshot, SourceState, SourceStatus
from ehtui.views.cells import Tone
from ehtui.views.hubs import (
    HubRow,
    NotNamedError,
    by_key,
    hub_names,
    hub_rows,
    hubs_headline,
    meant_hub,
    successor,
)
from ehtui.views.tables.hubs import COLUMNS, hubs_table
from tests.tui.hub_scenes import ten, unreadable, watched, without_store
from tests.tui.scenes import NOW, healthy, overdue, source_down


def cells(row: HubRow) -> dict[str, str]:
    table = hubs_table((row,))
    return {c.key: cell.text for c, cell in zip(COLUMNS, table.rows[0].cells, strict=True)}


def test_a_row_for_each_group_and_one_for_a_hub_without_any() -> None:
    rows = hub_rows([watched("a/one", healthy()), watched("a/two", None)], NOW)

    assert [row.key for row in rows] == ["a/one/$Default", "a/one/analytics", "a/two/"]


def test_the_worst_come_first_and_equals_as_they_are_configured() -> None:
    rows = hub_rows(
        [
            watched("a/calm", healthy()),
            watched("a/down", source_down()),
            watched("a/bad", overdue()),
        ],
        NOW,
    )

    assert [row.key for row in rows] == [
        "a/down/$Default",
        "a/down/analytics",
        "a/bad/$Default",
        "a/calm/$Default",
        "a/calm/analytics",
        "a/bad/analytics",
    ]


def test_rows_do_not_change_places_because_lags_move() -> None:
    def keys(lag: int) -> list[str]:
        calm = healthy()
        more = replace(calm, groups=(replace(calm.groups[0], lag=lag),))
        return [row.key for row in hub_rows([watched("a/x", calm), watched("a/y", more)], NOW)]

    assert keys(0) == keys(1_000_000)


def test_a_group_is_not_blamed_for_another_one() -> None:
    rows = by_key(hub_rows([watched("a/bad", overdue())], NOW))

    assert rows["a/bad/$Default"].rank == 3
    assert rows["a/bad/analytics"].rank == 0
    assert rows["a/bad/analytics"].said.tone is Tone.GOOD


def test_figures_in_the_title_are_those_of_the_rows() -> None:
    rows = hub_rows(ten(), NOW)
    table = hubs_table(rows)
    hubs, groups, without = map(int, re.findall(r"\d+", table.title))

    assert hubs == len({row.watched.key for row in rows}) == 10
    assert groups + without == len(table.rows)
    assert groups == sum(cells(row)["group"] != "–" for row in rows)


def test_owners_stand_beside_partitions_and_what_is_behind_most_counts() -> None:
    (first, *_) = hub_rows([watched("a/bad", overdue())], NOW)
    shown = cells(first)

    assert shown["held"] == "2/3 by 2"
    assert (shown["lag"], shown["behind"]) == ("1,823", "~2m19s")
    assert shown["health"] == "overdue"


def test_one_that_cannot_be_opened_says_why_and_counts_as_the_worst() -> None:
    problem = Problem(ProblemKind.NOT_FOUND, "There is no file a.pem.", "Write it.")
    (row,) = hub_rows([replace(watched("a/x", None), problem=problem)], NOW)

    assert row.rank == 3
    assert cells(row)["worst"] == "▲ There is no file a.pem. Write it."
    assert cells(row)["health"] == "failing"
    assert hubs_headline((row,)).text == "▲ x: There is no file a.pem. Write it."


def test_a_problem_of_one_that_goes_on_being_read_hides_nothing_worse() -> None:
    problem = Problem(ProblemKind.INTERNAL, "config.yaml is not YAML any more.", "")
    rows = hub_rows([replace(watched("a/x", overdue()), problem=problem)], NOW)

    assert "P2 has had no live owner" in rows[0].said.text
    assert (rows[1].said.text, rows[1].rank) == ("△ config.yaml is not YAML any more.", 2)


def test_unread_ones_say_so_and_claim_nothing() -> None:
    (row,) = hub_rows([watched("a/x", None)], NOW)

    assert row.is_unread
    assert [cells(row)[key] for key in ("held", "lag", "behind", "age")] == ["–"] * 4
    assert hubs_headline((row,)).text == "0 of 1 hub known to be well; 1 not read yet"
    assert hubs_table((row,)).notes == ("1 not read yet",)


def test_a_hub_that_cannot_be_read_says_why() -> None:
    (row,) = hub_rows([watched("a/x", unreadable())], NOW)

    assert row.rank >= 2
    assert "does not answer" in cells(row)["worst"]
    assert cells(row)["health"] == "failing"


def test_a_hub_without_a_store_says_that_it_has_none() -> None:
    (row,) = hub_rows([watched("a/x", without_store())], NOW)

    assert row.rank == 0
    assert cells(row)["held"] == "–/3"
    assert cells(row)["worst"].startswith("No checkpoint store is configured")
    assert hubs_headline((row,)).text.endswith("1 of which owners or lag are not known")


def test_a_store_without_records_says_so() -> None:
    empty = replace(healthy(), groups=(), findings=())
    (row,) = hub_rows([watched("a/x", empty)], NOW)

    assert cells(row)["worst"] == "The store has no records of any consumer group."


def test_an_old_picture_is_dated_and_its_figures_are_guesses() -> None:
    rows = hub_rows([watched("a/x", healthy())], NOW + 240)
    shown = cells(rows[0])

    assert shown["age"] == "4m"
    assert shown["health"] == "ok 4m ago"
    assert shown["lag"] == "~15"
    assert hubs_table(rows).rows[0].stale_s == 240
    assert hubs_table(rows).notes == ("1 hub stale, up to 4m",)
    assert hubs_headline(rows).text == "0 of 1 hub known to be well; 1 with an old picture"


def test_one_that_is_read_in_time_stands_still() -> None:
    slow = replace(healthy(), policy=healthy().policy.read_every(30.0))
    shown = [cells(hub_rows([watched("a/x", slow)], NOW + s)[0])["age"] for s in (0, 29, 50)]

    assert shown == ["<1m"] * 3


def test_all_is_well_only_where_all_is_known() -> None:
    well = hubs_headline(hub_rows([watched("a/x", healthy()), watched("b/y", healthy())], NOW))

    assert (well.text, well.tone) == ("✓ 2 hubs and 4 groups are well; lag 36", Tone.GOOD)


def test_a_group_that_is_not_judged_yet_is_not_called_well() -> None:
    calm = healthy()
    young = replace(calm, groups=(replace(calm.groups[0], health=Health.UNKNOWN),))
    rows = hub_rows([watched("a/x", calm), watched("b/y", young)], NOW)

    assert cells(rows[-1])["health"] == "unknown"
    told = hubs_headline(rows)
    assert told.text == "1 of 2 hubs known to be well; 1 not judged yet"
    assert told.tone is not Tone.GOOD


def test_partitions_of_one_owner_are_counted_as_held() -> None:
    calm = healthy()
    group = calm.groups[0]
    every = tuple(name for owner in group.owners for name in owner.partitions)
    alone = replace(group, owners=(replace(group.owners[0], partitions=every),))
    (row, *_) = hub_rows([watched("a/x", replace(calm, groups=(alone,)))], NOW)

    assert cells(row)["held"] == "3/3 by 1"


def test_the_worst_is_told_with_its_hubs_name() -> None:
    calm, bad = watched("a/orders", healthy()), watched("b/telemetry", overdue())
    assert hubs_headline(hub_rows([calm, bad], NOW)).text.startswith("▲ telemetry: P2 has had no")

    twin = watched("a/telemetry", healthy())
    assert hubs_headline(hub_rows([twin, bad], NOW)).text.startswith("▲ b/telemetry: P2 has had")


def test_a_profile_has_its_colour_and_production_is_a_word() -> None:
    production = replace(watched("live/x", healthy()), is_production=True, colour="red")
    profile, use, *_ = hubs_table(hub_rows([production], NOW)).rows[0].cells

    assert (profile.text, profile.colour, use.text) == ("live", "red", "production")


@pytest.mark.parametrize(
    ("name", "hub", "group"),
    [
        ("a/one/ANALYTICS", "a/one", "analytics"),
        ("a/one", "a/one", None),
        ("ONE", "a/one", None),
        ("one/$default", "a/one", "$Default"),
        ("b/two/not-known-yet", "b/two", "not-known-yet"),
    ],
)
def test_hubs_and_groups_are_found_by_name(name: str, hub: str, group: str | None) -> None:
    found = meant_hub([watched("a/one", healthy()), watched("b/two", None)], name)

    assert (found.watched.key, found.group) == (hub, group)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("three", "There is no hub three: there are a/one, b/one and b/two."),
        ("one", "one names several hubs: say a/one or b/one."),
        ("a/one/x", "a/one has no consumer group x: there are $Default and analytics."),
        ("tw", "There is no hub tw: there are a/one, b/one and b/two."),
    ],
)
def test_a_name_that_means_nothing_or_too_much_says_what_there_is(name: str, told: str) -> None:
    known = [watched("a/one", healthy()), watched("b/one", None), watched("b/two", None)]

    with pytest.raises(NotNamedError, match=re.escape(told)):
        meant_hub(known, name)


def test_every_name_that_is_offered_means_what_it_says() -> None:
    known = ten()

    for name in hub_names(known):
        found = meant_hub(known, name)
        assert name in {found.watched.key, f"{found.watched.key}/{found.group}"}


def test_the_row_of_a_hub_whose_groups_appear_goes_on_in_the_first_of_them() -> None:
    before = hub_rows([watched("a/one", None), watched("a/two", None)], NOW)
    after = hub_rows([watched("a/one", None), watched("a/two", healthy())], NOW)

    assert successor(after, before[1]) == "a/two/$Default"
    assert successor(after[:1], before[1]) is None


def test_names_from_outside_are_harmless() -> None:
    odd = WatchedHub(
        key=key_of("a\x1b[2J", "x\n"), profile="a\x1b[2J", namespace="n\x07", hub="x\n"
    )
    table = hubs_table(hub_rows([odd], NOW))

    assert all(cell.text.isprintable() for cell in table.rows[0].cells)


def test_ten_hubs_say_something_of_each() -> None:
    rows = hub_rows(ten(), NOW)

    assert {row.watched.key for row in rows} == {each.key for each in ten()}
    assert all(row.said.text for row in rows)
    assert hubs_headline(rows).tone is Tone.CRITICAL


def test_a_starting_hub_is_not_read_yet() -> None:
    starting = Snapshot(sources=(SourceState("hub"), SourceState("store")))
    (row,) = hub_rows([watched("a/x", starting)], 0.0)

    assert row.is_unread
    assert cells(row)["health"] == "starting"
    assert starting.sources[0].status is SourceStatus.STARTING

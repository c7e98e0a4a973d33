from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.world.process import Peer, ProcessDetails, ProcessId, Relative
from ehtui.views.cells import Tone
from ehtui.views.details import Section, inspected

FOUND = ProcessDetails(
    ProcessId(7, 1.0),
    (Relative(3, "bash -l"),),
    (),
    (Peer("127.0.0.1:5672", "ESTABLISHED", 2), Peer("[::1]:443", "CLOSE_WAIT", 1)),
    ("/var/log/\x1b[31mred.log",),
    frozenset({2, 15, 34}),
    frozenset({1}),
)


def facts(sections: list[Section], heading: str) -> list[tuple[str, str]]:
    found = next(section for section in sections if section.heading == heading)

    return [(line.label, line.value) for line in found.lines]


def test_what_a_close_look_found() -> None:
    sections = inspected(FOUND)

    assert facts(sections, "Family") == [("parent", "3 bash -l"), ("children", "none")]
    assert facts(sections, "Connections") == [
        ("established", "127.0.0.1:5672 × 2"),
        ("close wait", "[::1]:443"),
    ]
    assert facts(sections, "Logs and signals") == [
        ("open log", "/var/log/\\x1b[31mred.log"),
        ("handles", "INT, TERM, RTMIN"),
        ("ignores", "HUP"),
    ]


def test_what_may_not_be_read_is_dim_and_not_none() -> None:
    hidden = replace(FOUND, parents=None, peers=None, logs=None, caught_signals=None)
    lines = [line for section in inspected(hidden) for line in section.lines]

    assert {line.label for line in lines if line.tone is Tone.DIM} == {
        "parent",
        "peers",
        "open logs",
        "handles",
    }


def test_a_pool_of_connections_is_not_a_page() -> None:
    many = tuple(Peer(f"10.0.0.{n}:5671", "ESTABLISHED", 1) for n in range(100))
    listed = facts(inspected(replace(FOUND, peers=many)), "Connections")

    assert len(listed) == 13
    assert listed[-1] == ("", "and 88 more")


def test_one_that_went_says_so() -> None:
    assert facts(inspected(None), "Looked at closely") == [("process", "gone")]


def test_a_parents_endless_command_line_is_cut() -> None:
    parents = (Relative(3, f"launcher --env {'x' * 5000}"),)
    (parent, _) = facts(inspected(replace(FOUND, parents=parents)), "Family")

    assert parent[1].startswith("3 launcher --env x")
    assert parent[1].endswith("x…")
    assert len(parent[1]) < 140

"""A trend over time: what is level holds, what is near is joined, what is unknown stays blank."""

from __future__ import annotations

from ehtui.views.glyphs import buckets


def test_a_level_stretch_holds_between_its_corners() -> None:
    assert buckets(((10.0, 3.0), (40.0, 3.0)), now=40.0, width_s=10.0, cells=5) == (
        None,
        3.0,
        3.0,
        3.0,
        3.0,
    )


def test_two_looks_close_to_each_other_leave_no_hole() -> None:
    assert buckets(((10.0, 3.0), (22.0, 7.0)), now=24.0, width_s=4.0, cells=5) == (
        3.0,
        3.0,
        3.0,
        7.0,
        None,
    )


def test_what_nobody_saw_is_blank() -> None:
    assert buckets(((10.0, 3.0), (40.0, 7.0)), now=40.0, width_s=10.0, cells=4) == (
        3.0,
        None,
        None,
        7.0,
    )


def test_what_began_before_the_picture_reaches_into_it() -> None:
    assert buckets(((0.0, 3.0), (40.0, 3.0)), now=40.0, width_s=10.0, cells=2) == (3.0, 3.0)

"""The pictures that people see are moments of real scenes, and every figure in them adds up."""

from __future__ import annotations

import pytest

from tests.recordings import load
from tests.recordings.recording import FOLDER
from tests.snapshots.gallery import SCENES, Picture, drawn, pictures

SIZES = ((80, 24), (250, 70))
DRAWN = [p for p in pictures() if p.size in SIZES or p.name == f"{p.scene}-120x36"]


@pytest.mark.parametrize("picture", DRAWN, ids=[picture.name for picture in DRAWN])
async def test_a_picture_adds_up(picture: Picture) -> None:
    assert await drawn(picture)  # which reads it as a sceptic would


@pytest.mark.parametrize(("recording", "mark"), SCENES.values(), ids=SCENES)
def test_a_recording_plays_to_its_moments(recording: str, mark: str) -> None:
    snapshot = load(recording).at(mark)

    assert snapshot.taken_at >= load(recording).began_at
    assert snapshot.groups


def test_what_is_read_of_a_recording_is_written_as_it_was() -> None:
    written = (FOLDER / "crash.jsonl").read_text(encoding="utf-8").splitlines()

    assert list(load("crash").lines()) == written

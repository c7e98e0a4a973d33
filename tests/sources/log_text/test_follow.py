import os
from pathlib import Path

import pytest

from ehtui.sources.log_text.follow import (
    HEAD_BYTES,
    LINE_BYTES,
    PIECE_BYTES,
    TAIL_BYTES,
    LogFollower,
    Piece,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "consumer.log"
    path.write_bytes(b"")

    return path


def lines_of(pieces: list[Piece]) -> list[str]:
    """As the reader sees them: no line is read further than its limit."""
    lines = [line for piece in pieces for line in piece.data.removesuffix(b"\n").split(b"\n")]
    return [line[:LINE_BYTES].decode("utf-8", "replace").rstrip("\r") for line in lines]


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_reads_only_what_was_appended(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"one\ntwo\n")
    assert lines_of(follower.read()) == ["one", "two"]

    append(log, "셋\r\n".encode())
    assert lines_of(follower.read()) == ["셋"]
    assert follower.read() == []


def test_a_line_in_two_pieces_is_one_line(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"EventProcessor 'a")
    assert follower.read() == []

    append(log, b"b' is being started\n")
    assert lines_of(follower.read()) == ["EventProcessor 'ab' is being started"]


def test_truncation_starts_again(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"old line\n")
    follower.read()
    log.write_bytes(b"new\n")

    assert lines_of(follower.read()) == ["new"]


@pytest.mark.parametrize("grown", [0, 1, 5000])
def test_one_that_was_emptied_and_grew_back_between_reads_loses_no_line(
    log: Path, grown: int
) -> None:
    """As logrotate's copytruncate does it: the same file, as long as before or longer."""
    follower = LogFollower(log)
    old = b"".join(b"10:00:%02d \xff\xfe working\n" % second for second in range(40))
    append(log, old)
    assert len(lines_of(follower.read())) == 40

    new = b"".join(b"11:00:%02d \xff\xfe working\n" % second for second in range(40))
    os.truncate(log, 0)
    append(log, new + b"z" * grown + b"\n" * bool(grown))

    lines = lines_of(follower.read())
    assert lines[0] == "11:00:00 \ufffd\ufffd working"
    assert len(lines) == 40 + bool(grown)
    assert follower.read() == []


def test_a_writer_that_does_not_append_leaves_a_hole_that_is_not_read(log: Path) -> None:
    follower = LogFollower(log)

    with log.open("wb", buffering=0) as writer:
        writer.write(b"10:00:00 working\n" * 100_000)
        assert follower.read()
        os.truncate(log, 0)
        writer.write(b"11:00:00 working\n")

    assert log.stat().st_size > 1_000_000
    assert lines_of(follower.read()) == ["11:00:00 working"]
    assert follower.read() == []


def test_an_endless_line_does_not_outlive_a_file_that_grew_back(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"y" * (3 * LINE_BYTES))
    follower.read()
    os.truncate(log, 0)
    append(log, b"x" * (3 * LINE_BYTES) + b"\nnext\n")

    assert [len(line) for line in lines_of(follower.read())] == [LINE_BYTES, 4]


def test_the_start_line_of_a_huge_file_that_grew_back_is_read(log: Path) -> None:
    filler = b"x" * 99 + b"\n"
    lines = (HEAD_BYTES + 2 * TAIL_BYTES) // len(filler)
    log.write_bytes(b"first\n" + filler * lines + b"at 10:00\n")
    follower = LogFollower(log)
    follower.read()
    os.truncate(log, 0)
    append(log, b"other\n" + filler * lines + b"at 11:00\n")

    assert lines_of(follower.read())[0] == "other"


def test_rotation_starts_again(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"old\n")
    follower.read()
    log.rename(log.with_suffix(".1"))
    log.write_bytes(b"a longer new file\n")

    assert lines_of(follower.read()) == ["a longer new file"]


def test_a_missing_file_is_told_and_comes_back(log: Path) -> None:
    follower = LogFollower(log)
    log.unlink()

    with pytest.raises(FileNotFoundError):
        follower.read()

    log.write_bytes(b"back\n")
    assert lines_of(follower.read()) == ["back"]


def test_a_huge_file_gives_its_head_and_its_tail(log: Path) -> None:
    filler = b"x" * 99 + b"\n"
    middle = (HEAD_BYTES + 2 * TAIL_BYTES) // len(filler)
    log.write_bytes(b"first\n" + filler * middle + b"last\n")
    follower = LogFollower(log)
    lines = lines_of(follower.read())

    assert lines[0] == "first"
    assert lines[-1] == "last"
    assert sum(map(len, lines)) < HEAD_BYTES + TAIL_BYTES

    append(log, b"later\n")
    assert lines_of(follower.read()) == ["later"]


def test_what_was_passed_over_is_read_piece_by_piece_and_whole(log: Path) -> None:
    numbers = [f"{n:08d}" for n in range(4 * PIECE_BYTES // 9)]
    log.write_text("\n".join(numbers) + "\n", encoding="utf-8")
    follower = LogFollower(log)
    first = follower.read()
    behind = [follower.behind_bytes]
    middle: list[Piece] = []

    assert lines_of(first)[-1] == numbers[-1]
    assert all(piece.is_past for piece in first)

    while follower.behind_bytes:
        middle += follower.catch_up()
        behind.append(follower.behind_bytes)

    assert behind == sorted(behind, reverse=True)
    assert behind[0] > 2 * PIECE_BYTES
    assert all(len(piece.data) <= PIECE_BYTES for piece in middle)
    head, tail = first
    in_order = sorted([head, *middle, tail], key=lambda piece: piece.offset)
    assert lines_of(in_order) == numbers
    assert follower.catch_up() == []


def test_after_a_burst_the_end_comes_first_and_the_rest_is_no_past(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"before\n")
    follower.read()
    filler = b"x" * 99 + b"\n"
    append(log, b"begin of it\n" + filler * (3 * TAIL_BYTES // 100) + b"end of it\n")
    (end,) = follower.read()

    assert lines_of([end])[-1] == "end of it"
    assert len(end.data) <= TAIL_BYTES
    (rest,) = follower.catch_up()
    assert lines_of([rest])[0] == "begin of it"
    assert not rest.is_past
    assert rest.offset < end.offset


def test_a_rotation_lets_go_of_what_was_passed_over(log: Path) -> None:
    log.write_bytes((b"x" * 99 + b"\n") * (4 * TAIL_BYTES // 100))
    follower = LogFollower(log)
    follower.read()
    assert follower.behind_bytes
    log.write_bytes(b"new\n")

    assert follower.catch_up() == []
    assert lines_of(follower.read()) == ["new"]
    assert (follower.behind_bytes, follower.generation) == (0, 1)


def test_a_line_longer_than_a_piece_takes_no_other_with_it(log: Path) -> None:
    filler = (b"x" * 99 + b"\n") * ((HEAD_BYTES + TAIL_BYTES) // 100)
    log.write_bytes(filler + b"y" * (2 * PIECE_BYTES + 7) + b"\nafter it\n" + filler)
    follower = LogFollower(log)
    follower.read()
    lines = []

    while follower.behind_bytes:
        lines += lines_of(follower.catch_up())

    assert "after it" in lines
    assert max(len(line) for line in lines if line.startswith("y")) <= LINE_BYTES


def test_an_endless_line_is_cut_and_the_next_line_is_whole(log: Path) -> None:
    follower = LogFollower(log)
    append(log, b"y" * (3 * LINE_BYTES))
    assert [len(line) for line in lines_of(follower.read())] == [LINE_BYTES]

    append(log, b"y" * (3 * LINE_BYTES) + b"\nnext\n")
    assert lines_of(follower.read()) == ["next"]


def test_invalid_utf8_is_shown_not_raised(log: Path) -> None:
    append(log, b"\xff\xfe bad\n")

    assert lines_of(LogFollower(log).read()) == ["\ufffd\ufffd bad"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "consumer.log"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="not a regular file"):
        LogFollower(pipe).read()

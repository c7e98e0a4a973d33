"""Logs of real files, and logs whose records a script tells."""

from __future__ import annotations

from pathlib import Path

from ehtui.domain.world.process import (
    LinkBasis,
    LogIncidentKind,
    ProcessSample,
)
from ehtui.sources.log_owners import MOST_OWNERS
from ehtui.sources.logs import LogSource
from tests.sources.log_processes import process


def source(*processes: ProcessSample) -> LogSource:
    return LogSource(lambda: processes, clock=lambda: 100.0)


def current(logs: LogSource) -> dict[str, str | None]:
    """Owner → group of the clients that are not in doubt."""
    return {link.owner: link.group for link in logs.scan().links if link.over_at is None}


def test_the_start_line_links_process_and_owner(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        "INFO EventProcessor 'old-owner' is being started\n"
        "INFO EventProcessor 'new-owner' is being started\n"
    )
    read = source(process(7, log)).scan()

    assert [(k.process.pid, k.owner, k.basis, k.over_at) for k in read.links] == [
        (7, "old-owner", LinkBasis.LOG, 100.0),
        (7, "new-owner", LinkBasis.LOG, None),
    ]
    assert "is being started" in read.links[-1].evidence
    assert read.followed == ((7, str(log)),)


def test_two_clients_of_one_process_are_two_owners_each_in_its_group(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        "EventProcessor 'one' is being started\n"
        "EventProcessor 'two' is being started\n"
        "EventProcessor 'one' has claimed partition '0'\n"
        "EventProcessor instance 'two' of eventhub 'h' partition '1' consumer group 'audit' is "
        "being closed. Reason is: <CloseReason.OWNERSHIP_LOST: 1>\n"
    )
    logs = source(process(7, log))

    assert current(logs) == {"one": None, "two": "audit"}
    assert current(logs) == {"one": None, "two": "audit"}


def test_a_client_that_was_stopped_is_over_whatever_it_says_after(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    stopped = "EventProcessor 'one' tasks have been cancelled.\n"
    log.write_text(f"EventProcessor 'one' is being started\n{stopped}")
    logs = source(process(7, log))
    assert current(logs) == {}

    with log.open("a") as file:
        file.write("EventProcessor instance 'one' of eventhub 'h' partition '1' consumer group ")
        file.write("'g' is being closed. Reason is: <CloseReason.SHUTDOWN: 0>\n")

    assert current(logs) == {}

    with log.open("a") as file:
        file.write("EventProcessor 'one' is being started\n")

    assert current(logs) == {"one": "g"}


def test_a_client_that_is_made_anew_again_and_again_fills_no_memory(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(f"EventProcessor 'o{n}' is being started\n" for n in range(200)))
    logs = source(process(7, log))

    assert len(logs.scan().links) == MOST_OWNERS
    assert current(logs) == {"o199": None}


def test_equal_incidents_are_counted_not_flooded(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("EventProcessor 'o' hasn't claimed an ownership. It keeps claiming.\n" * 500)
    read = source(process(7, log)).scan()

    assert [(i.kind, i.count) for i in read.incidents] == [(LogIncidentKind.NOT_CLAIMED, 500)]
    assert "hasn't claimed" in read.incidents[0].line


def test_escape_sequences_and_secrets_do_not_pass(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\x1b[31mSharedAccessKey=hunter2; EventProcessor 'o' is being started\n")
    evidence = source(process(7, log)).scan().links[0].evidence

    assert "\x1b" not in evidence
    assert "hunter2" not in evidence


def test_a_log_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("EventProcessor 'o' is being started\n")
    read = source(process(1, tmp_path / "missing.log"), process(7, log)).scan()

    assert [link.process.pid for link in read.links] == [7]
    assert read.followed == ((7, str(log)),)


def test_what_stood_in_the_log_before_is_the_past(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    line = "[owner] An error occurred within the EventProcessor loop: x\n"
    log.write_text(line)
    logs = source(process(7, log))
    before = logs.scan()
    log.write_text(line * 2)
    after = logs.scan()

    assert [i.is_past for i in before.incidents] == [True]
    assert [(i.is_past, i.count) for i in after.incidents] == [(False, 1)]


def test_the_log_that_a_process_opened_is_read_beside_its_redirected_output(tmp_path: Path) -> None:
    """A restart by ehtui redirects the output into a new file, which stays empty."""
    shared, output = tmp_path / "consumer.log", tmp_path / "consumer-1.log"
    shared.write_text("EventProcessor 'x' is being started\n")
    output.touch()
    read = source(process(7, output, shared)).scan()

    assert [(k.process.pid, k.owner) for k in read.links] == [(7, "x")]
    assert set(read.followed) == {(7, str(output)), (7, str(shared))}


def test_one_file_under_two_paths_is_one_file(tmp_path: Path) -> None:
    """A container sees it elsewhere: its writers are the writers of one file."""
    log, twin = tmp_path / "a.log", tmp_path / "b.log"
    log.write_text("EventProcessor 'x' is being started\n")
    twin.hardlink_to(log)
    read = source(process(7, log), process(8, twin)).scan()

    assert read.links == ()
    assert [[w.pid for w in claim.writers] for claim in read.claims] == [[7, 8]]

"""What a checkpoint proves, where one looks: column, details, document, Why?, `wait`."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.progress.proofs import FUNCTIONS_CONTAINER, Proof, Proven, Writer
from ehtui.domain.snapshot import GroupPartition, Snapshot, Subject
from ehtui.domain.why import why
from ehtui.views.details import partition_details
from ehtui.views.headline import headline
from ehtui.views.pending import Goal, reserved
from ehtui.views.phrasing import Phrasing
from ehtui.views.states import PROOFS, WRITERS, proof_sentence, reservation
from ehtui.views.status import document
from ehtui.views.tables import partitions_table
from ehtui.views.tables.columns import arrange
from ehtui.views.why import explain
from tests.views import world


def of_functions(name: str = "0") -> GroupPartition:
    partition = world.partition(name, world.lease(), 20, 20)
    assert partition.checkpoint is not None
    blob = replace(partition.checkpoint.blob, container=FUNCTIONS_CONTAINER)
    return replace(partition, checkpoint=replace(partition.checkpoint, blob=blob))


def seen(*partitions: GroupPartition) -> Snapshot:
    return world.snapshot(
        groups=(world.group_state(*partitions),), consumers=(), findings=(), timeline=()
    )


def word(snapshot: Snapshot) -> str:
    table = partitions_table(snapshot, world.GROUP)
    return table.rows[0].cells[[c.key for c in table.columns].index("proves")].text


@pytest.mark.parametrize("writer", Writer)
@pytest.mark.parametrize("proof", Proof)
def test_every_proof_is_told_with_its_writer(writer: Writer, proof: Proof) -> None:
    told = proof_sentence(Proven(proof, writer))

    assert told is not None
    assert WRITERS[writer] in told
    assert ("lag 0 does not mean done" in told) is (proof is not Proof.PROCESSED)
    assert bool(reservation(Proven(proof, writer))) is (proof is not Proof.PROCESSED)
    assert len(PROOFS[proof]) <= 11


def test_a_lag_of_zero_under_functions_is_not_called_done() -> None:
    snapshot = seen(of_functions())
    say = Phrasing(snapshot, group=world.GROUP)
    facts = {
        line.label: line.value
        for section in partition_details(snapshot, world.GROUP, "0", say)
        for line in section.lines
    }
    answers = explain(why(snapshot, Subject(world.GROUP, "0")), say).answers

    assert word(snapshot) == "regardless"
    assert "lag 0 does not mean done" in facts["proves"]
    assert headline(snapshot, world.GROUP).text.endswith(
        "lag 0, handed over, not proven done (Azure Functions)"
    )
    assert any("regardless of failure: Azure Functions" in answer.text for answer in answers)
    assert reserved(snapshot, world.GROUP, Goal.DRAINED) == (
        "handed over, not proven done (Azure Functions)"
    )
    assert reserved(snapshot, world.GROUP, Goal.OWNED) == ""


def test_the_document_says_what_is_proven_and_by_whom() -> None:
    printed: Any = document(seen(of_functions()))
    partition = printed["groups"][0]["partitions"][0]

    assert (partition["proves"], partition["written_by"]) == ("regardless", "functions")


def test_what_nothing_tells_is_unknown_and_no_news() -> None:
    snapshot = seen(world.partition("0", world.lease(), 20, 20))

    assert word(snapshot) == "unknown"
    assert headline(snapshot, world.GROUP).text.endswith("lag 0")


@pytest.mark.parametrize(("width", "is_shown"), [(120, False), (140, True)])
def test_the_column_takes_no_space_from_the_others(width: int, is_shown: bool) -> None:
    columns = partitions_table(seen(world.partition("0", world.lease(), 20, 20)), "").columns
    shown = {columns[slot.index].key for slot in arrange(columns, width)}

    assert ("proves" in shown) is is_shown
    assert {"last", "checkpoint", "in", "out"} <= shown


def test_the_column_comes_forward_where_lag_zero_is_not_done() -> None:
    columns = partitions_table(seen(of_functions()), world.GROUP).columns

    assert "proves" in {columns[slot.index].key for slot in arrange(columns, 116)}

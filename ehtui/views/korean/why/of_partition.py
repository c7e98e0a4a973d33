"""The checks of a partition, in the order in which an event meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proven
from ehtui.domain.snapshot import LeaseState, SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.why import evidence as kinds
from ehtui.domain.world.process import LinkBasis
from ehtui.views import formats
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject, topic
from ehtui.views.korean.peeking import see_next_event
from ehtui.views.korean.phrases import ago, duration, joined, owner
from ehtui.views.korean.states import PROOF_NOT_KNOWN, RULES, proof_sentence
from ehtui.views.korean.why.words import CHECKPOINT, LAG, LEASE, OWNERSHIP
from ehtui.views.why.words import CheckText, always

if TYPE_CHECKING:
    from ehtui.domain.why.evidence import (
        CheckKind,
        CheckpointPlace,
        CheckpointProof,
        Holder,
        LeaseRenewals,
        OwnerChanges,
        OwnersProcess,
        PartitionName,
        PartitionPace,
        Progress,
        RetainedEvents,
        SourceAnswer,
        WrittenCheckpoint,
    )
    from ehtui.views.phrasing import Phrasing


def _source(kind: CheckKind[SourceAnswer], name: str) -> CheckText[SourceAnswer]:
    def answers(found: SourceAnswer, say: Phrasing) -> str:
        return f"{subject(name)} 응답합니다({ago(say, found.read_at)} 읽음)"

    def fails(found: SourceAnswer, _: Phrasing) -> str:
        summary = formats.text(found.summary).rstrip(".")

        if found.status is SourceStatus.OFF:
            return joined(f"{subject(name)} 설정되지 않았습니다", summary)

        return f"{name}: 읽을 수 없습니다({summary or '응답 없음'})"

    return CheckText(
        kind=kind,
        yes=answers,
        no=fails,
        unknown=always(f"{name}: 아직 읽지 않았습니다"),
        next_step=always("이것부터 고치세요. 읽지 못하면 아래는 확인할 수 없습니다."),
    )


def _in_all(found: PartitionName) -> str:
    return f"파티션은 모두 {count(found.partition_count)}개입니다"


def _exists(found: PartitionName, _: Phrasing) -> str:
    return f"이벤트 허브에 있는 파티션입니다. {_in_all(found)}"


def _no_such(found: PartitionName, _: Phrasing) -> str:
    return f"이벤트 허브에 없는 파티션입니다. {_in_all(found)}"


def _events(found: RetainedEvents, say: Phrasing) -> str:
    last = f"마지막은 {count(found.last_sequence)}({ago(say, found.last_enqueued_at)})"
    rate = f", {phrases.per_s(found.in_per_s)} 들어옴" if found.in_per_s is not None else ""
    return f"이벤트가 있습니다: {last}{rate}"


def _owned(found: Holder, _: Phrasing) -> str:
    return f"{subject(owner(found.owner))} 소유합니다"


def _not_owned(found: Holder, say: Phrasing) -> str:
    states = {
        LeaseState.NEVER_OWNED: "아무도 소유권을 얻은 적이 없습니다",
        LeaseState.RELEASED: "소유자가 해제한 뒤 아무도 소유권을 얻지 않았습니다",
        LeaseState.EXPIRED: f"소유자가 없습니다. {owner(found.owner)}의 리스가 만료됐습니다",
    }
    free = states.get(found.state, "소유자가 없습니다")

    if found.takeover.earliest_at is None:
        return free

    taken = f"남은 컨슈머가 {phrases.when(found.takeover, say)} 인계받을 수 있습니다"
    return joined(free, taken)


def _unknown_owner(found: Holder, _: Phrasing) -> str:
    if found.state is LeaseState.UNREADABLE:
        return "소유자를 알 수 없습니다. 소유권 레코드를 읽지 못합니다"

    return "소유자를 알 수 없습니다"


def _take_it(found: Holder, _: Phrasing) -> str:
    if found.live_owners:
        return "그룹에 살아 있는 다른 컨슈머가 있으므로 다음 라운드에 소유권을 얻습니다."

    return "이 그룹의 컨슈머를 시작하세요. 첫 라운드에 빈 파티션의 소유권을 얻습니다."


def _renewed(found: LeaseRenewals, say: Phrasing) -> str:
    every = found.renewed_every_s
    rhythm = f"{duration(every)}마다 " if every is not None else ""
    last = ago(say, found.renewed_at)
    return f"{subject(owner(found.owner))} {rhythm}리스를 갱신합니다(마지막 갱신 {last})"


def _silent(found: LeaseRenewals, say: Phrasing) -> str:
    renewed = found.renewed_at
    lasting = f"{phrases.since(say, renewed)}째 " if renewed is not None else ""
    silent = f"{subject(owner(found.owner))} {lasting}리스를 갱신하지 않습니다"
    expires = found.expires_at
    return joined(silent, f"리스는 {say.time(expires)}에 만료됩니다" if expires is not None else "")


def _no_lease(found: LeaseRenewals, _: Phrasing) -> str:
    if found.state is LeaseState.UNREADABLE:
        return "리스가 갱신되는지 알 수 없습니다"

    return "갱신할 리스가 없습니다"


def _known(found: OwnersProcess, _: Phrasing) -> str:
    process = f"이 호스트의 프로세스 {formats.pid(found.pid)}"

    if found.basis is LinkBasis.ELIMINATION:
        return f"{topic(owner(found.owner))} {process}인 것 같습니다(추측)"

    return f"{topic(owner(found.owner))} {process}입니다"


def _remote(found: OwnersProcess, _: Phrasing) -> str:
    if not found.owner:
        return "소유자 id를 몰라서 프로세스를 찾을 수 없습니다"

    return (
        f"{topic(owner(found.owner))} 이 호스트에서 찾은 프로세스가 아닙니다. 다른 곳에서 실행 "
        "중이거나, 로그를 찾지 못했습니다"
    )


def _unstable(found: OwnerChanges, _: Phrasing) -> str:
    often = f"{phrases.times(found.changes)}, " if found.changes else ""
    shaken_by = formats.text(found.finding) or "타임라인 참고"
    return f"소유자가 계속 바뀝니다({often}{shaken_by})"


def _written(found: WrittenCheckpoint, say: Phrasing) -> str:
    before = ", 지금 소유자가 소유권을 얻기 전" if found.is_of_owner is False else ""
    return (
        f"마지막 체크포인트는 {count(found.sequence)}입니다({ago(say, found.written_at)}{before})"
    )


def _hidden_checkpoint(found: WrittenCheckpoint, _: Phrasing) -> str:
    if found.unreadable:
        return f"체크포인트가 있지만 읽을 수 없습니다: {safe(found.unreadable)}"

    return "체크포인트가 있는지 알 수 없습니다"


def _outside(found: CheckpointPlace, _: Phrasing) -> str:
    if found.lag_reason == Rule.PREDATES_HUB:
        return "체크포인트가 이벤트 허브보다 오래됐습니다. 예전 이벤트 허브의 것입니다"

    if found.ahead:
        return (
            f"체크포인트가 마지막 이벤트보다 {count(found.ahead)}건 앞서 있습니다. 다른 스트림의 "
            "것입니다"
        )

    lost = object_(phrases.events(found.lost or 0))
    return f"체크포인트가 남아 있는 첫 이벤트보다 앞입니다. {lost} 잃었습니다"


def _mend_checkpoint(found: CheckpointPlace, _: Phrasing) -> str:
    if found.ahead or found.lag_reason == Rule.PREDATES_HUB:
        return "컨슈머를 멈추고, 체크포인트를 이 스트림의 이벤트로 옮기세요."

    return "컨슈머는 남아 있는 첫 이벤트부터 이어서 읽습니다. 사라진 것은 읽을 수 없습니다."


def _proof(found: CheckpointProof, _: Phrasing) -> str:
    return proof_sentence(Proven(found.proof, found.writer)) or PROOF_NOT_KNOWN


def _rule(found: Progress) -> str:
    return RULES.get(found.rule, safe(found.rule)) or "해당하는 규칙 없음"


def _filling(found: Progress, _: Phrasing) -> str:
    seen = f"체크포인트 {count(found.window)}개 중 {count(found.commits)}개 확인"

    if found.rule == Rule.FILLING:
        return f"진행 중인지 판단하기 이릅니다({seen})"

    return f"진행 중인지 알 수 없습니다: {_rule(found)} ({seen})"


def _slow(found: PartitionPace, _: Phrasing) -> str:
    rates = f"{phrases.per_s(found.in_per_s)} 들어오고 {phrases.per_s(found.out_per_s)} 읽음"
    return f"들어오는 속도보다 느리게 읽습니다: {rates}, 지연 {count(found.lag)}"


def _stuck_step(_: Progress, say: Phrasing) -> str:
    advice = "핸들러가 멈췄거나 한 이벤트에서 계속 실패합니다. 컨슈머의 로그를 보세요."
    return " ".join((advice, *see_next_event(say, None, None)))


PARTITION_CHECKS = (
    _source(kinds.HUB_ANSWERS, "이벤트 허브"),
    _source(kinds.STORE_ANSWERS, "체크포인트 저장소"),
    CheckText(
        kind=kinds.PARTITION_EXISTS,
        yes=_exists,
        no=_no_such,
        unknown=always("이벤트 허브에 있는 파티션인지 알 수 없습니다"),
        next_step=always("파티션 번호는 0부터입니다."),
    ),
    CheckText(
        kind=kinds.PARTITION_HAS_EVENTS,
        yes=_events,
        no=always("이벤트가 없어서 받을 것이 없습니다"),
        unknown=always("이벤트가 있는지 알 수 없습니다"),
        next_step=always("테스트 이벤트를 보내고 도착하는지 보세요."),
    ),
    CheckText(
        kind=kinds.PARTITION_IS_OWNED,
        yes=_owned,
        no=_not_owned,
        unknown=_unknown_owner,
        lesson=OWNERSHIP,
        next_step=_take_it,
    ),
    CheckText(
        kind=kinds.LEASE_IS_RENEWED,
        yes=_renewed,
        no=_silent,
        unknown=_no_lease,
        lesson=LEASE,
        next_step=always(
            "프로세스가 살아 있는지 확인하세요. 죽었다면 기다리세요. 남은 컨슈머가 알아서 "
            "인계받습니다."
        ),
    ),
    CheckText(kind=kinds.OWNER_IS_KNOWN, yes=_known, no=_remote, unknown=_remote),
    CheckText(
        kind=kinds.OWNERSHIP_IS_STABLE,
        yes=always("소유자가 바뀌지 않습니다"),
        no=_unstable,
        unknown=always("소유자가 그대로인지 알 수 없습니다"),
        next_step=always(
            "진단을 보세요. 소유자가 바뀔 때마다 마지막 체크포인트 이후의 이벤트를 다시 읽습니다."
        ),
    ),
    CheckText(
        kind=kinds.CHECKPOINT_EXISTS,
        yes=_written,
        no=always("체크포인트가 한 번도 없었습니다. 어디까지 읽었는지 아무도 모릅니다"),
        unknown=_hidden_checkpoint,
        lesson=CHECKPOINT,
        next_step=always("핸들러에서 이벤트를 처리한 뒤 update_checkpoint를 호출하세요."),
    ),
    CheckText(
        kind=kinds.CHECKPOINT_IS_WITHIN,
        yes=always("체크포인트가 남아 있는 이벤트 범위 안에 있습니다"),
        no=_outside,
        unknown=always("체크포인트가 이 스트림에 맞는지 알 수 없습니다"),
        next_step=_mend_checkpoint,
    ),
    CheckText(
        kind=kinds.CHECKPOINT_PROVES,
        yes=_proof,
        no=_proof,
        unknown=always(PROOF_NOT_KNOWN),
        is_design=True,
    ),
    CheckText(
        kind=kinds.PROGRESS_MOVES,
        yes=lambda found, _: f"진행 중입니다: {_rule(found)}",
        no=lambda found, _: f"멈춰 있습니다: {_rule(found)}",
        unknown=_filling,
        lesson=LAG,
        next_step=_stuck_step,
    ),
    CheckText(
        kind=kinds.PROGRESS_KEEPS_UP,
        yes=lambda found, _: f"따라가고 있습니다: 지연 {count(found.lag)}",
        no=_slow,
        unknown=always("따라가고 있는지 알 수 없습니다"),
        lesson=LAG,
        next_step=always(
            "컨슈머는 파티션 수까지만 도움이 됩니다. 그 이상은 핸들러가 빨라져야 합니다."
        ),
    ),
)

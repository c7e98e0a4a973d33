"""Reading that does not advance: handlers, checkpoints, lag and retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence_records import (
    CHECKPOINT_AHEAD,
    CHECKPOINT_NEVER,
    CHECKPOINT_REWOUND,
    EVENTS_LOST,
    GROUP_BEHIND,
    HANDLER_STUCK,
    PARTITION_HOT,
    RETENTION_RISK,
)
from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning, advise
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import subject, towards
from ehtui.views.korean.peeking import see_next_event
from ehtui.views.korean.phrases import duration, group, joined, owner, partitions, per_s, where
from ehtui.views.phrasing import partition

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence_records import (
        CheckpointAhead,
        CheckpointRewound,
        EventsLost,
        GroupBehind,
        HandlerStuck,
        HotPartition,
        NeverCheckpointed,
        RetentionRisk,
    )


def _stuck(found: HandlerStuck, about: About) -> str:
    who, waiting = subject(owner(found.owner)), duration(found.waiting_s)
    cadence = found.cadence_s
    usually = f"(평소 간격 {duration(cadence)})" if cadence is not None else ""
    events = phrases.events(found.lag) if found.lag is not None else "이벤트"
    waits = f"{subject(events)} 기다립니다"

    if found.rule == "stalled":
        stays = f"{waiting} 동안 {count(found.checkpoint_sequence)}에서 움직이지 않습니다"
        return joined(f"{where(about)}: {who} 체크포인트를 쓰지만 {stays}", waits)

    waited = (
        f"{subject(events)} {waiting}째 {owner(found.owner)}의 체크포인트를 기다립니다{usually}"
    )
    age = None if found.checkpoint_age_s is None else duration(found.checkpoint_age_s)
    is_older = age not in {None, waiting}
    last = f"마지막 체크포인트는 {age} 전입니다" if is_older else ""
    return joined(f"{where(about)}: {waited}", last)


def _stuck_advice(found: HandlerStuck, about: About) -> tuple[str, ...]:
    pid, cpu = found.pid, found.cpu_percent
    lines = [
        (
            "리스를 갱신하므로 클라이언트는 살아 있지만 핸들러가 끝나지 않습니다. 다른 컨슈머가 "
            "인계받지 않으므로, 핸들러가 끝나거나 다시 시작해야 풀립니다."
        )
    ]

    if pid is not None:
        busy = "" if cpu is None else f"(CPU {formats.percent(cpu)} %)"
        stack = towards(f"`py-spy dump --pid {pid}`")
        lines.append(
            f"프로세스 {pid}입니다{busy}. 로그에 마지막으로 시작한 이벤트가 있을 수 있습니다. "
            f"Python 핸들러가 멈춘 곳은 {stack} 볼 수 있습니다."
        )

    if found.cadence_s is None:
        lines.append(
            "평소 체크포인트 간격을 아직 모릅니다. 체크포인트를 드물게 쓰는 핸들러도 똑같이 "
            "보입니다."
        )

    place = about.places[0] if len(about.places) == 1 else None

    return (*lines, *see_next_event(about.say, place, about.subject.group))


def _never(found: NeverCheckpointed, about: About) -> str:
    owned = f"{where(about)}: {duration(found.watched_s)} 동안 소유자가 있었지만"
    arrived = (
        f"그동안 {subject(phrases.events(found.arrived))} 들어왔습니다" if found.arrived else ""
    )
    return joined(f"{owned} 체크포인트가 없습니다", arrived)


_never_advice = advise(
    (
        "체크포인트가 없으면 어디까지 읽었는지 아무도 모르고, 다시 시작할 때마다 시작 위치부터 "
        "읽습니다(대부분의 클라이언트는 가장 최근 이벤트이므로 그 사이의 이벤트를 건너뜁니다). "
        "핸들러에서 이벤트를 처리한 뒤 update_checkpoint를 호출하세요."
    ),
)


def _behind(found: GroupBehind, about: About) -> str:
    falling = found.falling_per_s
    pace = f" {per_s(falling)}씩" if falling is not None and falling > 0 else ""
    late = ""

    if found.behind_s is not None:
        basis = found.behind_basis or BehindBasis.INTERPOLATED
        late = f", {phrases.behind(Behind(found.behind_s, basis))} 늦음"

    # The lag is of these partitions only: the group's own stands beside it and may be larger.
    told = f"{group(about)}: {partitions(found.partitions)}에서{pace} 뒤처지고 있습니다"
    if len(found.partitions) == 1:
        return f"{told}(지연 {count(found.worst_lag)}{late})"

    worst = f"{partition(safe(found.worst_partition))} {count(found.worst_lag)}{late}"
    return f"{told}(지연 {count(found.lag)}, 최대 {worst})"


def _behind_advice(found: GroupBehind, _: About) -> tuple[str, ...]:
    grows = partitions(found.partitions)
    return (
        f"{grows}: {per_s(found.in_per_s)} 들어오고 {per_s(found.out_per_s)} 읽습니다.",
        (
            "컨슈머는 파티션 수까지만 도움이 됩니다. 그 이상은 배치를 키우거나, 체크포인트를 "
            "줄이거나, 핸들러에서 동시에 처리하거나, 파티션을 늘리세요."
        ),
    )


def _retention(found: RetentionRisk, about: About) -> str:
    loss_at, left = found.loss_at, "지금"

    if loss_at > about.say.now:
        left = f"{duration(loss_at - about.say.now)} 뒤({about.say.time(loss_at)})에"

    removed = f"이대로면 읽지 않은 이벤트가 {left} 보존 기간이 지나 지워집니다"
    return f"{where(about)}: {removed}(남은 여유 {count(found.margin)}건)"


def _retention_advice(found: RetentionRisk, _: About) -> tuple[str, ...]:
    pace = f"{per_s(found.begin_per_s)} 지워지고 {per_s(found.out_per_s)} 읽습니다"
    return (
        (
            f"{pace}. 그 전에 더 빨리 읽거나(지연에 대한 조언 참고) 보존 기간을 늘리세요. 지워진 "
            "이벤트는 다시 읽을 수 없습니다."
        ),
    )


def _lost(found: EventsLost, about: About) -> str:
    lost = subject(phrases.events(found.lost))
    return f"{where(about)}: {lost} 읽기 전에 보존 기간이 지나 지워졌습니다"


def _lost_advice(found: EventsLost, _: About) -> tuple[str, ...]:
    begin = found.begin_sequence
    first = f"({count(begin)})" if begin is not None else ""
    return (
        (
            f"더는 읽을 수 없습니다. 컨슈머는 남아 있는 첫 이벤트{first}부터 읽고, 다음 "
            "체크포인트를 쓰면 이 진단이 사라집니다."
        ),
        (
            "다른 곳(Capture, 아카이브, 보낸 쪽)에 남아 있으면 거기서 다시 보내세요. 막으려면 보존 "
            "기간을 늘리거나 더 빨리 읽으세요."
        ),
    )


def _ahead(found: CheckpointAhead, about: About) -> str:
    checkpoint, last = count(found.checkpoint_sequence), count(found.last_sequence)
    return f"{where(about)}: 체크포인트({checkpoint})가 마지막 이벤트({last})보다 앞서 있습니다"


_ahead_advice = advise(
    (
        "거기서 시작하는 컨슈머는 오류를 받거나, 스트림이 그 번호를 지날 때까지 아무것도 받지 "
        "않습니다. 그 앞의 이벤트는 읽히지 않습니다."
    ),
    (
        "그룹의 컨슈머를 멈추고, 체크포인트를 이 이벤트 허브의 첫 이벤트나 마지막 이벤트로 "
        "옮기거나 체크포인트 blob을 지우세요."
    ),
)


def _rewound(found: CheckpointRewound, about: About) -> str:
    back = f"{count(found.from_sequence)}에서 {towards(count(found.to_sequence))} 되돌아갔습니다"
    by = f"({owner(found.owner)} 소유 중)" if found.owner else ""
    return joined(
        f"{where(about)}: {about.say.time(found.rewound_at)}에 체크포인트가 {back}{by}",
        f"{phrases.events(found.replayed)}을 다시 읽습니다",
    )


_rewound_advice = advise(
    (
        "초기화한 뒤라면 의도한 것입니다. 아니면 컨슈머 둘이 같은 체크포인트를 쓰거나, 핸들러가 "
        "순서 없이 체크포인트합니다(동시에 처리하고 가장 느린 것이 마지막에 쓰는 경우)."
    ),
    (
        "핸들러는 같은 이벤트를 두 번 받아도 괜찮아야 합니다. 서비스는 적어도 한 번(at least once) "
        "전달합니다."
    ),
)


def _hot(found: HotPartition, about: About) -> str:
    share = f"전체의 {found.share:.0%}"
    others = f"다른 파티션은 {per_s(found.others_per_s)}입니다"
    come = f"{where(about)}에 {per_s(found.in_per_s)}({share})이 들어옵니다"
    return joined(come, others)


_hot_advice = advise(
    (
        "키가 같은 이벤트는 늘 같은 파티션으로 갑니다. 너무 많이 쓰이는 키나, 파티션을 직접 "
        "지정하는 프로듀서는 한 파티션만 채우고 나머지를 놀립니다. 컨슈머를 늘려도 소용없습니다. "
        "키를 더 잘게 나누고, 순서가 필요 없으면 키를 쓰지 마세요."
    ),
)


_HANDLER_STUCK = Meaning(
    "소유자는 리스를 갱신하는데, 이벤트가 기다려도 체크포인트가 움직이지 않습니다.",
    "핸들러가 멈췄거나 같은 이벤트에서 계속 실패합니다.",
    "로그와 스택을 보세요. 핸들러가 끝나거나 다시 시작해야 풀립니다.",
)
_CHECKPOINT_NEVER = Meaning(
    "파티션에 소유자가 있고 이벤트도 들어오는데 체크포인트가 한 번도 없습니다.",
    "핸들러가 update_checkpoint를 호출하지 않습니다.",
    "이벤트를 처리한 뒤 호출하세요. 없으면 다시 시작할 때마다 시작 위치부터 읽습니다.",
)
_GROUP_BEHIND = Meaning(
    "이벤트가 들어오는 속도보다 느리게 읽어서 지연이 늘어납니다.",
    "컨슈머가 모자라거나 핸들러가 느립니다.",
    "컨슈머를 파티션 수까지 늘리고, 그다음은 핸들러를 빠르게 하세요.",
)
_RETENTION_RISK = Meaning(
    "이대로면 읽기 전에 보존 기간이 지나 이벤트가 지워집니다.",
    "그룹이 너무 느리게 읽거나 아예 읽지 않습니다.",
    "그 전에 더 빨리 읽거나 보존 기간을 늘리세요.",
)
_EVENTS_LOST = Meaning(
    "그룹이 읽지 않은 이벤트가 보존 기간이 지나 지워졌습니다.",
    "그룹이 너무 많이 뒤처졌습니다.",
    "다른 곳(Capture, 아카이브)에서 다시 보내세요. 보존 기간을 늘리거나 더 빨리 읽으세요.",
)
_CHECKPOINT_AHEAD = Meaning(
    "체크포인트가 파티션의 마지막 이벤트보다 앞서 있습니다.",
    "다른 이벤트 허브의 것이거나, 복사했거나 손으로 썼습니다.",
    "그룹의 컨슈머를 멈추고 체크포인트를 옮기거나 지우세요.",
)
_CHECKPOINT_REWOUND = Meaning(
    "체크포인트가 되돌아갔습니다. 이벤트를 다시 읽습니다.",
    "일부러 초기화했거나, 컨슈머 둘이 쓰거나, 핸들러가 순서 없이 체크포인트합니다.",
    "초기화한 뒤라면 할 일이 없습니다. 아니면 체크포인트를 쓰는 다른 컨슈머를 찾으세요.",
)
_PARTITION_HOT = Meaning(
    "한 파티션에 다른 파티션보다 훨씬 많은 이벤트가 들어옵니다.",
    "파티션 키가 몇 개뿐이거나, 프로듀서가 파티션을 직접 지정합니다.",
    "키를 더 잘게 나누고, 순서가 필요 없으면 쓰지 마세요.",
)
TEXTS = (
    FindingText(HANDLER_STUCK, _stuck, _stuck_advice, meaning=_HANDLER_STUCK),
    FindingText(CHECKPOINT_NEVER, _never, _never_advice, meaning=_CHECKPOINT_NEVER),
    FindingText(GROUP_BEHIND, _behind, _behind_advice, meaning=_GROUP_BEHIND),
    FindingText(RETENTION_RISK, _retention, _retention_advice, meaning=_RETENTION_RISK),
    FindingText(EVENTS_LOST, _lost, _lost_advice, meaning=_EVENTS_LOST),
    FindingText(CHECKPOINT_AHEAD, _ahead, _ahead_advice, meaning=_CHECKPOINT_AHEAD),
    FindingText(CHECKPOINT_REWOUND, _rewound, _rewound_advice, meaning=_CHECKPOINT_REWOUND),
    FindingText(PARTITION_HOT, _hot, _hot_advice, meaning=_PARTITION_HOT),
)

"""What happens, in Korean; what somebody does with ehtui has the words of its plans: English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain import timeline as kinds
from ehtui.domain.costs import CostUnknown
from ehtui.domain.text import safe
from ehtui.domain.timeline import (
    LOG_KINDS,
    BackAndForth,
    Claimed,
    ClockSet,
    ConsumerGone,
    ConsumerStarted,
    Expired,
    GroupAppeared,
    HubCreatedAnew,
    HubGrew,
    LogLines,
    Overdue,
    Recovered,
    Released,
    Rewound,
    SourceBack,
    SourceDown,
    Stolen,
    TakenOver,
    TakeoverMeasured,
    TakeoverMoved,
)
from ehtui.views import formats
from ehtui.views.event_text import EventText, guess
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.findings.processes import SAID
from ehtui.views.korean.findings.sources import PROBLEMS
from ehtui.views.korean.particles import object_, subject, towards
from ehtui.views.korean.phrases import duration, joined, owner, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.costs import Bounds, TakeoverCost
    from ehtui.domain.evidence import EventKind
    from ehtui.views.phrasing import Phrasing

_WHY_UNKNOWN: Mapping[CostUnknown, str] = {
    CostUnknown.NOT_COUNTED_YET: "다음에 읽을 때 셈",
    CostUnknown.NO_READER_BEFORE: "전에 읽던 컨슈머를 모름",
    CostUnknown.NO_CHECKPOINT: "새 소유자가 어디서 시작하는지 알려 줄 체크포인트가 없음",
    CostUnknown.NO_POSITION: "체크포인트로는 시작 위치를 알 수 없음",
    CostUnknown.OTHER_STREAM: "예전 이벤트 허브의 체크포인트이거나 스트림보다 앞섬",
    CostUnknown.TWO_RECORDS: "여러 이름의 레코드가 있어서 여럿이 읽을 수 있음",
    CostUnknown.HUB_NOT_READ: "이벤트 허브를 제때 읽지 못함",
}
_UNTOLD = frozenset({CostUnknown.NOT_COUNTED_YET, CostUnknown.NO_READER_BEFORE})


def _bounds(bounds: Bounds) -> str:
    if bounds.least is None:
        return formats.UNKNOWN

    if bounds.most is None:
        return f"{count(bounds.least)}건 이상"

    if bounds.most == bounds.least:
        return f"{count(bounds.least)}건"

    return f"{count(bounds.least)}–{count(bounds.most)}건"


def _cost(cost: TakeoverCost) -> str:
    """What was read twice, and what is certainly missing."""
    if cost.why in _UNTOLD:
        return ""

    if not cost.read_again.is_known:
        why = cost.why
        return f"두 번 읽은 이벤트는 알 수 없습니다({_WHY_UNKNOWN[why]})" if why is not None else ""

    none = cost.read_again.is_zero
    parts = ["두 번 읽은 이벤트 없음" if none else f"두 번 읽음 {_bounds(cost.read_again)}"]

    # What may be none at all is no alarm; details and JSON have it.
    if cost.skipped.least:
        parts.append(f"건너뜀 {_bounds(cost.skipped)}")

    if cost.lost.least:
        parts.append(f"잃음 {_bounds(cost.lost)}")

    return ", ".join(parts)


def _claimed(found: Claimed, _: Phrasing) -> str:
    told = f"{subject(owner(found.owner))} 소유권을 얻었습니다"

    if found.was == "never_owned":
        return joined(f"{told}(첫 소유자)", _cost(found.cost))

    free_s = found.free_s
    lasting = f", {duration(free_s)} 동안 비어 있음" if free_s is not None else ""
    previous = found.previous_owner
    freed = "놓음, 못 본 사이" if found.is_guess else "해제함"
    before = f"{subject(formats.owner(previous))} {freed}" if previous else "비어 있었음"
    return joined(f"{told}({before}{lasting})", _cost(found.cost))


def _released(found: Released, _: Phrasing) -> str:
    held = f"{duration(found.held_s)} 만에 " if found.held_s else ""
    who = subject(owner(found.owner))

    if found.is_guess:
        return f"{who} {held}소유권을 놓았습니다(못 본 사이 해제했거나 리스가 만료됨)"

    return f"{who} {held}소유권을 해제했습니다"


def _overdue(found: Overdue, say: Phrasing) -> str:
    silent = f"{subject(owner(found.owner))} {say.time(found.renewed_at)}부터 갱신하지 않습니다"
    return joined(silent, f"리스는 {say.time(found.expires_at)}에 만료됩니다")


def _recovered(found: Recovered, _: Phrasing) -> str:
    late = f"({duration(found.late_s)} 늦음)" if found.late_s else ""
    return f"{subject(owner(found.owner))} 다시 갱신합니다{late}"


def _expired(found: Expired, _: Phrasing) -> str:
    length = found.expires_after_s
    silent = f"({duration(length)} 동안 갱신 없음)" if length is not None else ""
    return f"{owner(found.owner)}의 리스가 만료됐습니다{silent}"


def _taken_over(found: TakenOver, _: Phrasing) -> str:
    dead, gap = found.dead_s, found.gap_s
    after = ""

    if dead is not None:
        after = f"(프로세스가 종료되고 {duration(dead)} 뒤)"
    elif gap is not None:
        after = f"(마지막 갱신 {duration(gap)} 뒤)"

    told = f"{subject(owner(found.owner))} {_from(found)} 인계받았습니다{after}"
    waited = f"{subject(phrases.events(found.lag))} 기다렸습니다" if found.lag else ""
    return joined(told, waited, _cost(found.cost))


def _from(found: TakenOver | Stolen | BackAndForth) -> str:
    return f"{owner(found.previous_owner)}에게서"


def _stolen(found: Stolen, _: Phrasing) -> str:
    taken = f"{subject(owner(found.owner))} 부하를 나누려고 {_from(found)} 가져갔습니다"
    return joined(f"{taken}(리스는 살아 있었음)", _cost(found.cost))


def _pingpong(found: BackAndForth, _: Phrasing) -> str:
    often = f"{duration(found.window_s)} 동안 {phrases.times(found.changes)} 바뀜"
    return f"{subject(owner(found.owner))} {_from(found)} 되찾았습니다({often})"


def _rewound(found: Rewound, _: Phrasing) -> str:
    before, after = count(found.from_sequence), towards(count(found.to_sequence))
    return f"체크포인트가 {before}에서 {after} 되돌아갔습니다"


def _started(found: ConsumerStarted, _: Phrasing) -> str:
    return f"시작됐습니다: {formats.text(found.consumer_name) or safe(found.command)}"


def _gone(found: ConsumerGone, say: Phrasing) -> str:
    name = formats.text(found.consumer_name)
    who = f"{subject(name)} " if name else ""
    lived = f"{duration(found.lived_s)} 만에 " if found.lived_s is not None else ""
    signal = f"(SIG{formats.text(found.signal)})" if found.signal else ""
    owned = phrases.owned(found.partitions, say)
    return joined(
        f"{who}{lived}종료됐습니다{signal}",
        f"{object_(owned)} 소유하고 있었습니다" if found.partitions else "",
    )


def _source_failed(found: SourceDown, _: Phrasing) -> str:
    return f"읽지 못합니다({PROBLEMS[found.problem_kind]}: {safe(found.summary).rstrip('.')})"


def _source_recovered(found: SourceBack, _: Phrasing) -> str:
    down = f"({duration(found.down_s)} 만에)" if found.down_s is not None else ""
    return f"다시 읽습니다{down}"


def _measured(found: TakeoverMeasured, say: Phrasing) -> str:
    owned = f"시그널 {duration(found.gap_s)} 뒤에 {subject(owner(found.owner))} 소유합니다"
    earliest, latest = found.takeover.earliest_at, found.takeover.latest_at
    sign = guess(found.takeover)

    if earliest is None:
        return joined(owned, "예측은 없었습니다")

    if latest is None:
        return joined(owned, f"예측은 {sign}{say.time(earliest)} 이후였습니다")

    kept = "맞음" if found.is_inside_forecast else "빗나감"
    return joined(owned, f"예측 {sign}{say.span(earliest, latest)}, {kept}")


def _moved(found: TakeoverMoved, _: Phrasing) -> str:
    return f"시그널 {duration(found.moved_s)} 뒤에 체크포인트가 다시 움직였습니다"


def _clock_set(found: ClockSet, _: Phrasing) -> str:
    way = "앞으로" if found.by_s > 0 else "뒤로"
    return f"이 호스트의 시계가 {duration(abs(found.by_s))} {way} 바뀌었습니다"


def _hub_recreated(found: HubCreatedAnew, say: Phrasing) -> str:
    made = f"이벤트 허브를 {say.time(found.created_at)}에 다시 만들었습니다"
    return joined(made, "시퀀스 번호가 처음부터 시작합니다")


def _appeared(found: GroupAppeared, _: Phrasing) -> str:
    return f"이제 저장소에 {safe(found.group) or '그룹'}의 레코드가 있습니다"


def _grew(found: HubGrew, _: Phrasing) -> str:
    return f"파티션이 {count(found.before)}개에서 {count(found.after)}개로 늘었습니다"


def _log(kind: EventKind[LogLines]) -> EventText[LogLines]:
    def sentence(found: LogLines, _: Phrasing) -> str:
        places = f"({partitions(found.partitions)})" if found.partitions else ""
        often = f"({phrases.times(found.count)})" if found.count > 1 else ""
        return f"로그{places}: {SAID[kind.id]}{often}"

    return EventText(kind, sentence)


_ALL: tuple[EventText[Any], ...] = (
    EventText(kinds.LEASE_CLAIMED, _claimed),
    EventText(kinds.LEASE_RELEASED, _released),
    EventText(kinds.LEASE_OVERDUE, _overdue),
    EventText(kinds.LEASE_RECOVERED, _recovered),
    EventText(kinds.LEASE_EXPIRED, _expired),
    EventText(kinds.LEASE_TAKEN_OVER, _taken_over),
    EventText(kinds.LEASE_STOLEN, _stolen),
    EventText(kinds.LEASE_PINGPONG, _pingpong),
    EventText(kinds.CHECKPOINT_REWOUND, _rewound),
    EventText(kinds.GROUP_APPEARED, _appeared),
    EventText(kinds.CONSUMER_STARTED, _started),
    EventText(kinds.CONSUMER_GONE, _gone),
    EventText(kinds.SOURCE_FAILED, _source_failed),
    EventText(kinds.SOURCE_RECOVERED, _source_recovered),
    EventText(kinds.CLOCK_SET, _clock_set),
    EventText(kinds.HUB_GREW, _grew),
    EventText(kinds.HUB_RECREATED, _hub_recreated),
    EventText(kinds.TAKEOVER_MEASURED, _measured),
    EventText(kinds.TAKEOVER_MOVED, _moved),
    *map(_log, LOG_KINDS.values()),
)
TEXTS: Mapping[str, EventText[Any]] = {text.kind.id: text for text in _ALL}

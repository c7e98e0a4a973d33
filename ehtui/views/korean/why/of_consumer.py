"""The checks of a process, an owner and a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.why import evidence as kinds
from ehtui.domain.world.process import Traffic
from ehtui.views import formats
from ehtui.views.formats import count
from ehtui.views.korean import phrases, processes
from ehtui.views.korean.particles import object_, subject, topic
from ehtui.views.korean.phrases import duration, joined, partitions
from ehtui.views.korean.why.words import CLAIMING, GROUP, LAG, OWNERSHIP, STANDBY
from ehtui.views.why.words import CheckText, always

if TYPE_CHECKING:
    from ehtui.domain.why.evidence import (
        ClaimComplaints,
        ConsumerSigns,
        FreePartitions,
        GroupBalance,
        GroupCover,
        GroupNames,
        GroupOwners,
        GroupPace,
        GroupProgress,
        GroupRecords,
        OwnerHolds,
        OwnerLog,
        Places,
        ProcessOwns,
        RunningProcess,
    )
    from ehtui.views.phrasing import Phrasing


def _runs(found: RunningProcess, say: Phrasing) -> str:
    # A process's start is a moment of this host, unlike every other one here.
    process, started = topic(f"프로세스 {found.pid}"), say.host_time(found.started_at)
    return f"{process} {started}부터 실행 중입니다"


def _ended(found: RunningProcess, _: Phrasing) -> str:
    status = formats.text(found.status)
    told = f"({status})" if status else ""
    return f"{topic(f'프로세스 {found.pid}')} 실행 중이 아닙니다{told}"


def _consumer(found: ConsumerSigns, _: Phrasing) -> str:
    if not found.connections:
        return "소유자 id로 보면 컨슈머입니다"

    told = f"네임스페이스에 연결돼 있습니다(연결 {count(found.connections)}개)"

    if found.connections != found.web_connections:
        return told

    return joined(told, "443번 포트이므로 다른 네임스페이스나 서비스일 수도 있습니다")


def _no_consumer(found: ConsumerSigns, _: Phrasing) -> str:
    if found.traffic is Traffic.SENDS:
        return "컨슈머가 아닙니다. 이벤트를 보내기만 하고 받은 적이 없습니다"

    named = ", ".join(map(safe, found.named_hubs))
    told = f"설정에 있는 이벤트 허브: {named}" if named else ""
    return joined("이 이벤트 허브의 컨슈머가 아닙니다", told)


def _owns(found: ProcessOwns | OwnerHolds, say: Phrasing) -> str:
    return f"{object_(phrases.owned(found.partitions, say))} 소유합니다"


def _unnamed(found: OwnerLog, _: Phrasing) -> str:
    if found.is_shared:
        return (
            "여러 프로세스가 한 로그에 써서, 그중 어느 소유자 id가 이 프로세스인지 알 수 없습니다"
        )

    if found.log:
        return "로그에 소유자 id가 없습니다. 로그 레벨 때문에 보이지 않습니다"

    return "소유자 id를 알려 줄 로그를 찾지 못했습니다"


def _add_line(found: OwnerLog, _: Phrasing) -> str:
    if found.is_shared:
        return processes.SHARED_LOG

    line = processes.line_to_add(found.runtime)

    if found.log:
        return f"어느 소유자인지 보려면 추가하세요: {line}."

    return f"로그를 파일에 쓰고(또는 consumers.NAME.log에 적고) 추가하세요: {line}."


def _counted(found: Places) -> str:
    owners = count(found.live_owners or 0)
    return f"{phrases.in_all(found.partition_count or 0)}, 다른 소유자 {owners}개"


def _strangers(question: str, strangers: int) -> str:
    if not strangers:
        return question

    return joined(question, f"프로세스를 모르는 소유자 {count(strangers)}개 중 하나일 수 있습니다")


def _free(found: FreePartitions, _: Phrasing) -> str:
    return f"{topic(partitions(found.free))} 소유자가 없어서 소유권을 얻을 수 있습니다"


def _none_free(found: FreePartitions, say: Phrasing) -> str:
    lapsing, takeover = found.lapsing, found.takeover

    if not lapsing:
        return "빈 파티션이 없습니다. 모든 파티션의 소유자가 리스를 갱신합니다"

    is_timed = takeover.earliest_at is not None
    then = phrases.when(takeover, say) if is_timed else "리스가 만료되면"
    taken = f"{topic(partitions(lapsing))} {then} 인계받을 수 있습니다"
    return joined("아직 빈 파티션이 없습니다", taken)


def _heard(found: ClaimComplaints, _: Phrasing) -> str:
    often = phrases.times(found.not_claimed or 0)
    return f"로그에 “hasn't claimed an ownership”이 {often} 있습니다"


def _has_records(found: GroupRecords, _: Phrasing) -> str:
    return f"저장소에 {safe(found.group)}의 레코드가 있습니다"


def _no_records(found: GroupRecords, _: Phrasing) -> str:
    return f"저장소에 {safe(found.group)}의 레코드가 없습니다"


def _several_names(found: GroupNames, _: Phrasing) -> str:
    return f"이름 {len(found.spellings)}개로 기록돼 있습니다"


def _owners(found: GroupOwners, _: Phrasing) -> str:
    owners = phrases.owners_in_all(len(found.owners))
    return f"{phrases.in_all(found.partition_count)}에 {subject(owners)} 있습니다"


def _covered(found: GroupCover, _: Phrasing) -> str:
    if found.partition_count == 1:
        return "하나뿐인 파티션에 소유자가 있습니다"

    return f"{phrases.in_all(found.partition_count)}에 모두 소유자가 있습니다"


def _uncovered(found: GroupCover, _: Phrasing) -> str:
    return f"{partitions(found.uncovered)}에 소유자가 없어서 아무도 읽지 않습니다"


def _uneven(found: GroupBalance, _: Phrasing) -> str:
    most, least = count(found.most), count(found.least)
    return (
        f"파티션이 고르게 나뉘지 않았습니다. 많은 소유자는 {most}개, 적은 소유자는 {least}개입니다"
    )


def _moves(found: GroupProgress, _: Phrasing) -> str:
    return f"진행 중입니다: 지연 {count(found.lag)}"


def _stuck(found: GroupProgress, _: Phrasing) -> str:
    return f"{topic(partitions(found.stuck))} 멈춰 있습니다"


def _rates(found: GroupPace) -> str:
    lag = f"지연 {count(found.lag)}"

    if found.in_per_s is None or found.out_per_s is None:
        return lag

    come, read = phrases.per_s(found.in_per_s), phrases.per_s(found.out_per_s)
    return f"{come} 들어오고 {read} 읽음, {lag}"


def _keeping_up(found: GroupPace, _: Phrasing) -> str:
    end = f"{duration(found.drain_s)} 뒤면 다 읽습니다" if found.drain_s else ""
    return joined(f"따라가고 있습니다: {_rates(found)}", end)


def _slower(found: GroupPace, _: Phrasing) -> str:
    slow = f"{object_(partitions(found.behind))} 들어오는 속도보다 느리게 읽습니다"
    return f"{slow}: {_rates(found)}"


_OF_PROCESS = (
    CheckText(
        kind=kinds.PROCESS_IS_ALIVE,
        yes=_runs,
        no=_ended,
        unknown=always("실행 중인지 알 수 없습니다"),
        next_step=always("다시 시작하세요. 첫 라운드에 파티션의 소유권을 얻습니다."),
    ),
    CheckText(
        kind=kinds.PROCESS_IS_CONSUMER,
        yes=_consumer,
        no=_no_consumer,
        unknown=always("컨슈머인지 알 수 없습니다. 네임스페이스에 연결돼 있지 않습니다"),
    ),
    CheckText(
        kind=kinds.PROCESS_OWNS,
        yes=_owns,
        no=always("소유한 파티션이 없어서 아무것도 받지 않습니다"),
        unknown=always("무엇을 소유하는지 알 수 없습니다. 소유자 id와 잇는 것이 없습니다"),
        lesson=OWNERSHIP,
        is_design=True,
    ),
    CheckText(
        kind=kinds.LOG_NAMES_OWNER,
        yes=always("로그에 소유자 id가 있습니다"),
        no=_unnamed,
        unknown=always("로그에 소유자 id가 있는지 아직 알 수 없습니다"),
        next_step=_add_line,
    ),
    CheckText(
        kind=kinds.PARTITIONS_SUFFICE,
        yes=lambda found, _: f"이 컨슈머 몫의 파티션이 있습니다: {_counted(found)}",
        no=lambda found, _: f"이 컨슈머 몫의 파티션이 없습니다: {_counted(found)}",
        unknown=lambda found, _: _strangers(
            "이 컨슈머 몫의 파티션이 있는지 알 수 없습니다", found.strangers
        ),
        lesson=STANDBY,
        is_design=True,
    ),
    CheckText(
        kind=kinds.PARTITIONS_ARE_FREE,
        yes=_free,
        no=_none_free,
        unknown=lambda found, _: _strangers(
            "이 컨슈머가 가질 빈 파티션이 있는지 알 수 없습니다", found.strangers
        ),
        is_design=True,
    ),
    CheckText(
        kind=kinds.LOG_IS_CLEAN,
        yes=always("로그에 거절된 요청이 없습니다"),
        no=_heard,
        unknown=always("로그에 무엇이 있는지 알 수 없습니다"),
        lesson=CLAIMING,
        is_design=True,
    ),
    CheckText(
        kind=kinds.OWNER_HOLDS,
        yes=_owns,
        no=always("살아 있는 리스가 없습니다"),
        unknown=always("무엇을 소유하는지 알 수 없습니다"),
        lesson=OWNERSHIP,
    ),
)
_OF_GROUP = (
    CheckText(
        kind=kinds.GROUP_HAS_RECORDS,
        yes=_has_records,
        no=_no_records,
        unknown=always("저장소에 아직 어떤 그룹의 레코드도 없습니다"),
        lesson=GROUP,
        next_step=always(
            "이 그룹의 컨슈머를 시작하거나, 실행 중인 컨슈머가 실제로 쓰는 컨테이너, 이벤트 "
            "허브, 그룹을 확인하세요: `ehtui config --pid PID`."
        ),
    ),
    CheckText(
        kind=kinds.GROUP_HAS_ONE_NAME,
        yes=always("모든 컨슈머가 한 이름으로 기록합니다"),
        no=_several_names,
        unknown=always("어떤 이름으로 기록되는지 알 수 없습니다"),
        next_step=always(
            "모든 컨슈머가 네임스페이스, 이벤트 허브, 그룹 이름을 똑같이 쓰게 하세요."
        ),
    ),
    CheckText(
        kind=kinds.GROUP_HAS_OWNERS,
        yes=_owners,
        no=always("살아 있는 컨슈머가 없습니다. 리스를 가진 소유자가 없습니다"),
        unknown=always("살아 있는 컨슈머가 있는지 알 수 없습니다"),
        lesson=OWNERSHIP,
        next_step=always("이 그룹의 컨슈머를 시작하세요. 체크포인트부터 이어서 읽습니다."),
    ),
    CheckText(
        kind=kinds.GROUP_IS_COVERED,
        yes=_covered,
        no=_uncovered,
        unknown=always("모든 파티션에 소유자가 있는지 알 수 없습니다"),
        next_step=always(
            "살아 있는 컨슈머가 다음 라운드에 빈 파티션의 소유권을 얻습니다. 얻지 않으면 하나 "
            "시작하세요."
        ),
    ),
    CheckText(
        kind=kinds.GROUP_IS_BALANCED,
        yes=always("파티션이 고르게 나뉘어 있습니다"),
        no=_uneven,
        unknown=always("파티션이 어떻게 나뉘어 있는지 알 수 없습니다"),
        next_step=always("모든 컨슈머의 라운드가 돌고 있으면 몇 라운드 안에 고르게 됩니다."),
    ),
    CheckText(
        kind=kinds.GROUP_MOVES,
        yes=_moves,
        no=_stuck,
        unknown=always("진행 중인지 판단하기 이릅니다"),
        next_step=always("그 파티션에서 왜?(w)를 물어보세요."),
    ),
    CheckText(
        kind=kinds.GROUP_KEEPS_UP,
        yes=_keeping_up,
        no=_slower,
        unknown=always("따라가고 있는지 알 수 없습니다"),
        lesson=LAG,
        next_step=always(
            "컨슈머는 파티션 수까지만 도움이 됩니다. 그 이상은 핸들러가 빨라져야 합니다."
        ),
    ),
)
CONSUMER_CHECKS = (*_OF_PROCESS, *_OF_GROUP)

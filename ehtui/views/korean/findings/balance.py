"""How partitions move between owners, and how they share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    GROUP_CHURN,
    GROUP_IMBALANCED,
    GROUP_NEWCOMER,
    GROUP_SINGLE_HOST,
    PARTITION_PINGPONG,
)
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning, advise
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject, topic
from ehtui.views.korean.phrases import duration, group, owner, partitions, where

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        Churn,
        Imbalance,
        Newcomer,
        PingPong,
        SingleHost,
    )


def _imbalanced(found: Imbalance, about: About) -> str:
    low, high = found.expected_min, found.expected_max
    fair = f"{count(low)}개" if low == high else f"{count(low)}–{count(high)}개"
    lasting = phrases.since(about.say, found.imbalanced_since_at)
    most = f"{topic(owner(found.most_owner))} {count(found.most)}개"
    least = f"{topic(owner(found.least_owner))} {count(found.least)}개"
    shared = f"{phrases.in_all(found.partition_count)} 중 {most}, {least}"
    return f"{group(about)}: {lasting}째 파티션이 고르지 않습니다. {shared}(고르면 {fair})"


_imbalanced_advice = advise(
    (
        "컨슈머는 라운드마다 가장 많이 가진 소유자에게서 파티션을 하나씩 가져옵니다. 그래서 몇 "
        "라운드 안에 고르게 됩니다. 그러지 않으면 가장 적게 가진 컨슈머의 라운드가 돌지 않는 "
        "것입니다. 그 로그에서 소유권 획득 오류를 찾아보세요."
    ),
)


def _churn(found: Churn, about: About) -> str:
    among = f"살아 있는 {phrases.owners_in_all(found.owners)} 사이에서"
    often = f"{duration(found.window_s)} 동안 {phrases.times(found.changes)} 바뀌었습니다"
    return f"{group(about)}: {among} 파티션의 소유자가 {often}({partitions(found.partitions)})"


_churn_advice = advise(
    (
        "소유자가 바뀔 때마다 리더 하나가 닫히고 다른 하나가 열리며, 마지막 체크포인트 이후의 "
        "이벤트를 다시 읽습니다. 컨슈머 수가 그대로면 멈춰야 합니다."
    ),
    (
        "흔한 원인: 갱신하기 전에 만료되는 리스(만료 시간과 비슷한 갱신 주기, 부족한 CPU, 막힌 "
        "이벤트 루프, 어긋난 시계), 느리거나 스로틀된 저장소, 한 그룹 안에서 시간 설정이 다른 "
        "컨슈머."
    ),
)


def _pingpong(found: PingPong, about: About) -> str:
    who = subject(f"소유자 {phrases.owners(found.owners)}")
    often = f"{duration(found.window_s)} 동안 {phrases.times(found.changes)}"
    return f"{where(about)}: {who} {often} 서로 빼앗았습니다"


_pingpong_advice = advise(
    (
        "모두 자기가 파티션을 소유한다고 믿습니다. 한 그룹에 클라이언트 라이브러리나 버전이 "
        "둘인지, 이벤트 허브 이름의 대소문자나 포트가 다른지, 만료 시간이 갱신 주기보다 짧은지 "
        "확인하세요."
    ),
    "하나를 멈추거나 컨슈머 그룹을 따로 쓰게 하세요.",
)


def _newcomer(found: Newcomer, about: About) -> str:
    local = f"(이 호스트의 프로세스 {found.pid})" if found.pid is not None else ""
    joined_at = about.say.time(found.joined_at)
    came = f"새 {owner(found.owner)}{local}: {joined_at}에 {group(about)}에 들어왔습니다"

    if not found.taken:
        return came

    alarm = "로컬 실행이 운영 파티션을 가져갔습니다. " if found.is_production and found.pid else ""
    whose = f"{phrases.owners(found.from_owners)}에게서 " if found.from_owners else ""
    return f"{alarm}{came}. {whose}{object_(partitions(found.taken))} 가져갔습니다"


def _newcomer_advice(found: Newcomer, _: About) -> tuple[str, ...]:
    if not found.is_production:
        return ("새 컨슈머가 제 몫의 파티션을 가져갑니다. 그룹은 이렇게 늘어납니다.",)

    pid = found.pid
    stop = f"멈추세요(`{formats.command('kill', str(pid))}`)" if pid is not None else "멈추세요"
    return (
        (
            f"{stop}. 정상 종료하면 한 라운드 안에 운영 컨슈머가 파티션을 되찾습니다. 그때까지 "
            "읽고 체크포인트한 이벤트는 운영 컨슈머가 다시 읽지 않습니다."
        ),
        "이 이벤트 허브로 테스트하려면 다른 컨슈머 그룹을 쓰세요.",
    )


def _single_host(found: SingleHost, about: About) -> str:
    owners = subject(phrases.owners_in_all(found.owners))
    return (
        f"{group(about)}: {owners} 모두 이 호스트에서 실행 중입니다. 호스트가 죽으면 아무도 읽지 "
        "않습니다"
    )


_single_host_advice = advise(
    "다른 호스트에 컨슈머를 하나 더 두세요. 파티션을 나눠 읽거나 대기합니다.",
)


_GROUP_IMBALANCED = Meaning(
    "어떤 소유자는 제 몫보다 많이, 어떤 소유자는 적게 가지고 있습니다.",
    "고르게 되기까지 몇 라운드 걸립니다. 오래가면 라운드가 돌지 않는 컨슈머가 있습니다.",
    "몇 라운드 기다린 뒤, 가장 적게 가진 컨슈머의 로그를 보세요.",
)
_GROUP_CHURN = Meaning(
    "살아 있는 소유자 사이에서 파티션이 계속 옮겨 다닙니다.",
    (
        "갱신하기 전에 리스가 만료되거나, 저장소가 느리거나 스로틀되거나, 시간 설정이 다른 "
        "컨슈머가 한 그룹에 있습니다."
    ),
    "모든 컨슈머의 시간 설정을 같게 하고, 만료 시간을 갱신 주기의 몇 배로 하세요.",
)
_PARTITION_PINGPONG = Meaning(
    "두 소유자가 한 파티션을 계속 서로 빼앗습니다.",
    (
        "한 그룹에 클라이언트 라이브러리나 버전이 둘이거나, 이벤트 허브 이름의 대소문자나 포트가 "
        "다릅니다."
    ),
    "하나를 멈추거나 컨슈머 그룹을 따로 쓰게 하세요.",
)
_GROUP_NEWCOMER = Meaning(
    "새 소유자가 그룹에 들어왔습니다. 다른 소유자의 파티션을 가져갔을 수 있습니다.",
    "누군가 컨슈머를 시작했습니다. 운영 이벤트 허브라면 로컬 테스트일 수 있습니다.",
    "의도한 것이면 할 일이 없습니다. 아니면 정상 종료하세요.",
)
_GROUP_SINGLE_HOST = Meaning(
    "운영 그룹의 소유자가 모두 이 호스트에서 실행 중입니다.",
    "다른 곳에서 실행 중인 컨슈머가 없습니다.",
    "다른 호스트에 컨슈머를 하나 더 두세요.",
)
TEXTS = (
    FindingText(GROUP_IMBALANCED, _imbalanced, _imbalanced_advice, meaning=_GROUP_IMBALANCED),
    FindingText(GROUP_CHURN, _churn, _churn_advice, meaning=_GROUP_CHURN),
    FindingText(PARTITION_PINGPONG, _pingpong, _pingpong_advice, meaning=_PARTITION_PINGPONG),
    FindingText(GROUP_NEWCOMER, _newcomer, _newcomer_advice, meaning=_GROUP_NEWCOMER),
    FindingText(GROUP_SINGLE_HOST, _single_host, _single_host_advice, meaning=_GROUP_SINGLE_HOST),
)

"""What cannot be read, what the store does not show, and clocks that disagree.

What a source itself says of its trouble is English: it is made where the connection is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CLOCK_HUB,
    CLOCK_SKEW,
    CLOCK_STORE_JUMPED,
    SOURCE_LIMITED,
    SOURCE_THROTTLED,
    SOURCE_UNAUTHORISED,
    SOURCE_UNREADABLE,
    STORE_NOT_VISIBLE,
)
from ehtui.domain.problems import ProblemKind
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning, advise
from ehtui.views.korean import phrases
from ehtui.views.korean.phrases import duration, group, joined
from ehtui.views.korean.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.findings.evidence import (
        HostClockSkew,
        HubClockAhead,
        NotVisible,
        SourceLimit,
        SourceTrouble,
        StoreClockJump,
    )

PROBLEMS: Mapping[ProblemKind, str] = {
    ProblemKind.UNAUTHORISED: "인증 실패",
    ProblemKind.FORBIDDEN: "권한 없음",
    ProblemKind.NOT_FOUND: "없음",
    ProblemKind.UNRESOLVED: "호스트 이름을 찾을 수 없음",
    ProblemKind.UNREACHABLE: "연결할 수 없음",
    ProblemKind.TLS: "TLS 오류",
    ProblemKind.TIMEOUT: "시간 초과",
    ProblemKind.THROTTLED: "스로틀됨",
    ProblemKind.CONFLICT: "그사이 바뀜",
    ProblemKind.MALFORMED: "알 수 없는 응답",
    ProblemKind.UNSUPPORTED: "지원하지 않음",
    ProblemKind.INTERNAL: "ehtui 내부 오류",
}


def _source_name(name: str) -> str:
    return SOURCES.get(name, safe(name))


def _apart(ahead_s: float) -> str:
    return f"{duration(abs(ahead_s))} {'빠릅니다' if ahead_s > 0 else '느립니다'}"


def _skew(found: HostClockSkew, _: About) -> str:
    return f"이 호스트의 시계가 스토리지 서버보다 {_apart(-found.offset_s)}"


_skew_advice = advise(
    (
        "컨슈머는 자기 시계를 서버의 시각과 비교해서 리스를 판단합니다. 시계가 빠른 컨슈머는 살아 "
        "있는 리스를 가져가고, 느린 컨슈머는 늦게 인계받습니다. ehtui는 서버 시각을 씁니다. 이 "
        "호스트의 시계를 맞추세요(timedatectl, chronyc)."
    ),
)


def _store_clock(found: StoreClockJump, about: About) -> str:
    way = "앞으로" if found.ahead_s > 0 else "뒤로"
    size = duration(abs(found.ahead_s))

    if found.is_back:
        until = about.say.time(found.seen_at)
        return f"저장소의 시계가 한동안 {size} {way} 어긋났다가 {until}에 돌아왔습니다"

    return f"저장소의 시계가 {size} {way} 뛰었습니다"


def _store_clock_advice(found: StoreClockJump, _: About) -> tuple[str, ...]:
    return (
        (
            "ehtui는 이 변화를 무시합니다. 리스, 지연, 상태는 저장소를 처음 읽은 뒤 여기서 흐른 "
            "시간을 따릅니다."
        ),
        (
            "레코드에도 틀린 시각이 찍히므로 컨슈머는 리스를 실제보다 오래됐거나 새롭다고 봅니다."
            if found.stamps_records
            else "레코드의 시각은 맞습니다. 응답의 Date만 틀립니다."
        ),
    )


def _hub_clock(found: HubClockAhead, _: About) -> str:
    return f"이벤트 허브의 시계가 저장소보다 {_apart(found.ahead_s)}"


_hub_clock_advice = advise(
    (
        "BEHIND(시간으로 본 지연)는 이 차이만큼 보정합니다. Azure에서는 둘 다 맞춰져 있습니다. "
        "다른 곳이라면 두 서비스를 돌리는 호스트의 시계를 맞추세요."
    ),
)


def _not_visible(found: NotVisible, about: About) -> str:
    if found.reason == "no_store":
        return "체크포인트 저장소가 없습니다. 소유자, 리스, 체크포인트, 지연을 알 수 없습니다"

    others = [safe(name) for name in found.other_groups]
    known = f"저장소에 레코드가 있는 그룹: {phrases.listed(others)}" if others else ""
    return joined(f"{group(about)}: 아직 소유자나 체크포인트의 레코드가 없습니다", known)


def _not_visible_advice(found: NotVisible, _: About) -> tuple[str, ...]:
    if found.reason == "no_store":
        return (
            (
                "AZURE_STORAGE_CONNECTION_STRING(또는 AZURE_STORAGE_ACCOUNT_URL)과 "
                "CHECKPOINT_CONTAINER를 설정하거나, 실행 중인 컨슈머에서 가져오세요: `ehtui --pid "
                "PID`."
            ),
        )

    return (
        (
            "이 컨테이너로 이 그룹의 컨슈머가 실행된 적이 없거나, 컨슈머가 다른 컨테이너, 이벤트 "
            "허브, 그룹을 씁니다. 실제로 무엇을 쓰는지는 `ehtui config --pid PID`로 볼 수 있습니다."
        ),
        (
            "체크포인트 저장소가 없는 컨슈머(메모리에만 두거나 아예 없는 경우)는 여기에 보이지 "
            "않습니다."
        ),
    )


def _limited(found: SourceLimit, _: About) -> str:
    problem = PROBLEMS[found.problem_kind]
    summary = safe(found.summary).rstrip(".")
    return f"{_source_name(found.source)}: 일부만 읽습니다({problem}: {summary})"


def _limited_advice(found: SourceLimit, _: About) -> tuple[str, ...]:
    return tuple(formats.full_stop(line) for line in (safe(found.advice),) if line)


def _source(found: SourceTrouble, about: About) -> str:
    last, since = found.last_read_at, about.say.time(found.failing_since_at)
    problem, summary = PROBLEMS[found.problem_kind], safe(found.summary).rstrip(".")
    age = phrases.since(about.say, last)
    return joined(
        f"{_source_name(found.source)}: {since}부터 읽지 못합니다({problem}: {summary})",
        f"보이는 것은 {age} 전의 것입니다" if last is not None else "",
    )


def _source_advice(found: SourceTrouble, about: About) -> tuple[str, ...]:
    retry = found.retry_at
    again = f" 다음 시도는 {about.say.time(retry)}입니다." if retry else ""
    tries = f"{phrases.times(found.failures)} 이어서 실패했습니다.{again}"
    return tuple(formats.full_stop(line) for line in (safe(found.advice), tries) if line)


def _throttled_advice(found: SourceTrouble, about: About) -> tuple[str, ...]:
    return (
        *_source_advice(found, about),
        (
            "ehtui는 알아서 천천히 읽습니다. 이 한도는 네임스페이스의 다른 클라이언트와 함께 "
            "씁니다. 모니터를 줄이거나, 읽는 주기를 늘리거나, 처리량 단위(TU)를 늘리세요."
        ),
    )


_CLOCK_SKEW = Meaning(
    "이 호스트의 시계가 스토리지 서버와 다릅니다.",
    "호스트의 시계가 맞춰져 있지 않습니다.",
    "시계를 맞추세요. 여기의 컨슈머는 이 시계로 리스를 판단합니다. ehtui는 서버 시각을 씁니다.",
)
_CLOCK_STORE_JUMPED = Meaning(
    "체크포인트 저장소의 시계가 뛰었습니다.",
    "그 호스트의 시계를 맞췄거나, 호스트가 잠들었거나, 손으로 바꿨습니다.",
    "보통은 할 일이 없습니다. ehtui는 무시합니다. 그동안 컨슈머가 리스를 잘못 판단할 수 있습니다.",
)
_CLOCK_HUB = Meaning(
    "이벤트 허브와 체크포인트 저장소의 시계가 다릅니다.",
    "Azure가 아닌 곳에서, 시계가 맞지 않는 호스트에서 실행 중입니다.",
    "그 호스트의 시계를 맞추세요. 시간으로 본 지연은 차이만큼 보정됩니다.",
)
_STORE_NOT_VISIBLE = Meaning(
    "그룹의 소유자, 체크포인트, 지연을 볼 수 없습니다.",
    "체크포인트 저장소를 설정하지 않았거나, 저장소에 이 그룹의 레코드가 없습니다.",
    "저장소를 설정하거나, 컨슈머가 실제로 무엇을 쓰는지 보세요: `ehtui config --pid PID`.",
)
_SOURCE_LIMITED = Meaning(
    "읽을 수는 있지만 일부만 읽습니다.",
    "이상한 응답, 부족한 권한, 또는 더 느린 방법을 쓰는 중입니다.",
    "옆에 있는 조언을 따르세요.",
)
_SOURCE_UNREADABLE = Meaning(
    "이벤트 허브, 저장소, 프로세스, 로그 중 하나를 읽지 못합니다. 보이는 것은 예전 것입니다.",
    "네트워크, 주소, 방화벽, 서비스의 문제입니다.",
    "옆에 있는 조언을 따르세요. ehtui는 계속 시도합니다.",
)
_SOURCE_THROTTLED = Meaning(
    "서비스가 ehtui의 읽기를 스로틀합니다.",
    "네임스페이스나 계정의 요청 한도를 다 썼습니다.",
    "모니터를 줄이거나, 읽는 주기를 늘리거나, 처리량 단위(TU)를 늘리세요.",
)
_SOURCE_UNAUTHORISED = Meaning(
    "ehtui에 읽을 권한이 없습니다.",
    "키가 틀렸거나 바뀌었거나, 토큰이 만료됐거나, 역할이 없습니다.",
    "권한을 주거나 다른 자격 증명을 쓰세요. 지금 쓰는 것은 `ehtui config`로 볼 수 있습니다.",
)
TEXTS = (
    FindingText(CLOCK_SKEW, _skew, _skew_advice, meaning=_CLOCK_SKEW),
    FindingText(CLOCK_STORE_JUMPED, _store_clock, _store_clock_advice, meaning=_CLOCK_STORE_JUMPED),
    FindingText(CLOCK_HUB, _hub_clock, _hub_clock_advice, meaning=_CLOCK_HUB),
    FindingText(STORE_NOT_VISIBLE, _not_visible, _not_visible_advice, meaning=_STORE_NOT_VISIBLE),
    FindingText(SOURCE_LIMITED, _limited, _limited_advice, meaning=_SOURCE_LIMITED),
    FindingText(SOURCE_UNREADABLE, _source, _source_advice, meaning=_SOURCE_UNREADABLE),
    FindingText(SOURCE_THROTTLED, _source, _throttled_advice, meaning=_SOURCE_THROTTLED),
    FindingText(SOURCE_UNAUTHORISED, _source, _source_advice, meaning=_SOURCE_UNAUTHORISED),
)

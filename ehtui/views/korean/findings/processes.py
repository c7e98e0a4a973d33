"""What processes say and do: complaints of their logs, restarts that did not end well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CONSUMER_DOWN,
    LOG_COMPLAINTS,
    RESTART_ABANDONED,
    RESTART_SLOW,
)
from ehtui.views.actions.costs import by_hand
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject, topic, towards
from ehtui.views.korean.phrases import duration, joined, partitions
from ehtui.views.korean.restarts import obstacle_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.findings.evidence import Down, FindingKind, LogComplaint, StillRunning


# What one line says, of a process that stands before it.
SAID: Mapping[str, str] = {
    "log.claim_failed": "소유권을 얻거나 갱신하지 못했습니다",
    "log.ownership_lost": "소유권을 잃었습니다",
    "log.link_stolen": "다른 리더 때문에 연결이 끊겼습니다",
    "log.receiver_quota": "리더가 너무 많아 거절됐습니다",
    "log.checkpoint_failed": "체크포인트를 쓰지 못했습니다",
    "log.balancing_failed": "로드 밸런싱 라운드가 실패했습니다",
    "log.receive_failed": "이벤트를 받지 못했거나 핸들러가 예외를 냈습니다",
    "log.throttled": "네임스페이스가 스로틀했습니다",
    "log.entity_disabled": "이벤트 허브가 비활성화돼 있었습니다",
    "log.offset_refused": "체크포인트의 오프셋이 거절됐습니다",
    "log.authorisation_lost": "이벤트 허브 접근이 거절됐습니다",
    "log.owner_level_refused": "소유자 수준이 더 높은 리더에 밀려 거절됐습니다",
}
_UNSEEN = {"log.ownership_lost", "log.link_stolen"}
_LOOK = "이유는 로그에 있습니다. 그 줄에서 `l`을 누르거나 근거(Evidence)의 줄을 보세요."
_STORE = (
    "체크포인트 컨테이너를 읽고 쓸 수 있는지(바뀐 키, 없는 역할 Storage Blob Data Contributor, "
    "방화벽), 스로틀되지 않는지 확인하세요."
)
_ADVICE: Mapping[str, tuple[str, ...]] = {
    "log.claim_failed": (_LOOK, _STORE),
    "log.ownership_lost": (
        (
            "이 저장소에서는 아무도 가져가지 않았으므로 다른 무언가가 이 레코드를 씁니다. 레코드를 "
            "초기화하거나 복사하는 도구나 틀린 시계를 찾아보세요."
        ),
        _LOOK,
    ),
    "log.link_stolen": (
        (
            "소유자 수준이 더 높은 리더가 자리를 차지했지만 이 저장소의 소유권은 그대로입니다. "
            "다른 "
            "프로그램이 다른 저장소로, 또는 저장소 없이 같은 그룹을 읽습니다."
        ),
        (
            "그 프로그램을 찾아 컨슈머 그룹을 따로 쓰게 하세요. SDK가 이름을 보내면 로그 줄에 "
            "리시버 이름이 있습니다(Python은 보내지 않습니다)."
        ),
    ),
    "log.receiver_quota": (
        (
            "컨슈머 그룹은 소유자 수준이 없는 리더를 파티션당 5개까지 허용합니다. 남은 리더를 "
            "끝내거나, 프로그램마다 컨슈머 그룹을 따로 쓰세요."
        ),
    ),
    "log.checkpoint_failed": (
        _STORE,
        "그때까지는 재시작하거나 인계되면 마지막 체크포인트부터 다시 읽습니다.",
    ),
    "log.balancing_failed": (
        _STORE,
        (
            "그동안 아무것도 갱신하지 않으므로 리스가 만료되고, 다른 컨슈머가 파티션을 가져갈 수 "
            "있습니다."
        ),
    ),
    "log.receive_failed": (
        _LOOK,
        (
            "핸들러의 예외도 여기에 나옵니다. 파티션이 닫히고, 마지막 체크포인트부터 다시 소유권을 "
            "얻습니다."
        ),
    ),
    "log.throttled": (
        (
            "네임스페이스의 처리량을 다 썼거나, 애플리케이션 그룹이 이 클라이언트를 제한합니다. "
            "메트릭의 Throttled Requests와 Outgoing Bytes를 보고 처리량 단위(TU)를 늘리거나 자동 "
            "확장(auto-inflate)을 켜세요."
        ),
        "그때까지는 더 느리게 읽고 지연이 늘어납니다.",
    ),
    "log.entity_disabled": (
        (
            "누군가 이벤트 허브의 상태를 Disabled로 바꿨습니다. 포털이나 "
            "`az eventhubs eventhub update --status Active`로 다시 켜세요."
        ),
        "그때까지는 어떤 컨슈머도 받지 못합니다. 리스는 저장소에 있으므로 계속 갱신될 수 있습니다.",
    ),
    "log.offset_refused": (
        (
            "지역 복제된 이벤트 허브인데 체크포인트의 오프셋은 그 전의 것입니다. 그 파티션은 "
            "거기서부터 읽을 수 없습니다."
        ),
        (
            ".NET은 기본 위치에서, Go는 첫 이벤트부터 시작하므로 이벤트를 놓치거나 두 번 읽을 수 "
            "있습니다. 다른 SDK라면 이 파티션의 체크포인트를 지우세요. 그러면 처음 위치에서 "
            "시작합니다."
        ),
    ),
    "log.authorisation_lost": (
        (
            "무엇으로 로그인하는지 확인하세요: 바뀐 키, 없어진 역할 Azure Event Hubs Data "
            "Receiver, "
            "만료된 토큰이나 인증서. 로그 줄에 없는 클레임이 나옵니다."
        ),
        (
            "아무것도 받지 못하지만 리스는 계속 갱신할 수 있어서 아무도 인계받지 않습니다. 자격 "
            "증명을 고친 뒤 다시 시작하세요."
        ),
    ),
    "log.owner_level_refused": (
        (
            "소유자 수준(epoch)이 더 높은 리더가 같은 그룹의 같은 파티션에 연결돼 있어서 들어가지 "
            "못합니다."
        ),
        "둘 중 하나는 컨슈머 그룹을 따로 쓰게 하세요.",
    ),
}
_STORE_RIGHTS = "컨슈머에 체크포인트 컨테이너 권한이 있는지, 스로틀되지 않는지 확인하세요."
_MEANINGS: Mapping[str, Meaning] = {
    "log.claim_failed": Meaning(
        "로그에 소유권을 얻거나 갱신하지 못했다는 줄이 있습니다.",
        "체크포인트 저장소에 쓸 수 없거나, 저장소가 느리거나 스로틀됩니다.",
        _STORE_RIGHTS,
    ),
    "log.ownership_lost": Meaning(
        "컨슈머의 로그에는 소유권을 잃었다는데, 이 저장소에서는 아무도 가져가지 않았습니다.",
        "다른 도구가 이 레코드를 쓰거나 시계가 틀립니다.",
        "체크포인트 레코드를 초기화하거나 복사하는 도구를 찾아보세요.",
    ),
    "log.link_stolen": Meaning(
        "다른 리더가 이 리더를 끊었는데, 이 저장소의 소유권은 그대로입니다.",
        "다른 프로그램이 다른 저장소로, 또는 저장소 없이 같은 그룹을 읽습니다.",
        "그 프로그램을 찾아 컨슈머 그룹을 따로 쓰게 하세요.",
    ),
    "log.receiver_quota": Meaning(
        "서비스가 너무 많은 리더를 거절했습니다.",
        "그룹은 소유자 수준이 없는 리더를 파티션당 5개까지 허용합니다.",
        "쓰지 않는 리더를 끝내거나 다른 컨슈머 그룹을 쓰세요.",
    ),
    "log.checkpoint_failed": Meaning(
        "컨슈머의 로그에 체크포인트를 쓰지 못했다는 줄이 있습니다.",
        "체크포인트 저장소에 쓸 수 없거나, 저장소가 느리거나 스로틀됩니다.",
        _STORE_RIGHTS,
    ),
    "log.balancing_failed": Meaning(
        "컨슈머의 로그에 로드 밸런싱 라운드가 실패했다는 줄이 있습니다.",
        "체크포인트 저장소를 읽거나 쓸 수 없습니다.",
        f"{_STORE_RIGHTS} 그동안 리스가 만료됩니다.",
    ),
    "log.receive_failed": Meaning(
        "컨슈머의 로그에 이벤트를 받지 못했거나 핸들러가 예외를 냈다는 줄이 있습니다.",
        "네트워크나 서비스의 문제이거나 핸들러의 예외입니다.",
        "로그 줄을 보세요. 파티션이 닫히고, 마지막 체크포인트부터 다시 소유권을 얻습니다.",
    ),
    "log.throttled": Meaning(
        "네임스페이스가 컨슈머를 스로틀합니다.",
        "처리량을 다 썼거나, 애플리케이션 그룹이 이 클라이언트를 제한합니다.",
        "처리량 단위(TU)를 늘리거나 자동 확장(auto-inflate)을 켜세요.",
    ),
    "log.entity_disabled": Meaning(
        "이벤트 허브가 비활성화돼서 어떤 컨슈머도 받지 못합니다.",
        "누군가 상태를 Disabled로 바꿨습니다.",
        "다시 Active로 바꾸세요.",
    ),
    "log.offset_refused": Meaning(
        "서비스가 체크포인트의 오프셋을 거절했습니다.",
        "지역 복제된 이벤트 허브인데 체크포인트는 그 전의 것입니다.",
        "그 파티션의 체크포인트를 지우거나, SDK의 기본 위치를 받아들이세요.",
    ),
    "log.authorisation_lost": Meaning(
        "컨슈머의 이벤트 허브 접근이 거절됐습니다.",
        "키가 바뀌었거나, 역할이 없어졌거나, 토큰이 만료됐습니다.",
        "자격 증명을 고치고 다시 시작하세요. 읽지 못해도 리스는 계속 갱신할 수 있습니다.",
    ),
    "log.owner_level_refused": Meaning(
        "소유자 수준이 더 높은 리더에 밀려 거절됐습니다.",
        "소유자 수준(epoch)을 쓰는 리더 둘이 같은 그룹의 같은 파티션을 읽습니다.",
        "둘 중 하나는 컨슈머 그룹을 따로 쓰게 하세요.",
    ),
}


def _text(kind: FindingKind[LogComplaint]) -> FindingText[LogComplaint]:
    def sentence(found: LogComplaint, _: About) -> str:
        places = f"({partitions(found.partitions)})" if found.partitions else ""
        often = phrases.times(found.count) if found.count > 1 else ""
        lasting = f"{duration(found.window_s)} 동안 " if often and found.window_s else ""
        unseen = "저장소에서는 아무도 가져가지 않았습니다" if kind.id in _UNSEEN else ""
        told = f"프로세스 {found.pid}{places}: {SAID[kind.id]}"
        return joined(f"{told}({lasting}{often})" if often else told, unseen)

    return FindingText(kind, sentence, lambda *_: _ADVICE[kind.id], meaning=_MEANINGS[kind.id])


_HALTED = {"stopped": "(SIGSTOP으로 멈춤)", "tracing-stop": "(디버거가 붙잡음)"}


def _down(found: Down, _: About) -> str:
    return joined(f"{topic(f'프로세스 {found.pid}')} 실행 중이 아닙니다", _why(found))


def _why(found: Down) -> str:
    if found.exit_code is not None:
        return f"종료했는데 새 프로세스가 바로 끝났습니다(종료 코드 {found.exit_code})"

    if found.obstacle is not None:
        words = obstacle_words(found.obstacle, found.detail)
        return f"종료했지만 다시 시작하지 못했습니다: {words}"

    return "재시작하려고 종료했는데 재시작이 도중에 끊겼습니다"


def _down_advice(found: Down, _: About) -> tuple[str, ...]:
    names = phrases.listed(found.variables)
    lines = (
        f"다시 시작하려면 S를 누르거나 {object_(f'`ehtui restart {found.pid}`')} 실행하세요.",
        f"직접 하려면: `{by_hand(found.folder, found.command)}`",
        f"환경 변수: {names}." if found.variables else "",
        f"로그: {found.log_path}." if found.exit_code is not None else "",
        f"더 필요 없다면: `ehtui restart --forget {found.pid}`.",
    )
    return tuple(line for line in lines if line)


def _asked(found: StillRunning, about: About) -> str:
    signal = object_(f"SIG{found.signal}")
    asked = phrases.since(about.say, found.asked_at)
    return f"{subject(f'프로세스 {found.pid}')} {asked} 전에 {signal} 받았"


def _slow(found: StillRunning, about: About) -> str:
    runs = f"{_asked(found, about)}지만 아직 실행 중입니다{_HALTED.get(found.status, '')}"
    return joined(runs, "끝나면 다시 시작합니다")


def _slow_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    if found.status == "stopped":
        return (f"다시 움직이기 전에는 시그널을 처리하지 못합니다: `kill -CONT {found.pid}`.",)

    stack = towards(f"`py-spy dump --pid {found.pid}`")
    return (
        "컨슈머는 핸들러가 처리 중인 이벤트를 마치면 끝납니다.",
        (
            "멈춰 있으면 SIGKILL을 보내세요(`K`). 소유권을 해제하지 않고 죽지만 재시작은 "
            f"이어집니다. Python이라면 {stack} 스택을 볼 수 있습니다."
        ),
    )


def _abandoned(found: StillRunning, about: About) -> str:
    asked = f"재시작하려고 {_asked(found, about)}습니다"
    return joined(asked, "하지만 끝난 뒤에 다시 시작할 것이 없습니다")


def _abandoned_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    return (
        "재시작하던 프로세스가 도중에 종료됐습니다.",
        (
            f"R이나 {towards(f'`ehtui restart {found.pid}`')} 다시 시작하세요. 이것도 끝나기를 "
            "기다립니다."
        ),
    )


_CONSUMER_DOWN = Meaning(
    "ehtui가 재시작하려고 컨슈머를 종료했는데, 그 자리에 실행 중인 것이 없습니다.",
    "새 프로세스가 바로 끝났거나, 시작하지 못했거나, 재시작이 도중에 끊겼습니다.",
    "S나 `ehtui restart PID`로, 또는 보이는 명령으로 직접 다시 시작하세요.",
)
_RESTART_SLOW = Meaning(
    "재시작하려고 컨슈머에 종료를 요청했는데 아직 실행 중입니다.",
    "핸들러가 아직 일하거나, 멈춰 있습니다.",
    "기다리거나, 멈춰 있으면 SIGKILL을 보내세요. 끝나면 다시 시작합니다.",
)
_RESTART_ABANDONED = Meaning(
    "컨슈머에 종료를 요청했는데, 끝난 뒤에 다시 시작할 것이 없습니다.",
    "재시작하던 프로세스가 도중에 종료됐습니다.",
    "R이나 `ehtui restart PID`로 다시 시작하세요.",
)
TEXTS = (
    *map(_text, LOG_COMPLAINTS.values()),
    FindingText(CONSUMER_DOWN, _down, _down_advice, meaning=_CONSUMER_DOWN),
    FindingText(RESTART_SLOW, _slow, _slow_advice, meaning=_RESTART_SLOW),
    FindingText(RESTART_ABANDONED, _abandoned, _abandoned_advice, meaning=_RESTART_ABANDONED),
)

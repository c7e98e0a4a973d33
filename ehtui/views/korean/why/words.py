"""What the words of the checks mean, for who meets them first, and what checks amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.why.checks import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

OWNERSHIP = (
    "소유권(ownership): 파티션을 읽으려는 컨슈머는 체크포인트 저장소의 blob에 자기 소유자 id를 "
    "씁니다. 거기 적힌 소유자만 읽고, 나머지는 라운드마다 다시 시도합니다."
)
LEASE = (
    "리스(lease): 소유자는 그 blob을 라운드마다 다시 씁니다. 그동안에는 아무도 파티션을 가져가지 "
    "않습니다. 갱신이 멈추면 리스가 만료되고, 어떤 컨슈머든 가져갈 수 있습니다."
)
CHECKPOINT = (
    "체크포인트(checkpoint): 그룹이 어디까지 읽었는지 기록한 마지막 이벤트입니다. 다음 소유자는 그 "
    "뒤부터 읽습니다."
)
STANDBY = (
    "대기(standby): 한 그룹에서 파티션 하나는 한 컨슈머만 읽습니다. 그래서 파티션 수만큼만 읽을 수 "
    "있고, 나머지는 예비로 기다리다가 소유자가 멈추면 인계받습니다."
)
CLAIMING = (
    "“hasn't claimed an ownership”은 오류가 아닙니다. 요청했지만 모든 파티션에 소유자가 있어서 "
    "다시 요청한다는 뜻입니다. 예비 컨슈머는 라운드마다 이 줄을 남깁니다."
)
LAG = "지연(lag): 파티션에 있지만 그룹이 아직 체크포인트하지 않은 이벤트 수입니다."
GROUP = (
    "컨슈머 그룹(consumer group): 파티션을 나눠 읽고 체크포인트를 따로 두는 컨슈머들입니다. "
    "그룹마다 모든 이벤트를 읽으며, 서로 영향을 주지 않습니다."
)
VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.UNKNOWN: (
        "아직 이유를 말할 만큼 알지 못합니다. 더 지켜보거나, 읽지 못하는 것부터 고치세요."
    ),
    Verdict.GONE: "이제 없는 프로세스이므로 아무것도 받지 않습니다.",
    Verdict.MISSING: "그런 파티션, 소유자, 그룹이 없습니다.",
    Verdict.NOT_A_CONSUMER: "이 프로세스와 그룹을 잇는 것이 없습니다.",
    Verdict.PRODUCER: "프로듀서입니다. 이벤트를 보내기만 하므로 소유하는 것도 받는 것도 없습니다.",
    Verdict.ELSEWHERE: "이 이벤트 허브의 컨슈머가 아닙니다. 설정이 다른 이벤트 허브를 가리킵니다.",
    Verdict.FINE: "정상입니다. 들어오는 이벤트를 읽고 있습니다.",
    Verdict.IDLE: "정상입니다. 읽을 이벤트가 없습니다.",
    Verdict.STANDBY: (
        "정상입니다. 예비 컨슈머입니다. 그룹의 모든 파티션을 이미 다른 컨슈머가 읽고 있어서 받는 "
        "것이 없습니다. 하나가 멈추면 알아서 인계받습니다."
    ),
    Verdict.STARVED: (
        "파티션을 소유해야 하는데 그러지 못합니다. 빈 파티션이 있거나, 다른 컨슈머가 제 몫보다 "
        "많이 가지고 있습니다."
    ),
    Verdict.NEXT_IN_LINE: (
        "아직 아무것도 소유하지 않지만 빈 파티션이 있습니다. 기다리는 컨슈머 중 먼저 요청하는 쪽이 "
        "가져갑니다."
    ),
    Verdict.UNCOVERED: (
        "일부 파티션에 소유자가 없어서 아무도 읽지 않습니다. 그 이벤트는 기다립니다."
    ),
    Verdict.UNOWNED: "소유자가 없어서 아무도 읽지 않습니다. 이벤트는 기다립니다.",
    Verdict.LAPSING: (
        "소유자가 조용합니다. 다른 컨슈머가 자기 기준으로 리스가 만료됐다고 판단하면 파티션을 "
        "인계받아 체크포인트부터 이어서 읽습니다."
    ),
    Verdict.STUCK: (
        "살아 있는 소유자가 있지만 읽히지 않습니다. 클라이언트는 리스를 갱신하는데 핸들러가 끝나지 "
        "않습니다. 그동안은 아무도 인계받지 않습니다."
    ),
    Verdict.FAILING: (
        "같은 곳에서 계속 실패합니다. 매번 마지막 체크포인트부터 다시 시작하지만 그곳을 넘지 "
        "못합니다."
    ),
    Verdict.BEHIND: "읽고 있지만 이벤트가 들어오는 속도보다 느려서 지연이 늘어납니다.",
    Verdict.AHEAD: (
        "체크포인트가 마지막 이벤트보다 앞서 있어서 아무것도 읽지 않습니다. 다른 스트림의 "
        "체크포인트입니다."
    ),
    Verdict.STRAY: (
        "이벤트 허브에 없는 파티션인데 저장소에 레코드가 있습니다. 파티션이 더 많던 이벤트 허브의 "
        "것이 남았거나, 다른 이벤트 허브의 컨슈머가 썼습니다."
    ),
    Verdict.FORMER_HUB: (
        "이벤트 허브가 삭제된 뒤 다시 만들어졌고, 이 체크포인트는 예전 것입니다. 얼마나 기다리는지 "
        "알 수 없고, 거기서 시작하는 컨슈머는 새 이벤트 허브의 앞쪽 이벤트를 건너뜁니다."
    ),
    Verdict.REWOUND: "체크포인트가 되돌아갔습니다. 이벤트를 두 번 읽습니다.",
    Verdict.NEVER_CHECKPOINTED: (
        "소유자가 있고 읽고 있을 수도 있지만, 체크포인트가 한 번도 없어서 알 수 없습니다."
    ),
    Verdict.OTHER_NAME: (
        "이 저장소에는 설정한 네임스페이스 이름의 레코드가 없고 다른 이름의 레코드가 있습니다. "
        "둘이 같은 네임스페이스라면 컨슈머가 그 이름으로 실행 중입니다."
    ),
    Verdict.NOT_VISIBLE: (
        "이 저장소에 레코드가 없습니다. 컨슈머가 실행된 적이 없거나, 다른 컨테이너, 이벤트 허브, "
        "그룹을 씁니다."
    ),
    Verdict.NO_CONSUMERS: "쓰던 그룹인데 살아 있는 컨슈머가 없습니다. 이벤트는 기다립니다.",
}

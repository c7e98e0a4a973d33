"""Why a health is what it is, and what a checkpoint proves, in Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proof, Proven, Writer
from ehtui.views.korean.particles import topic
from ehtui.views.states import WRITERS

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES: Mapping[str, str] = {
    Rule.UNOWNED: "살아 있는 리스가 없음",
    Rule.AHEAD: "체크포인트가 마지막 이벤트보다 앞섬",
    Rule.OVERDUE: "소유자가 갱신을 멈춤. 다음 소유자가 남은 이벤트를 읽음",
    Rule.NO_SAMPLE: "이벤트 허브나 체크포인트에 비교할 시퀀스 번호가 없음",
    Rule.PREDATES_HUB: "체크포인트가 이벤트 허브보다 오래됨. 예전 이벤트 허브의 것",
    Rule.NO_SEQUENCE: "체크포인트에 시퀀스 번호가 없음. 오프셋으로는 거리를 알 수 없음",
    Rule.UNREADABLE: "레코드를 읽을 수 없음",
    Rule.NOT_IN_HUB: "이벤트 허브에 없는 파티션인데 저장소에 레코드가 있음",
    Rule.LAG_ZERO: "기다리는 이벤트 없음",
    Rule.NEVER_CHECKPOINTED: "체크포인트가 없어서 어디까지 읽었는지 알 수 없음",
    Rule.STOPPED: "보통의 체크포인트 간격보다 오래 이벤트가 기다림",
    Rule.STOPPED_LONG: "이벤트가 기다리는데 오랫동안 체크포인트가 없음",
    Rule.REWOUND: "체크포인트가 되돌아갔고 아직 따라잡지 못함",
    Rule.LOSING: "읽기 전에 보존 기간이 지나 이벤트가 지워짐",
    Rule.NEW_OWNER: "새 소유자가 아직 체크포인트하지 않음",
    Rule.CAUGHT_UP: "최근에 지연이 0이었음",
    Rule.WAITING: "이벤트가 평소보다 오래 대기 중이지만 중단됐다고 판단하기에는 이름",
    Rule.STALLED: "최근 체크포인트가 모두 같은 이벤트를 가리킴",
    Rule.GROWING: "최근 체크포인트 동안 지연이 줄지 않음",
    Rule.FILLING: "판단할 만큼 체크포인트를 보지 못함",
    Rule.STEADY: "지연이 오르내리지만 늘지는 않음",
}
PROOF_NOT_KNOWN = (
    "체크포인트가 무엇을 증명하는지 알 수 없습니다. 쓰는 SDK에 따라 다른데, 어느 SDK인지 알 수 "
    "없습니다"
)


def proof_sentence(proven: Proven) -> str | None:
    """What it proves and by whom; None where nothing tells."""
    if proven.proof is None or proven.writer is None:
        return None

    writer = writer_name(proven.writer)
    sentences = {
        Proof.PROCESSED: (
            f"체크포인트는 처리됐다는 뜻입니다. {topic(writer)} 핸들러가 직접 쓰므로, 핸들러가 "
            "작업을 기다린다면 그 앞의 이벤트는 끝났습니다"
        ),
        Proof.HANDED_OVER: (
            f"체크포인트는 넘겨줬다는 뜻일 뿐입니다. {topic(writer)} 이벤트가 애플리케이션에 닿을 "
            "때 쓰고, 예전 버전은 실패해도 씁니다(components-contrib 4598). 지연 0이 끝났다는 "
            "뜻은 아닙니다"
        ),
        Proof.REGARDLESS: (
            f"체크포인트는 넘겨줬다는 뜻일 뿐입니다. {topic(writer)} 핸들러가 실패해도 씁니다. "
            "지연 0이 끝났다는 뜻은 아닙니다"
        ),
    }
    return sentences[proven.proof]


def writer_name(writer: Writer) -> str:
    """The SDK that writes a checkpoint."""
    return "이벤트 프로세서 호스트" if writer is Writer.HOST else WRITERS[writer]

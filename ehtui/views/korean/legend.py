"""What every word, sign and column of the screen means, in Korean; names stay as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.snapshot import Severity
from ehtui.views.korean.findings import SEVERITY_WORDS, TEXTS
from ehtui.views.korean.phrases import listed
from ehtui.views.legend.words import Chapter, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAPTERS: Mapping[Chapter, str] = {
    Chapter.SIGNS: "기호",
    Chapter.HEALTH: "파티션의 상태",
    Chapter.LEASES: "리스",
    Chapter.ROLES: "컨슈머",
    Chapter.LOGS: "로그",
    Chapter.PROOFS: "체크포인트가 증명하는 것",
    Chapter.SOURCES: "읽는 곳",
    Chapter.COLUMNS: "열",
    Chapter.WORDS: "용어",
    Chapter.FINDINGS: "진단",
}
_WHY, _TO_DO, _SEVERITY, _RESTS_ON = "왜 생기나", "할 일", "심각도", "근거"
# By what is explained, as it is written.
MEANINGS: Mapping[Chapter, Mapping[str, str]] = {
    Chapter.SIGNS: {
        "–": "알 수 없음. 이유는 자세히 보기(enter)에 있음. 0은 언제나 측정한 0",
        "~": "추측이거나, 두 번 읽는 사이의 변화를 놓쳤을 수 있음",
        "≤": "많아야 이만큼: 체크포인트가 한 번도 없던 파티션",
        "≥": "적어도 이만큼: 지연을 알 수 없는 파티션이 있음",
        ">": "적어도 이만큼 오래",
        "<1s": "1초 미만이지만 0은 아님",
        "<1m": "실행된 지 1분 미만",
        "<0.1": "0은 아니지만 초당 0.1 미만",
        ">120s": (
            "제때 갱신되는 리스가 적어도 이만큼 남음. 갱신을 한 번 놓치거나 그 행을 고르면 초 "
            "단위로 줄어듦"
        ),
        "~120s": "남은 시간이 대략 이만큼인 리스: 리스 길이가 추측임",
        "12s ago": "LEASE에서는 그만큼 전에 만료됨. 상태 뒤에서는 그 행의 나이",
        "▲": "심각(ASCII에서는 X)",
        "△": "경고(ASCII에서는 !)",
        "●": "정보(ASCII에서는 i)",
        "✓": "모두 정상이거나 끝난 일(ASCII에서는 +)",
        "✗": "왜?(w)에서 실패한 확인(ASCII에서는 x)",
        "■ 73fda457": "소유자: 어디서나 같은 기호와 색, 그리고 앞 여덟 글자",
        "+2": "소유자 뒤: 한 프로세스에 소유자 id가 이만큼 더 있음",
        "◆": "행 옆: space로 고른 행(ASCII에서는 *)",
    },
    Chapter.HEALTH: {
        "ok": "읽고 있고, 따라가고 있음",
        "unknown": "아직 모르거나 알 수 없음",
        "behind": "지연이 줄지 않음",
        "rewound": "체크포인트가 되돌아가서 이벤트를 다시 읽음",
        "overdue": "소유자가 리스 갱신을 멈춤",
        "ahead": "체크포인트가 마지막 이벤트보다 앞섬",
        "stalled": "체크포인트를 쓰지만 앞으로 가지 않음",
        "stopped": "이벤트가 기다리는데 체크포인트를 쓰지 않음",
        "unowned": "살아 있는 리스가 없음",
        "wait 3/10": "판단하기 이름: 필요한 체크포인트 중 이만큼 봄",
        "absent": "이벤트 허브에 없는 파티션인데 저장소에 레코드가 있음",
        "old hub": "체크포인트가 다시 만든 이벤트 허브보다 오래됨",
    },
    Chapter.LEASES: {
        "held": "제때 갱신됨",
        "overdue": "갱신이 멈춤. 아직 만료되지 않음",
        "expired": "너무 오래 갱신되지 않음. 어떤 컨슈머든 가져갈 수 있음",
        "released": "정상적으로 해제됨. 어떤 컨슈머든 가져갈 수 있음",
        "unowned": "레코드 없음. 아무도 소유권을 얻은 적이 없음",
        "unclear": "레코드를 읽을 수 없어서 소유자를 모름",
    },
    Chapter.ROLES: {
        "owner": "살아 있는 리스로 파티션을 소유함",
        "standby": "아무것도 소유하지 않지만 정상. 소유자가 멈추면 인계받음",
        "starved": "가질 파티션이 있는데 아무것도 소유하지 못함",
        "producer": "이벤트를 보내기만 함",
        "elsewhere": "설정이 다른 이벤트 허브를 가리킴",
        "unknown": "소유자 id와 잇는 것이 없음",
    },
    Chapter.LOGS: {
        "none": "로그 파일을 찾지 못함",
        "named": "로그에 소유자 id가 있음",
        "behind": "로그의 끝만 읽고 나머지는 아직 읽지 않음",
        "silent": "로그에 소유자 id가 없음. 로그 레벨 때문에 보이지 않음",
        "shared": "여러 프로세스가 한 로그에 써서 자기 소유자 id를 알 수 없음",
    },
    Chapter.PROOFS: {
        "processed": "핸들러가 직접 씀. 핸들러가 작업을 기다린다면 그 앞의 이벤트는 끝남",
        "handed over": "이벤트가 애플리케이션에 닿을 때 씀. 지연 0이 끝났다는 뜻은 아님",
        "regardless": "핸들러가 실패해도 씀. 지연 0이 끝났다는 뜻은 아님",
    },
    Chapter.SOURCES: {
        "starting": "아직 읽지 않음",
        "ok": "응답함",
        "failing": "읽지 못함. 보이는 것은 예전 것",
        "off": "설정되지 않음",
    },
    Chapter.COLUMNS: {
        "ID": "파티션 번호(이벤트 허브의 번호). 문장에서는 P2",
        "HEALTH": "리스 상태와 읽기 진행 중 더 나쁜 쪽",
        "OWNER": "소유자 id의 앞 여덟 글자. 컨슈머에서는 소유자가 아니면 역할",
        "LEASE": "리스가 만료될 때까지 남은 시간. 막대는 남은 비율",
        "LAST SEQ": "LAG을 세는 마지막 이벤트의 시퀀스 번호",
        "CHECKPOINT": "LAG을 세기 시작하는 체크포인트의 시퀀스 번호",
        "LAG": "그룹이 아직 체크포인트하지 않은 이벤트 수: LAST SEQ에서 CHECKPOINT를 뺀 것",
        "TREND": "최근 5분의 지연. 오른쪽이 최신",
        "BEHIND": "시간으로 본 지연: 아직 읽지 않은 다음 이벤트가 얼마나 전에 들어왔는지",
        "IN/s": "초당 들어오는 이벤트",
        "OUT/s": "그룹이 초당 체크포인트하는 이벤트",
        "PROVES": "체크포인트를 쓰는 SDK에서 체크포인트가 증명하는 것",
        "PID": "프로세스 id",
        "UP": "프로세스가 실행된 시간",
        "CPU%": "코어 하나에 대한 비율",
        "MEM%": "이 호스트의 메모리에 대한 비율",
        "OWNS": "소유한 파티션. 다른 그룹의 것은 그룹 이름과 함께",
        "NAME": "config.yaml의 consumers: 아래 이름",
        "RSS": "실제로 쓰는 메모리",
        "THREADS": "프로세스의 스레드",
        "CONNS": "네임스페이스와의 연결",
        "LOG": "컨슈머의 로그로 알 수 있는 것",
        "COMMAND": "인터프리터를 뺀 스크립트와 인자. 보통이 아닌 상태는 괄호 안에",
        "SEVERITY": "critical(심각), warning(경고), info(정보)",
        "FINDING": "진단한 것",
        "SINCE": "시작된 때",
        "TIME": "일어난 때(이 호스트의 시간대)",
        "ABOUT": "파티션, 프로세스, 읽는 곳, 그룹. 이 세션에서 한 일은 “you”",
        "EVENT": "일어난 일",
        "GROUP": "컨슈머 그룹",
        "PARTITIONS": "상태별 파티션 수. 나쁜 것부터",
        "OWNERS": "살아 있는 리스를 가진 소유자",
        "BY MINUTE": "최근 한 시간의 그룹 지연. 오른쪽이 최신",
        "PROFILE": "허브가 설정된 프로필. 그 프로필의 색으로",
        "NAMESPACE": "Event Hubs 네임스페이스. 서비스의 도메인은 뺌",
        "HUB": "이벤트 허브",
        "HELD": "살아 있는 리스가 있는 파티션 / 허브의 파티션, 그리고 그 소유자 수 (by)",
        "AGE": "그 허브를 읽은 지 얼마나 됐는지. <가 붙으면 제때 읽고 있는 것",
        "WORST": "그 그룹이나 허브의 진단 중 가장 나쁜 것. 없으면 지금 상태",
        "SOURCE": "읽는 곳: hub(이벤트 허브), store(저장소), processes(프로세스), logs(로그)",
        "STATE": "읽기가 되고 있는지",
        "READ": "마지막으로 읽은 때",
        "TROUBLE": "무엇이 잘못됐고 무엇을 할지. 아니면 읽는 경로",
        "ENQUEUED": "서비스가 이벤트를 받은 때(서비스의 시계, 이 호스트의 시간대)",
        "P": "파티션",
        "SEQUENCE": "시퀀스 번호. 파티션의 이벤트마다 1씩 늘어남",
        "MARK": (
            "“done”: 그룹의 체크포인트가 있는 이벤트, 끝난 마지막 것. “next”: 체크포인트 바로 뒤의 "
            "이벤트. “last”: 파티션의 가장 최근 이벤트"
        ),
        "KEY": "파티션 키(있으면)",
        "SIZE": "전송된 메시지 전체의 크기",
        "TYPE": "본문을 읽어 알아낸 종류: JSON, text, gzip+JSON, binary …",
        "BODY": "본문의 앞부분",
    },
    Chapter.WORDS: {
        "lag": "파티션에 있지만 그룹이 아직 체크포인트하지 않은 이벤트 수",
        "owner": "체크포인트 저장소에 적힌 이벤트 프로세서의 id. 한 프로세스에 여러 개일 수 있음",
        "lease": "소유권 레코드와 그 나이. 소유자가 라운드마다 다시 씀",
        "checkpoint": "그룹이 읽었다고 기록한 마지막 이벤트. 다음 소유자는 그 뒤부터 읽음",
        "round": "컨슈머의 로드 밸런싱 주기. 리스를 갱신하고 파티션의 소유권을 얻음",
        "survivor": "인계받을 수 있는 그룹의 살아 있는 컨슈머",
        "takeover": "조용해진 소유자의 파티션을 남은 컨슈머가 넘겨받는 것",
        "claim": "파티션의 소유권 레코드에 자기 소유자 id를 쓰는 것",
        "release": "파티션을 정상적으로 내놓는 것. 다른 컨슈머가 만료를 기다리지 않아도 됨",
        "consumer group": "파티션을 나눠 읽고 체크포인트를 따로 두는 컨슈머들",
        "retention": "읽었든 아니든 이벤트 허브가 이벤트를 보관하는 기간",
        "plan": "작업이 무엇을 하고 무엇을 치르는지. 하기 전에 보여 줌",
    },
}
# Under which somebody looks a word up who thinks in Korean.
TERMS: Mapping[str, str] = {
    "lag": "지연",
    "owner": "소유자",
    "lease": "리스",
    "checkpoint": "체크포인트",
    "round": "라운드",
    "survivor": "남은 컨슈머",
    "takeover": "인계",
    "claim": "소유권 획득",
    "release": "해제",
    "consumer group": "컨슈머 그룹",
    "retention": "보존 기간",
    "plan": "계획",
    "standby": "대기",
}


def told(entry: Entry) -> Entry:
    """The same in Korean; what has none stays as it is, and a test misses it."""
    heading = CHAPTERS[entry.chapter]

    if entry.chapter is Chapter.FINDINGS:
        meaning = TEXTS[entry.name].meaning
        more = (
            (_WHY, meaning.why),
            (_TO_DO, meaning.what_to_do),
            (_SEVERITY, _severities(entry.name)),
            (_RESTS_ON, dict(entry.more)["It rests on"]),
        )
        return replace(entry, heading=heading, meaning=meaning.means, more=more)

    meant = MEANINGS[entry.chapter].get(entry.name, entry.meaning)
    term = TERMS.get(entry.name, "")
    is_word = entry.chapter is Chapter.WORDS
    return replace(
        entry, heading=heading, meaning=f"{term}: {meant}" if is_word else meant, also=term
    )


def _severities(name: str) -> str:
    kinds = FINDINGS[name].severities
    return listed([SEVERITY_WORDS[severity] for severity in Severity if severity in kinds])

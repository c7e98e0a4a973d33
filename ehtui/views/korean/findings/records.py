"""What the store's records tell of themselves: names, layouts, strays, a hub before this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence_records import (
    CHECKPOINT_OLD_OFFSET,
    HUB_RECREATED,
    STORE_MIXED_HAZARD,
    STORE_OTHER_NAME,
    STORE_STRAY_RECORDS,
    STORE_TWO_NAMES,
    STORE_UNREADABLE_BLOB,
)
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject, towards
from ehtui.views.korean.phrases import duration, group, joined, partitions, where

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence_records import (
        HubRecreated,
        MixedHazard,
        OldOffsets,
        RecordsElsewhere,
        StrayRecords,
        TwoNames,
        UnreadableBlobs,
    )


_DIFFERS = {
    "case": "대소문자",
    "port": "포트",
    "host": "네임스페이스 이름",
}
_SPELLING_CURES = {
    "case": (
        "Python, .NET, Java, JavaScript는 이 이름들을 소문자로 쓰고, Go와 Dapr는 받은 그대로 "
        "씁니다. Go와 Dapr에 소문자 이름을 주세요."
    ),
    "port": (
        "Endpoint에 포트가 있으면 Python은 이름에 포트를 넣고 JavaScript는 넣지 않습니다. 포트가 "
        "없는 Endpoint를 쓰세요."
    ),
    "host": (
        "클라이언트는 Endpoint의 호스트를 그대로 씁니다. 한 그룹의 컨슈머는 모두 같은 이름을 쓰게 "
        "하세요. ehtui는 eventhub.aliases 덕분에 둘 다 읽지만, 컨슈머는 그러지 않습니다."
    ),
}


def _two_names(found: TwoNames, about: About) -> str:
    differs = phrases.listed([_DIFFERS.get(w, w) for w in safe(found.differs).split("+")])
    live = found.live_spellings
    return joined(
        f"{group(about)}: 이름 {len(found.spellings)}개로 기록돼 있습니다(다른 것: {differs})",
        f"그중 {live}개가 살아 있습니다" if live > 1 else "",
    )


def _two_names_advice(found: TwoNames, _: About) -> tuple[str, ...]:
    names = phrases.listed([f"“{safe(name)}”" for name in found.spellings])
    cause = (
        "이름이 다른 컨슈머끼리는 리스와 체크포인트를 보지 못합니다. 둘 다 모든 파티션을 읽고 "
        "서로의 리더를 끊습니다."
        if found.live_spellings > 1
        else "하나만 쓰이고 있습니다. 다른 하나는 남은 것이거나 컨슈머가 실행 중이 아닙니다."
    )
    cures = (cure for word, cure in _SPELLING_CURES.items() if word in safe(found.differs))
    return (f"{names}. {cause}", *cures)


def _other_name(found: RecordsElsewhere, about: About) -> str:
    own, other = safe(found.namespace), _first_other(found)
    missing = "살아 있는 소유자가" if found.has_own_records else "레코드가"
    there = f"{other}에는 살아 있는 {subject(phrases.owners_in_all(found.owners))} 있습니다"

    if not found.is_live:
        written = phrases.ago(about.say, found.written_at)
        there = f"{other}에는 레코드가 있습니다(마지막으로 쓴 때: {written})"

    return joined(f"{group(about)}: {own}에는 {missing} 없습니다", there)


def _first_other(found: RecordsElsewhere) -> str:
    return safe(next(iter(found.other_names), "다른 이름"))


def _other_name_advice(found: RecordsElsewhere, about: About) -> tuple[str, ...]:
    other, own = _first_other(found), safe(found.namespace)
    why = (
        "둘 다 이 컴퓨터의 이름이고, 클라이언트는 Endpoint에 있는 이름을 씁니다"
        if found.is_one_machine
        else "같은 네임스페이스일 수 있습니다(별칭, 컨테이너 이름, 사설 주소)"
    )
    flag = formats.command("ehtui", "--alias", other)
    return (
        (
            f"{why}. {object_(other)} {towards(own)} 읽으려면 `{flag}` 또는 config.yaml의 "
            f"eventhub.aliases: [{other}]를 쓰세요."
        ),
        "이름이 다른 컨슈머끼리는 서로의 리스를 보지 못합니다. 모두 같은 이름을 쓰게 하세요.",
        (
            f"다른 네임스페이스가 같은 컨테이너({safe(found.container)})를 함께 쓰는 것이라면, "
            f"여기에는 이 그룹({about.group})의 컨슈머가 없습니다. 하나 시작하세요."
        ),
    )


def _mixed(found: MixedHazard, about: About) -> str:
    if found.reason == "no_sequence":
        places = partitions(found.partitions)
        return joined(
            f"{group(about)}: {places}의 체크포인트에 시퀀스 번호가 없습니다",
            "지연을 알 수 없고, Python 컨슈머는 여기서 실패합니다",
        )

    layouts = phrases.listed(found.layouts)
    return f"{group(about)}: 살아 있는 소유자들이 서로 보지 못하는 형식으로 씁니다({layouts})"


def _mixed_advice(found: MixedHazard, _: About) -> tuple[str, ...]:
    if found.reason == "no_sequence":
        return (
            (
                "다른 클라이언트 라이브러리가 오프셋만 썼습니다. 한 그룹의 체크포인트는 한 "
                "라이브러리가 쓰게 하거나, 가능하면 시퀀스 번호를 함께 넘기세요."
            ),
        )

    return (
        (
            "양쪽이 모든 파티션의 소유권을 얻으려 합니다. 이벤트를 두 번 읽고 서로의 리더를 "
            "끊습니다. 클라이언트 종류마다 컨슈머 그룹을 따로 쓰세요."
        ),
    )


_AFTER_PROMOTION = {
    "dotnet": ".NET 컨슈머는 기본 위치에서 다시 시작합니다",
    "go": "Go 컨슈머는 첫 이벤트부터 다시 시작합니다",
}


def _old_offset(found: OldOffsets, about: About) -> str:
    is_bare = found.without_offset == len(about.places)
    form = "체크포인트에 오프셋이 없습니다" if is_bare else "체크포인트의 오프셋이 예전 형식입니다"
    then = "지역 복제된 이벤트 허브라서, 강제 승격 뒤에는 거기서 이어서 읽을 수 없습니다"
    return joined(f"{where(about)}: {form}", then)


def _old_offset_advice(found: OldOffsets, _: About) -> tuple[str, ...]:
    known = [sdk for sdk in found.sdks if sdk in _AFTER_PROMOTION]
    told = [_AFTER_PROMOTION[sdk] for sdk in (known or sorted(_AFTER_PROMOTION))]
    others = "" if known else " 다른 SDK는 문서화돼 있지 않습니다."
    return (
        (
            "승격된 지역은 이런 오프셋을 거절합니다(com.microsoft:georeplication:invalid-offset). "
            f"그러면 {'. '.join(told)}.{others} 이벤트를 두 번 읽거나, 그 위치가 가장 최근 "
            "이벤트면 건너뜁니다."
        ),
        (
            "강제 승격하기 전에, 새 형식을 아는 컨슈머(.NET 5.12, Functions 6.5, Java 5.21, Go "
            "2.0, Python 5.14, JavaScript 6 이상)가 모든 파티션을 한 번 더 체크포인트하게 하세요."
        ),
    )


def _unreadable(found: UnreadableBlobs, about: About) -> str:
    first, reason = next(iter(found.names), ""), safe(found.reason)

    if found.partitions:
        kinds = {"ownership": "소유권 레코드", "checkpoint": "체크포인트", "lease": "리스 레코드"}
        what = kinds.get(found.kind or "", f"레코드 {count(found.count)}개")
        return f"{where(about)}: {object_(what)} 읽을 수 없습니다({reason})"

    if not found.count:
        names = phrases.listed([safe(name) for name in found.names])
        return f"컨테이너 {names}: 읽을 수 없습니다({reason.rstrip('.')})"

    named = f", {safe(first)}" if first else ""
    return f"blob {count(found.count)}개를 읽을 수 없습니다({reason}{named})"


def _unreadable_advice(found: UnreadableBlobs, _: About) -> tuple[str, ...]:
    if not found.count:
        return ()

    names = phrases.listed([safe(name) for name in found.names])
    places = found.partitions
    unknown = f" {partitions(places)}의 값은 0이 아니라 알 수 없음입니다." if places else ""
    return (
        (
            f"소유권이나 체크포인트가 있어야 할 자리에 있습니다: {names}.{unknown} 이것을 읽는 "
            "컨슈머는 목록 오류를 남기고, 시작 위치부터 읽거나 아예 시작하지 못합니다."
        ),
        "그룹의 컨슈머를 멈추고 다시 쓰거나, 지우고 새로 시작하세요.",
    )


def _stray(found: StrayRecords, about: About) -> str:
    owned = (
        f"{subject(f'소유자 {phrases.owners(found.owners)}')} 소유합니다" if found.owners else ""
    )
    total = phrases.in_all(found.partition_count)
    return joined(
        f"이벤트 허브에 없는 {where(about)}의 레코드가 있습니다(이벤트 허브에는 {total})", owned
    )


def _stray_advice(found: StrayRecords, about: About) -> tuple[str, ...]:
    if found.owners:
        return (
            (
                "그 소유자들이 보는 이벤트 허브에는 파티션이 더 많습니다. 다른 네임스페이스의 "
                "컨슈머가 같은 이름으로 이 컨테이너를 함께 씁니다. 네임스페이스마다 컨테이너를 "
                "따로 쓰세요."
            ),
        )

    written = phrases.ago(about.say, found.written_at)
    return (
        (
            "파티션이 더 많던 같은 이름의 이벤트 허브나, 다른 이벤트 허브의 그룹이 남긴 것입니다. "
            f"마지막으로 쓴 때: {written}. 컨슈머는 무시하므로 지워도 됩니다."
        ),
    )


def _recreated(found: HubRecreated, about: About) -> str:
    written = about.say.time(found.checkpoint_at)
    created = about.say.time(found.hub_created_at)
    until = written if len(about.places) == 1 else f"~{written}"
    return joined(
        f"{where(about)}: 체크포인트({until})가 다시 만든 이벤트 허브({created})보다 오래됐습니다",
        "다른 스트림의 것입니다",
    )


def _recreated_advice(found: HubRecreated, _: About) -> tuple[str, ...]:
    number, last = found.checkpoint_sequence, found.last_sequence
    fits = ""

    if number is not None and last is not None and number <= last:
        fits = (
            f" 체크포인트({count(number)})가 새 스트림({count(last)}까지) 안에 있는 것은 "
            "우연입니다."
        )

    return (
        (
            "새 이벤트 허브는 0부터 다시 세므로 이 번호와 오프셋은 다른 이벤트를 가리킵니다. "
            f"지연을 알 수 없습니다.{fits} 거기서 시작하는 컨슈머는 새 이벤트 허브의 앞쪽 이벤트를 "
            "건너뛰거나, 위치가 끝을 넘으면 거절됩니다."
        ),
        (
            "그룹의 컨슈머를 멈추고, 체크포인트를 이 이벤트 허브의 첫 이벤트로 옮기거나 체크포인트 "
            "blob을 지우세요. 컨슈머가 다음 체크포인트를 써도 이 진단은 사라집니다."
        ),
        (
            f"Event Hubs와 Storage의 시계는 다를 수 있습니다. {duration(found.tolerance_s)}까지는 "
            "허용하고, 그보다 크면 오래된 것으로 봅니다."
        ),
    )


_STORE_TWO_NAMES = Meaning(
    "한 그룹이 여러 이름으로 기록돼 있습니다.",
    "클라이언트가 이름을 받은 그대로, 또는 포트와 함께 써서 서로의 리스를 보지 못합니다.",
    "모든 컨슈머가 네임스페이스, 이벤트 허브, 그룹 이름을 똑같이 쓰게 하세요.",
)
_STORE_OTHER_NAME = Meaning(
    "저장소에 네임스페이스의 다른 이름으로 된 그룹의 레코드가 있습니다.",
    "컨슈머가 별칭, 컨테이너 이름, 사설 주소를 씁니다.",
    "ehtui에 별칭을 알려 주고(--alias), 모든 컨슈머가 한 이름을 쓰게 하세요.",
)
_STORE_MIXED_HAZARD = Meaning(
    "서로의 레코드를 읽지 못하는 클라이언트가 한 그룹에 있습니다.",
    "라이브러리가 다르거나, 오프셋만 체크포인트하는 라이브러리입니다.",
    "클라이언트 종류마다 컨슈머 그룹을 따로 쓰세요.",
)
_CHECKPOINT_OLD_OFFSET = Meaning(
    "지역 복제된 이벤트 허브를 강제 승격하면 이 체크포인트를 쓸 수 없습니다.",
    "오프셋이 예전 형식이거나 없습니다.",
    "새 형식을 아는 컨슈머가 한 번 더 체크포인트하게 하세요.",
)
_STORE_STRAY_RECORDS = Meaning(
    "이벤트 허브에 없는 파티션의 레코드가 저장소에 있습니다.",
    "남은 것이거나, 다른 네임스페이스가 같은 이름으로 컨테이너를 함께 씁니다.",
    "남은 것이면 지우고, 아니면 네임스페이스마다 컨테이너를 따로 쓰세요.",
)
_STORE_UNREADABLE_BLOB = Meaning(
    "체크포인트 저장소의 레코드를 읽을 수 없습니다.",
    "깨졌거나 다른 무언가가 썼습니다.",
    "그룹의 컨슈머를 멈추고 다시 쓰거나 지우세요.",
)
_HUB_RECREATED = Meaning(
    "체크포인트가 이벤트 허브보다 오래됐습니다. 다른 스트림의 것입니다.",
    "이벤트 허브를 지우고 같은 이름으로 다시 만들었습니다.",
    "그룹의 컨슈머를 멈추고, 체크포인트를 이 이벤트 허브의 첫 이벤트로 옮기세요.",
)
TEXTS = (
    FindingText(STORE_TWO_NAMES, _two_names, _two_names_advice, meaning=_STORE_TWO_NAMES),
    FindingText(STORE_OTHER_NAME, _other_name, _other_name_advice, meaning=_STORE_OTHER_NAME),
    FindingText(STORE_MIXED_HAZARD, _mixed, _mixed_advice, meaning=_STORE_MIXED_HAZARD),
    FindingText(
        CHECKPOINT_OLD_OFFSET, _old_offset, _old_offset_advice, meaning=_CHECKPOINT_OLD_OFFSET
    ),
    FindingText(STORE_STRAY_RECORDS, _stray, _stray_advice, meaning=_STORE_STRAY_RECORDS),
    FindingText(
        STORE_UNREADABLE_BLOB, _unreadable, _unreadable_advice, meaning=_STORE_UNREADABLE_BLOB
    ),
    FindingText(HUB_RECREATED, _recreated, _recreated_advice, meaning=_HUB_RECREATED),
)

"""Root causes: nobody alive, leases that are too short, owners that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    GROUP_LEASES_TOO_SHORT,
    GROUP_NO_CONSUMERS,
    OWNER_CRASH_LOOP,
)
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.formats import count
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import subject, topic
from ehtui.views.korean.phrases import ago, duration, group, joined, owner, where

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        CrashLoop,
        LeasesTooShort,
        NoConsumers,
    )


def _too_short(found: LeasesTooShort, about: About) -> str:
    every, age = found.renewed_every_s, found.youngest_s
    rounds = f"(갱신 주기 {duration(every)})" if every is not None else ""
    sooner = f"(갱신한 지 {duration(age)} 만에)" if age is not None else ""
    owners = subject(f"살아 있는 {phrases.owners_in_all(found.owners)}")
    often = f"{duration(found.window_s)} 동안 {phrases.times(found.changes)}"
    return joined(
        f"{group(about)}: 리스가 갱신하기 전에 만료됩니다{rounds}",
        f"{owners} {often} 서로 파티션을 빼앗았습니다{sooner}",
    )


def _too_short_advice(found: LeasesTooShort, _: About) -> tuple[str, ...]:
    rust = (
        "0.14 이전의 Rust SDK(azure_messaging_eventhubs)는 기본값이 이렇습니다. 30초마다 "
        "갱신하는데 10초가 지나면 만료로 봅니다. 업데이트하세요."
    )
    return (
        (
            "소유자마다 다른 소유자를 죽은 것으로 보고 라운드마다 제 몫보다 많이 가져갑니다. 옮길 "
            "때마다 마지막 체크포인트 이후의 이벤트를 다시 읽습니다."
        ),
        (
            "만료 시간을 갱신 주기의 몇 배로 설정하세요(보통 6배): Python "
            "partition_ownership_expiration_interval, JavaScript "
            "partitionOwnershipExpirationIntervalInMs, .NET PartitionOwnershipExpirationInterval, "
            "Go PartitionExpirationDuration."
        ),
        *((rust,) if found.is_like_old_rust else ()),
    )


def _crash_loop(found: CrashLoop, about: About) -> str:
    lived, sequence = found.lived_s, found.checkpoint_sequence
    place = where(about) if about.places else group(about)
    within = f"{duration(found.window_s)} 동안"
    short = f"(한 번에 약 {duration(lived)})" if lived is not None else ""

    if len(found.owners) == 1:
        one = subject(f"소유자 {phrases.owners(found.owners)}")
        told = f"{one} {within} {phrases.times(found.restarts)} 놓았다가 다시 가져갔습니다{short}"
    else:
        told = f"{within} 컨슈머 {count(found.restarts)}개가 시작됐다가 끝났습니다{short}"

    stops = f"모두 시퀀스 번호 {count(sequence)} 뒤에서 멈춥니다" if sequence is not None else ""
    return joined(f"{place}: {told}", stops)


def _crash_loop_advice(found: CrashLoop, _: About) -> tuple[str, ...]:
    sequence = found.checkpoint_sequence
    cause = "로그의 끝을 보세요. 종료 직전의 마지막 오류가 원인입니다."

    if len(found.owners) == 1:
        cause = (
            "핸들러가 예외를 냅니다. 그러면 SDK는 파티션을 닫고 다음 라운드에 다시 소유권을 "
            "얻습니다. 오류는 로그에 있습니다."
        )

    if sequence is None:
        return (cause,)

    culprit = count(sequence + 1)
    return (
        cause,
        (
            f"늘 같은 이벤트라면 시퀀스 번호가 {culprit}인 것이거나 같은 배치에 있는 것입니다. "
            "매번 거기서 다시 읽기 "
            "시작합니다. 핸들러에서 오류를 잡아 그 이벤트를 따로 빼 두세요. 체크포인트를 그 뒤로 "
            "옮기면 처리하지 않고 건너뜁니다."
        ),
    )


def _no_consumers(found: NoConsumers, about: About) -> str:
    last = ""

    if found.last_owner:
        renewed, seen = found.last_renewed_at, found.last_seen_at
        told = f"마지막 갱신 {ago(about.say, renewed)}" if renewed is not None else ""

        if renewed is None and seen is not None:  # renewing a blob lease writes nothing
            told = f"{ago(about.say, seen)}에 마지막으로 보임"

        last = f"마지막은 {owner(found.last_owner)}입니다" + (f"({told})" if told else "")

    waiting = f"{subject(phrases.events(found.lag))} 읽히지 않았습니다" if found.lag else ""
    gone = (
        f"{topic(phrases.events(found.lost))} 이미 보존 기간이 지나 지워졌습니다"
        if found.lost
        else ""
    )
    return joined(f"{group(about)}: 컨슈머가 없습니다", last, waiting, gone)


def _no_consumers_advice(found: NoConsumers, _: About) -> tuple[str, ...]:
    if found.local_consumers:
        return (
            (
                f"이 호스트의 프로세스 {count(found.local_consumers)}개가 이 그룹의 컨슈머일 수 "
                "있습니다. 어떤 그룹, 이벤트 허브, 컨테이너를 쓰는지 확인하세요(`ehtui config "
                "--pid PID`)."
            ),
        )

    return (
        (
            "컨슈머를 시작하세요. 체크포인트부터 이어서 읽습니다. 더 쓰지 않는 그룹이라면 문제가 "
            "없고, 레코드를 지워도 됩니다."
        ),
    )


_GROUP_LEASES_TOO_SHORT = Meaning(
    "소유자가 갱신하기 전에 리스가 만료돼서, 살아 있는 소유자끼리 파티션을 빼앗습니다.",
    "설정한 만료 시간이 갱신 주기보다 짧습니다.",
    "만료 시간을 갱신 주기의 몇 배로 설정하세요(보통 6배).",
)
_OWNER_CRASH_LOOP = Meaning(
    "파티션의 컨슈머가 계속 종료되거나, 소유자가 파티션을 계속 놓았다가 다시 가져갑니다.",
    "핸들러가 예외를 냅니다. 매번 같은 이벤트에서 나는 경우가 많습니다.",
    "로그의 끝을 보세요. 핸들러에서 오류를 잡아 그 이벤트를 따로 빼 두세요.",
)
_GROUP_NO_CONSUMERS = Meaning(
    "쓰던 그룹인데 살아 있는 컨슈머가 없습니다.",
    "컨슈머가 모두 종료됐거나 연결을 잃었습니다.",
    "컨슈머를 시작하세요. 체크포인트부터 이어서 읽습니다. 더 쓰지 않는 그룹이라면 문제가 없습니다.",
)
TEXTS = (
    FindingText(
        GROUP_LEASES_TOO_SHORT, _too_short, _too_short_advice, meaning=_GROUP_LEASES_TOO_SHORT
    ),
    FindingText(OWNER_CRASH_LOOP, _crash_loop, _crash_loop_advice, meaning=_OWNER_CRASH_LOOP),
    FindingText(
        GROUP_NO_CONSUMERS, _no_consumers, _no_consumers_advice, meaning=_GROUP_NO_CONSUMERS
    ),
)

"""Who holds partitions, who stopped renewing, and who holds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CONSUMER_STANDBY,
    CONSUMER_STARVED,
    LEASE_EXPIRED,
    LEASE_OVERDUE,
    PARTITION_UNOWNED,
)
from ehtui.domain.text import safe
from ehtui.domain.world.new_group import create_group_command
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject, topic
from ehtui.views.korean.phrases import duration, joined, owner, partitions, since, where
from ehtui.views.new_group import NEW_GROUP

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import LeaseLapse, PartitionsUnowned, StandingBy, Starving


def _unowned(found: PartitionsUnowned, about: About) -> str:
    lasting = since(about.say, found.unowned_since_at)
    nobody = f"{where(about)}에 {lasting}째 소유자가 없습니다"
    released = ""

    if found.state == "never_owned":
        nobody = f"{where(about)}에 소유자가 있었던 적이 없습니다({lasting} 동안 관찰)"
    elif found.last_owner:
        released = f"{subject(owner(found.last_owner))} 소유권을 해제했습니다"

    waiting = f"{subject(phrases.events(found.lag))} 기다립니다" if found.lag else ""
    taken = phrases.takeover(
        found.takeover,
        about.places,
        about.say,
        standbys=found.standbys,
        others=found.live_owners,
    )
    return joined(nobody, released, waiting, taken)


def _unowned_advice(found: PartitionsUnowned, _: About) -> tuple[str, ...]:
    nobody = "그룹의 컨슈머가 소유권을 얻을 때까지 아무도 읽지 않습니다."

    if not found.live_owners and not found.standbys:
        return (nobody, "그룹에 살아 있는 컨슈머가 없습니다. 하나 시작하세요.")

    return (
        nobody,
        (
            "그룹에 살아 있는 컨슈머가 있으므로 다음 라운드에 소유권을 얻어야 합니다"
            f"({duration(found.grace_s)} 이내). 아무도 얻지 못하면 로그에서 “claim_ownership”과 "
            "“load-balancing” 오류를 찾아보세요."
        ),
    )


def _overdue(found: LeaseLapse, about: About) -> str:
    if found.process_gone_at is not None and not found.signal:
        process = subject(f"{owner(found.owner)}의 프로세스 {formats.pid(found.pid)}")
        gone_at = about.say.time(found.process_gone_at)
        return joined(
            f"{where(about)}: {process} 소유권을 해제하지 않고 {gone_at}에 종료됐습니다",
            _takeover(found, about),
        )

    from_then = f"{about.say.time(found.renewed_at)}부터 " if found.renewed_at is not None else ""
    silent = f"{subject(owner(found.owner))} {from_then}리스를 갱신하지 않습니다"
    return joined(f"{where(about)}: {silent}", _process(found, about))


def _process(found: LeaseLapse, about: About) -> str:
    """What became of the owner's process, where that is known."""
    if found.pid is None:
        return ""

    process = f"프로세스 {found.pid}"

    if found.signal:
        at = about.say.time(found.signalled_at)

        if found.signal == "KILL":
            return f"{at}에 {object_(process)} 직접 강제 종료했습니다(SIGKILL)"

        signal = object_(f"SIG{formats.text(found.signal)}")
        return f"{at}에 {process}에 직접 {signal} 보냈습니다"

    if found.process_gone_at is not None:
        return f"{topic(process)} {about.say.time(found.process_gone_at)}에 종료됐습니다"

    return f"{topic(process)} 아직 실행 중입니다"


def _no_live_owner(found: LeaseLapse, about: About) -> str:
    dead_since = found.process_gone_at

    if dead_since is None and found.signal == "KILL":
        dead_since = found.signalled_at

    dead_since = found.renewed_at if dead_since is None else dead_since
    dead_since = dead_since or found.expires_at
    lasting = f"{since(about.say, dead_since)}째 " if dead_since is not None else ""
    return joined(f"{where(about)}에 {lasting}살아 있는 소유자가 없습니다", _takeover(found, about))


def _overdue_headline(found: LeaseLapse, about: About) -> str:
    if found.process_gone_at is not None or found.signal == "KILL":
        return _no_live_owner(found, about)

    lasting = f"{since(about.say, found.renewed_at)}째 " if found.renewed_at is not None else ""
    silent = f"{where(about)}: {subject(owner(found.owner))} {lasting}리스를 갱신하지 않습니다"
    expires = found.expires_at
    lapse = f"리스는 {about.say.time(expires)}에 만료됩니다" if expires is not None else ""
    return joined(silent, _takeover(found, about) or lapse)


def _overdue_advice(found: LeaseLapse, about: About) -> tuple[str, ...]:
    every, length = found.renewed_every_s, found.expires_after_s
    rhythm = f"평소에는 {duration(every)}마다 갱신했습니다. " if every is not None else ""

    if found.expires_at is None:
        return (f"{rhythm}리스가 언제 만료되는지는 알 수 없습니다.", _way_out(found))

    after = f"마지막 갱신 후 {duration(length)}" if length is not None else ""
    judged = f"기준: {phrases.basis(found.expiry_basis)}" if found.expiry_basis else ""
    rest = ", ".join(part for part in (after, judged) if part)
    expires = f"리스는 {about.say.time(found.expires_at)}에 만료됩니다"
    return (
        f"{rhythm}{expires}{f'({rest})' if rest else ''}. {_until_then(found)}",
        _way_out(found),
    )


def _until_then(found: LeaseLapse) -> str:
    """Whoever takes over judges the expiry, by its own settings."""
    earliest, expires = found.takeover.earliest_at, found.expires_at

    if earliest is not None and expires is not None and earliest < expires:
        return "만료 시간이 더 짧은 컨슈머는 더 일찍 인계받을 수 있습니다."

    return "그때까지는 다른 컨슈머가 인계받지 않습니다."


def _way_out(found: LeaseLapse) -> str:
    pid = found.pid

    if pid is not None and found.process_gone_at is None:
        return (
            f"{topic(f'프로세스 {pid}')} 아직 실행 중입니다. 이벤트 루프가 막히면 갱신이 멈춥니다. "
            "CPU와 로그를 확인하고, 멈춰 있으면 종료하세요. 리스는 저절로 만료됩니다."
        )

    if found.survivors or found.standbys:
        return "할 일은 없습니다. 남은 컨슈머가 알아서 인계받아 체크포인트부터 이어서 읽습니다."

    return "그룹에 살아 있는 다른 컨슈머가 없습니다. 하나 시작하면 리스가 만료될 때 인계받습니다."


def _expired(found: LeaseLapse, about: About) -> str:
    told = f"{about.say.time(found.expires_at)}에" if found.expires_at is not None else "이미"
    ran_out = f"{owner(found.owner)}의 리스가 {told} 만료됐습니다"
    return joined(_no_live_owner(found, about), ran_out, _process(found, about))


def _expired_advice(found: LeaseLapse, about: About) -> tuple[str, ...]:
    waiting = f"{where(about)}의 이벤트는 체크포인트 위치에서 기다립니다"
    lines = (f"{waiting}. 보존 기간 안에는 잃지 않습니다.", _way_out(found))

    if not found.survivors:
        return lines

    return (
        *lines,
        (
            "살아 있는 컨슈머가 있는데도 아무도 인계받지 않으면, 그 컨슈머의 만료 시간이 "
            f"{duration(found.expires_after_s)}보다 길 수 있습니다. lease.expires_after_s를 "
            "설정하세요."
        ),
    )


def _takeover(found: LeaseLapse, about: About) -> str:
    return phrases.takeover(
        found.takeover,
        about.places,
        about.say,
        standbys=found.standbys,
        others=found.survivors,
    )


def _standby(found: StandingBy, about: About) -> str:
    standing = f"{topic(f'프로세스 {found.pid}')} 대기 중입니다(정상)"
    return joined(f"{standing}: {_crowd(found, about)}", _next(found, about))


def _crowd(found: StandingBy, about: About) -> str:
    count, owners = found.partition_count, found.live_owners
    group = phrases.of_group(about.say, about.subject.group)

    if count == 1:
        return f"{group}하나뿐인 파티션에 이미 소유자가 있습니다"

    if owners == count:
        return f"{group}{phrases.in_all(count)}에 모두 소유자가 있습니다"

    many = f"다른 소유자가 {formats.count(owners)}개입니다"
    return f"{group}파티션은 {formats.count(count)}개인데 {many}"


def _next(found: StandingBy, about: About) -> str:
    if not found.lapsing:
        return "소유자가 멈추면 인계받습니다"

    is_known = found.takeover.earliest_at is not None
    then = phrases.when(found.takeover, about.say) if is_known else "리스가 만료되면"
    return f"{object_(partitions(found.lapsing))} {then} 인계받을 수 있습니다"


def _standby_advice(found: StandingBy, _: About) -> tuple[str, ...]:
    said = f"({phrases.times(found.not_claimed)})" if found.not_claimed else ""
    count = formats.count(found.partition_count)
    return (
        (
            "오류가 아닙니다. 한 그룹에서 파티션 하나는 한 번에 한 컨슈머만 읽습니다. 그래야 "
            "순서가 "
            "지켜지고 체크포인트 하나로 충분합니다. 로그의 “hasn't claimed an ownership”"
            f"{said}은 요청했지만 빈 파티션이 없어서 다시 시도한다는 뜻입니다."
        ),
        (
            "예비 컨슈머입니다. 소유자가 멈추면 알아서 인계받습니다. 지금 이벤트를 받게 하는 "
            "방법은 "
            "세 가지입니다."
        ),
        f"1. 소유자를 하나 멈춥니다: {_stop(found)}.",
        (
            "대가: 그 컨슈머는 일을 멈추고, 이 컨슈머가 소유권을 얻을 때까지 아무도 그 파티션을 "
            "읽지 "
            "않습니다. 정상 종료라면 한 라운드, kill -9라면 리스가 만료될 때까지입니다."
        ),
        f"2. 다른 컨슈머 그룹을 씁니다(테스트에 가장 좋습니다): {_create_group(found)}.",
        f"그다음 그 그룹으로 시작합니다: {_start_there(found)}.",
        "대가: 모든 이벤트를 따로 읽고 체크포인트도 따로 둡니다. 다른 컨슈머에는 영향이 없습니다.",
        (
            f"3. 파티션을 컨슈머 수만큼 늘립니다(지금 {count}개). Premium과 Dedicated는 늘릴 수만 "
            "있고 "
            "줄일 수 없습니다. Basic과 Standard는 이벤트 허브를 새로 만들어야 합니다."
        ),
        "대가: 같은 키가 다른 파티션으로 갈 수 있고, 순서는 파티션 안에서만 지켜집니다.",
    )


def _stop(found: StandingBy) -> str:
    if not found.owner_pids:
        return "소유자는 다른 호스트에서 실행 중입니다"

    return " 또는 ".join(f"`{formats.command('kill', pid)}`" for pid in found.owner_pids)


def _create_group(found: StandingBy) -> str:
    namespace, hub = formats.text(found.namespace), formats.text(found.hub)
    command = create_group_command(namespace, hub, NEW_GROUP)

    if command is None:
        return f"이 엔드포인트의 설정에 “{NEW_GROUP}” 추가(Azure 네임스페이스가 아닙니다)"

    return f"`{command}`"


def _start_there(found: StandingBy) -> str:
    command, name = safe(found.command) or "…", formats.text(found.consumer_name)
    ways = [
        f"`EVENTHUB_CONSUMER_GROUP={NEW_GROUP} {command}`(그 변수를 읽는 경우)",
        f"그 프로그램의 config.yaml에 eventhub.consumer_group: {NEW_GROUP}",
    ]

    if name:
        start = formats.command("ehtui", "start", name, "--group", NEW_GROUP)
        ways.insert(0, f"`{start}`(consumers.{name}.command가 있는 경우)")

    return ", 또는 ".join(ways)


def _starved(found: Starving, about: About) -> str:
    lasting = since(about.say, found.starved_since_at)
    who, nothing = topic(f"프로세스 {found.pid}"), f"{lasting}째 아무것도 소유하지 못합니다"

    if found.reason == "unclaimed":
        return f"{who} {subject(partitions(found.unowned))} 비어 있는데도 {nothing}"

    share = f"파티션 {formats.count(found.expected_min or 1)}개가 제 몫인데 {nothing}"
    owners = f"다른 소유자 {formats.count(found.live_owners)}개가"
    return f"{who} {share}: {owners} {formats.count(found.partition_count)}개를 모두 소유합니다"


def _starved_advice(found: Starving, _: About) -> tuple[str, ...]:
    if found.reason == "unclaimed":
        return (
            (
                "지금쯤 빈 파티션의 소유권을 얻었어야 합니다. 로그에서 “claim_ownership”과 "
                "“load-balancing” 오류를 찾아보세요. 체크포인트 컨테이너에 쓸 권한이 없거나, 여기 "
                "보이는 것과 다른 컨테이너, 이벤트 허브, 그룹을 쓰는 경우가 대부분입니다."
            ),
        )

    return (
        (
            "더 많이 가진 소유자에게서 제 몫을 가져왔어야 합니다. 로그에서 소유권 획득 오류를 "
            "찾고, "
            "다른 그룹을 쓰는지, 저장소에 쓸 수 있는지 확인하세요."
        ),
        (
            "로그에 오류가 없으면 아직 첫 라운드가 끝나지 않았거나, 파티션이 아닌 다른 것을 "
            "기다리고 "
            "있을 수 있습니다."
        ),
    )


_PARTITION_UNOWNED = Meaning(
    "파티션을 소유한 컨슈머가 없어서 아무도 읽지 않습니다.",
    "소유권을 얻은 컨슈머가 없었거나, 소유자가 해제한 뒤 아무도 얻지 않았습니다.",
    "살아 있는 컨슈머가 다음 라운드에 소유권을 얻습니다. 없으면 하나 시작하세요.",
)
_LEASE_OVERDUE = Meaning(
    "소유자가 리스 갱신을 멈췄습니다. 리스는 아직 만료되지 않았습니다.",
    "프로세스가 소유권을 해제하지 않고 종료됐거나, 강제 종료됐거나, 멈췄거나, 이벤트 루프가 "
    "막혔습니다.",
    "보통은 할 일이 없습니다. 리스가 만료되면 남은 컨슈머가 인계받습니다. 프로세스가 아직 실행 "
    "중이면 CPU와 로그를 확인하세요. 살아 있는 다른 컨슈머가 없으면 하나 시작하세요.",
)
_LEASE_EXPIRED = Meaning(
    "리스가 만료됐는데 아직 아무도 파티션을 인계받지 않았습니다.",
    "살아 있는 다른 컨슈머가 없거나, 남은 컨슈머의 만료 시간이 더 깁니다.",
    "컨슈머를 시작하세요. 남은 컨슈머의 만료 시간이 더 길면 lease.expires_after_s를 설정하세요.",
)
_CONSUMER_STANDBY = Meaning(
    "컨슈머는 살아 있지만, 모든 파티션에 이미 소유자가 있어서 아무것도 소유하지 않습니다.",
    "한 그룹에서 파티션 하나는 한 컨슈머만 읽는데, 컨슈머가 파티션보다 많습니다.",
    "할 일은 없습니다. 예비 컨슈머입니다. 함께 읽게 하려면 다른 컨슈머 그룹을 쓰거나 파티션을 "
    "늘리세요.",
)
_CONSUMER_STARVED = Meaning(
    "컨슈머는 살아 있고 제 몫의 파티션이 있어야 하는데, 아무것도 소유하지 못합니다.",
    "체크포인트 저장소에 쓸 수 없거나, 다른 컨테이너, 이벤트 허브, 그룹을 쓰거나, 로드 밸런싱 "
    "라운드가 돌지 않습니다.",
    "로그에서 소유권 획득 오류를 찾아보세요.",
)
TEXTS = (
    FindingText(PARTITION_UNOWNED, _unowned, _unowned_advice, meaning=_PARTITION_UNOWNED),
    FindingText(LEASE_OVERDUE, _overdue, _overdue_advice, _LEASE_OVERDUE, _overdue_headline),
    FindingText(LEASE_EXPIRED, _expired, _expired_advice, _LEASE_EXPIRED, _no_live_owner),
    FindingText(CONSUMER_STANDBY, _standby, _standby_advice, meaning=_CONSUMER_STANDBY),
    FindingText(CONSUMER_STARVED, _starved, _starved_advice, meaning=_CONSUMER_STARVED),
)

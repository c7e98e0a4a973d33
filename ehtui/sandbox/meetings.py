"""What the producer tells: events of a meeting service, uneven over partitions and time."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from typing import Final

POISON: Final = "POISON"  # type of an event that no meeting sends
_EVENT_TYPES: Final = (
    "MEETING_STARTED",
    "TRANSCRIPT_SEGMENT_READY",
    "TRANSCRIPT_SEGMENT_READY",
    "TODO_ADDED",
    "MINUTES_FINALIZED",
)
_TITLES: Final = (
    "주간 스프린트 회의 🚀",
    "테스트 회의",
    "신규 기능 기획 회의 💡",
    "장애 회고 🔥",
    "고객사 미팅 — 요구사항 정리",
    "Quarterly planning 📈",
)
_SENTENCES: Final = (
    "테스트 논의 내용입니다.",
    "배포 일정은 다음 주 화요일로 확정합니다 ✅",
    "담당자: 김민준, 기한은 금요일까지 🙏",
    "성능 지표를 다시 확인하기로 했습니다.",
    "We agreed to retry the import tonight 🌙",
    "👩‍💻 서연님이 API 문서를 정리합니다.",
)
_SECTIONS: Final = (("DISCUSSION", "논의 사항"), ("DECISION", "결정 사항"), ("TODO", "할 일"))


@dataclass(frozen=True, slots=True)
class Traffic:
    """One partition's events per second: around a mean, in waves, with bursts."""

    mean_per_s: float
    wave_s: float = 40.0  # length of a wave
    burst_per_s: float = 0.0  # on top, during a burst
    burst_every_s: float = 60.0
    burst_for_s: float = 15.0

    def rate(self, at_s: float) -> float:
        """Events per second, that long after the start."""
        wave = 1.0 + 0.5 * math.sin(2 * math.pi * at_s / self.wave_s)
        is_burst = at_s % self.burst_every_s >= self.burst_every_s - self.burst_for_s

        return self.mean_per_s * wave + (self.burst_per_s if is_burst else 0.0)


def uneven(partitions: int) -> tuple[Traffic, ...]:
    """Traffic for a hub: each partition has less than the one before, the last one bursts."""
    calm = [Traffic(max(12.0 / 2**number, 0.5)) for number in range(partitions - 1)]

    return (*calm, Traffic(4.0, burst_per_s=30.0))


def even(partitions: int) -> tuple[Traffic, ...]:
    """As much on every partition, in waves."""
    return (Traffic(4.0),) * partitions


def hot(partitions: int) -> tuple[Traffic, ...]:
    """Nearly everything on the first partition, as a poor partition key has it."""
    return (Traffic(24.0), *(Traffic(1.0),) * (partitions - 1))


SHAPES = {"uneven": uneven, "even": even, "hot": hot}


def shares(total: int, partitions: int) -> list[int]:
    """A backlog over partitions: most of it lies where the bursts come, on the last one."""
    weights = [*range(partitions - 1, 0, -1), 3 * partitions]

    return [total * weight // sum(weights) for weight in weights]


@dataclass(slots=True)
class Meetings:
    """An endless, repeatable story: the same seed tells the same events."""

    seed: int = 20251029
    _random: random.Random = field(init=False)
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def next_event(self) -> str:
        """The next event, as JSON that keeps Korean and emoji readable."""
        self._count += 1
        choose = self._random.choice
        meeting = f"meeting-{self._random.randrange(40):03d}"
        kind, title = choose(_SECTIONS)
        event = {
            "eventType": choose(_EVENT_TYPES),
            "data": {
                "meetingId": meeting,
                "title": choose(_TITLES),
                "minutesId": f"minutes-{self._count:06d}",
                "sections": [
                    {
                        "sectionId": f"section-{number:03d}",
                        "type": kind,
                        "title": title,
                        "content": choose(_SENTENCES),
                        "order": number,
                        "verified": choose((True, False)),
                    }
                    for number in range(1, self._random.randrange(2, 5))
                ],
            },
        }

        return json.dumps(event, ensure_ascii=False)

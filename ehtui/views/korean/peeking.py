"""Where an event can be looked at that something stands before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views.korean.particles import object_
from ehtui.views.peeking import next_event_command

if TYPE_CHECKING:
    from ehtui.views.phrasing import Phrasing


def see_next_event(say: Phrasing, partition: str | None, group: str | None) -> tuple[str, ...]:
    """How to see the event that a checkpoint stands before; nothing without a group to look in."""
    if say.snapshot.policy.peek_group is None:
        return ()

    command = next_event_command(say, partition, group)
    seen = f"e를 누르거나 {object_(f'`{command}`')} 실행하면" if command else "e를 누르면"
    return (
        (
            f"{seen} 체크포인트 바로 뒤의 이벤트가 보입니다. 핸들러는 그 이벤트나 조금 뒤에서 멈춰 "
            "있습니다."
        ),
    )

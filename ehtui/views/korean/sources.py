"""What is read, by its name in Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Mapping[str, str] = {
    "hub": "이벤트 허브",
    "store": "체크포인트 저장소",
    "processes": "프로세스",
    "logs": "로그",
}

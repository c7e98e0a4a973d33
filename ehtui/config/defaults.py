"""What a setting is where nobody set it."""

from __future__ import annotations

import json

from ehtui.config.settings import TestEventSettings

DEFAULT_TEST_EVENT = "MINUTES_FINALIZED"


def default_test_events() -> dict[str, TestEventSettings]:
    """The meeting event that the users' guide sends; used where none is configured."""
    event = {
        "eventType": DEFAULT_TEST_EVENT,
        "data": {
            "meetingId": "test-meeting-001",
            "title": "테스트 회의",
            "minutesId": "test-minutes-001",
            "sections": [
                {
                    "sectionId": "section-001",
                    "type": "DISCUSSION",
                    "title": "논의 사항",
                    "content": "테스트 논의 내용입니다.",
                    "order": 1,
                    "verified": True,
                }
            ],
        },
    }

    return {DEFAULT_TEST_EVENT: TestEventSettings(json.dumps(event, ensure_ascii=False))}

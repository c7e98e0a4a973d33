"""Why a process could not be started again, in Korean; what it was about stands in brackets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.world.restarts import StartObstacle

if TYPE_CHECKING:
    from collections.abc import Mapping

OBSTACLES: Mapping[StartObstacle, str] = {
    StartObstacle.CLOSED: "어떻게 시작됐는지 읽을 수 없습니다",
    StartObstacle.FOLDER_GONE: "작업 폴더가 없어졌습니다",
    StartObstacle.FOLDER_CLOSED: "작업 폴더에 들어갈 수 없습니다",
    StartObstacle.PROGRAM_GONE: "프로그램이 없어졌습니다",
    StartObstacle.SCRIPT_GONE: "스크립트가 없거나 읽을 수 없습니다",
    StartObstacle.MODULE_GONE: "Python에서 모듈을 찾을 수 없습니다",
    StartObstacle.VENV_GONE: "가상 환경이 없어졌습니다",
    StartObstacle.INPUT_CONSUMED: "프로그램이 한 번만 읽을 수 있는 파이프로 들어왔습니다",
    StartObstacle.FILE_HANDED: "셸이 한 번만 있는 파일을 넘겨줬습니다",
    StartObstacle.WORKER: "워커라서 부모만 다시 시작할 수 있습니다",
    StartObstacle.COMMAND_OVERWRITTEN: "명령줄을 덮어썼습니다",
    StartObstacle.ARGUMENT_BLANKED: "인자를 지웠습니다",
    StartObstacle.ENVIRONMENT_OVERWRITTEN: "환경 변수를 제목으로 덮어썼습니다",
    StartObstacle.LOG_UNWRITABLE: "출력을 쓸 수 없습니다",
    StartObstacle.RECORD_UNWRITABLE: "재시작을 기록할 수 없습니다",
    StartObstacle.NAMESPACE: "여기서 들어갈 수 없는 네임스페이스에서 실행 중입니다",
    StartObstacle.ROOT_FOLDER: "다른 루트 폴더에서 실행 중입니다",
    StartObstacle.SYSTEM_CALLS: "시스템 호출 필터(seccomp) 아래에서 실행 중입니다",
    StartObstacle.LABEL: "보안 레이블을 다른 프로세스에 줄 수 없습니다",
    StartObstacle.RIGHTS: "새 프로세스의 권한이 더 많아집니다",
    StartObstacle.LOCK_TAKEN: "쓰던 잠금을 다른 프로세스가 가지고 있습니다",
    StartObstacle.SECRETS_GONE: "인자에 비밀 값이 있었는데 ehtui는 저장하지 않습니다",
    StartObstacle.LEFT_ALONE: "재시작하던 프로세스가 도중에 종료됐습니다",
    StartObstacle.NOT_REHEARSED: "시험 시작이 실패했습니다",
}


def obstacle_words(obstacle: StartObstacle, detail: str) -> str:
    """Why it can't be started again, as a sentence."""
    return f"{OBSTACLES[obstacle]}({safe(detail)})" if detail else OBSTACLES[obstacle]

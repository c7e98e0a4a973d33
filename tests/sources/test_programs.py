"""What a process runs, told by executable and arguments."""

from __future__ import annotations

import shlex

import pytest

from ehtui.sources.recognition import kind_of

PY, NODE, JAVA, NET = "/usr/bin/python3.11", "/usr/bin/node", "/usr/bin/java", "/usr/bin/dotnet"
UV = "/home/dev/.local/bin/uv"


@pytest.mark.parametrize(
    ("executable", "line", "runtime", "name"),
    [
        # The name of the process is nobody's business: MainThread, a thread's, a title.
        (PY, "python consumer.py", "python", "consumer"),
        (PY, "/srv/.venv/bin/python3 -u -m consumers.rag --group x", "python", "consumers.rag"),
        (PY, "python -X dev -W error consumer.py", "python", "consumer"),
        (PY, "python -c pass", "python", "python3.11"),
        (PY, "/srv/.venv/bin/python /srv/.venv/bin/gunicorn app:app", "python", "gunicorn"),
        (PY, "'gunicorn: worker [app]'", "python", "gunicorn"),
        (PY, "/usr/bin/python3 /usr/bin/uvicorn app:app --workers 2", "python", "uvicorn"),
        (PY, "/usr/bin/python3 -m celery -A app worker", "python", "celery"),
        (PY, "'[celeryd: celery@h:MainProcess] -active- (worker)'", "python", "[celeryd"),
        ("/usr/bin/python3.11 (deleted)", "python consumer.py", "python", "consumer"),
        ("/usr/bin/pypy3", "pypy3 consumer.py", "python", "consumer"),
        ("/usr/bin/python3.13t", "python consumer.py", "python", "consumer"),
        (NODE, "node --enable-source-maps dist/consumer.mjs", "node", "consumer"),
        (NODE, "node -r dotenv/config dist/consumer.js", "node", "consumer"),
        ("/usr/bin/bun", "bun consumer.ts", "node", "consumer"),
        (NET, "dotnet exec /app/Consumer.dll", "dotnet", "Consumer"),
        (NET, "dotnet /app/Consumer.dll", "dotnet", "Consumer"),
        ("/usr/lib/azure-functions-core-tools-4/func", "func start", "dotnet", "start"),
        (JAVA, "java -Xmx2g -jar /app/consumer.jar --x", "java", "consumer"),
        (JAVA, "java -cp /app/classes:/app/lib/* com.example.Main", "java", "com.example.Main"),
        # The executable is hidden: another user's.
        (None, "python3 consumer.py", "python", "consumer"),
        (None, "/srv/.venv/bin/gunicorn app:app", "python", "gunicorn"),
        (None, "./consumer", None, "consumer"),
        (None, "", None, "MainThread"),
        # A program of its own.
        ("/app/consumer", "/app/consumer", None, "consumer"),
    ],
)
def test_the_runtime(executable: str | None, line: str, runtime: str | None, name: str) -> None:
    found = kind_of(executable, shlex.split(line), "MainThread")

    assert (found.runtime, found.name, found.is_bystander) == (runtime, name, False)


@pytest.mark.parametrize(
    ("executable", "line"),
    [
        ("/bin/sh", "sh -c 'python consumer.py'"),
        ("/bin/bash", "-bash"),
        (UV, "uv run python consumer.py"),
        (UV, "uv run consumer.py"),
        (PY, "/usr/bin/python3 /usr/bin/poetry run python consumer.py"),
        (PY, "python -m poetry run python consumer.py"),
        (PY, "/usr/bin/python3 /usr/bin/pipenv run python consumer.py"),
        (PY, "/usr/bin/python3 -m pipenv run python consumer.py"),
        (NODE, "node /usr/lib/node_modules/npm/bin/npm-cli.js run consumer"),
        (NODE, "'npm run consumer'"),
        (NODE, "node /usr/bin/npx tsx consumer.ts"),
        (NODE, "node /srv/node_modules/.bin/nodemon consumer.js"),
        (NET, "dotnet run --project Consumer"),
        (NET, "dotnet watch run --project Consumer"),
        (JAVA, "java -cp plexus.jar org.codehaus.plexus.classworlds.launcher.Launcher run"),
        (JAVA, "java -cp gradle-wrapper.jar org.gradle.wrapper.GradleWrapperMain run"),
        ("/usr/bin/tini", "tini -- python consumer.py"),
        ("/usr/bin/timeout", "timeout 60 python consumer.py"),
        ("/usr/bin/docker", "docker run image python consumer.py"),
        ("/usr/bin/tail", "tail -f consumer.log"),
        ("/bin/busybox", "timeout 60 python consumer.py"),
        ("/usr/bin/go", "go run ./consumer"),
        (None, "sudo -u rag python consumer.py"),
    ],
)
def test_who_starts_or_shows_a_consumer_is_none(executable: str | None, line: str) -> None:
    assert kind_of(executable, shlex.split(line), "MainThread").is_bystander


def test_a_consumer_that_is_called_like_a_shell_by_a_thread_of_it_is_one() -> None:
    assert not kind_of(PY, ["python", "consumer.py"], "watch").is_bystander

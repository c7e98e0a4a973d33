import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.views.processes import brief


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/opt/app/.venv/bin/python -u /opt/app/start_consumer.py --a", "start_consumer.py --a"),
        ("python3.11 -X dev -m ehtui.sandbox.consumer --name b", "ehtui.sandbox.consumer --name b"),
        ("/usr/bin/node --require ts-node /srv/소비자/index.js", "index.js"),
        ("java -cp a.jar:b.jar -Xmx1g com.contoso.Consumer", "com.contoso.Consumer"),
        ("java -jar /srv/app/consumer.jar --group x", "consumer.jar --group x"),
        ("dotnet /app/Consumer.dll", "Consumer.dll"),
        (r"C:\Python\python.exe C:\app\c.py", "c.py"),
        ("/usr/local/bin/dapr run", "dapr run"),
        ("python -c print(1)", "python -c print(1)"),
        ("python", "python"),
        ("", ""),
    ],
)
def test_the_program_comes_first(command: str, shown: str) -> None:
    assert brief(command) == shown


@given(st.text())
def test_no_command_line_raises(command: str) -> None:
    brief(command)

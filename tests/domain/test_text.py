"""Nothing secret gets out of `safe`, in whatever shape it came in; what is harmless stays."""

from __future__ import annotations

import time

import pytest

from ehtui.domain.text import mask_secrets, safe, safe_command, visible

SECRET = "S3cr3t"
STORAGE_KEY = "kT9/" * 21 + "aB=="
HUB_KEY = "kT9/" * 10 + "aBc="


@pytest.mark.parametrize(
    "text",
    [
        f"Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={SECRET}+/=;EntityPath=h",
        f"AccountName=a;AccountKey={SECRET}==;EndpointSuffix=core.windows.net",
        f"https://a.blob.core.windows.net/c?sv=2020&sig={SECRET}%3D&se=2020",
        f"SharedAccessSignature sr=sb%3A%2F%2Fx&sig={SECRET}%3D&se=1&skn=Root",
        f"Endpoint=sb://x/;SharedAccessSignature=SharedAccessSignature sr=x&sig={SECRET}&se=1",
        f"got eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJoIn0.{SECRET}-_x",
        f'{{"SharedAccessKey": "{SECRET}+/=", "AccountKey":"{SECRET}=="}}',
        f"{{'account_key': '{SECRET} x {SECRET}', b'token': b'{SECRET}'}}",
        f'{{\\"SharedAccessKey\\": \\"{SECRET} {SECRET}\\"}}',
        f"('SharedAccessKey', '{SECRET}')",
        f"http_proxy=http://user:{SECRET}%40{SECRET}@proxy:8080/x",
        f"AZURE_CLIENT_SECRET={SECRET}~abc; {SECRET}",
        f"x\nexport DB_PASSWORD={SECRET} {SECRET}\ny",
        f'PASSWORD="{SECRET} \\"{SECRET}" x',
        f'password="{SECRET} cut off {SECRET}',
        f"MY_PASS={SECRET}",
        f"AZURE_STORAGE_KEY={SECRET}",
        f"EVENTHUB_KEY: {SECRET}",
        f"run --password {SECRET} --account-key '{SECRET} {SECRET}' --api-key={SECRET}",
        f"Authorization: Basic {SECRET}",
        f'{{"Authorization": "SharedKey acct:{SECRET}="}}',
        f"SharedAccessKey%3D{SECRET}%3D%3BEntityPath",
        f"<AccountKey>{SECRET}</AccountKey>",
        f"password=a,{SECRET}}}{SECRET}'{SECRET}&{SECRET}",
        f'SharedAccessKey=""{SECRET}',
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_no_secret_gets_out(text: str) -> None:
    shown = mask_secrets(text)

    assert SECRET not in shown
    assert "***" in shown


@pytest.mark.parametrize("key", [STORAGE_KEY, HUB_KEY])
@pytest.mark.parametrize("text", ["run {}", "{}", "key {}, x", '"{}"'])
def test_a_key_is_known_by_its_shape(key: str, text: str) -> None:
    assert key not in mask_secrets(text.format(key))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=a;EntityPath=h",
            "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=***;EntityPath=h",
        ),
        ("https://a/c?sv=1&sig=abc&se=2", "https://a/c?sv=1&sig=***&se=2"),
        ("one\ntoken=a b\ntwo", "one\ntoken=*** b\ntwo"),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, shown: str) -> None:
    assert mask_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "the token is expired",
        "design=3 signal=TERM sigma=3",
        "PARTITION_KEY=a partition key: b",
        "no such key: P3",
        "TOKENIZERS_PARALLELISM=false max_tokens=5",
        "PWD=/home/x",
        "https://a.servicebus.windows.net/hub@3",
        "EventProcessor '0e3f5f3a-7f0f-4b9e-9f6e-0a1b2c3d4e5f' has claimed partition '3'",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert mask_secrets(text) == text


def test_an_argument_is_masked_whole() -> None:
    words = ["run", "--password", f"a {SECRET}", f"--api-key=b {SECRET}", "--token", "-v", "--x=1"]

    assert safe_command(words) == "run --password *** --api-key=*** --token -v --x=1"


@pytest.mark.parametrize(
    "text",
    ["a-", "--token ", "'", "\\", 'token="\\"', "eyJ.", "://a", "sig", "A/", "<token>", "- "],
)
def test_no_text_holds_up_the_reader(text: str) -> None:
    """Each of these would take minutes if a rule went back over what it has read."""
    began = time.perf_counter()

    safe(text * 20_000)

    assert time.perf_counter() - began < 3.0


def test_controls_are_shown() -> None:
    assert visible("a\x1b[2Jb\u202ec\u2028d\ud800") == r"a\x1b[2Jb\u202ec\u2028d\ud800"
    assert visible("a\nb") == r"a\nb"
    assert visible("a\nb", keep_newlines=True) == "a\nb"
    assert visible("é 漢 👩\u200d🔧") == "é 漢 👩\u200d🔧"

"""Masking, both ways: whatever stands for a secret is hidden, and nothing else is."""

from __future__ import annotations

import base64
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.text import is_secret_name, mask_secrets, safe, safe_command

SECRET = "S3cr3tV4lue"
CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SECRET_FLAGS = (
    *("--key", "--eventhub-key", "--event-hub-key", "--sas", "--sas-key", "--storage-account-key"),
    *("--password", "--client-secret", "--access-token", "--sas_token", "--API-KEY", "-password"),
    *("--functions.key", "--conn.sas-key", "--eventHubKey", "--key1", "--authKey", "--pwd"),
)
HARMLESS_FLAGS = (
    *("--key-file", "--keyspace", "--partition-key", "--partitionKey", "--sort-key", "--row-key"),
    *("--key-prefix", "--token-file", "--max-tokens", "--tokenizer", "--public-key", "--monkey"),
    *("--routing-key", "--password-file", "--passes", "--signal", "--sasl", "--keys-dir", "-v"),
    *("--group", "--secret-name", "--bypass", "--compass", "--key-vault", "--hash-key"),
)
HARMLESS_WORDS = (
    *("python", "consumer.py", "/srv/keys/app.py", "/etc/ssl/private/key.pem", "./token/main.py"),
    *("$Default", "minutes", "3", "a=b", "PARTITION_KEY=a", "PWD=/srv", "--level=3", "key:a"),
    *("https://a.servicebus.windows.net:443/hub@3", "sb://ns.servicebus.windows.net/", "user@host"),
    *("-Dfile.encoding=UTF-8", "--flag", "hub/partition/0", "C:\\keys\\app.exe", "keyring", "-v"),
    *("73fda457-1111-4d3a-9c55-0a8f6e1b0001", "partitionKey=device-1", "x" * 60, "/a" * 40),
)


@pytest.mark.parametrize("flag", SECRET_FLAGS)
def test_a_flag_that_takes_a_secret_is_masked(flag: str) -> None:
    for value in (SECRET, f"-{SECRET}", f"--{SECRET}", f"a b {SECRET}", f"//{SECRET}="):
        assert safe_command(["run", flag, value, "-v"]) == f"run {flag} *** -v"
        assert safe_command(["run", f"{flag}={value}", "-v"]) == f"run {flag}=*** -v"
        assert SECRET not in safe_command(["sh", "-c", f"run {flag} '{value}'"])

    assert safe(f"run {flag} {SECRET} --level 3") == f"run {flag} *** --level 3"
    assert safe(f"run {flag} -{SECRET} --level 3") == f"run {flag} *** --level 3"


@pytest.mark.parametrize(
    "text",
    [
        f"X-Functions-Key: {SECRET}",
        f"curl -H 'x-functions-key: {SECRET}' https://f.azurewebsites.net/",
        f"Ocp-Apim-Subscription-Key: {SECRET}",
        f"https://f.azurewebsites.net/api/f?code={SECRET}==&clientId=default",
        f"SharedAccessKey {SECRET}",
        f"SharedAccessKeyName Root SharedAccessKey {SECRET}=",
        f"AzureNamedKeyCredential(name='Root', key='{SECRET}')",
        f'AzureNamedKeyCredential("Root", key = "{SECRET}")',
        f'{{"hub": "h", "key": "{SECRET}", "eventHubKey": "{SECRET}"}}',
        f'{{\\"key\\": \\"{SECRET}\\"}}',
        f"{{'key': '{SECRET}'}}",
        f"eventhub-sas-key={SECRET}",
        f"sas={SECRET}",
        f"account=a key={SECRET}{SECRET}",
        f"Authorization: Bearer {SECRET}.{SECRET}",
        f"amqps://RootManage:{SECRET}@ns.servicebus.windows.net/",
        f"amqps://RootManage:a/{SECRET}/b@ns.servicebus.windows.net:5671/hub",
        f"https://{SECRET}@host/x",
        f"https://a.blob.core.windows.net/c?sv=2020&se=2030&sr=c&sp=rl&sig={SECRET}%3D",
    ],
)
def test_a_secret_is_found_in_any_text(text: str) -> None:
    assert SECRET not in safe(text)
    assert SECRET not in safe_command(text.split(" "))
    assert SECRET not in safe_command(["run", text])


@pytest.mark.parametrize("flag", HARMLESS_FLAGS)
def test_a_flag_that_takes_no_secret_is_shown(flag: str) -> None:
    assert safe_command(["run", flag, "a1B2c3", "--x"]) == f"run {flag} a1B2c3 --x"
    assert safe_command(["run", f"{flag}=a1B2c3"]) == f"run {flag}=a1B2c3"
    assert safe(f"run {flag} a1B2c3") == f"run {flag} a1B2c3"


def test_a_missing_value_swallows_no_flag() -> None:
    words = ["run", "--token", "-v", "--sas-key", "--group", "g", "--key", "--level=3", "--key"]

    assert safe_command(words) == " ".join(words)


keys = st.sampled_from([32, 64]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
secrets = st.text(alphabet="abcXYZ0189+/=-_.~!%*", min_size=8, max_size=60).filter(
    lambda text: text.strip("*") == text and not is_like_a_flag(text) and text.strip(".=-*")
)


def is_like_a_flag(text: str) -> bool:
    return text.startswith("--") and text[2:3].islower()


@given(flag=st.sampled_from(SECRET_FLAGS), value=secrets, rest=st.lists(st.text(), max_size=3))
def test_no_value_of_a_secret_flag_gets_out(flag: str, value: str, rest: list[str]) -> None:
    assert value not in safe_command(["run", flag, value])
    assert value not in safe_command(["run", f"{flag}={value}"])
    shown = safe_command(["run", flag, value, "then", *rest]).split(" ")
    assert shown[:4] == ["run", flag, "***", "then"]


@given(
    key=keys,
    before=st.sampled_from(["", "//", "x", "a/b/", "sb://h//", "run ", "/", '"', "K:", "=+/"]),
)
def test_a_key_of_azure_is_found_by_its_shape_whatever_it_is_glued_to(
    key: bytes, before: str
) -> None:
    text = base64.b64encode(key).decode()

    assert text not in safe(f"{before}{text}")
    assert text not in safe_command(["run", f"{before}{text}", "-v"])


@given(st.lists(st.sampled_from(HARMLESS_WORDS), max_size=8))
def test_a_harmless_command_line_stays_as_it_is(words: list[str]) -> None:
    assert safe_command(words) == " ".join(words)


@given(st.text(max_size=200))
def test_what_was_made_safe_stays_so(text: str) -> None:
    once = safe(text)

    assert safe(once) == once
    assert not {unicodedata.category(char) for char in once if char != "\u200d"} & CONTROLS


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *(
            (name, True)
            for name in ("key", "Key", "sasKey", "SAS", "MY_TOKEN_2", "password_base64")
        ),
        *((name, True) for name in ("apikey", "x-api-key", "SharedAccessKey", "clientsecret")),
        *((name, False) for name in ("keyspace", "monkey", "partition_key", "partitionkey")),
        *((name, False) for name in ("SharedAccessKeyName", "PWD", "tokens", "", "1", "key_id")),
    ],
)
def test_a_name_says_whether_it_is_for_a_secret(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


def test_a_text_without_end_is_cut_before_it_is_looked_at() -> None:
    assert len(mask_secrets("key=" + "a" * 2_000_000)) < 70_000

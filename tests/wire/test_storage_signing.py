"""The account's key signs as the REST documentation writes, and as servers check it."""

from __future__ import annotations

from ehtui.config.secret import Secret
from ehtui.wire.storage_signing import sign, string_to_sign

KEY = Secret("c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA==")
DATED = {"x-ms-date": "Fri, 26 Jun 2015 23:39:12 GMT", "x-ms-version": "2015-02-21"}


def test_the_example_of_the_documentation() -> None:
    """learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key."""
    url = "https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20"

    assert string_to_sign("myaccount", "GET", url, DATED) == (
        "GET\n\n\n\n\n\n\n\n\n\n\n\n"
        "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
    )


def test_a_write_signs_its_length_its_condition_and_its_metadata() -> None:
    headers = {"Content-Length": "4", "If-Match": '"1"', "x-ms-meta-OwnerId": "a"} | DATED
    lines = string_to_sign("acc", "PUT", "http://h/acc/c/%24Default/a%20b", headers).split("\n")

    assert lines[3] == "4"
    assert lines[8] == '"1"'
    assert lines[-4:] == [
        f"x-ms-date:{DATED['x-ms-date']}",
        "x-ms-meta-ownerid:a",
        "x-ms-version:2015-02-21",
        "/acc/acc/c/%24Default/a%20b",
    ]


def test_an_empty_body_has_no_length_and_a_value_is_signed_as_it_was_before_it_was_quoted() -> None:
    text = string_to_sign(
        "acc", "PUT", "http://h/c?prefix=%24a%2Fb&marker=", {"content-length": "0"}
    )

    assert text.split("\n")[3] == ""
    assert text.endswith("/acc/c\nmarker:\nprefix:$a/b")


def test_the_key_is_nowhere_in_what_is_sent() -> None:
    sent = sign("acc", KEY, "GET", "http://h/c", {}, 1_435_361_952.0)

    assert sent["x-ms-date"] == DATED["x-ms-date"]
    assert sent["Authorization"].startswith("SharedKey acc:")
    assert KEY.reveal() not in str(sent)

"""Names of annotations (RFC 5464 §3.2)."""

from __future__ import annotations

import pytest

from restante.model.entry_name import MAX_OCTETS, BadEntryName, entry_name, entry_root


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/private/comment", "/private/comment"),
        ("/Shared/COMMENT", "/shared/comment"),
        ("/private/vendor/acme/colour", "/private/vendor/acme/colour"),
        ("/private/vendors", "/private/vendors"),
        ("/private/filters/values/on-the-road", "/private/filters/values/on-the-road"),
        ('/private/a "quoted" \\ one', '/private/a "quoted" \\ one'),
        ("/private/" + "x" * (MAX_OCTETS - 9), "/private/" + "x" * (MAX_OCTETS - 9)),
    ],
)
def test_good_names(text: str, name: str) -> None:
    assert entry_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "comment",
        "/comment",
        "/private",
        "/privately/comment",
        "private/comment",
        "/private/",
        "/private/comment/",
        "/private//comment",
        "/private/com*ment",
        "/private/com%ment",
        "/private/com\x00ment",
        "/private/com\x19ment",
        "/private/com\nment",
        "/private/com\x7fment",
        "/private/büro",
        "/private/\u212aelvin",
        "/private/vendor",
        "/private/vendor/acme",
        "/shared/vendor/acme",
        "/private/" + "x" * (MAX_OCTETS - 8),
    ],
)
def test_bad_names(text: str) -> None:
    with pytest.raises(BadEntryName):
        entry_name(text)


def test_a_root_needs_no_second_component() -> None:
    assert [entry_root(text) for text in ("/Private", "/shared/vendor/acme")] == ["/private", "/shared/vendor/acme"]
    with pytest.raises(BadEntryName):
        entry_root("/private/")

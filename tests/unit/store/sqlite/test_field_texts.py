"""Texts that lie end to end are searched as if each were alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.store.sqlite import field_texts
from restante.store.sqlite.field_texts import END, FieldTexts

TEXTS = st.lists(st.text(st.sampled_from("ab\n\0ßþÿ😀"), max_size=8).map(str.encode), max_size=12)


def made(texts: list[bytes]) -> FieldTexts:
    return FieldTexts(b"".join(each + END for each in texts))


@given(texts=TEXTS, more=TEXTS, wanted=st.text(st.sampled_from("ab\nß"), min_size=1, max_size=3).map(str.encode))
def test_found_as_in_each(texts: list[bytes], more: list[bytes], wanted: bytes) -> None:
    kept = made(texts).followed_by(made(more))
    holding = [wanted in each for each in texts + more]
    assert len(kept) == len(holding)
    assert kept.with_(wanted) == bytes(holding)
    assert kept.few_with(wanted) == [number for number, holds in enumerate(holding) if holds]


@pytest.mark.parametrize("long", [0, 1, 256])
def test_what_is_wanted_is_no_pattern(long: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_texts, "_LONG", long)
    texts = [each.encode() for each in ("a.c", "abc", "[x]*", "x", "\\d", "7", "(", "^a", "a\nb")]
    kept = made(texts)
    for wanted in (b".", b"[x]", b"\\d", b"(", b"^", b"a", b"\n"):
        holding = [number for number, each in enumerate(texts) if wanted in each]
        assert kept.few_with(wanted) == (holding if len(wanted) <= long else None)
        assert [number for number, holds in enumerate(kept.with_(wanted)) if holds] == holding


@pytest.mark.parametrize("every", [1, 2, 50])
def test_many_are_told_from_few(every: int) -> None:
    texts = [b"%d %b" % (number, b"often" if number % every == 0 else b"x") + b"." * 30 for number in range(3_000)]
    found = made(texts).few_with(b"often")
    assert (found is None) == (every < 50)
    assert made(texts).with_(b"often") == bytes(number % every == 0 for number in range(3_000))

"""HTML read in stretches is HTML read mark by mark, wherever the stretches end."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.plain_html import plain_html_text

from restante.mime import html as html_module
from restante.mime.html import html_text

PIECES = st.sampled_from(
    [
        *"<>=\"'!-/& aB1\n\u3000",
        *(
            "<p>",
            "</P>",
            "<br/>",
            "<!--",
            "-->",
            "--!>",
            "<!-->",
            "<!",
            "</",
            "<style>",
            "</style",
            "<STYLE x=1>",
            "<a href=",
        ),
        *(
            "text ",
            "<b class='x>y'>",
            '<i title="<!--">',
            " = ",
            "&amp;",
            "&#99999999999;",
            "<title>t</title>",
            "<td",
            "</td >",
        ),
        *("<script>if (a < b) '</p>'</script>", "<?php ?>", "<Ünicode>", "<head", "</head>", "='", '="'),
    ]
)


@pytest.fixture(params=[(1, 1), (5, 2), (40, 3), (64 * 1024, 1024)], scope="module", autouse=True)
def stretches(request: pytest.FixtureRequest) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html_module, "_STRETCH", request.param[0])
        patch.setattr(html_module, "_LEAST", request.param[1])
        yield


@settings(max_examples=400, deadline=None)
@example(pieces=["<a href=", '"', ">", "text ", "<b>", '"', ">"])
@example(pieces=["<a href=", "'", "text ", "<!--", "-->"])
@given(pieces=st.lists(PIECES, max_size=30))
def test_as_read_mark_by_mark(pieces: list[str]) -> None:
    html = "".join(pieces)
    assert html_text(html) == plain_html_text(html)


@pytest.mark.parametrize(
    "html", ["<style></style>" * 20_000, "<!---->" * 40_000, '<a x="' * 20_000, "<" * 100_000, "<p>" * 9_000]
)
def test_many_marks(html: str) -> None:
    assert html_text(html) == plain_html_text(html)

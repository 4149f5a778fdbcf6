"""Markdown of people: shown as it is meant, and never as something that acts."""

import pytest

from webapp.services.files.markdown import to_html, to_text


def test_what_people_write_is_shown_as_it_is_meant() -> None:
    text = "# Rules\n\nBe **fair**.\nOr ~~not~~ go.\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    shown = to_html(text)
    for part in ("<h3>Rules</h3>", "<strong>fair</strong>.<br>", "<s>not</s>", "<li>one</li>", "<td>2</td>"):
        assert part in shown
    link = to_html("[here](https://example.org)")
    assert 'href="https://example.org"' in link
    assert 'rel="nofollow ugc noopener noreferrer"' in link


def test_headings_stand_below_those_of_the_page_and_leave_out_no_level() -> None:
    text = "## Field\n\n##### Maps\n\n###### Banned\n\n### Bans\n\n# Last\n\n## a\n### b\n#### c\n##### d"
    shown = [line for line in to_html(text).splitlines() if line.startswith("<h")]
    assert shown == [
        "<h3>Field</h3>", "<h4>Maps</h4>", "<h5>Banned</h5>", "<h4>Bans</h4>", "<h3>Last</h3>", "<h4>a</h4>",
        "<h5>b</h5>", "<h6>c</h6>", "<h6>d</h6>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<img src=x onerror=alert(1)>",
        "![x](https://example.org/track.png)",
        '[x](https://example.org "a" onclick=alert(1))',
        '<a href="javascript:alert(1)">x</a>',
        "<svg/onload=alert(1)>",
        "[x](vbscript:msgbox(1))",
        "<div style=position:fixed>x</div>",
    ],
)
def test_nothing_that_acts_comes_through(text: str) -> None:
    shown = str(to_html(text)).lower()
    for bad in ("<script", "<img", "<svg", "<div", '<a href="javascript', '<a href="data', '<a href="vbscript'):
        assert bad not in shown
    assert "onerror=" not in shown.replace("&lt;img src=x onerror=alert(1)&gt;", "")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("# Now\n\nThe **final** is _late_.\r\nBy `an hour`.", "Now\n\nThe final is late.\nBy an hour."),
        ("- one\n- two\n\n3. three\n4. four\n\nEnd", "- one\n- two\n\n3. three\n4. four\n\nEnd"),
        (
            "[here](https://example.org/a_b) and <https://example.org>",
            "here (https://example.org/a_b) and https://example.org",
        ),
        ("<b>x</b> 3 < 4 & 5", "<b>x</b> 3 < 4 & 5"),
        ("```\ncode *as is*\n```\n\n> said", "code *as is*\n\nsaid"),
        ("", ""),
    ],
)
def test_without_its_marks_it_says_the_same(text: str, plain: str) -> None:
    assert to_text(text) == plain

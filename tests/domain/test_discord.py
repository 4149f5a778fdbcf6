"""Addresses, messages and pauses of Discord."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.discord import problem_of
from tests.servers.receiver import Received
from webapp.domain.notifications import discord
from webapp.domain.notifications.discord import Embed

ID, TOKEN = "1234567890123456789", "x" * 68
ONE_SPELLING = f"https://discord.com/api/webhooks/{ID}/{TOKEN}"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sent(**changes: Any) -> dict[str, Any]:
    embed = Embed("Cup", "A sentence", "https://cup.example.org/", discord.BLUE, AT)._replace(**changes)
    body = discord.body_of(embed)
    headers = {"content-type": "application/json"}
    assert problem_of(Received("POST", "/", headers, body, body, AT, 0.0)) == ""
    message: dict[str, Any] = orjson.loads(body)
    return message


@pytest.mark.parametrize(
    "url",
    [
        ONE_SPELLING,
        f"https://discordapp.com/api/webhooks/{ID}/{TOKEN}",
        f"https://ptb.discord.com/api/webhooks/{ID}/{TOKEN}/",
        f"https://CANARY.discord.com:443/api/v10/webhooks/{ID}/{TOKEN}?wait=true#x",
        f"  https://discord.com./api/webhooks/{ID}/{TOKEN}\n",
    ],
)
def test_one_webhook_has_one_spelling_whatever_was_copied(url: str) -> None:
    assert discord.address_of(url) == (ONE_SPELLING, f"discord:{ID}", "discord.com")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "discord",
        f"http://discord.com/api/webhooks/{ID}/{TOKEN}",
        f"https://discord.com:8443/api/webhooks/{ID}/{TOKEN}",
        f"https://discord.com.example.org/api/webhooks/{ID}/{TOKEN}",
        f"https://example.org/discord.com/api/webhooks/{ID}/{TOKEN}",
        f"https://user:word@discord.com/api/webhooks/{ID}/{TOKEN}",
        f"https://discord.com@example.org/api/webhooks/{ID}/{TOKEN}",
        f"https://discord.com/api/webhooks/{ID}",
        f"https://discord.com/api/webhooks/{ID}/{TOKEN}/slack",
        f"https://discord.com/api/webhooks/{ID}/../{TOKEN}",
        f"https://discord.com/api/users/{ID}/{TOKEN}",
        f"https://127.0.0.1/api/webhooks/{ID}/{TOKEN}",
        f"https://[::1/api/webhooks/{ID}/{TOKEN}",
        f"https://ｄiscord.com/api/webhooks/{ID}/{TOKEN}",
        f"javascript://discord.com/api/webhooks/{ID}/{TOKEN}",
    ],
)
def test_nothing_else_passes_for_discord_and_what_was_entered_is_not_repeated(url: str) -> None:
    with pytest.raises(discord.DiscordAddressError) as refused:
        discord.address_of(url)
    assert refused.value.code == "invalid_discord_url"
    assert [field.path for field in refused.value.fields] == ["url"]
    assert TOKEN not in str(refused.value)


def test_another_host_stands_for_discord_where_that_is_wanted_and_only_with_its_paths() -> None:
    simulated = f"http://127.0.0.1:8001/api/webhooks/{ID}/{TOKEN}"
    assert discord.address_of(simulated, elsewhere=True) == (simulated, f"discord:{ID}", "127.0.0.1")
    with pytest.raises(discord.DiscordAddressError):
        discord.address_of("http://127.0.0.1:8001/anything", elsewhere=True)


def test_a_message_mentions_nobody_and_has_title_link_colour_and_time() -> None:
    assert sent(footer="Zanzibar Cup") == {
        "embeds": [
            {
                "title": "Cup",
                "description": "A sentence",
                "url": "https://cup.example.org/",
                "color": 0x3B82F6,
                "timestamp": "2026-03-01T12:00:00.000+00:00",
                "footer": {"text": "Zanzibar Cup"},
            }
        ],
        "allowed_mentions": {"parse": []},
    }


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Bold** _team_", r"\*\*Bold\*\* \_team\_"),
        ("[free nitro](https://evil.example)", "\\[free nitro\\]\\(https:\u200b//evil.example\\)"),
        ("@everyone", "@\u200beveryone"),
        ("<@1234> <#5> <t:0:F>", "\\<@\u200b1234\\> \\<\\#5\\> \\<t:0:F\\>"),
        ("||spoiler|| `code` ~~gone~~", r"\|\|spoiler\|\| \`code\` \~\~gone\~\~"),
        ("# Title\n> quote\n- one\n1. two", "\\# Title\n\\> quote\n\\- one\n1\\. two"),
        ("C:\\new", r"C:\\new"),
        ("Mr. X - Team 1.5 – হাতি", "Mr. X - Team 1.5 – হাতি"),
    ],
)
def test_what_people_wrote_is_shown_as_they_wrote_it(written: str, shown: str) -> None:
    assert discord.plain(written) == shown


@given(st.text(max_size=200))
def test_nothing_that_people_write_formats_links_or_mentions(written: str) -> None:
    shown = discord.plain(written)
    assert "://" not in shown
    assert re.search(r"@(?!\u200b)", shown) is None
    bare = re.sub(r"\\.", "", shown, flags=re.DOTALL)
    assert not set(bare) & set("\\*_~`|<>[]()#")
    # Nothing is lost of it.
    assert re.sub(r"\\(.)", r"\1", shown, flags=re.DOTALL).replace("\u200b", "") == written.replace("\u200b", "")


@given(st.text(max_size=30), st.integers(0, 400))
def test_a_message_of_any_length_is_within_the_limits(text: str, times: int) -> None:
    title, description = discord.plain(text * times), discord.plain(text * times * 4)
    (embed,) = sent(title=title, text=description, footer=text * times)["embeds"]
    for shown in (embed["title"], embed["description"]):
        ending = shown.removesuffix("…")
        assert (len(ending) - len(ending.rstrip("\\"))) % 2 == 0 or shown in {title, description}


@pytest.mark.parametrize(
    ("status", "headers", "body", "pause"),
    [
        (429, {"Retry-After": "7"}, b'{"retry_after": 0.75, "global": false}', 0.75),
        (429, {"Retry-After": "7"}, b"<html>", 7.0),
        (429, {"X-RateLimit-Reset-After": "1.5"}, b"[]", 1.5),
        (429, {}, b"", 1.0),
        (429, {"retry-after": "nan"}, b'{"retry_after": true}', 1.0),
        (429, {}, b'{"retry_after": 1e9}', 3600.0),
        (429, {}, b'{"retry_after": -5}', 1.0),
        (204, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "1.25"}, b"", 1.25),
        (204, {"x-ratelimit-remaining": "0"}, b"", None),
        (204, {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset-After": "1.25"}, b"", None),
        (500, {"Retry-After": "9"}, b'{"retry_after": 4}', None),
    ],
)
def test_discord_is_left_alone_for_as_long_as_it_asks(
    status: int, headers: dict[str, str], body: bytes, pause: float | None
) -> None:
    assert discord.pause_s(status, headers, body) == pause

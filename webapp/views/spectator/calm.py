"""Following calmly: what happened in words, the rows that a reader follows, what changed meanwhile."""

from flask import Response, render_template, request

from webapp.services.pages.changes_reads import read_changes
from webapp.services.pages.feed_reads import read_feed, read_match_feed
from webapp.services.pages.feed_view import FeedView
from webapp.services.pages.following_reads import read_following
from webapp.services.spine.clock import utc_now
from webapp.views import access, fragments
from webapp.views.htmx import wants_fragment
from webapp.views.spectator.match import match
from webapp.views.spectator.tournament import PUBLIC, tournament

_LONGEST_LIST = 400
_LARGEST_ID = 2**31 - 1


@access.open_to(access.EVERYBODY)
def tournament_feed(tournament_id: int) -> Response:
    """The feed of a tournament for htmx; its page for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    return fragments.respond(lambda: read_feed(tournament_id), _feed)


@access.open_to(access.EVERYBODY)
def match_feed(match_id: int) -> Response:
    """The feed of a match for htmx; its page for everybody else."""
    if not wants_fragment():
        return match(match_id)
    return fragments.respond(lambda: read_match_feed(match_id), _feed)


@access.open_to(access.EVERYBODY)
def following(tournament_id: int) -> Response:
    """The rows of the participants whose ids the address lists, for htmx; the page for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    ids = _ids(request.args.get("ids", ""))
    return fragments.respond(
        lambda: read_following(tournament_id, ids, audience=PUBLIC, now=utc_now()),
        lambda view: render_template("spectator/_following.html", following=view),
    )


@access.open_to(access.EVERYBODY)
def changes(tournament_id: int) -> Response:
    """What changed since a version of the board, for htmx; the page for everybody else."""
    if not wants_fragment():
        return tournament(tournament_id)
    since = request.args.get("version", 0, type=int)
    return fragments.respond(
        lambda: read_changes(tournament_id, since, audience=PUBLIC, now=utc_now()),
        lambda view: render_template("spectator/_changes.html", changes=view),
    )


def _feed(feed: FeedView) -> str:
    return render_template("shared/_feed.html", feed=feed)


def _ids(listed: str) -> list[int]:
    """The ids of a list by comma; what is none is left out."""
    found = (part for part in listed[:_LONGEST_LIST].split(",") if part.isascii() and part.isdigit())
    return [id_ for id_ in map(int, found) if 0 < id_ <= _LARGEST_ID]

"""What is refused around disputes and the tournament itself, arranged like `refused.py`."""

from typing import Final

from sqlalchemy import update

from tests.arenas import REASON, open_battle_royale
from tests.contests import Contest
from tests.knockouts import registered
from tests.views.refused import TEXT, confirmed, contest, stopped
from tests.views.refusing import Attempt, World, own
from webapp.domain.freezes import RevealBy
from webapp.models import DisputeEvidence, ResultSubmission
from webapp.services.disputes import dispute_decisions, disputes
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.live import freezes, reveals
from webapp.services.matches import reporting
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

GROUPS: Final = {"groups": 2, "advance": 2, "then": {"format": "single-elimination"}}
ONE_GAME: Final = {"games": [{"number": 1, "score_a": 3, "score_b": 1}]}
ENTERED: Final = {"games-0-score_a": "3", "games-0-score_b": "1", "reason": REASON}


# -- disputes


def objected_to(world: World) -> tuple[Contest, int]:
    """A match with a result, and pat's dispute about it."""
    found = confirmed(world)
    return found, disputes.open_dispute(
        found.match_id, reason_code="other", text=TEXT, actor=world.pat.actor, now=utc_now()
    )  # fmt: skip


def decided(world: World) -> tuple[Contest, int]:
    found, dispute_id = objected_to(world)
    dispute_decisions.decide(
        dispute_id, Decision("approve_original"), reason=REASON, actor=SYSTEM, now=utc_now()
    )  # fmt: skip
    return found, dispute_id


def said_after_the_end(world: World) -> Attempt:
    found, dispute_id = decided(world)
    text = {"text": "We have the video."}
    return Attempt(
        world.pat, found.tournament_id, f"/me/disputes/{dispute_id}/comment/",
        f"/api/tournaments/disputes/{dispute_id}/comment/", "The dispute is resolved; nothing more can be done to it.",
        text, text,
    )  # fmt: skip


def shown_after_the_end(world: World) -> Attempt:
    found, dispute_id = decided(world)
    link = {"url": "https://video.example/1"}
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/evidence/",
        f"/api/tournaments/disputes/{dispute_id}/evidence/", "The dispute is resolved; nothing more can be done to it.",
        link, link,
    )  # fmt: skip


def taken_after_the_end(world: World) -> Attempt:
    found, dispute_id = decided(world)
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/take/",
        f"/api/tournaments/disputes/{dispute_id}/take/", "The dispute is resolved; nothing more can be done to it.",
        body={},
    )  # fmt: skip


def taken_unseen(world: World) -> Attempt:
    """As it was before somebody else looked after it."""
    found, dispute_id = objected_to(world)
    return Attempt(
        world.olga, found.tournament_id,
        f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/escalate/",
        f"/api/tournaments/disputes/{dispute_id}/escalate/", "The dispute was changed meanwhile",
        {"revision": "7", "reason": REASON}, {"dispute_revision": 7, "reason": REASON},
    )  # fmt: skip


def decided_twice(world: World) -> Attempt:
    """By page alone: programs name the match, which has no open dispute then."""
    found, dispute_id = decided(world)
    form = {"resolution": "approve_original", "reason": REASON, "revision": "2"}
    path = f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/decide/"
    return Attempt(world.olga, found.tournament_id, path, "", "The dispute is resolved", form)


def upheld_without_a_report(world: World) -> Attempt:
    """Of a result that an official disputed, whose reports count no more."""
    found = contest(world)
    reporting.submit(found.match_id, found.games(0), actor=world.pat.actor, now=utc_now())
    dispute_id = disputes.open_dispute(
        found.match_id, reason_code="other", text=TEXT, actor=world.olga.actor, now=utc_now()
    )  # fmt: skip
    with transaction() as session:
        session.execute(update(ResultSubmission).values(state="superseded"))
    body = {"resolution": "approve_original", "reason": REASON}
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/decide/",
        f"/api/tournaments/matches/{found.match_id}/resolve-dispute/",
        "Nobody has reported a result that could stand; say what it is.", body | {"revision": "1"}, body,
    )  # fmt: skip


def shown_too_much(world: World) -> Attempt:
    found, dispute_id = objected_to(world)
    with transaction() as session:
        for number in range(10):
            piece = DisputeEvidence(
                dispute_id=dispute_id, author_id=world.pat.user_id, url=f"https://video.example/{number}",
                created_at=utc_now(),
            )  # fmt: skip
            session.add(piece)
    link = {"url": "https://video.example/11"}
    return Attempt(
        world.pat, found.tournament_id, f"/me/disputes/{dispute_id}/evidence/",
        f"/api/tournaments/disputes/{dispute_id}/evidence/", "You have added 10 pieces of evidence", link, link,
    )  # fmt: skip


# -- the whole tournament


def reviewed_early(world: World) -> Attempt:
    tournament_id = contest(world).tournament_id
    word = {"decision": "confirm", "reason": REASON}
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/winners/",
        f"/api/tournaments/{tournament_id}/review/", "Winners are reviewed once a tournament is completed", word, word,
    )  # fmt: skip


def deleted_in_play(world: World) -> Attempt:
    tournament_id = contest(world).tournament_id
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/delete/",
        f"/api/tournaments/{tournament_id}/", "It is being played. Complete or cancel it first.", {"reason": REASON},
        {"reason": REASON}, method="DELETE",
    )  # fmt: skip


def announced_while_stopped(world: World) -> Attempt:
    tournament_id = stopped(world).tournament_id
    notice = {"text": "We begin at noon.", "audience": "all"}
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/announcements/",
        f"/api/tournaments/{tournament_id}/announcements/", "stopped", notice, notice,
    )  # fmt: skip


def withdrawn_of_nothing(world: World) -> Attempt:
    tournament_id = contest(world).tournament_id
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/announcements/999/withdraw/",
        f"/api/tournaments/{tournament_id}/announcements/999/", "There is no announcement 999.", status=404,
        method="DELETE",
    )  # fmt: skip


def called_off_after_the_end(world: World) -> Attempt:
    found = confirmed(world)
    tournaments.complete(found.tournament_id, actor=SYSTEM, now=utc_now())
    path, why = f"{found.tournament_id}/cancel/", {"reason": REASON}
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{path}", f"/api/tournaments/{path}",
        "A tournament that is completed cannot become cancelled", why, why,
    )  # fmt: skip


def stopped_in_the_room(world: World) -> Attempt:
    """By the button of the control room."""
    found, why = own(world, registered(sides=2).tournament_id), {"reason": REASON}
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/control/stop/", f"/api/tournaments/{found}/emergency-stop/",
        "nothing runs that could be stopped.", why, why,
    )  # fmt: skip


def of_another_version(world: World) -> Attempt:
    found = own(world, registered(sides=2).tournament_id)
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/versions/99/restore/",
        f"/api/tournaments/{found}/versions/99/restore/", "There is no version 99", status=404,
    )  # fmt: skip


def changed_too_late(world: World) -> Attempt:
    """By a form that was opened while it was a draft."""
    found = contest(world).tournament_id
    form = {"name": "Duel", "game": "valorant", "format": "round-robin", "zone": "UTC"}
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/edit/", f"/api/tournaments/{found}/",
        "game: was fixed when the tournament opened", form, {"game": "valorant"}, method="PATCH",
        shown=f"Tournament {found} is live: game: was fixed when the tournament opened",
    )  # fmt: skip


def revealed_while_it_rests(world: World) -> Attempt:
    found = own(world, open_battle_royale(squads=4).tournament_id)
    freezes.freeze_now(found, actor=SYSTEM, now=utc_now())
    reveals.start(found, RevealBy.ROW, actor=SYSTEM, now=utc_now())
    reveals.pause(found, actor=SYSTEM, now=utc_now())
    path, step = f"/organizer/tournaments/{found}/reveal/step/", {"do": "next", "seen": "0"}
    return Attempt(world.olga, found, path, "", "The reveal is paused; resume it first.", step)


def saved_for_everybody(world: World) -> Attempt:
    found = own(world, registered(sides=2).tournament_id)
    template = {"name": "Cup", "description": "", "scope": "global"}
    return Attempt(
        world.olga, found, f"/organizer/tournaments/{found}/template/", "/api/tournaments/templates/", "Only staff save templates for everybody.", template,
        template | {"tournament_id": found}, 403,
    )  # fmt: skip


def imported(world: World) -> Attempt:
    found = own(world, registered(sides=2).tournament_id)
    path = f"/organizer/tournaments/{found}/import/"
    words = "Files of results are of battle-royale matches; this tournament has none."
    return Attempt(world.olga, found, path, "", words, {"pasted": "match,team,placement,kills", "numbers_on": "yes"})


def frozen_twice(world: World) -> Attempt:
    tournament_id = contest(world).tournament_id
    freezes.freeze_now(tournament_id, actor=SYSTEM, now=utc_now())
    path = f"/organizer/tournaments/{tournament_id}/freeze/"
    form = {"begins": "matches", "last_matches": "1", "zone": "UTC"}
    return Attempt(world.olga, tournament_id, path, "", "There is a freeze already", form)


def revealed(world: World, form: dict[str, str], words: str, *, is_frozen: bool) -> Attempt:
    tournament_id = contest(world).tournament_id
    if is_frozen:
        freezes.freeze_now(tournament_id, actor=SYSTEM, now=utc_now())
    step = "step" if "do" in form else "start"
    return Attempt(world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/reveal/{step}/", "", words, form)

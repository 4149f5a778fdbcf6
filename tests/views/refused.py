"""What is refused on the day, arranged: who tries it, by which form and which operation, and the words that tell why."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update

from tests.arenas import REASON
from tests.contests import Contest, open_contest
from tests.entering import enter, open_tournament, players
from tests.knockouts import Knockout, open_knockout, registered
from tests.services.league_play import League, drawn
from tests.views.refusing import Attempt, World, own
from webapp.models import Payment, Registration
from webapp.services.bracketing import brackets
from webapp.services.disputes import disputes
from webapp.services.matches import matches, pauses, reporting, series
from webapp.services.registration import checkins, payments
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

DAY: Final = timedelta(days=1)
SOON: Final = timedelta(minutes=20)
TEXT: Final = "They counted a round twice."


# -- registrations, payments, check-in


def entered(world: World, **columns: Any) -> tuple[int, int]:
    """A tournament of the next day in which pat is; (tournament, registration)."""
    tournament_id = open_tournament(starts_at=utc_now() + DAY, has_checkin=True, organizer_id=world.olga.user_id)
    for person in players(2):
        enter(tournament_id, person, now=utc_now())
    own(world, tournament_id, **{name: columns.pop(name) for name in ("entry_fee", "currency") if name in columns})
    registration_id = enter(tournament_id, world.pat.actor, now=utc_now()).registration_id
    own(world, tournament_id, **columns)
    return tournament_id, registration_id


def checking(world: World, words: str, undoing: str = "", **columns: Any) -> Attempt:
    tournament_id, one = entered(world, **columns)
    return Attempt(
        world.pat, tournament_id, f"/me/registrations/{one}/check-in/{undoing}",
        f"/api/tournaments/checkin/{one}/{undoing or 'check-in/'}", words,
    )  # fmt: skip


def waiting_for_approval(world: World) -> Attempt:
    attempt = checking(world, "who takes part or waits checks in", starts_at=utc_now() + SOON)
    with transaction() as session:
        session.execute(update(Registration).where(Registration.user_id == world.pat.user_id).values(status="rejected"))
    return attempt


def undone_late(world: World) -> Attempt:
    attempt = checking(
        world, "After 15 minutes only an organizer takes it back; ask one.", "undo/", starts_at=utc_now() + SOON
    )
    registration_id = int(attempt.page.split("/")[3])
    checkins.check_in(registration_id, actor=world.pat.actor, now=utc_now() - SOON / 2)
    with transaction() as session:
        row = session.get_one(Registration, registration_id)
        row.checked_in_at = utc_now() - timedelta(minutes=16)
    return attempt


def left_late(world: World) -> Attempt:
    tournament_id, one = entered(world, starts_at=utc_now() - SOON)
    return Attempt(
        world.pat, tournament_id, f"/me/registrations/{one}/withdraw/", f"/api/tournaments/registrations/{one}/cancel/",
        "The tournament has begun; ask its organizer to take you out.", {"sure": "yes"},
    )  # fmt: skip


def closed(world: World, words: str, **columns: Any) -> Attempt:
    tournament_id, _ = entered(world, **columns)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/check-in/close/",
        f"/api/tournaments/{tournament_id}/checkin/close/", words, body={},
    )  # fmt: skip


def closed_over_a_bracket(world: World) -> Attempt:
    """Drawn before check-in opened: drawing it later closes check-in."""
    attempt = closed(world, "The bracket is generated already; generate it anew afterwards.")
    brackets.generate(attempt.tournament_id, actor=SYSTEM, now=utc_now())
    own(world, attempt.tournament_id, starts_at=utc_now() + SOON)
    return attempt


def paid(world: World, step: str, words: str) -> Attempt:
    """A payment that was verified, and what cannot be done to it any more."""
    tournament_id, one = entered(world, entry_fee=500, currency="BDT", payment_methods=[{"name": "Wallet"}])
    with read_snapshot() as session:
        payment_id = session.scalars(select(Payment.id).where(Payment.registration_id == one)).one()
    payments.submit_proof(
        payment_id, method="Wallet", reference="TX1", proof=None, actor=world.pat.actor, now=utc_now()
    )  # fmt: skip
    payments.verify(payment_id, actor=SYSTEM, now=utc_now())
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/payments/{payment_id}/{step}/",
        f"/api/tournaments/payments/{payment_id}/{step}/", words, {"reason": REASON, "revision": "2"}, {"reason": REASON},
    )  # fmt: skip


# -- brackets


def seeded(world: World, knockout: Knockout, words: str, seeding: str = "slot", status: int = 409) -> Attempt:
    own(world, knockout.tournament_id)
    return Attempt(
        world.olga, knockout.tournament_id, f"/organizer/tournaments/{knockout.tournament_id}/bracket/",
        f"/api/tournaments/brackets/{knockout.tournament_id}/generate/", words, {"seeding": seeding, "draw": "1"},
        {"seeding": seeding}, status,
    )  # fmt: skip


def unranked(world: World) -> Attempt:
    """Names by page, ids by API."""
    attempt = seeded(world, registered(sides=3), "no ranking points", "ranked", status=422)
    attempt.shown = (
        "These teams have no ranking points, so place them last or seed by hand: Squad 01; Squad 02; Squad 03"
    )
    return attempt


def drawn_anew(world: World) -> Attempt:
    cup = open_knockout(sides=4)
    matches.start_match(cup.match_ids()["W1-1"], actor=SYSTEM, now=utc_now())
    return seeded(world, cup, "Match 1 has begun: the bracket stays as it is.", "random")


def locked(world: World) -> Attempt:
    cup = open_knockout(sides=4)
    brackets.finalize(cup.tournament_id, actor=SYSTEM, now=utc_now())
    return seeded(world, cup, "The bracket is finalized; unfinalize it first.", "random")


def over(world: World) -> Attempt:
    cup = open_knockout(sides=2)
    cup.win("W1-1", 1)
    tournaments.complete(cup.tournament_id, actor=SYSTEM, now=utc_now())
    return seeded(world, cup, "its bracket stays as it is")


def locked_too_soon(world: World) -> Attempt:
    cup = registered(sides=4)
    tournament_id = own(world, cup.tournament_id)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/bracket/stages/1/finalize/",
        f"/api/tournaments/brackets/{tournament_id}/finalize/", "There is no bracket yet; generate it.",
    )  # fmt: skip


def paired(world: World, words: str, *, is_played: bool) -> Attempt:
    league: League = drawn("swiss", 4, {"rounds": 1} if is_played else None)
    tournament_id = own(world, league.tournament_id)
    if is_played:
        league.play(lambda _duel: (2, 0))
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/league/rounds/2/",
        f"/api/tournaments/brackets/{tournament_id}/next-round/", words, {}, {"number": 2},
    )  # fmt: skip


# -- matches, disputes, corrections


def contest(world: World, **columns: Any) -> Contest:
    found = open_contest(game="fc26", best_of=1)
    found.also_speaks_for(world.pat.actor, found.a)
    own(world, found.tournament_id, **columns)
    return found


def won_by_a(found: Contest) -> dict[str, Any]:
    return {"games": [{"number": 1, "score_a": 3, "score_b": 1}]}


def of_match(world: World, found: Contest, page: str, api: str, words: str, **more: Any) -> Attempt:
    """Something that an official does to a match."""
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/matches/{found.match_id}/{page}/",
        f"/api/tournaments/matches/{found.match_id}/{api}/", words, **more,
    )  # fmt: skip


def of_side(world: World, found: Contest, page: str, api: str, words: str, **more: Any) -> Attempt:
    """Something that a side does in a match."""
    return Attempt(
        world.pat, found.tournament_id, f"/me/matches/{found.match_id}/{page}/",
        f"/api/tournaments/matches/{found.match_id}/{api}/", words, **more,
    )  # fmt: skip


def confirmed(world: World) -> Contest:
    found = contest(world)
    series.confirm(found.match_id, found.games(0), actor=SYSTEM, now=utc_now())
    return found


def begun(world: World, words: str, found: Contest) -> Attempt:
    return of_match(world, found, "begin", "start", words)


def stopped(world: World) -> Contest:
    found = contest(world)
    pauses.stop(found.tournament_id, reason=REASON, actor=SYSTEM, now=utc_now())
    return found


def reported(world: World, found: Contest, words: str) -> Attempt:
    form = {"games-0-score_a": "3", "games-0-score_b": "1", "report_revision": "0"}
    return of_side(world, found, "report", "submit-result", words, form=form, body=won_by_a(found))


def agreed(world: World, words: str, reporter: str, answered: int) -> Attempt:
    found = contest(world)
    who = found.bob if reporter == "bob" else world.pat.actor
    for wins in (0, 1) if reporter else ():
        reporting.submit(found.match_id, found.games(wins), actor=who, now=utc_now())
    return of_side(
        world, found, "agree", "confirm-result", words, form={"report_revision": str(answered)},
        body={"report_revision": answered},
    )  # fmt: skip


def objected(world: World, found: Contest, words: str) -> Attempt:
    form = {"reason_code": "wrong_score", "text": TEXT}
    """The page without a form says how it is by itself."""
    known = "A dispute about this match is open already."
    shown = known if "open already" in words else "for 24 hours after it is confirmed"
    return of_side(world, found, "dispute", "dispute", words, form=form, body=form, shown=shown)


def objected_twice(world: World) -> Attempt:
    found = confirmed(world)
    disputes.open_dispute(found.match_id, reason_code="other", text=TEXT, actor=found.bob, now=utc_now())
    return objected(world, found, "is open already")


def objected_late(world: World) -> Attempt:
    found = contest(world)
    series.confirm(found.match_id, found.games(0), actor=SYSTEM, now=utc_now() - DAY - SOON)
    return objected(world, found, "was confirmed more than 24 hours ago")


def decided_without_report(world: World) -> Attempt:
    found = contest(world)
    reporting.submit(found.match_id, found.games(0), actor=world.pat.actor, now=utc_now())
    dispute_id = disputes.open_dispute(
        found.match_id, reason_code="other", text=TEXT, actor=found.bob, now=utc_now()
    )  # fmt: skip
    return Attempt(
        world.olga, found.tournament_id, f"/organizer/tournaments/{found.tournament_id}/disputes/{dispute_id}/decide/",
        f"/api/tournaments/matches/{found.match_id}/resolve-dispute/",
        "the side has not said what the result was; say it yourself",
        {"resolution": "approve_dispute", "reason": REASON, "revision": "1"},
        {"resolution": "approve_dispute", "reason": REASON}, 422,
    )  # fmt: skip


def moved_on(world: World) -> tuple[Knockout, int]:
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1)
    cup.win("W1-2", 2)
    matches.start_match(cup.match_ids()["W2-1"], actor=SYSTEM, now=utc_now())
    own(world, cup.tournament_id)
    return cup, cup.match_ids()["W1-1"]


def reset_in_the_middle(world: World) -> Attempt:
    cup, match_id = moved_on(world)
    return Attempt(
        world.olga, cup.tournament_id, f"/organizer/tournaments/{cup.tournament_id}/matches/{match_id}/reset/",
        f"/api/tournaments/matches/{match_id}/reset/", "The bracket has moved on", {"reason": REASON}, {"reason": REASON},
    )  # fmt: skip


def corrected_in_the_middle(world: World) -> Attempt:
    cup, match_id = moved_on(world)
    form = {"what": "correct", "games-0-score_a": "0", "games-0-score_b": "1", "reason": REASON, "revision": "1"}
    body = {
        "kind": "correct", "games": [{"number": 1, "score_a": 0, "score_b": 1}], "reason": REASON, "revision": 1,
    }  # fmt: skip
    return Attempt(
        world.olga, cup.tournament_id, f"/organizer/tournaments/{cup.tournament_id}/matches/{match_id}/correct/",
        f"/api/tournaments/matches/{match_id}/correct/", "played on the old outcome", form, body,
    )  # fmt: skip


# -- the whole tournament


def moved(world: World, tournament_id: int, step: str, words: str, **more: Any) -> Attempt:
    own(world, tournament_id)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/{step}/",
        f"/api/tournaments/{tournament_id}/{step}/", words, **({"body": {}} | more),
    )  # fmt: skip


def ended_unplayed(world: World) -> Attempt:
    cup = registered(sides=2)
    tournaments.start(cup.tournament_id, actor=SYSTEM, now=utc_now())
    return moved(world, cup.tournament_id, "complete", "No match has a result, so there is no winner.")


def taken_back(world: World, words: str, *, is_late: bool) -> Attempt:
    found = contest(world)
    then = utc_now() - (SOON if is_late else timedelta())
    series.confirm(found.match_id, found.games(0), actor=world.olga.actor, now=then)
    action_id = undo.newest_of(found.tournament_id, actor=world.olga.actor, now=then)
    if not is_late:
        series.correct(found.match_id, found.games(1), reason=REASON, actor=SYSTEM, now=utc_now())
    return moved(world, found.tournament_id, f"undo/{action_id}", words)

"""What is refused around teams, fees, check-in and files, arranged like `refused.py`."""

from typing import Any, Final

from sqlalchemy import select, update

from tests.entering import line_up, open_tournament, players, team
from tests.personas import Persona, persona
from tests.views.refused import DAY, SOON, contest, entered
from tests.views.refusing import Attempt, World, own
from webapp.domain.custom_fields import FieldRule
from webapp.models import LineUp, Payment, Registration, TeamInvite
from webapp.services.registration import checkin_close, checkins, custom_fields, entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_invites, teams

GAME: Final = "valorant"


# -- teams


def led(world: World) -> int:
    """A team that pat leads."""
    return team(world.pat.actor, [], name="Pats", game=GAME)


def of_team(world: World, page: str, api: str, words: str, **more: Any) -> Attempt:
    """What pat does to a team."""
    return Attempt(world.pat, 0, f"/teams/{page}", f"/api/teams/{api}", words, **more)


def founded(world: World, name: str, words: str) -> Attempt:
    details = {"name": name, "tag": "", "game": GAME, "description": ""}
    return of_team(world, "new/", "", words, form=details, body={"name": name, "game": GAME})


def with_a_name_that_is_taken(world: World) -> Attempt:
    team(players(1)[0], [], name="Night Ferry", game=GAME)
    return founded(world, "Night Ferry", "is taken in this game; choose another")


def in_a_second_team(world: World) -> Attempt:
    led(world)
    return founded(world, "Another", "A player is in one team of a game at a time; leave")


def renamed(world: World) -> Attempt:
    team(players(1)[0], [], name="Night Ferry", game=GAME)
    own_team = led(world)
    return of_team(
        world, f"{own_team}/manage/", f"{own_team}/", "is taken in this game; choose another", method="PATCH",
        form={"name": "Night Ferry", "tag": "", "description": ""}, body={"name": "Night Ferry"},
    )  # fmt: skip


def changed_by_staff(world: World) -> Attempt:
    """Of a team that is no more, by whom its page still lets in."""
    own_team = led(world)
    teams.disband(own_team, actor=world.pat.actor, now=utc_now())
    attempt = of_team(
        world, f"{own_team}/manage/", f"{own_team}/", "The team was disbanded; nothing of it can change any more.",
        method="PATCH", form={"name": "Others", "tag": "", "description": ""}, body={"name": "Others"},
    )  # fmt: skip
    attempt.by = persona(world.pat.client.application, "sam")
    return attempt


def of_others(world: World) -> Attempt:
    theirs = team(players(1)[0], [], name="Night Ferry", game=GAME)
    return of_team(
        world, f"{theirs}/manage/", f"{theirs}/", "Only the captain of the team may do that.", method="PATCH",
        form={"name": "Pats", "tag": "", "description": ""}, body={"name": "Pats"}, status=403,
    )  # fmt: skip


def left_by_its_captain(world: World) -> Attempt:
    own_team = led(world)
    return of_team(
        world, f"{own_team}/leave/", f"{own_team}/leave/",
        "The captain stays: hand the team over first, or disband it if nobody is left.",
    )  # fmt: skip


def without_its_captain(world: World) -> Attempt:
    own_team, pat = led(world), world.pat.user_id
    return of_team(
        world, f"{own_team}/members/{pat}/remove/", f"{own_team}/remove-member/", "The captain stays",
        body={"user_id": pat},
    )  # fmt: skip


def captain_made_a_player(world: World) -> Attempt:
    own_team, pat = led(world), world.pat.user_id
    return of_team(
        world, f"{own_team}/members/{pat}/role/", f"{own_team}/set-role/", "The captain hands the team over first.",
        form={"role": "player"}, body={"user_id": pat, "role": "player"},
    )  # fmt: skip


def friend(world: World) -> Persona:
    """Somebody else with an account."""
    return persona(world.pat.client.application, "vera")


def invited(world: World, others: list[Actor], words: str) -> Attempt:
    own_team = team(world.pat.actor, others, name="Pats", game=GAME)
    form = {"handle": "vera", "role": "player"}
    return of_team(world, f"{own_team}/invites/", f"{own_team}/invite/", words, form=form, body=form)


def with_a_member(world: World) -> Attempt:
    return invited(world, [friend(world).actor], "is in the team already")


def with_thirty(world: World) -> Attempt:
    friend(world)
    return invited(world, players(29), "A team has at most 30 members, with those who are invited.")


def asked_in(world: World) -> tuple[int, Actor]:
    """An invitation for pat, and whose it is."""
    (captain,) = players(1)
    theirs = team(captain, [], name="Night Ferry", game=GAME)
    return team_invites.invite(theirs, world.pat.name, actor=captain, now=utc_now()), captain


def accepted(world: World, invite_id: int, words: str) -> Attempt:
    return of_team(world, f"invites/{invite_id}/accept/", f"invites/{invite_id}/accept/", words)


def accepted_after_declining(world: World) -> Attempt:
    invite_id, _ = asked_in(world)
    team_invites.decline(invite_id, actor=world.pat.actor, now=utc_now())
    return accepted(world, invite_id, "The invitation was declined already")


def accepted_late(world: World) -> Attempt:
    invite_id, _ = asked_in(world)
    with transaction() as session:
        session.execute(update(TeamInvite).values(expires_at=utc_now() - SOON))
    return accepted(world, invite_id, "The invitation has expired; ask the captain for another one.")


def accepted_in_another_team(world: World) -> Attempt:
    led(world)
    return accepted(world, asked_in(world)[0], "A player is in one team of a game at a time; leave")


def withdrawn_after_it_was_accepted(world: World) -> Attempt:
    own_team, other = led(world), friend(world)
    invite_id = team_invites.invite(own_team, "vera", actor=world.pat.actor, now=utc_now())
    team_invites.accept(invite_id, actor=other.actor, now=utc_now())
    return of_team(
        world, f"{own_team}/invites/{invite_id}/withdraw/", f"{own_team}/invites/{invite_id}/",
        "The invitation was accepted already", method="DELETE",
    )  # fmt: skip


def disbanded_in_play(world: World) -> Attempt:
    tournament_id = open_tournament(GAME, starts_at=utc_now() + DAY)
    people = [world.pat.actor, *players(4)]
    own_team = team(world.pat.actor, people[1:], name="Pats", game=GAME)
    entry = Entry(team_id=own_team, players=line_up(people))
    entries.register(tournament_id, entry, actor=world.pat.actor, now=utc_now())
    own(world, tournament_id, status="live")
    return of_team(
        world, f"{own_team}/disband/", f"{own_team}/", "which is under way; it can be disbanded afterwards.",
        method="DELETE",
    )  # fmt: skip


def with_an_eleventh_line_up(world: World) -> Attempt:
    own_team = led(world)
    with transaction() as session:
        kept = [
            LineUp(team_id=own_team, name=f"Map {number}", players=[], created_at=utc_now()) for number in range(10)
        ]
        session.add_all(kept)
    form = {"name": "Map 11", f"member-{world.pat.user_id}": "player"}
    attempt = of_team(
        world, f"{own_team}/line-ups/", "", "A team keeps at most 10 line-ups; delete one first.", form=form
    )
    attempt.api = ""
    return attempt


# -- fees, check-in, questions


def owing(world: World, **columns: Any) -> tuple[int, int, int]:
    """A tournament with a fee in which pat is; (tournament, registration, payment)."""
    tournament_id, one = entered(world, entry_fee=500, currency="BDT", payment_methods=[{"name": "Wallet"}], **columns)
    with read_snapshot() as session:
        return tournament_id, one, session.scalars(select(Payment.id).where(Payment.registration_id == one)).one()


def paying(world: World, words: str, **more: Any) -> Attempt:
    tournament_id, one, payment_id = owing(world)
    said = {"method": "Wallet", "reference": "TX1"}
    return Attempt(
        world.pat, tournament_id, f"/me/registrations/{one}/payment/",
        f"/api/tournaments/payments/{payment_id}/submit-proof/", words, said, said, **more,
    )  # fmt: skip


def paid_without_a_place(world: World) -> Attempt:
    attempt = paying(world, "nothing is to be paid now")
    with transaction() as session:
        waits = update(Registration).where(Registration.user_id == world.pat.user_id).values(
            status="waitlisted", waitlisted_at=utc_now()
        )  # fmt: skip
        session.execute(waits)
    return attempt


def verified_unseen(world: World) -> Attempt:
    """The organizer decides about what was there before the payer wrote again."""
    tournament_id, _, payment_id = owing(world)
    payments.submit_proof(
        payment_id, method="Wallet", reference="TX1", proof=None, actor=world.pat.actor, now=utc_now()
    )  # fmt: skip
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/payments/{payment_id}/verify/",
        f"/api/tournaments/payments/{payment_id}/verify/", "look at it again before you decide", {"revision": "0"},
        {"revision": 0},
    )  # fmt: skip


def closing(world: World, words: str, form: dict[str, str] | None = None, **columns: Any) -> Attempt:
    tournament_id, _ = entered(world, starts_at=utc_now() + SOON, **columns)
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/check-in/close/",
        f"/api/tournaments/{tournament_id}/checkin/close/", words, form or {}, dict(form or {}),
    )  # fmt: skip


def reopened_late(world: World) -> Attempt:
    attempt = closing(world, "somebody came or went, or it is drawn or played. The close stays.")
    tournament_id = attempt.tournament_id
    with read_snapshot() as session:
        one = session.scalars(select(Registration.id).where(Registration.user_id == world.pat.user_id)).one()
        in_it = list(session.scalars(select(Registration.id).where(Registration.tournament_id == tournament_id)))
    checkins.check_in_many(tournament_id, in_it, actor=SYSTEM, now=utc_now())
    checkin_close.close(tournament_id, actor=SYSTEM, now=utc_now())
    entries.withdraw(one, actor=world.pat.actor, now=utc_now())
    attempt.page, attempt.api = (path.replace("/close/", "/reopen/") for path in (attempt.page, attempt.api))
    attempt.form, attempt.body = {}, None
    return attempt


def checked_in_too_many(world: World) -> Attempt:
    tournament_id, _ = entered(world, starts_at=utc_now() + SOON)
    ids = list(range(10_000, 10_201))
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/check-in/many/",
        "", "200", {"participant": [str(one) for one in ids]}, status=422,
    )  # fmt: skip


def asked_too_much(world: World) -> Attempt:
    tournament_id = own(world, open_tournament())
    for number in range(20):
        rule = FieldRule(f"field_{number}", f"Question {number}", "text")
        custom_fields.add(tournament_id, rule, actor=SYSTEM, now=utc_now())
    rule_sent = {"key": "age", "label": "Your age", "kind": "number"}
    return Attempt(
        world.olga, tournament_id, f"/organizer/tournaments/{tournament_id}/questions/",
        f"/api/tournaments/{tournament_id}/custom-fields/", "There are 20 fields", rule_sent, rule_sent,
    )  # fmt: skip


def lined_up_late(world: World) -> Attempt:
    tournament_id, one = entered(world)
    own(world, tournament_id, status="registration_closed")
    return Attempt(
        world.pat, tournament_id, f"/me/registrations/{one}/line-up/",
        f"/api/tournaments/registrations/{one}/line-up/", "Registration is closed.",
        {f"player_id-{world.pat.user_id}": "Striker77"}, {"player_id": "Striker77"}, method="PUT",
    )  # fmt: skip


def lined_up_after_leaving(world: World) -> Attempt:
    attempt = lined_up_late(world)
    own(world, attempt.tournament_id, status="registration_open")
    with transaction() as session:
        gone = update(Registration).where(Registration.user_id == world.pat.user_id).values(status="withdrawn")
        session.execute(gone)
    attempt.words = "The registration is withdrawn; its line-up stays as it is."
    return attempt


# -- files


def with_a_logo(world: World, file: bytes, words: str, **more: Any) -> Attempt:
    own_team = led(world)
    path = f"{own_team}/logo/"
    return of_team(world, path, path, words, file=file, **({"status": 422, "method": "PUT"} | more))


def proved(world: World, file: bytes, words: str, **more: Any) -> Attempt:
    return paying(world, words, file=file, **({"status": 422} | more))


def shown(world: World, file: bytes, words: str) -> Attempt:
    """A screenshot with a report."""
    found = contest(world)
    path = f"matches/{found.match_id}"
    form = {"games-0-score_a": "3", "games-0-score_b": "1", "report_revision": "0"}
    return Attempt(
        world.pat, found.tournament_id, f"/me/{path}/report/", f"/api/tournaments/{path}/submit-result/", words, form,
        {"games": [{"number": 1, "score_a": 3, "score_b": 1}]}, 422, file=file,
    )  # fmt: skip

"""Words that must stay where people have put them, planted in every place that takes private words, on a whole site."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select, update

from tests.arenas import OPENED_AT
from tests.entering import enter, open_tournament
from tests.personas import PASSWORD, Persona
from tests.servers.discord import DiscordServer
from tests.servers.receiver import Receiver
from tests.uploaded import picture
from tests.views.api.named_worlds import NAMES, NamedWorld, named_world
from webapp.domain.custom_fields import FieldRule
from webapp.models import Payment, Registration, RegistrationPlayer, StoredFile, Tournament, User
from webapp.services.accounts import app_tokens, links, tokens
from webapp.services.disputes import disputes
from webapp.services.files import uploads
from webapp.services.live import overlay_tokens
from webapp.services.matches import lobbies
from webapp.services.notifications import discord_channels, unsubscribing
from webapp.services.registration import custom_fields, entry_decisions, payments
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints, environment
from webapp.services.webhooks.endpoints import Draft

DISCORD_IDS: Final = ("2223334445556667778", "3334445556667778889")
SETTINGS: Final[Mapping[str, str]] = {
    "key of the site": "tests-only-nightjar-" + "k" * 24,
    "token of the metrics": "metrics-lapwing-" + "m" * 24,
    "secret of the settings": "settings-dunnock-" + "s" * 24,
}
"""What an operator has set."""
ADDRESS: Final = "203.0.113.77"
DEVICE: Final = "Whimbrel/7.0 (of Quokka)"
PUBLIC: Final = NAMES
"""What people chose to be public: pages, mails and Discord show it, programs are told ids."""


@dataclass
class Aviary:
    """A site in which everything private is a bird of its own."""

    world: NamedWorld
    people: Mapping[str, Persona]
    planted: dict[str, str]
    """What it is, and the word."""
    tournament_ids: tuple[int, ...]
    team_ids: tuple[int, ...]
    links: dict[str, str] = field(default_factory=dict)
    """Tokens that belong into a mail and nowhere else."""

    def found_in(self, content: object, *, but: Iterable[str] = (), names: bool = True) -> list[str]:
        """What has got out into `content`; `names` says whether it may hold no public names either."""
        text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
        private = {**self.planted, **self.links}
        leaks = [what for what, word in private.items() if word in text and what not in set(but)]
        return leaks + ([name for name in PUBLIC if name in text] if names else [])


def open_aviary(
    app: Flask, people: Mapping[str, Persona], receiver: Receiver, discord: DiscordServer
) -> Aviary:  # fmt: skip
    """`people` are olga, who organizes; sam of the staff; pat and una, who play."""
    sam, pat, una = (people[name] for name in ("sam", "pat", "una"))
    world = named_world(sam, pat, una)
    planted = {**SETTINGS, "password": PASSWORD, "address of a visitor": ADDRESS, "device of a visitor": DEVICE}
    planted |= {f"email of {name}": _address(person, name) for name, person in people.items()}
    _organized_by(people["olga"], world)
    planted |= _of_registration(pat)
    planted |= _of_matches(world, sam, pat)
    planted |= _of_accounts(app, world, sam, pat)
    planted |= _of_channels(people, receiver, discord)
    planted |= _stored_names()
    with read_snapshot() as session:
        ids = tuple(session.scalars(select(Tournament.id).order_by(Tournament.id)))
        user = session.get_one(User, pat.user_id)
        mailed = {f"link of {purpose}": links.token(purpose, user) for purpose in links.LIFETIMES}
    mailed["link to unsubscribe"] = unsubscribing.url_for(pat.user_id, "match_disputed").rstrip("/").rpartition("/")[2]
    return Aviary(world, people, planted, ids, (world.team["team_id"],), mailed)


def _address(person: Persona, name: str) -> str:
    """An address of theirs that nobody could guess from their handle."""
    address = f"{name[::-1]}.gannet@nest.example"
    with transaction() as session:
        of_person = update(User).where(User.id == person.user_id)
        session.execute(of_person.values(email=address, email_key=address, email_verified_at=OPENED_AT))
    return address


def _organized_by(olga: Persona, world: NamedWorld) -> None:
    with transaction() as session:
        session.execute(update(Tournament).values(organizer_id=olga.user_id))


def _of_registration(pat: Persona) -> dict[str, str]:
    """A registration with answers, a payment with a reference, a decision with its reason."""
    words = {
        "name behind a handle": "Ada Kittiwake-Rahman", "number of a phone": "+8801712345678",
        "reference of a payment": "TRX-TURNSTONE-99", "help of a question": "As on your Dotterel card",
        "reason of a payment": "Smew could not find it",
    }  # fmt: skip
    tournament_id = open_tournament(
        name="Zanzibar Open", entry_fee=500, currency="BDT", payment_methods=[{"name": "Marabou Pay"}],
        starts_at=utc_now() + timedelta(minutes=20),
    )  # fmt: skip
    for key, label in (("name", words["help of a question"]), ("phone", "Number")):
        custom_fields.add(tournament_id, FieldRule(key, label, "text"), actor=SYSTEM, now=OPENED_AT)
    answers = {"name": words["name behind a handle"], "phone": words["number of a phone"]}
    entered = enter(tournament_id, pat.actor, now=utc_now(), answers=answers)
    with read_snapshot() as session:
        payment_id = session.scalar(select(Payment.id).where(Payment.registration_id == entered.registration_id)) or 0
    told = {"method": "Marabou Pay", "reference": words["reference of a payment"]}
    for _ in range(2):
        proof = uploads.receive(picture(), "proof")
        payments.submit_proof(payment_id, **told, proof=proof, actor=pat.actor, now=utc_now())
        reason = words["reason of a payment"]
        payments.reject(payment_id, reason=reason, actor=SYSTEM, now=utc_now())
    why = {"decision": "reject", "reason": words["reason of a payment"]}
    entry_decisions.decide(entered.registration_id, **why, actor=SYSTEM, now=utc_now())
    return words


def _of_matches(world: NamedWorld, sam: Persona, pat: Persona) -> dict[str, str]:
    words = {
        "password of a lobby": "jacana-lobby-word", "notes of a lobby": "Sandgrouse opens the door",
        "note of officials": "Hornbill has cheated before", "word in a dispute": "Godwit saw it on the video",
    }  # fmt: skip
    lobby = {"name": "Lobby of Dodos", "password": words["password of a lobby"], "notes": words["notes of a lobby"]}
    lobbies.set_lobby(world.duel["own_id"], **lobby, actor=sam.actor, now=utc_now())
    dispute_id, now = world.duel["dispute_id"], utc_now()
    disputes.comment(dispute_id, words["note of officials"], is_internal=True, actor=sam.actor, now=now)
    disputes.comment(dispute_id, words["word in a dispute"], actor=pat.actor, now=now)
    _play(world.duel["tournament_id"], pat)
    return words


def _play(tournament_id: int, person: Persona) -> None:
    """Make the person a player of the first registration, so that they hear of its matches."""
    with transaction() as session:
        found = select(Registration.id).where(Registration.tournament_id == tournament_id).order_by(Registration.id)
        session.add(
            RegistrationPlayer(
                tournament_id=tournament_id, registration_id=session.scalars(found).first(), user_id=person.user_id,
                role="player",
            )
        )  # fmt: skip


def _of_accounts(app: Flask, world: NamedWorld, sam: Persona, pat: Persona) -> dict[str, str]:
    """Sessions, tokens and links, each used once by somebody whose address and device say who it is."""
    pair = app_tokens.log_in(sam.user_id, None, secret_key=app.config["SECRET_KEY"], now=utc_now())
    token = tokens.create("Merlin's script", scopes=["read"], days=7, actor=sam.actor, now=utc_now())
    overlay = overlay_tokens.create(world.cup["tournament_id"], "Stage", actor=sam.actor, now=utc_now())
    for bearer in (token.secret, pair.access):
        headers = {"Authorization": f"Bearer {bearer}", "User-Agent": DEVICE}
        app.test_client().get("/api/tournaments/", headers=headers, environ_base={"REMOTE_ADDR": ADDRESS})
    pat.client.get("/me/", headers={"User-Agent": DEVICE}, environ_base={"REMOTE_ADDR": ADDRESS})
    return {
        "secret of a session": pat.secret, "token of a program": token.secret, "name of a token": "Merlin's script",
        "token of an app": pair.access, "token that renews": pair.refresh, "link of an overlay": overlay.secret,
    }  # fmt: skip


def _of_channels(
    people: Mapping[str, Persona], receiver: Receiver, discord: DiscordServer
) -> dict[str, str]:  # fmt: skip
    """Every channel, from the beginning, with addresses that are secrets and secrets that are none of anybody's."""
    olga, sam, pat, now = people["olga"], people["sam"], people["pat"], OPENED_AT
    words = {
        "path of a webhook": "/hooks/ruff-and-reeve", "query of a webhook": "key=corncrake",
        "path of the settings": "/hooks/pratincole", "description of a webhook": "Whinchat's laptop",
        "token of Discord": re.findall(r"[\w-]+$", discord.url())[0],
    }  # fmt: skip
    url = f"{receiver.at(words['path of a webhook'])}?{words['query of a webhook']}"
    draft = Draft(url, description=words["description of a webhook"])
    made = endpoints.create(draft, scope="tournaments", actor=olga.actor, now=now)
    rolled = endpoints.rotate(made.endpoint_id, actor=olga.actor, now=now)
    site = endpoints.create(Draft(receiver.at("/site")), scope="site", actor=sam.actor, now=now)
    environment.keep(receiver.at(words["path of the settings"]), SETTINGS["secret of the settings"], now=now)
    channel = Draft(discord.url(DISCORD_IDS[0]), kind="discord")
    endpoints.create(channel, scope="tournaments", actor=olga.actor, now=now)
    discord_channels.enter_own(discord.url(DISCORD_IDS[1]), actor=pat.actor, now=now)
    return words | {
        "secret of a webhook": rolled.secret, "secret before it": made.secret, "secret of staff": site.secret,
    }  # fmt: skip


def _stored_names() -> dict[str, str]:
    with read_snapshot() as session:
        rows: dict[int, Any] = dict(session.execute(select(StoredFile.id, StoredFile.name)).all())
    return {f"name of file {file_id}": name for file_id, name in rows.items()}

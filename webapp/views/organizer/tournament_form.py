"""The forms that make a tournament and change what is said of it."""

from collections.abc import Mapping
from typing import Any, Final

from flask import request
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional

from webapp.domain.brackets.settings import parse_settings
from webapp.domain.errors import BracketError
from webapp.domain.games import load_games
from webapp.domain.money import UnusableAmountError, parse_amount, shown_amount
from webapp.services.matches.matches import Fixture
from webapp.services.tournaments.tournament_details import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_REGION,
    LONGEST_RULES,
)
from webapp.views.forms import Form
from webapp.views.organizer.forms import MOST_LOBBIES, TimeField, ZoneField, in_utc, on_the_wall, planned, to_the_minute

DRAWN_FOR: Final = "drawn_for"
"""The format whose settings a form shows; those of another one it does not ask about."""
PART: Final = "part"
"""Which groups of settings a form asks about: what it does not ask about stays as it is."""
ROYALE: Final = "battle-royale"
INSTANTS: Final = ("starts_at", "registration_opens_at", "registration_closes_at", "checkin_opens_at")
_FLAGS: Final = ("has_waitlist", "asks_approval", "has_checkin", "asks_ready", "shares_first")
_OF_BRACKET: Final[Mapping[str, tuple[str, ...]]] = {
    "single-elimination": ("third_place",),
    "double-elimination": ("reset",),
    "round-robin": ("legs", "groups", "advance"),
    "swiss": ("rounds", "advance"),
    ROYALE: (),
}
_TITLES: Final = {
    ROYALE: "Battle royale",
    "single-elimination": "Single elimination",
    "double-elimination": "Double elimination",
    "round-robin": "Round robin, or groups",
    "swiss": "Swiss",
}
_NO_THEN: Final = ""
_MARKDOWN: Final = "Markdown: **bold**, - lists, # headings, [links](https://…)."


class DetailsForm(Form):
    """What is said of a tournament beside its points."""

    name = StringField("Name", render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"})
    game = SelectField("Game", validate_choice=False)
    description = TextAreaField(
        "Description", description=_MARKDOWN, render_kw={"maxlength": LONGEST_DESCRIPTION, "rows": 5}
    )
    rules = TextAreaField(
        "Rules in words", description="Who may play, what is forbidden, what happens then. The same Markdown.",
        render_kw={"maxlength": LONGEST_RULES, "rows": 6},
    )  # fmt: skip
    region = StringField("Region", render_kw={"maxlength": LONGEST_REGION})
    season = StringField("Season", description="Such as 2026_S4; its board adds up all its tournaments.")
    visibility = RadioField(
        "Who sees it",
        choices={
            "public": "Everybody; it is listed",
            "unlisted": "Everybody who has the link",
            "private": "Its officials alone",
        },
        default="public",
        validate_choice=False,
    )
    publishes_reasons = BooleanField(
        "Everybody may read why staff have set a placement",
        description="Otherwise the row says only that staff have set it.",
    )
    is_official = BooleanField("An official tournament of this site")
    is_featured = BooleanField("Featured on the front page")

    format = SelectField("Format", validate_choice=False)
    places = IntegerField("Places", validators=[Optional()], description="Blank: as many as come.")
    team_size = IntegerField(
        "Players a team brings at least",
        validators=[Optional()],
        description="Blank: as many as the game is played with.",
    )
    has_waitlist = BooleanField("Who comes when it is full waits in line", default=True)
    asks_approval = BooleanField("An organizer decides about each registration")
    third_place = BooleanField("The losers of the semi-finals play for third place")
    reset = BooleanField("A lost grand final of the unbeaten side is played again", default=True)
    legs = SelectField("Meetings of two", choices={"1": "Once", "2": "Twice, home and away"}, default="1")
    groups = IntegerField("Groups", default=1, validators=[Optional()])
    rounds = IntegerField("Rounds", validators=[Optional()], description="Blank: as many as the field needs.")
    advance = IntegerField(
        "Go on to a final stage", validators=[Optional()], description="The first … of each group, or of the Swiss."
    )
    then_format = SelectField(
        "Final stage",
        choices={_NO_THEN: "None: the table decides", "single-elimination": "Single elimination",
                 "double-elimination": "Double elimination"},
        default=_NO_THEN,
    )  # fmt: skip
    best_of_default = SelectField("Best of")
    best_of_final = SelectField("Best of in the final", default="")
    asks_ready = BooleanField("Both sides say that they are ready before a match begins")
    shares_first = BooleanField("The first place may be shared where nothing separates two")

    starts_at = TimeField("Starts")
    zone = ZoneField()
    registration_opens_at = TimeField("Registration opens", description="Blank: as soon as you open it.")
    registration_closes_at = TimeField("Registration closes", description="Blank: when it starts.")
    has_checkin = BooleanField("Who has not checked in by the start is not there")
    checkin_opens_at = TimeField("Check-in opens", description="Blank: 30 minutes before the start.")

    entry_fee = StringField("Entry fee", description="Blank: free.", render_kw={"inputmode": "decimal"})
    currency = StringField("Currency", render_kw={"maxlength": 3, "placeholder": "BDT", "autocomplete": "off"})
    payment_methods = TextAreaField(
        "How to pay", description="One way a line, such as “Mobile wallet: send to …, write the team's name”.",
        render_kw={"rows": 3},
    )  # fmt: skip
    prize_pool = StringField("Prize pool", render_kw={"inputmode": "decimal"})
    prize_distribution = StringField("Shares in percent", description="From the first place on, such as 50, 30, 20.")

    def __init__(self, *args: Any, kept: Mapping[str, Any] | None = None, **options: Any) -> None:
        """`kept`: the settings as the tournament, or a template, has them."""
        self.kept = kept or {}
        if kept is not None:
            options["data"] = _as_typed(kept) | options.get("data", {})
        super().__init__(*args, **options)
        games = load_games()
        self.game.choices = {slug: game.title for slug, game in games.items()}
        if self.game.data is None:
            self.game.data = next(slug for slug, game in games.items() if game.is_battle_royale)
        # An unknown game is refused by the services; until then the form has the choices of some game.
        game = games.get(self.game.data) or next(iter(games.values()))
        self.format.choices = [
            (name, title) for name, title in _TITLES.items() if (name == ROYALE) == game.is_battle_royale
        ]
        if not self.format.data:
            self.format.data = self.format.choices[0][0]
        lengths = [(str(number), str(number)) for number in game.best_of or (1,)]
        self.best_of_default.choices = lengths
        if not self.best_of_default.data:
            self.best_of_default.data = lengths[0][0]
        self.best_of_final.choices = [("", "As the others"), *lengths]
        self._forget_unasked()

    def fit_format(self) -> None:
        """Choose a format that the game is played in, where the game was changed after the format was chosen."""
        possible = [name for name, _ in self.format.choices]
        if self.format.data not in possible:
            self.format.data = possible[0]
            self._forget_unasked()

    def _forget_unasked(self) -> None:
        """A box that was not there is not one that was left empty: another format begins with its own settings."""
        drawn_for = request.form.get(DRAWN_FOR, self.format.data)
        for name in set(_OF_BRACKET.get(self.format.data, ())) - set(_OF_BRACKET.get(drawn_for, ())):
            self[name].data = self[name].object_data

    @property
    def is_royale(self) -> bool:
        """Whether it is played in lobbies."""
        return bool(self.format.data == ROYALE)

    def asks_about(self, part: str) -> bool:
        """Whether the form that has come asks about this group of settings."""
        return part in request.form.getlist(PART)

    def details(self) -> dict[str, Any]:
        """What services take, but for the format."""
        said = {
            "name": self.name.data or "",
            "game": self.game.data,
            "description": _text(self.description.data),
            "region": (self.region.data or "").strip() or None,
            "season": (self.season.data or "").strip() or None,
            "visibility": self.visibility.data,
            "publishes_reasons": self.publishes_reasons.data,
            "starts_at": in_utc(self.starts_at.data, self._zone()),
        }
        if self.asks_about("about"):
            said["rules"] = _text(self.rules.data)
        if self.asks_about("staff"):
            said |= {"is_official": self.is_official.data, "is_featured": self.is_featured.data}
        if self.asks_about("format"):
            said |= self._format_settings()
        if self.asks_about("dates"):
            said |= {name: in_utc(self[name].data, self._zone()) for name in INSTANTS}
            said["has_checkin"] = self.has_checkin.data
        if self.asks_about("money"):
            said |= self._money()
        return {name: self._to_the_minute(name, value) for name, value in said.items()}

    def validate(self, *args: Any, **options: Any) -> bool:
        """Whether everything can be read; what it means is checked by the services."""
        is_valid = bool(super().validate(*args, **options))
        currency = self._currency()
        for field in (self.entry_fee, self.prize_pool):
            try:
                parse_amount(field.data or "", currency)
            except UnusableAmountError as error:
                field.errors = [*field.errors, str(error)]
                is_valid = False
        if _shares(self.prize_distribution.data) is None:
            self.prize_distribution.errors = ["write shares in percent with commas between them, such as 50, 30, 20"]
            is_valid = False
        return is_valid

    def _format_settings(self) -> dict[str, Any]:
        shown = {name: self[name].data for name in _OF_BRACKET.get(self.format.data, ())}
        shown = {name: _number(value) for name, value in shown.items() if value is not None}
        unseen = {} if self.format.data != self.kept.get("format") else dict(self.kept.get("bracket", {}))
        for name in (*_OF_BRACKET.get(self.format.data, ()), "then"):
            unseen.pop(name, None)
        bracket = unseen | shown
        if self.format.data in ("round-robin", "swiss") and self.then_format.data:
            bracket["then"] = {"format": self.then_format.data}
        best_of = dict(self.kept.get("best_of_by_round", {}))
        for name, field in (("default", self.best_of_default), ("final", self.best_of_final)):
            best_of.pop(name, None)
            if field.data and not self.is_royale:
                best_of[name] = _number(field.data)
        return {
            "places": self.places.data,
            "team_size": self.team_size.data,
            "bracket": _plain(bracket, self.format.data),
            "best_of_by_round": {} if self.is_royale or best_of == {"default": 1} else best_of,
            **{name: self[name].data for name in _FLAGS if name != "has_checkin"},
        }

    def _money(self) -> dict[str, Any]:
        currency = self._currency()
        return {
            "currency": currency,
            "entry_fee": _amount(self.entry_fee.data, currency),
            "prize_pool": _amount(self.prize_pool.data, currency),
            "payment_methods": _methods(self.payment_methods.data),
            "prize_distribution": _shares(self.prize_distribution.data) or [],
        }

    def _zone(self) -> str:
        """Where the times are meant; an unknown zone is refused beside its field."""
        return self.zone.data if self.zone.data in self.zone.choices else "UTC"

    def _currency(self) -> str:
        return (self.currency.data or "").strip().upper()

    def _to_the_minute(self, name: str, value: Any) -> Any:
        return to_the_minute(value, self.kept.get(name)) if name in INSTANTS else value


class NewTournamentForm(DetailsForm):
    """A new tournament, with its first matches if they are known."""

    lobbies = IntegerField(
        "Number of matches", default=6, validators=[Optional(), NumberRange(0, MOST_LOBBIES)],
        description="Lobbies to be played; more can be added at any time.",
    )  # fmt: skip
    every_minutes = IntegerField(
        "Minutes from start to start", default=30, validators=[Optional(), NumberRange(0, 7 * 24 * 60)]
    )

    def fixtures(self) -> list[Fixture]:
        """The matches to be scheduled; those of a bracket are made with it."""
        if not self.is_royale:
            return []
        first_at = in_utc(self.starts_at.data, self._zone())
        return planned(self.lobbies.data or 0, first_at, self.every_minutes.data or 0, [])


def _as_typed(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the fields of the form show them."""
    currency, bracket, best_of = kept.get("currency", ""), kept.get("bracket", {}), kept.get("best_of_by_round", {})
    typed = dict(kept)
    typed |= {name: on_the_wall(kept.get(name)) for name in INSTANTS}
    typed |= {name: bracket[name] for names in _OF_BRACKET.values() for name in names if name in bracket}
    typed["legs"] = str(bracket.get("legs", 1))
    typed["then_format"] = bracket.get("then", {}).get("format", _NO_THEN)
    typed["best_of_default"] = str(best_of.get("default", 1))
    typed["best_of_final"] = str(best_of.get("final", ""))
    for name in ("entry_fee", "prize_pool"):
        amount = kept.get(name, 0)
        typed[name] = shown_amount(amount, currency).split(" ")[0].replace(",", "") if amount else ""
    typed["payment_methods"] = "\n".join(
        ": ".join(filter(None, (method.get("name"), method.get("instructions", "").replace("\n", " "))))
        for method in kept.get("payment_methods", [])
    )
    typed["prize_distribution"] = ", ".join(f"{share / 100:g}" for share in kept.get("prize_distribution", []))
    return typed


def _text(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n").strip()


def _number(value: Any) -> Any:
    """The number that was chosen from a list; anything else as it is, to be refused by its rule."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _amount(typed: str | None, currency: str) -> int:
    try:
        return parse_amount(typed or "", currency)
    except UnusableAmountError:
        # The field says so itself; the rest is checked all the same.
        return 0


def _methods(typed: str | None) -> list[dict[str, str]]:
    lines = (line.strip() for line in (typed or "").splitlines())
    parts = (line.partition(":") for line in lines if line)
    return [{"name": name.strip(), "instructions": rest.strip()} for name, _, rest in parts]


def _shares(typed: str | None) -> list[int] | None:
    """Percents as hundredths of a percent; None where something is no number."""
    try:
        return [round(float(part) * 100) for part in (typed or "").replace("%", "").split(",") if part.strip()]
    except (ValueError, OverflowError):
        return None


def _plain(bracket: Mapping[str, Any], format_: str) -> dict[str, Any]:
    """Without what is as usual anyway, so that one meaning is stored in one way; wrong values stay to be named."""
    if format_ not in _OF_BRACKET:
        return dict(bracket)
    try:
        return parse_settings(bracket, format_).to_mapping()
    except BracketError:
        return dict(bracket)

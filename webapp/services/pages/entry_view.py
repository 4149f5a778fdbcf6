"""Registrations as the people see them whose they are."""

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.checkin import CheckinWindow
from webapp.domain.custom_fields import FieldRule
from webapp.domain.money import shown_amount
from webapp.services.pages.notice_reads import NoticeLine


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team that the reader leads."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """Somebody of the team, with what the line-up says of them by default."""

    user_id: int
    handle: str
    role: str
    player_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """The form by which somebody registers. `shut` says why nobody can at present; empty while it is open."""

    tournament_id: int
    slug: str
    name: str
    game_title: str
    is_solo: bool
    size_words: str
    fewest: int
    """So many have to play."""
    id_name: str
    id_form: str
    id_example: str
    substitutes: int
    shut: str
    is_full: bool
    has_waitlist: bool
    waiting: int
    places: int | None
    taken: int
    entry_fee: int
    currency: str
    asks_approval: bool
    closes_at: datetime | None
    starts_at: datetime | None
    fields: tuple[FieldRule, ...]
    teams: tuple[TeamChoice, ...]
    team: TeamChoice | None
    members: tuple[MemberLine, ...]
    line_ups: tuple[TeamChoice, ...]
    """Saved ones of the team, to begin with."""
    known_id: int | None
    """The registration that there is already, for the one or the team."""

    @property
    def fee(self) -> str:
        """What taking part costs; empty when it is free."""
        return shown_amount(self.entry_fee, self.currency) if self.entry_fee else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntry:
    """A registration in the list of one's own."""

    id: int
    tournament_id: int
    tournament_name: str
    slug: str
    name: str
    status: str
    starts_at: datetime | None
    payment_state: str | None
    checked_in_at: datetime | None
    can_check_in: bool
    is_own: bool
    """Whether the reader acts for it; who is only on the line-up looks on."""

    @property
    def asks(self) -> str:
        """What its owner has to do now: `pay`, `check_in`, or nothing."""
        if not self.is_own:
            return ""
        owes = self.payment_state in ("pending", "rejected") and self.status in ("pending", "submitted", "approved")
        if owes:
            return "pay"
        return "check_in" if self.can_check_in else ""


@dataclass(frozen=True, slots=True)
class PlayerLine:
    """Somebody on a line-up."""

    handle: str
    role: str
    player_id: str | None


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What was answered to a question. `is_file`: the answer is a file under the field's key."""

    key: str
    label: str
    text: str
    is_file: bool


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Where the fee stands."""

    id: int
    amount: int
    currency: str
    state: str
    revision: int
    method: str
    reference: str
    has_proof: bool
    reason: str
    submitted_at: datetime | None

    @property
    def shown(self) -> str:
        """The amount as people write it."""
        return shown_amount(self.amount, self.currency)

    @property
    def is_due(self) -> bool:
        """Whether the payer has to do something."""
        return self.state in ("pending", "rejected")


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay, as the organizer describes it."""

    name: str
    instructions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntryPage:
    """One of one's own registrations."""

    entry: OwnEntry
    tournament_status: str
    registered_at: datetime
    reason: str
    waiting_place: int | None
    offered_until: datetime | None
    players: tuple[PlayerLine, ...]
    answers: tuple[AnswerLine, ...]
    payment: PaymentView | None
    methods: tuple[PaymentMethod, ...]
    has_checkin: bool
    window: CheckinWindow
    is_checkin_open: bool
    has_missed_checkin: bool
    """Whether check-in was closed while this one waited."""
    can_undo: bool
    can_withdraw: bool
    can_change_line_up: bool
    notices: tuple[NoticeLine, ...]
    """What its organizers have announced to everybody and, to who has a place, to those who take part."""

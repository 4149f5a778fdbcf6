"""Reads of single tournaments: who may see them, their head, their rules, the page about them."""

from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.cascades import CascadeKey
from webapp.domain.errors import NotFound
from webapp.domain.games import load_games
from webapp.domain.meetings import is_among_tied
from webapp.domain.money import shown_amount, split
from webapp.domain.rules import Ruleset
from webapp.domain.ruleset import Band
from webapp.domain.wording import worded
from webapp.models import Registration, Team, Tournament, User
from webapp.services.files.markdown import to_html
from webapp.services.live import visibility
from webapp.services.pages.match_reads import schedule_of
from webapp.services.pages.notice_reads import notice_lines
from webapp.services.pages.podiums import podium_of
from webapp.services.pages.share_reads import share_of
from webapp.services.pages.tournament_view import (
    PHASES,
    BandLine,
    CascadeStep,
    EntryFacts,
    ParticipantLine,
    RulesView,
    TournamentHead,
    TournamentPageView,
    TournamentPhase,
)
from webapp.services.ranking import standings
from webapp.services.registration.participant_names import name_column
from webapp.services.spine.transaction import read_snapshot

SHOWN_PARTICIPANTS = 256
VISIBLE = ("public", "unlisted")


def find_visible(session: Session, tournament_id: int) -> Tournament:
    """The tournament, if anybody may see it: not a draft, not private, not deleted. Raises NotFound."""
    return _visible(session.get(Tournament, tournament_id), worded("There is no tournament %(id)s.", id=tournament_id))


def ensure_visible(tournament_id: int) -> None:
    """Raises NotFound like `find_visible`."""
    with read_snapshot() as session:
        find_visible(session, tournament_id)


def find_visible_by_slug(session: Session, slug: str) -> Tournament:
    """Like `find_visible`, by the name in the address."""
    # PostgreSQL refuses a statement with a NUL character in it; no slug has one.
    found = session.scalar(select(Tournament).where(Tournament.slug == slug)) if slug.isprintable() else None
    return _visible(found, worded("There is no tournament called %(name)s.", name=slug))


def _visible(tournament: Tournament | None, message: str) -> Tournament:
    is_visible = (
        tournament is not None
        and tournament.deleted_at is None
        and tournament.status in PHASES
        and tournament.visibility in VISIBLE
    )
    if tournament is None or not is_visible:
        raise NotFound(message, code="tournament_not_found")
    return tournament


def game_title(slug: str) -> str:
    """The title of a game; the slug itself for one that is no longer installed."""
    game = load_games().get(slug)
    return game.title if game else slug


def participant_count(session: Session, tournament: Tournament) -> int:
    """How many take part, as far as the public knows."""
    takes_part = visibility.roster_of(session, tournament).takes_part()
    statement = select(func.count()).where(Registration.tournament_id == tournament.id, takes_part)
    return session.scalar(statement) or 0


def head_of(session: Session, tournament: Tournament) -> TournamentHead:
    """What every page of the tournament says first."""
    status = visibility.status_of(tournament)
    return TournamentHead(
        id=tournament.id,
        slug=tournament.slug,
        name=tournament.name,
        game_title=game_title(tournament.game),
        format=tournament.format,
        status=status,
        phase=PHASES.get(status, TournamentPhase.UPCOMING),
        is_public=tournament.visibility == "public",
        is_series=tournament.format != "battle-royale",
        is_official=tournament.is_official,
        season=tournament.season,
        region=tournament.region,
        starts_at=tournament.starts_at,
        started_at=tournament.started_at,
        completed_at=tournament.completed_at if status == tournament.status else None,
        participant_count=participant_count(session, tournament),
        is_frozen=visibility.is_frozen(tournament),
    )


def rules_view(tournament: Tournament, rules: Ruleset) -> RulesView:
    """The rules of a tournament as people read them."""
    return ruleset_view(rules, is_series=tournament.format != "battle-royale")


def ruleset_view(rules: Ruleset, *, is_series: bool) -> RulesView:
    """Rules as people read them: those of series tell points of a match, those of a battle royale its table."""
    match_point = rules.match_point
    return RulesView(
        name=rules.name,
        title=rules.title or rules.name,
        version=rules.version,
        source=rules.source,
        confidence=rules.confidence,
        hash=rules.hash,
        is_series=is_series,
        points_per_kill=rules.points_per_kill,
        placement_points=_placement_lines(rules.placement_points),
        kill_cap=rules.kill_cap,
        kill_bands=_band_lines(rules.kill_bands),
        points_per_kill_by_placement=_band_lines(rules.points_per_kill_by_placement),
        match_point_threshold=match_point.threshold if match_point else None,
        match_point_cap=match_point.cap if match_point else None,
        win_points=rules.win_points,
        draw_points=rules.draw_points,
        loss_points=rules.loss_points,
        cascade=tuple(_step(key) for key in rules.cascade),
        shares_ranks=rules.ties == "shared",
        count_best=rules.count_best,
        lobby_size=rules.lobby_size,
    )


def _step(key: CascadeKey) -> CascadeStep:
    return CascadeStep(key.name, key.ascending, is_among_tied(key))


def _band_lines(bands: tuple[Band, ...]) -> tuple[BandLine, ...]:
    return tuple(BandLine(band.low, band.high, band.points) for band in bands)


def _placement_lines(points: tuple[int, ...]) -> tuple[BandLine, ...]:
    places = enumerate(points, start=1)
    runs = ([place for place, _ in run] for _, run in groupby(places, key=lambda entry: entry[1]))
    return tuple(BandLine(run[0], run[-1], points[run[0] - 1]) for run in runs)


def read_tournament(slug: str) -> TournamentPageView:
    """The page about a tournament. Raises NotFound for one that the public does not see."""
    with read_snapshot() as session:
        tournament = find_visible_by_slug(session, slug)
        schedule, matches_total = schedule_of(session, tournament)
        return TournamentPageView(
            head=head_of(session, tournament),
            description=to_html(tournament.description),
            rules_text=to_html(tournament.rules),
            entry=_entry(tournament),
            notices=notice_lines(session, tournament.id, audiences=("all",)),
            rules=rules_view(tournament, standings.rules_of(tournament)),
            schedule=schedule,
            matches_total=matches_total,
            participants=_participants(session, tournament),
            share=share_of(session, tournament),
            podium=podium_of(session, tournament),
        )


def _entry(tournament: Tournament) -> EntryFacts:
    currency = tournament.currency
    amounts = enumerate(split(tournament.prize_pool, tournament.prize_distribution), start=1)
    return EntryFacts(
        places=tournament.places,
        fee=shown_amount(tournament.entry_fee, currency) if tournament.entry_fee else "",
        prize_pool=shown_amount(tournament.prize_pool, currency) if tournament.prize_pool else "",
        prizes=tuple((place, shown_amount(amount, currency)) for place, amount in amounts if amount),
        registration_opens_at=tournament.registration_opens_at,
        registration_closes_at=tournament.registration_closes_at,
        checkin_opens_at=tournament.checkin_opens_at,
    )


def _participants(session: Session, tournament: Tournament) -> tuple[ParticipantLine, ...]:
    """Seeded ones first, in the order of their seeds."""
    statement = (
        select(Registration.id, name_column(), Registration.seed)
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.tournament_id == tournament.id, visibility.roster_of(session, tournament).takes_part())
        .order_by(Registration.seed.is_(None), Registration.seed, Registration.id)
        .limit(SHOWN_PARTICIPANTS)
    )
    return tuple(ParticipantLine(*row) for row in session.execute(statement))

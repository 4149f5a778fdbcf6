"""What else is refused around a tournament, by page and by API: one code, the same words, and nothing is changed."""

from collections.abc import Callable
from typing import Final

import pytest
from flask import Flask

from tests.personas import Persona
from tests.uploaded import PDF, SVG, picture, png_bomb
from tests.views.refused_endings import (
    announced_while_stopped,
    called_off_after_the_end,
    changed_too_late,
    decided_twice,
    deleted_in_play,
    frozen_twice,
    imported,
    of_another_version,
    revealed,
    revealed_while_it_rests,
    reviewed_early,
    said_after_the_end,
    saved_for_everybody,
    shown_after_the_end,
    shown_too_much,
    stopped_in_the_room,
    taken_after_the_end,
    taken_unseen,
    upheld_without_a_report,
    withdrawn_of_nothing,
)
from tests.views.refused_rounds import (
    accepted_of_two,
    after_the_decision,
    corrected_in_the_archive,
    drawn_for_lobbies,
    drawn_in_many_groups,
    entered_alone,
    level,
    never_confirmed,
    of_no_swiss,
    paired_again,
    paired_before_the_draw,
    ready_alone,
    relabelled_in_the_archive,
    reported_alone,
    seeded_anyhow,
    seeded_by_mood,
    skipped,
    timed_late,
    too_early,
    unpairable,
    with_nothing_to_follow,
)
from tests.views.refused_teams import (
    accepted_after_declining,
    accepted_in_another_team,
    accepted_late,
    asked_too_much,
    captain_made_a_player,
    changed_by_staff,
    checked_in_too_many,
    closing,
    disbanded_in_play,
    in_a_second_team,
    left_by_its_captain,
    lined_up_after_leaving,
    lined_up_late,
    of_others,
    paid_without_a_place,
    proved,
    renamed,
    reopened_late,
    shown,
    verified_unseen,
    with_a_logo,
    with_a_member,
    with_a_name_that_is_taken,
    with_an_eleventh_line_up,
    with_thirty,
    withdrawn_after_it_was_accepted,
    without_its_captain,
)
from tests.views.refusing import Attempt, World, assert_refused
from webapp.domain.uploads import MEGABYTE


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


ATTEMPTS: Final[dict[str, Callable[[World], Attempt]]] = {
    "team_name_taken": with_a_name_that_is_taken,
    "rename: team_name_taken": renamed,
    "found: in_another_team": in_a_second_team,
    "accept: in_another_team": accepted_in_another_team,
    "team_disbanded": changed_by_staff,
    "not_captain": of_others,
    "leave: captain_stays": left_by_its_captain,
    "remove: captain_stays": without_its_captain,
    "role: captain_stays": captain_made_a_player,
    "already_member": with_a_member,
    "team_full": with_thirty,
    "invite_answered": accepted_after_declining,
    "withdraw: invite_answered": withdrawn_after_it_was_accepted,
    "invite_expired": accepted_late,
    "team_in_live_tournament": disbanded_in_play,
    "too_many_line_ups": with_an_eleventh_line_up,
    "nothing_to_pay": paid_without_a_place,
    "payment_changed": verified_unseen,
    "close: no_checkin": lambda world: closing(world, "This tournament asks nobody to check in", has_checkin=False),
    "close: preview_changed": lambda world: closing(
        world, "Somebody checked in or out meanwhile; look at the preview again.", {"seen": "of another day"}
    ),
    "reopen: cannot_reopen": reopened_late,
    "check in many: invalid_result": checked_in_too_many,
    "too_many_fields": asked_too_much,
    "line-up: registration_closed": lined_up_late,
    "proof: file_type_refused": lambda world: proved(world, SVG, "send a JPG, PNG or PDF up to 5 MB."),
    "proof: file_unreadable": lambda world: proved(world, picture()[:60], "The picture cannot be read; save it anew"),
    "proof: file_too_large": lambda world: proved(
        world,
        picture() + bytes(6 * MEGABYTE),
        "The file is larger than 5 MB; make it smaller.",
        status=413,
        page_status=422,
    ),
    "screenshot: file_type_refused": lambda world: shown(world, PDF, "The file is a PDF; send a JPG, PNG or WebP"),
    "screenshot: picture_too_large": lambda world: shown(
        world, png_bomb(40_000, 40_000), "The picture has more than 32 million pixels; make it smaller."
    ),
    "logo: file_type_refused": lambda world: with_a_logo(
        world, PDF, "The file is a PDF; send a PNG, JPG or WebP up to 2 MB."
    ),
    "logo: file_too_large": lambda world: with_a_logo(
        world,
        picture() + bytes(3 * MEGABYTE),
        "The file is larger than 2 MB; make it smaller.",
        status=413,
        page_status=422,
    ),
    "line-up: registration_over": lined_up_after_leaving,
    "next stage: stage_open": too_early,
    "invalid_seeding": seeded_anyhow,
    "no_next_stage": with_nothing_to_follow,
    "tie_at_cut": level,
    "no_swiss": of_no_swiss,
    "round_skipped": skipped,
    "round_begun": paired_again,
    "no_pairing": unpairable,
    "no_bracket": drawn_for_lobbies,
    "bracket_impossible": drawn_in_many_groups,
    "next round: stage_not_found": paired_before_the_draw,
    "unknown_seeding": seeded_by_mood,
    "nothing_to_correct": never_confirmed,
    "correct: tournament_archived": corrected_in_the_archive,
    "edit: tournament_archived": relabelled_in_the_archive,
    "times: match_begun": timed_late,
    "ready: match_without_sides": ready_alone,
    "report: match_without_sides": reported_alone,
    "enter: match_without_sides": entered_alone,
    "reports_differ": accepted_of_two,
    "tournament_decided": after_the_decision,
    "comment: dispute_decided": said_after_the_end,
    "evidence: dispute_decided": shown_after_the_end,
    "take: dispute_decided": taken_after_the_end,
    "decide: dispute_decided": decided_twice,
    "escalate: stale_revision": taken_unseen,
    "decide: nothing_reported": upheld_without_a_report,
    "evidence_full": shown_too_much,
    "not_completed": reviewed_early,
    "tournament_live": deleted_in_play,
    "announce: tournament_paused": announced_while_stopped,
    "announcement_not_found": withdrawn_of_nothing,
    "cancel: illegal_transition": called_off_after_the_end,
    "stop: tournament_not_live": stopped_in_the_room,
    "version_not_found": of_another_version,
    "template: forbidden": saved_for_everybody,
    "no_lobbies": imported,
    "frozen": changed_too_late,
    "reveal_paused": revealed_while_it_rests,
    "freeze_in_force": frozen_twice,
    "not_frozen": lambda world: revealed(
        world, {"by": "row"}, "Nothing is frozen; freeze the board first.", is_frozen=False
    ),
    "not_revealing": lambda world: revealed(
        world, {"do": "next", "seen": "0"}, "start the reveal first.", is_frozen=True
    ),
}


@pytest.mark.parametrize("name", list(ATTEMPTS))
def test_a_refusal_says_the_same_by_page_and_by_api(app: Flask, olga: Persona, pat: Persona, name: str) -> None:
    assert_refused(app, ATTEMPTS[name](World(olga, pat)), name.rpartition(" ")[2])

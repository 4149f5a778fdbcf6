from collections import Counter

import pytest

from webapp.domain.drafts import DraftAction, DraftOrder, check_draft, draft_order, load_draft_orders, next_step
from webapp.domain.errors import DraftError, NotFound

DOTA = draft_order("dota2-captains-mode")
MLBB = draft_order("mlbb-draft-mode")


def played(order: DraftOrder, count: int | None = None) -> list[DraftAction]:
    steps = order.steps[:count]
    return [DraftAction(place, step.side, step.action, f"Hero {place}") for place, step in enumerate(steps, start=1)]


def letters(order: DraftOrder) -> str:
    """The order with capitals for picks: `f` bans, `F` picks, phases apart."""
    shown, phase = [], order.steps[0].phase
    for step in order.steps:
        shown.append(" " * (step.phase != phase) + (step.side[0].upper() if step.action == "pick" else step.side[0]))
        phase = step.phase
    return "".join(shown)


def test_the_orders_are_those_of_the_games() -> None:
    assert letters(DOTA) == "ffssfss FS ffs SFFSSF fsfs FS"
    assert letters(MLBB) == "fsfsfs FSSFFS sfsf SFFS"


@pytest.mark.parametrize(("order", "bans"), [(DOTA, 14), (MLBB, 10)], ids=["dota2", "mlbb"])
def test_each_order_has_its_bans_and_five_picks_a_side(order: DraftOrder, bans: int) -> None:
    counts = Counter((step.side, step.action) for step in order.steps)
    assert counts == {
        ("first", "ban"): bans // 2,
        ("second", "ban"): bans // 2,
        ("first", "pick"): 5,
        ("second", "pick"): 5,
    }


def test_every_order_names_its_source() -> None:
    assert all(order.source and order.version >= 1 for order in load_draft_orders().values())
    assert "7.34" in DOTA.source


@pytest.mark.parametrize("order", [DOTA, MLBB], ids=["dota2", "mlbb"])
def test_every_beginning_is_taken_while_live_and_only_the_whole_on_confirmation(order: DraftOrder) -> None:
    for count in range(len(order.steps)):
        check_draft(order, played(order, count), complete=False)
        assert next_step(order, played(order, count)) == order.steps[count]
        with pytest.raises(DraftError, match=rf"the draft is not complete: {count} of {len(order.steps)} actions"):
            check_draft(order, played(order, count), complete=True)
    check_draft(order, played(order), complete=True)
    assert next_step(order, played(order)) is None


def test_an_incomplete_draft_says_how_many_picks_each_side_has() -> None:
    with pytest.raises(DraftError) as caught:
        check_draft(DOTA, played(DOTA, 9), complete=True)
    assert caught.value.message == (
        "The draft breaks the order of Dota 2 Captains Mode: actions: the draft is not complete: "
        "9 of 24 actions, picks first 1 of 5, second 1 of 5"
    )


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (3, {"side": "first"}, "action 3: side: must be second, not first"),
        (8, {"action": "ban"}, "action 8: action: must be a pick, not ban"),
        (1, {"action": "swap"}, "action 1: action: must be a ban, not swap"),
        (5, {"order": 6}, "action 5: order: must be 5, not 6"),
        (9, {"hero": "Hero 2"}, "action 9: hero: Hero 2 was banned already in action 2"),
        (9, {"hero": " hERO 8 "}, "action 9: hero:  hERO 8  was picked already in action 8"),
        (8, {"hero": None}, "action 8: hero: is missing: only a ban may be let pass"),
        (8, {"hero": " "}, "action 8: hero: is missing: only a ban may be let pass"),
    ],
)
def test_an_action_out_of_order_is_refused(place: int, change: dict[str, str], message: str) -> None:
    actions = played(DOTA)
    actions[place - 1] = actions[place - 1]._replace(**change)  # type: ignore[arg-type]  # one field each
    with pytest.raises(DraftError) as caught:
        check_draft(DOTA, actions, complete=True)
    assert [str(field) for field in caught.value.fields] == [message]


def test_an_action_too_many_is_refused() -> None:
    actions = [*played(MLBB), DraftAction(21, "first", "pick", "Hero 21")]
    with pytest.raises(DraftError, match="action 21: is one too many: the draft has 20 actions"):
        check_draft(MLBB, actions, complete=False)


def test_bans_that_both_sides_let_pass_are_no_repeated_hero() -> None:
    actions = played(DOTA)
    actions[0], actions[2] = actions[0]._replace(hero=None), actions[2]._replace(hero=None)
    check_draft(DOTA, actions, complete=True)


def test_an_unknown_order_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        NotFound, match="Unknown draft order 'all-pick'; known draft orders: dota2-captains-mode, mlbb-draft-mode"
    ):
        draft_order("all-pick")

"""Running scores wait a moment, so that of a match that scores all the time the latest is told, and not every one."""

from typing import Final

from webapp.services.live.announcements import Announcement

HELD_S: Final = 0.1
SCORE: Final = "score_updated"


class Scores:
    """The scores of one room that were heard one after the other and are still to be told.

    Of each match the latest is kept. What they are told by joins on both sides: in the tournament's room by `from_seq`,
    in the match's by `prev`.
    """

    def __init__(self) -> None:
        self._first: dict[int, Announcement] = {}
        self._latest: dict[int, Announcement] = {}
        self._from_seq: int | None = None

    def __bool__(self) -> bool:
        return self._from_seq is not None

    @staticmethod
    def may_wait(announcement: Announcement) -> bool:
        """Whether it is a score: nothing else waits."""
        return announcement.kind == SCORE and announcement.match_id is not None

    def add(self, announcement: Announcement) -> None:
        """Hold a score that follows on what was added before."""
        assert announcement.match_id is not None
        if self._from_seq is None:
            self._from_seq = announcement.from_seq
        self._first.setdefault(announcement.match_id, announcement)
        self._latest[announcement.match_id] = announcement

    def take(self) -> list[Announcement]:
        """What is to be told, in order; nothing waits any more."""
        due: list[Announcement] = []
        from_seq = self._from_seq
        for latest in sorted(self._latest.values(), key=lambda score: score.seq):
            assert from_seq is not None
            due.append(self._joined(latest, from_seq))
            from_seq = latest.seq + 1
        self.forget()
        return due

    def forget(self) -> None:
        """Nothing waits any more."""
        self._first.clear()
        self._latest.clear()
        self._from_seq = None

    def _joined(self, latest: Announcement, from_seq: int) -> Announcement:
        assert latest.match_id is not None
        first = self._first[latest.match_id]
        if latest.from_seq == from_seq and first is latest:
            return latest
        return latest.standing_for(from_seq=from_seq, prev=first.prev)

/**
 * Puts the messages of a room in order by their numbers: each is given out once, none before the ones ahead of it.
 *
 * A tournament's room hears every number of its log. A match's room hears some of them; there each message says in `prev`
 * which came before it.
 */

const HELD_AT_MOST = 1200;

export class Sequence {
  /** `seen` is the last number that the page shows already; null when that is not known. */
  constructor(seen, isOfMatch) {
    this.seen = seen;
    this.isOfMatch = isOfMatch;
    this.held = new Map();
  }

  get hasGap() {
    return this.held.size > 0;
  }

  /** The messages whose turn it is now that `message` is here. */
  take(message) {
    if (message.seq > this.seen && this.held.size < HELD_AT_MOST) {
      this.held.set(message.seq, message);
    }
    const due = [];
    Array.from(this.held.values())
      .sort((one, other) => one.seq - other.seq)
      .forEach((next) => {
        if (next.seq <= this.seen) {
          this.held.delete(next.seq);
        } else if (this.follows(next)) {
          this.held.delete(next.seq);
          this.seen = next.seq;
          due.push(next);
        }
      });
    return due;
  }

  follows(message) {
    const before = this.isOfMatch ? message.prev : (message.from_seq || message.seq) - 1;
    return before <= this.seen;
  }

  /** Go on from `number`, whatever was missed before it. */
  startAt(number) {
    this.seen = number;
    this.held.clear();
  }
}

/** Tells screen readers who moved, politely and at most every ten seconds; and now and then something else, at once. */

import { words } from "./words.js";

const ANNOUNCE_EVERY_MS = 10000;
const NAMED_CHANGES = 3;

let waiting = new Map();
let timer = null;
let announcedAt = 0;

function sentence({ name, from, to }) {
  if (from === null) {
    return words("entered", { name, rank: to });
  }
  return words(to < from ? "moved_up" : "moved_down", { name, previous: from, rank: to });
}

function tell(text) {
  announcedAt = Date.now();
  document.querySelectorAll("[data-announcer]").forEach((element) => {
    element.textContent = text;
  });
}

/** Say it at once to who listens, in the page's polite voice; moves wait until it was heard. */
export function announce(text) {
  tell(text);
  if (timer !== null) {
    window.clearTimeout(timer);
    timer = window.setTimeout(announceMoves, ANNOUNCE_EVERY_MS);
  }
}

function announceMoves() {
  const changes = Array.from(waiting.values())
    .filter(({ from, to }) => from !== to)
    .sort((one, other) => one.to - other.to);
  waiting = new Map();
  timer = null;
  if (!changes.length) {
    return;
  }
  const told = changes.slice(0, NAMED_CHANGES).map(sentence);
  const more = changes.length - NAMED_CHANGES;
  tell(`${words("board_changed")}: ${told.concat(more > 0 ? [words("more", { count: more })] : []).join("; ")}.`);
}

document.addEventListener("board:moved", (event) => {
  event.detail.changes.forEach((change) => {
    const earlier = waiting.get(change.name);
    waiting.set(change.name, earlier ? { ...change, from: earlier.from } : change);
  });
  if (timer === null) {
    timer = window.setTimeout(announceMoves, Math.max(0, announcedAt + ANNOUNCE_EVERY_MS - Date.now()));
  }
});

/** Tells screen readers who moved, politely and at most every ten seconds. */

const ANNOUNCE_EVERY_MS = 10000;
const NAMED_CHANGES = 3;

let waiting = new Map();
let timer = null;
let announcedAt = 0;

function sentence({ name, from, to }) {
  if (from === null) {
    return `${name} enters at ${to}`;
  }
  return `${name} ${to < from ? "up" : "down"} from ${from} to ${to}`;
}

function announce() {
  const changes = Array.from(waiting.values())
    .filter(({ from, to }) => from !== to)
    .sort((one, other) => one.to - other.to);
  waiting = new Map();
  timer = null;
  if (!changes.length) {
    return;
  }
  announcedAt = Date.now();
  const more = changes.length - NAMED_CHANGES;
  const told = changes.slice(0, NAMED_CHANGES).map(sentence).join("; ");
  document.querySelectorAll("[data-announcer]").forEach((element) => {
    element.textContent = `Leaderboard changed: ${told}${more > 0 ? `; and ${more} more` : ""}.`;
  });
}

document.addEventListener("board:moved", (event) => {
  event.detail.changes.forEach((change) => {
    const earlier = waiting.get(change.name);
    waiting.set(change.name, earlier ? { ...change, from: earlier.from } : change);
  });
  if (timer === null) {
    timer = window.setTimeout(announce, Math.max(0, announcedAt + ANNOUNCE_EVERY_MS - Date.now()));
  }
});

/**
 * How a board moves before the reader's eyes: rows (`data-rank`) glide to their places unless the reader asked for less
 * motion, are marked for ten seconds, and nothing that is read or focused jumps away.
 */

const MARKED_FOR_MS = 10000;
const GLIDE = { duration: 420, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };
const stillMoved = new Map();

export function rowsOf(root) {
  return Array.from(root.querySelectorAll("[data-rank]"));
}

function photograph(root) {
  return new Map(rowsOf(root).map((row) => [row.id, { rank: Number(row.dataset.rank), top: row.getBoundingClientRect().top }]));
}

/** What must stay where the reader sees it: the row with the focus, else the rows themselves once the reader is among them. */
function anchorOf(root) {
  const focused = document.activeElement && root.contains(document.activeElement) ? document.activeElement.closest("tr") : null;
  if (focused) {
    return focused;
  }
  const body = root.querySelector("tbody");
  return body && body.getBoundingClientRect().top < 0 ? body : null;
}

function mark(row) {
  row.classList.add("is-moved");
  stillMoved.set(row.id, Date.now() + MARKED_FOR_MS);
  window.setTimeout(() => {
    if ((stillMoved.get(row.id) || 0) <= Date.now()) {
      stillMoved.delete(row.id);
      row.classList.remove("is-moved");
    }
  }, MARKED_FOR_MS + 50);
}

function glide(row, distance) {
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!isCalm && row.animate && Math.abs(distance) > 1) {
    row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], GLIDE);
  }
}

/** Mark and move the rows that differ from `before`; returns who moved, best rank first. */
function showMovement(root, before) {
  const changes = [];
  rowsOf(root).forEach((row) => {
    const was = before.get(row.id);
    const rank = Number(row.dataset.rank);
    if (stillMoved.has(row.id)) {
      row.classList.add("is-moved");
    }
    if (was) {
      glide(row, was.top - row.getBoundingClientRect().top);
    }
    if (before.size && (!was || was.rank !== rank)) {
      mark(row);
      changes.push({ name: row.dataset.name, from: was ? was.rank : null, to: rank });
    }
  });
  return changes.sort((one, other) => one.to - other.to);
}

/** Let `change` alter what is inside `root`, calmly; tells the page who moved by a `board:moved` event. */
export function move(root, change) {
  const before = photograph(root);
  const anchor = anchorOf(root);
  const anchorTop = anchor ? anchor.getBoundingClientRect().top : 0;
  change();
  if (anchor && anchor.isConnected) {
    window.scrollBy(0, anchor.getBoundingClientRect().top - anchorTop);
  }
  const changes = showMovement(root, before);
  if (changes.length) {
    root.dispatchEvent(new CustomEvent("board:moved", { bubbles: true, detail: { changes } }));
  }
}

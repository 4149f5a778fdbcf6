/**
 * How a board moves before the reader's eyes: rows (`data-rank`) glide to their places unless the reader asked for less
 * motion, are marked for ten seconds, and nothing that is read, selected or focused jumps away.
 */

const MARKED_FOR_MS = 10000;
const GLIDE = { duration: 420, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)" };
const EYE = 0.35;
const stillMoved = new Map();

export function rowsOf(root) {
  return Array.from(root.querySelectorAll("[data-rank]"));
}

function photograph(root) {
  return new Map(rowsOf(root).map((row) => [row.id, { rank: Number(row.dataset.rank), top: row.getBoundingClientRect().top }]));
}

function isInSight(element) {
  const box = element.getBoundingClientRect();
  return box.bottom > 0 && box.top < window.innerHeight;
}

/** The row or line in sight that has the focus, or what the reader has marked with the mouse. */
function chosenLine() {
  const selection = window.getSelection();
  const marked = selection && !selection.isCollapsed ? selection.anchorNode : null;
  return [document.activeElement, marked && (marked.nodeType === Node.ELEMENT_NODE ? marked : marked.parentElement)]
    .map((element) => element && element.closest("tr, li"))
    .find((line) => line && isInSight(line));
}

/** What is read now: once the reader has scrolled in among the rows those in sight, from the eye on; else what the eye is on. */
function linesUnderTheEye(root) {
  const eye = window.innerHeight * EYE;
  const body = root.querySelector("tbody");
  if (body && isInSight(body)) {
    const rows = body.getBoundingClientRect().top < 0 ? rowsOf(body).filter(isInSight) : [];
    return rows.sort((one, other) => Math.abs(one.getBoundingClientRect().top - eye) - Math.abs(other.getBoundingClientRect().top - eye));
  }
  const seen = document.elementFromPoint(window.innerWidth / 2, eye);
  const line = seen && seen.closest("tr, li, .panel");
  return line && window.scrollY > 0 ? [line] : [];
}

/** What must stay where the reader sees it while `root` changes, the best first. */
function anchorsOf(root) {
  const chosen = chosenLine();
  const lines = chosen ? [chosen] : linesUnderTheEye(root);
  const body = root.querySelector("tbody");
  return lines.length && body && body.getBoundingClientRect().top < 0 ? [...lines, body] : lines;
}

/** The first anchor that is still there; one whose place is the same moves the fewest others. */
function bestAnchor(anchors, before) {
  const there = anchors.filter((anchor) => anchor.isConnected);
  const hasSameRank = (row) => before.has(row.id) && before.get(row.id).rank === Number(row.dataset.rank);
  return there.find(hasSameRank) || there[0];
}

/** Let `change` alter the page, and scroll so that the best of `anchors` afterwards is where it was. */
export function holding(anchors, change, pick = (candidates) => candidates.find((anchor) => anchor.isConnected)) {
  const tops = new Map(anchors.map((anchor) => [anchor, anchor.getBoundingClientRect().top]));
  change();
  const anchor = pick(anchors);
  if (anchor) {
    window.scrollBy(0, anchor.getBoundingClientRect().top - tops.get(anchor));
  }
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
  holding(anchorsOf(root), change, (anchors) => bestAnchor(anchors, before));
  const changes = showMovement(root, before);
  if (changes.length) {
    root.dispatchEvent(new CustomEvent("board:moved", { bubbles: true, detail: { changes } }));
  }
}

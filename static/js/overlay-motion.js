/** How rows change places on air: they glide there, by transforms alone, and not at all for who asked for less motion. */

const GLIDE = { duration: 900, easing: "cubic-bezier(0.3, 0.1, 0.1, 1)" };
const RISE = { duration: 450, easing: "cubic-bezier(0.2, 0.7, 0.2, 1)", fill: "backwards" };
const STEP_MS = 45;
const ROLL_MS = 700;

export function isCalm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function rowsOf(root) {
  return Array.from(root.querySelectorAll("[data-rank]:not([hidden])"));
}

/** Remember where the rows are; what is returned lets each glide from there to where it is by then. */
export function glideRows(root) {
  if (isCalm()) {
    return () => {};
  }
  const before = new Map(rowsOf(root).map((row) => [row.id, row.getBoundingClientRect()]));
  return () => {
    const after = rowsOf(root).map((row) => ({ row, was: before.get(row.id), is: row.getBoundingClientRect() }));
    after.forEach(({ row, was, is }) => {
      if (!was) {
        riseRows(before.size ? [row] : []);
        return;
      }
      const x = was.left - is.left;
      const y = was.top - is.top;
      if (Math.abs(x) + Math.abs(y) > 1) {
        // Who rises passes over who falls.
        row.classList.toggle("is-rising", y > 0 || x > 0);
        const moving = row.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], GLIDE);
        moving.addEventListener("finish", () => row.classList.remove("is-rising"));
      }
    });
  };
}

/** Let the rows of a new page come up one after the other. */
export function riseRows(rows) {
  if (!isCalm()) {
    rows.forEach((row, place) => row.animate([{ transform: "translateY(30%)", opacity: 0 }, { transform: "none", opacity: 1 }], { ...RISE, delay: place * STEP_MS }));
  }
}

/** The text of an element that counts: its own, without that of the elements in it. */
function numberIn(element) {
  const text = element.firstChild && element.firstChild.nodeType === Node.TEXT_NODE ? element.firstChild.nodeValue.trim() : "";
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

function rollTo(element, from, to) {
  const began = performance.now();
  const text = element.firstChild;
  const step = (now) => {
    const share = Math.min(1, Math.max(0, (now - began) / ROLL_MS));
    if (!text.isConnected || element.dataset.rollsTo !== String(to)) {
      return;
    }
    text.nodeValue = String(Math.round(from + (to - from) * (1 - (1 - share) ** 3)));
    if (share < 1) {
      window.requestAnimationFrame(step);
    } else {
      delete element.dataset.rollsTo;
    }
  };
  element.dataset.rollsTo = String(to);
  text.nodeValue = String(from);
  window.requestAnimationFrame(step);
}

/** Remember the points; what is returned lets those that changed count up to what they are by then. */
export function rollNumbers(root) {
  const counted = (row) => row.querySelector(".row__points, .contender__points, .line__points");
  const places = () => Array.from(root.querySelectorAll("[id]")).filter((row) => counted(row) && row !== root);
  if (isCalm()) {
    return () => {};
  }
  const before = new Map(places().map((row) => [row.id, numberIn(counted(row))]));
  return () => {
    places().forEach((row) => {
      const was = before.get(row.id);
      const is = numberIn(counted(row));
      if (was !== undefined && was !== null && is !== null && was !== is && !row.hidden) {
        rollTo(counted(row), was, is);
      }
    });
  };
}

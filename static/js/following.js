/**
 * Following without an account: a star on each row keeps its team in this browser, and the rows of all that are followed
 * stand above the board, from whichever page of it they are.
 *
 * The rows are a live part of the page like any other (`spectator/_following.html`); which they are, its address says.
 */

import { announce } from "./announcer.js";
import { FOLLOWED_AT_MOST, followedIn, onFollowedElsewhere, toggleFollowed } from "./followed.js";
import { holding } from "./movement.js";
import { watchTop } from "./top-watch.js";
import { words } from "./words.js";

const panel = document.querySelector("[data-following]");
const tournamentId = panel ? panel.dataset.following : null;

function showStars(root) {
  const ids = followedIn(tournamentId);
  root.querySelectorAll("[data-follow]").forEach((star) => {
    star.hidden = false;
    star.setAttribute("aria-pressed", String(ids.includes(Number(star.dataset.follow))));
  });
}

function addressOf(ids) {
  const address = new URL(panel.dataset.url, window.location.href);
  address.searchParams.set("ids", ids.join(","));
  return `${address.pathname}${address.search}`;
}

/** A part that asks for these rows, with what is shown of them already, so that nothing blinks. */
function partFor(ids, shown) {
  const part = document.createElement("section");
  const live = {
    id: `following-${tournamentId}`,
    class: "following__rows",
    "data-following-rows": "",
    "data-live": "",
    "hx-get": addressOf(ids),
    "hx-trigger": "every 10s, refresh",
    "hx-target": "this",
    "hx-swap": "keyed",
    "hx-sync": "this:drop",
    "hx-ext": "keyed",
  };
  Object.entries(live).forEach(([name, value]) => part.setAttribute(name, value));
  part.append(...(shown ? shown.childNodes : []));
  return part;
}

function showRows() {
  const ids = followedIn(tournamentId);
  const slot = panel.querySelector("[data-following-slot]");
  const shown = slot.querySelector("[data-following-rows]");
  if (!ids.length) {
    slot.replaceChildren();
    panel.hidden = true;
    return;
  }
  const part = partFor(ids, shown);
  part.querySelectorAll("[data-participant]").forEach((row) => {
    if (!ids.includes(Number(row.dataset.participant))) {
      row.remove();
    }
  });
  slot.replaceChildren(part);
  panel.hidden = false;
  window.htmx.process(part);
  window.htmx.trigger(part, "refresh");
}

function toggle(star) {
  const row = star.closest("tr");
  if (!toggleFollowed(tournamentId, Number(star.dataset.follow))) {
    announce(words("following_full", { count: FOLLOWED_AT_MOST }));
    return;
  }
  const isInPanel = panel.contains(star);
  // The panel above grows or shrinks; the row under the reader's finger stays.
  holding(row ? [row] : [], () => {
    showStars(document);
    showRows();
  });
  if (isInPanel) {
    // What was pressed is gone; the way goes on at the same team's star on the board, or at the panel.
    const next = document.querySelector(`.board [data-follow="${star.dataset.follow}"]`) || panel.querySelector("[data-follow]");
    (next || document.getElementById("content")).focus({ preventScroll: true });
  }
}

function start() {
  showStars(document);
  showRows();
  watchTop(panel, () => followedIn(tournamentId));
  document.addEventListener("click", (event) => {
    const star = event.target instanceof Element ? event.target.closest("[data-follow]") : null;
    if (star) {
      toggle(star);
    }
  });
  // A new board comes with its stars as for nobody: they are set before it is compared with what is shown.
  document.addEventListener("keyed:prepare", (event) => showStars(event.detail.wanted));
  onFollowedElsewhere(() => {
    showStars(document);
    showRows();
  });
}

if (panel && window.htmx) {
  start();
}

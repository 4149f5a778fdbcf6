/**
 * The polls of the page's live parts (`data-live`): only while somebody looks, once a minute while the socket tells what
 * is new, and never back to something older than what is shown.
 */

import { isHeld } from "./hold.js";
import { checked, lost, showLight } from "./light.js";

const WHILE_CONNECTED_MS = 60000;
const TICK_TOLERANCE_MS = 1500;
const AGAIN_AFTER_MS = 700;
const AGAIN_AT_MOST = 8;
const APART_MS = 1000;

const parts = new WeakMap();
let isConnected = false;

/** What is known of a part: the tag it shows, the log number it is of, the number it should reach, when it was asked for. */
function knownOf(part) {
  if (!parts.has(part)) {
    parts.set(part, { tag: null, number: Number(part.dataset.seq || 0), wanted: 0, askedAt: 0, tries: 0, timer: null, mustBeFresh: false });
  }
  return parts.get(part);
}

export function liveParts() {
  return Array.from(document.querySelectorAll("[data-live]"));
}

function isLive(element) {
  return element instanceof Element && element.hasAttribute("data-live");
}

/** A fragment's tag begins with the number of the tournament's log that it shows. */
function numberOf(tag) {
  const found = /^(?:W\/)?"(\d+)-/.exec(tag || "");
  return found ? Number(found[1]) : 0;
}

function ask(part) {
  if (part.isConnected && !document.hidden) {
    window.htmx.trigger(part, "refresh");
  }
}

function askSoon(part, delay) {
  const known = knownOf(part);
  if (known.timer === null) {
    // However much happens at once: one look a second shows all of it.
    const sinceAsked = Date.now() - known.askedAt;
    known.timer = window.setTimeout(() => {
      known.timer = null;
      ask(part);
    }, Math.max(delay, APART_MS + delay - sinceAsked));
  }
}

/** What was asked for has not come, or is older than what is shown: ask again, later each time and not for ever. */
function askAgain(part) {
  const known = knownOf(part);
  known.tries += 1;
  if (known.wanted > 0 && known.tries <= AGAIN_AT_MOST) {
    askSoon(part, AGAIN_AFTER_MS * known.tries);
  }
}

/** The parts that a message of this type can change; what a part is deaf to (`data-deaf-to`) never does. */
export function partsHearing(type) {
  return liveParts().filter((part) => !(part.dataset.deafTo || "").split(" ").includes(type));
}

/** Fetch these parts until they show the log up to `number`; readers of one board do not all ask in the same moment. */
export function refresh(wanting, number, delay = 0) {
  wanting.forEach((part) => {
    const known = knownOf(part);
    known.wanted = Math.max(known.wanted, number);
    known.tries = 0;
    askSoon(part, delay);
  });
}

/** Fetch all parts now, past what the browser holds of a moment ago. */
export function refreshAll() {
  liveParts().forEach((part) => {
    knownOf(part).mustBeFresh = true;
    ask(part);
  });
}

/** The log itself is an older one than what is shown (a restored backup): forget what was known, and ask. */
export function startOver() {
  liveParts().forEach((part) => Object.assign(knownOf(part), { tag: null, number: 0, wanted: 0 }));
}

/** What a part shows was brought up to this number by other means than a poll. */
export function showsAlready(part, number) {
  const known = knownOf(part);
  known.number = Math.max(known.number, number);
  known.tag = null;
}

export function shownNumber(part) {
  return knownOf(part).number;
}

/** Poll slowly while the socket is up, as usual while it is not. */
export function slowDown(isSlow) {
  isConnected = isSlow;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (!isLive(elt)) {
    return;
  }
  const known = knownOf(elt);
  const isWanted = requestConfig.triggeringEvent && requestConfig.triggeringEvent.type === "refresh";
  const isTooSoon = isConnected && !isWanted && Date.now() - known.askedAt < WHILE_CONNECTED_MS - TICK_TOLERANCE_MS;
  if (document.hidden || isTooSoon || (isHeld() && isWanted)) {
    event.preventDefault();
    return;
  }
  known.askedAt = Date.now();
});

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, headers } = event.detail;
  if (isLive(elt)) {
    const known = knownOf(elt);
    // The browser may hold an answer that is fresh by its age, and yet older than what the socket has told.
    if (known.mustBeFresh || known.wanted > known.number) {
      headers["Cache-Control"] = "max-age=0";
    }
    known.mustBeFresh = false;
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr } = event.detail;
  const tag = xhr.getResponseHeader("ETag");
  if (!isLive(elt) || !tag) {
    return;
  }
  const known = knownOf(elt);
  const number = numberOf(tag);
  if (isHeld()) {
    event.detail.shouldSwap = false;
    if (number > known.number) {
      document.dispatchEvent(new CustomEvent("live:withheld", { detail: { number } }));
    }
    return;
  }
  // The browser answers a 304 from its own cache as a 200: what is shown already is not put in again. And some cache on
  // the way may give what was right before.
  if (known.tag === tag || number < known.number) {
    event.detail.shouldSwap = false;
  } else {
    known.tag = tag;
    known.number = number;
  }
  if (known.number < known.wanted || number < known.number) {
    askAgain(elt);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (isLive(event.detail.elt) && event.detail.successful) {
    checked();
  }
});

["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) =>
  document.addEventListener(name, (event) => {
    const { elt } = event.detail;
    if (isLive(elt)) {
      lost();
      askAgain(elt);
    }
  }),
);
window.addEventListener("offline", lost);
window.addEventListener("online", refreshAll);

document.addEventListener("visibilitychange", () => {
  showLight();
  if (!document.hidden) {
    refreshAll();
  }
});

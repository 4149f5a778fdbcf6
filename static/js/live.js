/**
 * Keeps a spectator's page current and calm: polls only while somebody looks, swaps only what is new, shows whether the
 * connection holds, and tells screen readers who moved, politely and at most every ten seconds.
 */

import { clockWithSeconds } from "./times.js";

const ANNOUNCE_EVERY_MS = 10000;
const NAMED_CHANGES = 3;
const WORDS = {
  polling: "polling",
  reconnecting: "reconnecting",
  paused: "paused while this tab is hidden",
};

const shown = new WeakMap();
let state = "polling";
let checkedAt = new Date();

function liveParts() {
  return Array.from(document.querySelectorAll("[data-live]"));
}

function isLive(element) {
  return element instanceof Element && element.hasAttribute("data-live");
}

// --- connection light ---

function showLight() {
  document.querySelectorAll("[data-light]").forEach((light) => {
    light.hidden = false;
    light.dataset.state = state;
    light.querySelector("[data-light-text]").textContent = `${WORDS[state]} · checked ${clockWithSeconds(checkedAt)}`;
  });
}

function setState(next) {
  state = next;
  showLight();
}

function lost(event) {
  if (isLive(event.detail.elt)) {
    setState("reconnecting");
  }
}

// --- polling ---

function refreshAll() {
  liveParts().forEach((part) => window.htmx.trigger(part, "refresh"));
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && isLive(event.detail.elt)) {
    event.preventDefault();
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr } = event.detail;
  const etag = xhr.getResponseHeader("ETag");
  if (!isLive(elt) || !etag) {
    return;
  }
  // The browser answers a 304 from its own cache as a 200: what is shown already is not put in again.
  if (shown.get(elt) === etag) {
    event.detail.shouldSwap = false;
  }
  shown.set(elt, etag);
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (isLive(event.detail.elt) && event.detail.successful) {
    checkedAt = new Date();
    setState("polling");
  }
});

["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => document.addEventListener(name, lost));
window.addEventListener("offline", () => setState("reconnecting"));
window.addEventListener("online", refreshAll);

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    setState("paused");
  } else {
    refreshAll();
  }
});

// --- announcements ---

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
  const changes = Array.from(waiting.values()).sort((one, other) => one.to - other.to);
  waiting = new Map();
  timer = null;
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

showLight();

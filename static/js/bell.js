/**
 * Keeps the number on the bell. A page that follows a room hears it by that socket (`live:unread`). Of all other pages of a
 * browser one holds a socket for it (`/ws/me/`) and tells the rest; where there is none, the bell is asked for every half
 * minute, while somebody looks.
 *
 * Other scripts hear by `bell:more` on the document that there is more to read than before.
 */

import { LiveSocket, hasSocket } from "./socket.js";

const ASKED_EVERY_MS = 30000;
const ALIVE_EVERY_MS = 20000;
const TRUSTED_FOR_MS = 45000;

const person = bell() && bell().dataset.bell;
const name = `deltacrown-bell-${person}`;
const others = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
let heardAt = -Infinity;
let isConnected = false;
let tag = null;
let socket = null;
let letGo = null;

function bell() {
  return document.querySelector("[data-bell]");
}

function now() {
  return performance.now();
}

/** Put the number and its words in; what comes by another page of this browser is not told on. */
function show(unread) {
  const { unread: shown, most, words, wordsNone } = bell().dataset;
  if (Number(shown) === unread) {
    return;
  }
  const text = unread >= Number(most) ? `${Number(most) - 1}+` : String(unread);
  const count = bell().querySelector("[data-bell-count]");
  bell().dataset.unread = unread;
  count.textContent = text;
  count.hidden = unread === 0;
  bell().querySelector("[data-bell-words]").textContent = unread ? words.replace("#", text) : wordsNone;
  if (unread > Number(shown)) {
    document.dispatchEvent(new CustomEvent("bell:more"));
  }
}

function heard(unread) {
  heardAt = now();
  show(unread);
}

function tellOthers() {
  if (others && isConnected) {
    others.postMessage(Number(bell().dataset.unread));
  }
}

async function ask() {
  if (document.hidden || isConnected || now() - heardAt < TRUSTED_FOR_MS) {
    return;
  }
  try {
    const headers = { "HX-Request": "true", ...(tag ? { "If-None-Match": tag } : {}) };
    const answer = await fetch(bell().dataset.asks, { headers });
    // Who was logged out meanwhile is led to the page for it, which has no bell.
    const found = answer.status === 200 && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-bell]");
    if (found) {
      tag = answer.headers.get("ETag");
      show(Number(found.dataset.unread));
    }
  } catch {
    // The next one may come through.
  }
}

function connected(isUp) {
  isConnected = isUp;
  if (!isUp) {
    heardAt = -Infinity;
  }
}

/**
 * One page of the browser at a time is in here; the browser lets the next one in when this one goes. Where pages cannot
 * agree on one (an old browser, a site without TLS), each is for itself, as far as there are places.
 */
function hold() {
  return new Promise((leave) => {
    letGo = leave;
    if (socket) {
      socket.open();
    } else {
      const deaf = () => {};
      socket = new LiveSocket("/ws/me/", null, { connected, message: deaf, behind: deaf });
      socket.open();
    }
  });
}

function holdSoon() {
  if (navigator.locks && others) {
    navigator.locks.request(name, hold);
  } else {
    hold();
  }
}

function follow() {
  document.addEventListener("live:unread", (event) => {
    isConnected = true;
    heard(event.detail);
    tellOthers();
  });
  document.addEventListener("live:state", (event) => connected(event.detail.state === "live"));
  if (others) {
    others.addEventListener("message", (event) => heard(event.data));
  }
  if (!hasSocket()) {
    holdSoon();
    window.addEventListener("pagehide", () => {
      connected(false);
      if (letGo) {
        letGo();
        letGo = null;
      }
    });
    window.addEventListener("pageshow", (event) => event.persisted && holdSoon());
  }
  window.setInterval(tellOthers, ALIVE_EVERY_MS);
  window.setInterval(ask, ASKED_EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}

if (person) {
  follow();
}

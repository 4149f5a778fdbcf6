/**
 * The control room under a thumb: it holds still while something is pressed, takes no press that was meant for what stood
 * there a moment ago, says for a while what came of the last one, and never leaves the reader's focus nowhere.
 */

import { hold } from "./hold.js";
import { refreshAll } from "./polls.js";

const AFTER_TOUCH_MS = 600;
const SETTLES_MS = 350;
const SAID_FOR_MS = 12000;

const room = document.getElementById("control");
let isPressed = false;
let release = null;
let settling = null;
let saidUntil = 0;
let before = null;

function rest() {
  isPressed = true;
  window.clearTimeout(release);
  hold(true);
}

function goOn() {
  if (!isPressed) {
    return;
  }
  isPressed = false;
  window.clearTimeout(release);
  release = window.setTimeout(() => {
    hold(false);
    refreshAll();
  }, AFTER_TOUCH_MS);
}

/** Where what can be pressed stands, by the lines that it belongs to. */
function places() {
  const lines = Array.from(room.querySelectorAll(".control__line"));
  return new Map(lines.map((line) => [line.id, Math.round(line.getBoundingClientRect().top)]));
}

/** The line of the focus and the heading above it, in case the line goes. */
function wayBack() {
  const focused = document.activeElement;
  if (!room.contains(focused)) {
    return null;
  }
  const section = focused.closest("section");
  return [focused.closest(".control__line"), section && section.querySelector("h2")];
}

/** What has just moved is not pressed for a moment (`data-settling` in control.css): the thumb was on its way already. */
function settle() {
  room.dataset.settling = "";
  window.clearTimeout(settling);
  settling = window.setTimeout(() => delete room.dataset.settling, SETTLES_MS);
}

function said() {
  return document.getElementById("control-said");
}

function hush() {
  const bar = document.getElementById("control-bar");
  if (Date.now() >= saidUntil && said()) {
    said().textContent = "";
    bar.classList.toggle("control__bar--empty", !bar.querySelector("form"));
  }
}

/** What was said of the last press stays for its while, though the part that comes now does not say it. */
function keepSaid(wanted) {
  const next = wanted.querySelector("#control-said");
  if (next.textContent.trim()) {
    saidUntil = Date.now() + SAID_FOR_MS;
    window.setTimeout(hush, SAID_FOR_MS + 50);
  } else if (Date.now() < saidUntil) {
    next.textContent = said().textContent;
    next.className = said().className;
    wanted.querySelector("#control-bar").classList.remove("control__bar--empty");
  }
}

function afterSwap() {
  if (!before) {
    return;
  }
  const now = places();
  if (Array.from(before.places).some(([id, top]) => now.has(id) && Math.abs(now.get(id) - top) > 4)) {
    settle();
  }
  if (before.way && document.activeElement === document.body) {
    const isOwn = before.isPress && said().textContent.trim();
    const next = isOwn ? said() : before.way.find((element) => element && element.isConnected);
    (next || document.getElementById("content")).focus({ preventScroll: true });
  }
  before = null;
}

if (room) {
  room.addEventListener("pointerdown", rest);
  ["pointerup", "pointercancel"].forEach((name) => window.addEventListener(name, goOn));
  room.addEventListener("keyed:prepare", (event) => {
    const isPress = Boolean(event.detail.wanted.querySelector("#control-said").textContent.trim());
    before = { places: places(), way: wayBack(), isPress };
    keepSaid(event.detail.wanted);
  });
  document.addEventListener("htmx:afterSwap", afterSwap);
  // What the reader has pressed is to be answered on the page, and that is all that they have under their hand.
  room.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== room) {
      window.clearTimeout(release);
      hold(false);
    }
  });
}

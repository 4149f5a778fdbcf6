/**
 * "Tell me when they leave the top N": a notice on the page and, if wanted, a sound, as soon as one of the followed teams
 * is behind that place; also while the page holds still or its tab is hidden.
 */

import { keep, kept } from "./kept.js";
import { clockWithSeconds } from "./times.js";
import { words } from "./words.js";

const KEY = "deltacrown.top-watch";
const SHOWN_NOTICES = 5;
const TONE = { hertz: 660, seconds: 0.35, loudness: 0.15 };

const ranks = new Map();
const names = new Map();
let wishes = { isOn: false, top: 12, hasSound: false };
let audio = null;

function beep() {
  audio = audio || new (window.AudioContext || window.webkitAudioContext)();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = TONE.hertz;
  volume.gain.setValueAtTime(TONE.loudness, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + TONE.seconds);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + TONE.seconds);
}

function tell(panel, id, rank) {
  const list = panel.querySelector("[data-top-notices]");
  const notice = document.createElement("li");
  const name = names.get(id) || `#${id}`;
  const what = rank === null ? words("left_board", { name }) : words("left_top", { name, count: wishes.top, rank });
  notice.textContent = `${clockWithSeconds(new Date())} ${what}`;
  list.prepend(notice);
  Array.from(list.children).slice(SHOWN_NOTICES).forEach((old) => old.remove());
  if (wishes.hasSound) {
    beep();
  }
}

function stands(panel, id, rank) {
  const before = ranks.get(id);
  ranks.set(id, rank);
  const isOut = rank === null || rank > wishes.top;
  if (wishes.isOn && before !== undefined && before !== null && before <= wishes.top && isOut) {
    tell(panel, id, rank);
  }
}

function wire(panel) {
  const isOn = panel.querySelector("[data-top-on]");
  const top = panel.querySelector("[data-top-count]");
  const hasSound = panel.querySelector("[data-top-sound]");
  isOn.checked = wishes.isOn;
  top.value = String(wishes.top);
  hasSound.checked = wishes.hasSound;
  panel.addEventListener("change", () => {
    const number = Math.round(Number(top.value));
    wishes = { isOn: isOn.checked, top: number >= 1 ? number : wishes.top, hasSound: hasSound.checked };
    keep(KEY, wishes);
  });
  hasSound.addEventListener("change", () => {
    // The reader hears what it will be; and a browser lets a page sound only after such a touch.
    if (hasSound.checked) {
      beep();
    }
  });
}

/** Watch the followed ones for as long as the page is open; `followed` gives their ids. */
export function watchTop(panel, followed) {
  wishes = { ...wishes, ...kept(KEY, {}) };
  wire(panel);
  document.addEventListener("live:message", ({ detail: message }) => {
    if (message.type === "rank_update" && Array.isArray(message.changes)) {
      const ids = new Set(followed());
      message.changes
        .filter((change) => ids.has(change.participant_id))
        .forEach((change) => stands(panel, change.participant_id, change.current_rank));
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target instanceof Element && panel.contains(event.detail.target)) {
      panel.querySelectorAll("[data-participant]").forEach((row) => {
        const id = Number(row.dataset.participant);
        names.set(id, row.dataset.name);
        stands(panel, id, row.dataset.rank ? Number(row.dataset.rank) : null);
      });
    }
  });
}

/**
 * Calm: the reader can have the page hold still, is told how much waits meanwhile, and afterwards what it was. The same
 * when the reader comes back to a tab that was hidden. And the board can be read as a plain list.
 */

import { showChangesSince } from "./changes.js";
import { hold, isHeld } from "./hold.js";
import { keep, kept } from "./kept.js";
import { refreshAll } from "./polls.js";
import { countedWords, words } from "./words.js";

const AWAY_AT_LEAST_MS = 3000;
const LIST_KEY = "deltacrown.list-view";

const bar = document.querySelector("[data-calm]");
let seenVersion = 0;
let waitingCount = 0;
let hiddenAt = 0;
let isNewer = false;

function versionShown() {
  const board = document.querySelector(".board[data-version]");
  return board ? Number(board.dataset.version) : 0;
}

function showWaiting() {
  const news = bar.querySelector("[data-news]");
  const waiting = waitingCount ? countedWords("waiting", waitingCount) : isNewer ? words("news_waits") : "";
  const text = isHeld() ? `${words("held")} ${waiting}`.trim() : "";
  if (news.textContent !== text) {
    news.textContent = text;
  }
}

function pause() {
  seenVersion = versionShown();
  waitingCount = 0;
  isNewer = false;
  hold(true);
}

function resume() {
  hold(false);
  refreshAll();
  showChangesSince(seenVersion, { isCertain: waitingCount > 0 || isNewer });
}

function togglePause() {
  if (isHeld()) {
    resume();
  } else {
    pause();
  }
  bar.querySelector("[data-pause]").setAttribute("aria-pressed", String(isHeld()));
  showWaiting();
}

function showAsList(isList) {
  document.querySelectorAll("[data-board-frame]").forEach((frame) => frame.classList.toggle("is-list", isList));
  bar.querySelector("[data-list-view]").setAttribute("aria-pressed", String(isList));
}

function wireListView(button) {
  showAsList(kept(LIST_KEY, false));
  button.addEventListener("click", () => {
    keep(LIST_KEY, !kept(LIST_KEY, false));
    showAsList(kept(LIST_KEY, false));
  });
}

function onVisibility() {
  if (document.hidden) {
    hiddenAt = Date.now();
    seenVersion = isHeld() ? seenVersion : versionShown();
  } else if (!isHeld() && hiddenAt && Date.now() - hiddenAt >= AWAY_AT_LEAST_MS) {
    showChangesSince(seenVersion, { isCertain: false });
  }
}

function start() {
  bar.hidden = false;
  bar.querySelector("[data-pause]").addEventListener("click", togglePause);
  const list = bar.querySelector("[data-list-view]");
  if (list) {
    wireListView(list);
  }
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyP") {
      event.preventDefault();
      togglePause();
    }
  });
  document.addEventListener("live:message", ({ detail: message }) => {
    if (isHeld() && message.type !== "number") {
      waitingCount += 1;
      showWaiting();
    }
  });
  document.addEventListener("live:withheld", () => {
    isNewer = true;
    showWaiting();
  });
  document.addEventListener("visibilitychange", onVisibility);
}

if (bar) {
  start();
}

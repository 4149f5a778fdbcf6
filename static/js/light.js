/** The connection light: whether the page is live, reconnecting, polling or paused, and when it was last right. */

import { clockWithSeconds } from "./times.js";

const WORDS = {
  live: "live · updated",
  polling: "polling · checked",
  reconnecting: "reconnecting · checked",
  paused: "paused while this tab is hidden · checked",
};

const facts = { isConnected: false, isLost: false, checkedAt: new Date() };

function state() {
  if (facts.isLost) {
    return "reconnecting";
  }
  if (document.hidden) {
    return "paused";
  }
  return facts.isConnected ? "live" : "polling";
}

export function showLight() {
  const shown = state();
  document.querySelectorAll("[data-light]").forEach((light) => {
    light.hidden = false;
    light.dataset.state = shown;
    light.querySelector("[data-light-text]").textContent = `${WORDS[shown]} ${clockWithSeconds(facts.checkedAt)}`;
  });
}

/** What the page shows was found to be right just now. */
export function checked() {
  facts.checkedAt = new Date();
  facts.isLost = false;
  showLight();
}

/** The server could not be asked. */
export function lost() {
  facts.isLost = true;
  showLight();
}

export function connected(isConnected) {
  facts.isConnected = isConnected;
  showLight();
}

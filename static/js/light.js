/** The connection light: whether the page is live, reconnecting, polling or paused, and when it was last right. */

import { clockWithSeconds } from "./times.js";
import { words } from "./words.js";

const facts = { link: "polling", isLost: false, checkedAt: new Date(), told: "polling" };

function connection() {
  // A poll that fails while the socket tells all the news is asked again, and no sign of a lost connection.
  return facts.isLost && facts.link !== "live" ? "reconnecting" : facts.link;
}

/** Who else is on the page may know as well: `live:state` on the document, with the state that is new. */
function tell() {
  const state = connection();
  if (state !== facts.told) {
    facts.told = state;
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state } }));
  }
}

export function showLight() {
  tell();
  const shown = document.hidden && connection() !== "reconnecting" ? "paused" : connection();
  document.querySelectorAll("[data-light]").forEach((light) => {
    light.hidden = false;
    light.dataset.state = shown;
    light.querySelector("[data-light-text]").textContent = `${words(`light_${shown}`)} ${clockWithSeconds(facts.checkedAt)}`;
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

/** How news comes from now on: `live` by the socket, `polling` without it, `reconnecting` while it is missed. */
export function linked(link) {
  facts.link = link;
  showLight();
}

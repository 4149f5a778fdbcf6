/** "What changed since you looked": a short list above the board, made by the server, until the reader puts it away. */

import { announce } from "./announcer.js";
import { holding } from "./movement.js";
import { localizeTimes } from "./times.js";
import { words } from "./words.js";

const AGAIN_AFTER_MS = 900;
const AGAIN_AT_MOST = 3;

const panel = document.querySelector("[data-changes-panel]");
let questions = 0;

function anchor() {
  return Array.from(document.querySelectorAll(".board, .matches")).filter((part) => part.getBoundingClientRect().bottom > 0).slice(0, 1);
}

function put(away) {
  holding(window.scrollY > 0 ? anchor() : [], () => {
    panel.hidden = away;
  });
}

function fragmentOf(html) {
  const made = new DOMParser().parseFromString(html, "text/html").querySelector("[data-changes]");
  return made && Number(made.dataset.count) ? document.importNode(made, true) : null;
}

async function ask(question, version, tries) {
  const address = new URL(panel.dataset.url, window.location.href);
  address.searchParams.set("version", String(version));
  const answer = await window.fetch(address, { headers: { "HX-Request": "true" }, cache: "no-cache" });
  const list = answer.ok ? fragmentOf(await answer.text()) : null;
  // A later question, or the reader who has put the list away, has made this one void.
  if (question !== questions) {
    return;
  }
  if (!list && tries > 0) {
    window.setTimeout(() => ask(question, version, tries - 1).catch(() => undefined), AGAIN_AFTER_MS);
  } else if (list) {
    localizeTimes(list);
    panel.querySelector("[data-changes-body]").replaceChildren(list);
    put(false);
    announce(words("changed_since"));
  }
}

/** Fetch and show what changed after this version of the board; nothing where nothing did. */
export function showChangesSince(version, { isCertain }) {
  if (panel && version > 0) {
    questions += 1;
    // A list that does not arrive is no loss: the board itself does. One of a moment ago may be empty still.
    ask(questions, version, isCertain ? AGAIN_AT_MOST : 0).catch(() => undefined);
  }
}

function dismiss() {
  questions += 1;
  const hadFocus = panel.contains(document.activeElement);
  put(true);
  if (hadFocus) {
    document.querySelector("[data-pause]").focus({ preventScroll: true });
  }
}

if (panel) {
  panel.querySelector("[data-dismiss]").addEventListener("click", dismiss);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      dismiss();
    }
  });
}

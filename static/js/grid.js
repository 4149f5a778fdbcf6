/**
 * The grid of a battle-royale match: ties together its rows, its keyboard, the finder, what is kept in the browser and
 * what is sent. Without this script the page is a form like any other.
 */

import { didNotFinish, focusCell, onKey, onTyped } from "./grid-keys.js";
import { Outbox } from "./grid-outbox.js";
import { GridPage } from "./grid-page.js";
import { dropDrafts } from "./grid-store.js";
import { localizeTimes } from "./times.js";

const WORDS = {
  sending: "Sending …",
  away: "No connection. It is kept here and sent by itself.",
  login: "You are logged out. It is kept here: log in, then reload this page.",
  taken: "Saved.",
};

let page = null;

// --- answers ---

const outbox = new Outbox({
  token: () => {
    const field = document.querySelector('input[name="csrf_token"]');
    return field ? field.value : "";
  },
  changed: (submission, answer) => {
    const isHere = page !== null && page.matchId === submission.matchId;
    if (isHere && answer.kind === "taken") {
      page.say(WORDS.taken, "taken");
      window.location.assign(answer.url);
    } else if (isHere && answer.kind === "refused") {
      showAnswer(answer.html);
    } else if (isHere) {
      page.say(WORDS[answer.kind], answer.kind);
    } else {
      tellOfAnother(submission, answer);
    }
  },
});

/** A result of another match that still waits, typed before this page was opened. */
function tellOfAnother(submission, answer) {
  const place = document.querySelector("[data-outbox]");
  if (!place) {
    return;
  }
  let line = document.getElementById(`outbox-${submission.matchId}`);
  if (!line) {
    line = document.createElement("p");
    line.id = `outbox-${submission.matchId}`;
    line.className = "notice";
    line.setAttribute("role", "status");
    place.append(line);
  }
  line.textContent = `Match ${submission.number}: ${answer.kind === "refused" ? "it was not taken." : WORDS[answer.kind]} `;
  if (answer.kind === "refused") {
    const link = document.createElement("a");
    link.href = submission.url.replace(/(confirm|correct)\/$/, "");
    link.textContent = "Open it";
    line.append(link);
  }
}

/** Put the server's answer in the place of the grid. */
function showAnswer(html) {
  const wanted = new DOMParser().parseFromString(html, "text/html").getElementById("grid");
  const current = document.getElementById("grid");
  if (!wanted) {
    page.say("It was not taken; reload the page.", "wrong");
    return page;
  }
  current.replaceWith(document.adoptNode(wanted));
  begin();
  const said = wanted.querySelector("[role=alert], [aria-invalid=true]");
  if (said) {
    said.focus();
    said.scrollIntoView({ block: "center" });
  }
  return page;
}

function begin() {
  const section = document.getElementById("grid");
  page = section && section.querySelector("#grid-data") ? new GridPage(section, { outbox, swap: showAnswer }) : null;
  if (section) {
    localizeTimes(section);
    if (window.htmx) {
      window.htmx.process(section);
    }
  }
}

// --- what people do ---

const actions = {
  finish: () => page.finish(),
  submit: () => page.submit(),
  takesBack: (cell) => page.finder !== null && page.finder.takesBack(cell),
};

document.addEventListener("keydown", (event) => {
  if (page && page.isOpen && page.form.contains(event.target)) {
    onKey(event, actions);
  }
});

document.addEventListener("input", (event) => {
  if (page && page.isOpen && event.target.closest("tr[data-row]")) {
    page.changed();
    onTyped(event, page.sheet.lobby.places);
  }
});

document.addEventListener("focusin", (event) => {
  // What was left behind is no longer being typed: what is missing there is wrong now.
  if (page && page.isOpen && page.form.contains(event.target)) {
    page.sheet.show();
    page.showErrors();
  }
});

document.addEventListener("paste", (event) => {
  const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
  const row = event.target.closest("tr[data-row]");
  if (page && page.isOpen && row && /[\t\n]/.test(text.trim())) {
    event.preventDefault();
    page.readPaste(text, row.dataset.row);
  }
});

document.addEventListener("submit", (event) => {
  if (page === null || event.target !== page.form) {
    return;
  }
  event.preventDefault();
  page.submit();
});

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  if (!target) {
    return;
  }
  if (target.hasAttribute("data-take-theirs")) {
    dropDrafts(Number(document.getElementById("grid").dataset.match));
  } else if (page === null) {
    return;
  } else if (target.hasAttribute("data-fill")) {
    event.preventDefault();
    page.readPaste(page.find("#pasted").value, "");
  } else if (target.hasAttribute("data-dnf")) {
    didNotFinish(target.closest("tr"));
  } else if (target.hasAttribute("data-to-error")) {
    focusCell(page.sheet.inputOf(page.sheet.shownErrors()[0].path));
  } else if (target.hasAttribute("data-draft-restore")) {
    page.restore(page.draft);
  } else if (target.hasAttribute("data-draft-forget")) {
    page.forget();
  } else if (target.hasAttribute("data-times")) {
    const isShown = page.find("[data-table]").classList.toggle("grid__table--timed");
    target.setAttribute("aria-pressed", String(isShown));
  }
});

// Who is logged out finds out when sending; the page they type in must not be taken away before.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (page && event.detail.xhr.status === 401) {
    event.preventDefault();
    page.say(WORDS.login, "login");
  }
});

window.addEventListener("offline", () => page && page.say("No connection. What you type is kept here.", "away"));
window.addEventListener("online", () => page && page.isOpen && page.keep());

begin();
if (page) {
  page.start();
}
outbox.flush();

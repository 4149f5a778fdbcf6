/**
 * One grid on the page: shows what the check says, keeps what is typed, and sees to it that nothing unlooked-at is sent.
 */

import { Finder } from "./grid-finder.js";
import { focusCell } from "./grid-keys.js";
import { Sheet } from "./grid-sheet.js";
import { dropDraft, dropDrafts, keepDraft, newestDraft } from "./grid-store.js";

const PREVIEW_AFTER_MS = 350;

function clock(instant) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", day: "numeric", month: "short" }).format(instant);
}

export class GridPage {
  /** `outbox` sends, `swap(html)` puts an answer of the server in the place of the grid and gives the new page. */
  constructor(section, { outbox, swap }) {
    this.outbox = outbox;
    this.swap = swap;
    this.section = section;
    this.form = section.querySelector("#grid-form");
    this.form.classList.add("has-script");
    this.sheet = new Sheet(section);
    this.matchId = this.sheet.data.match_id;
    this.isOpen = this.sheet.data.mode !== "closed";
    this.previewTimer = null;
    const finder = section.querySelector("[data-finder]");
    this.finder = finder ? new Finder(finder, this) : null;
    if (this.isOpen) {
      this.offerDraft();
      this.show();
    }
  }

  find(selector) {
    return this.section.querySelector(selector);
  }

  get revision() {
    return Number(this.form.elements.revision.value);
  }

  // --- what the finder asks ---

  rows() {
    const taken = this.sheet.cells();
    return this.sheet.rows.map((row) => ({ id: row.id, name: row.name, isPlaced: row.id in taken }));
  }

  freePlace(isLastFirst) {
    return this.sheet.freePlace(isLastFirst);
  }

  place(id, place, kills) {
    return this.sheet.place(id, place, kills);
  }

  // --- showing ---

  /**
   * After every change: check, show, keep, and ask for the board once the typing rests. `grid-check` in the browser's
   * performance timeline says how long that took.
   */
  changed() {
    performance.mark("grid-check-start");
    this.sheet.check();
    this.show();
    this.keep();
    performance.measure("grid-check", "grid-check-start");
    window.clearTimeout(this.previewTimer);
    this.previewTimer = window.setTimeout(() => this.preview(), PREVIEW_AFTER_MS);
  }

  show() {
    const { lines } = this.sheet.found;
    const expected = this.sheet.expected();
    this.find("[data-count]").textContent = lines.length;
    this.find("[data-expected]").textContent = expected;
    this.find("[data-progress]").max = expected;
    this.find("[data-progress]").value = lines.length;
    this.showErrors();
    this.showWarnings();
    if (this.finder) {
      this.finder.showNext();
    }
  }

  showErrors() {
    const count = this.sheet.shownErrors().length;
    const button = this.find("[data-to-error]");
    button.hidden = count === 0;
    button.textContent = `${count} to fix`;
    const said = this.find("[data-said]");
    if (said && count === 0) {
      said.remove();
    }
  }

  showWarnings() {
    const { lines, warnings } = this.sheet.found;
    const texts = warnings.map(({ path, message }) => {
      const name = this.sheet.nameOf(path);
      return `${name ? `${name}: ` : ""}${message}.`;
    });
    const box = this.find("[data-warnings]");
    const list = this.find("[data-warnings-list]");
    const shown = Array.from(list.children).map((item) => item.textContent);
    if (shown.join("\n") !== texts.join("\n")) {
      list.replaceChildren(
        ...texts.map((text) => {
          const item = document.createElement("li");
          item.textContent = text;
          return item;
        }),
      );
      // What was looked at is not what stands there now.
      this.find("[data-tick]").checked = false;
    }
    // While half the lobby is still to be typed, that it is missing is no news.
    box.hidden = !texts.length || (lines.length < this.sheet.expected() && !this.wasTried);
  }

  say(text, kind) {
    const state = this.find("[data-state]");
    if (state) {
      state.textContent = text;
      state.dataset.state = kind;
    }
  }

  preview() {
    const target = document.getElementById("board-preview");
    const { errors, lines } = this.sheet.found;
    if (target && window.htmx && navigator.onLine && lines.length && !errors.length) {
      window.htmx.trigger(target, "preview");
    }
  }

  // --- keeping ---

  keep() {
    if (!this.sheet.differsFrom(this.sheet.data.stored)) {
      dropDraft(this.matchId, this.revision);
      this.say("", "");
    } else if (!keepDraft(this.matchId, this.revision, this.sheet.cells())) {
      this.say("This browser keeps nothing: do not close the page.", "away");
    } else if (navigator.onLine) {
      this.say("Kept on this device", "kept");
    } else {
      this.say("No connection. What you type is kept here.", "away");
    }
  }

  offerDraft() {
    const draft = newestDraft(this.matchId);
    if (!draft) {
      return;
    }
    if (!this.sheet.differsFrom(draft.cells)) {
      if (!this.sheet.differsFrom(this.sheet.data.stored)) {
        dropDrafts(this.matchId);
      }
      return;
    }
    if (this.outbox.holds(this.matchId)) {
      this.restore(draft);
      return;
    }
    const count = Object.keys(draft.cells).length;
    const since = draft.revision === this.sheet.data.revision ? "" : " Since then somebody has saved this match.";
    this.find("[data-draft-text]").textContent =
      `${count} row${count === 1 ? "" : "s"} typed here on ${clock(draft.at)} ${count === 1 ? "was" : "were"} not saved.${since}`;
    this.find("[data-draft]").hidden = false;
    this.draft = draft;
  }

  restore(draft) {
    this.form.elements.revision.value = draft.revision;
    this.sheet.fill(draft.cells);
    this.find("[data-draft]").hidden = true;
    this.changed();
  }

  /** Where typing starts, unless a keyboard of glass would cover the page that somebody has just opened. */
  start() {
    if (!this.isOpen || !window.matchMedia("(pointer: fine)").matches || document.activeElement !== document.body) {
      return;
    }
    const offer = this.find("[data-draft]");
    const blank = this.sheet.rows.find((row) => !row.inputs[0].value);
    const target = offer.hidden ? blank && blank.inputs[0] : this.find("[data-draft-restore]");
    if (target) {
      target.focus({ preventScroll: true });
    }
  }

  forget() {
    dropDrafts(this.matchId);
    this.find("[data-draft]").hidden = true;
  }

  // --- sending ---

  /** Go to what has to be done before the result can be sent; true when nothing has. */
  isReady() {
    this.wasTried = true;
    document.activeElement.blur();
    this.sheet.check();
    this.show();
    const { errors, warnings } = this.sheet.found;
    if (errors.length) {
      focusCell(this.sheet.inputOf(errors[0].path));
      this.say(errors[0].path === "lobby" ? errors[0].message : "", "wrong");
      return false;
    }
    const tick = this.find("[data-tick]");
    if (warnings.length && !tick.checked) {
      tick.focus();
      this.say("Look at this first.", "wrong");
      return false;
    }
    const reason = this.form.elements.reason;
    if (reason && reason.value.trim().length < 10) {
      reason.focus();
      this.say("Say why, in 10 characters or more.", "wrong");
      return false;
    }
    return true;
  }

  /** After the last row: on to the first thing that is open, or to the button that sends. */
  finish() {
    if (this.isReady()) {
      this.find("[data-submit]").focus();
    }
  }

  submit() {
    if (!this.isReady()) {
      return;
    }
    window.clearTimeout(this.previewTimer);
    const fields = new URLSearchParams(new FormData(this.form));
    fields.delete("csrf_token");
    fields.delete("pasted");
    const { match_id: matchId, number } = this.sheet.data;
    this.find("[data-submit]").focus();
    this.outbox.send({ matchId, number, revision: this.revision, url: this.form.action, body: fields.toString(), at: Date.now() });
  }

  /** Read the pasted rows on the server, which knows every spelling of a name. */
  async readPaste(text, firstId) {
    const fields = new URLSearchParams(new FormData(this.form));
    fields.set("pasted", text);
    fields.set("first_id", firstId || "");
    this.say("Reading what was pasted …", "sending");
    try {
      const answer = await window.fetch(this.find("[data-fill]").formAction, {
        method: "POST",
        headers: { "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" },
        body: fields.toString(),
        credentials: "same-origin",
      });
      if (!answer.ok) {
        throw new Error(`answered ${answer.status}`);
      }
      const page = this.swap(await answer.text());
      page.changed();
      (page.find(".grid__paste [role=alert]") || page.find("[data-submit]")).focus();
    } catch (error) {
      const box = this.find("#pasted");
      box.closest("details").open = true;
      box.value = text;
      this.say("No connection to read it by; it is kept in the field below. Try again when it is back.", "away");
    }
  }
}

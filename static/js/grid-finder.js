/**
 * The grid in finishing order: type a part of a name and Enter, and the team gets the next free place; with a number
 * behind it (`squad 7`) that is its kills, and the next name can follow at once.
 */

import { focusCell } from "./grid-keys.js";

const SHOWN = 6;

function plain(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim();
}

/** Those whose name holds the text: beginnings of the name first, then of a word, then the rest. */
function matching(text, rows) {
  const wanted = plain(text);
  const grade = (name) => {
    const at = plain(name).indexOf(wanted);
    return at <= 0 ? at : /\s/.test(plain(name)[at - 1]) ? 1 : 2;
  };
  if (!wanted) {
    return [];
  }
  const exact = rows.filter((row) => plain(row.name) === wanted);
  if (exact.length) {
    return exact;
  }
  return rows
    .map((row) => ({ row, grade: grade(row.name) }))
    .filter((found) => found.grade >= 0)
    .sort((one, other) => one.grade - other.grade)
    .map((found) => found.row);
}

/** What was typed: candidates, and the kills where a number stands behind a name. */
function understood(text, rows) {
  const whole = matching(text, rows);
  const split = /^(.*\S)\s+([0-9]{1,3})$/.exec(text.trim());
  if (whole.length || !split) {
    return { candidates: whole, kills: null };
  }
  return { candidates: matching(split[1], rows), kills: split[2] };
}

export class Finder {
  /** `grid` gives `rows()` (id, name, isPlaced), `freePlace(isLastFirst)` and `place(id, place, kills)`. */
  constructor(root, grid) {
    this.root = root;
    this.grid = grid;
    this.input = root.querySelector("input");
    this.list = root.querySelector("[role=listbox]");
    this.turn = root.querySelector("[data-finder-turn]");
    this.chosen = 0;
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) {
        event.preventDefault();
        this.take(Number(option.dataset.id));
      }
    });
    this.turn.addEventListener("click", () => {
      this.turn.setAttribute("aria-pressed", String(!this.isLastFirst));
      this.showNext();
      this.input.focus();
    });
    this.showNext();
  }

  get isLastFirst() {
    return this.turn.getAttribute("aria-pressed") === "true";
  }

  showNext() {
    const place = this.grid.freePlace(this.isLastFirst);
    this.root.querySelector("[data-finder-place]").textContent = place === null ? "no place is left" : `place ${place}`;
    // With every place given away there is nothing to find, unless somebody is just here.
    this.root.hidden = place === null && !this.root.contains(document.activeElement);
  }

  found() {
    return understood(this.input.value, this.grid.rows().filter((row) => !row.isPlaced));
  }

  show() {
    const { candidates } = this.found();
    this.chosen = Math.min(this.chosen, Math.max(0, Math.min(candidates.length, SHOWN) - 1));
    this.list.replaceChildren(
      ...candidates.slice(0, SHOWN).map((row, index) => {
        const option = document.createElement("li");
        option.id = `finder-option-${row.id}`;
        option.dataset.id = row.id;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String(index === this.chosen));
        option.dir = "auto";
        option.textContent = row.name;
        return option;
      }),
    );
    const isOpen = candidates.length > 0;
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) {
      this.input.setAttribute("aria-activedescendant", `finder-option-${candidates[this.chosen].id}`);
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
    this.input.setAttribute("aria-invalid", String(Boolean(this.input.value.trim()) && !isOpen));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey) {
      return;
    }
    const { candidates } = this.found();
    if (event.key === "Enter") {
      event.preventDefault();
      if (candidates.length) {
        this.take(candidates[this.chosen].id);
      }
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = Math.min(candidates.length, SHOWN);
      this.chosen = count ? (this.chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count : 0;
      this.show();
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.show();
    }
  }

  take(id) {
    const { kills } = this.found();
    const place = this.grid.freePlace(this.isLastFirst);
    if (place === null) {
      return;
    }
    this.input.value = "";
    this.chosen = 0;
    this.show();
    const cell = this.grid.place(id, place, kills);
    this.showNext();
    if (kills === null) {
      this.returnsFrom = cell;
      focusCell(cell);
    }
  }

  /** Whether Enter in `cell` comes back here: its team was placed from here. */
  takesBack(cell) {
    const isMine = this.returnsFrom === cell;
    this.returnsFrom = null;
    if (isMine) {
      this.input.focus();
    }
    return isMine;
  }
}

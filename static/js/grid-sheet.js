/**
 * The rows of the grid on the page: what is typed, what is wrong with it, what it scores.
 */

import { checkGrid, isBlank, pointsOfLine } from "./grid-rules.js";

const LABELS = { placement: "Place", kills: "Kills", time: "Time alive", row: "This row" };
const COLUMNS = ["placement", "kills", "time"];

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function fieldOf(path) {
  const cut = path.lastIndexOf("-");
  return cut < 0 ? { column: path, id: null } : { column: path.slice(0, cut), id: Number(path.slice(cut + 1)) };
}

export class Sheet {
  constructor(section) {
    this.data = JSON.parse(section.querySelector("#grid-data").textContent);
    this.rows = Array.from(section.querySelectorAll("tr[data-row]")).map((element) => ({
      id: Number(element.dataset.row),
      name: element.dataset.name,
      element,
      inputs: COLUMNS.map((column) => element.querySelector(`input[name^="${column}-"]`)),
      note: element.querySelector(".grid__note"),
      points: element.querySelector("[data-points]"),
    }));
    this.byId = new Map(this.rows.map((row) => [row.id, row]));
    this.lobby = {
      names: new Map(this.rows.map((row) => [row.id, row.name])),
      places: this.data.places,
      sideSize: this.data.side_size,
      withdrawn: new Set(this.data.withdrawn),
    };
    this.check();
  }

  typedIn(row) {
    const [placement, kills, time] = row.inputs.map((input) => input.value);
    return { id: row.id, placement, kills, time };
  }

  /** Check everything that is typed and show it; returns `{ lines, errors, warnings }`. */
  check() {
    this.found = checkGrid(this.rows.map((row) => this.typedIn(row)), this.lobby);
    this.show();
    return this.found;
  }

  show() {
    const said = new Map();
    [...this.found.errors, ...this.found.warnings].forEach(({ path, message }) => {
      const { column, id } = fieldOf(path);
      if (id !== null && !this.isPending(column, id)) {
        said.set(id, [...(said.get(id) || []), { column, message }]);
      }
    });
    const lines = new Map(this.found.lines.map((line) => [line.id, line]));
    this.rows.forEach((row) => this.showRow(row, said.get(row.id) || [], lines.get(row.id)));
  }

  showRow(row, messages, line) {
    const hasErrors = this.found.errors.length > 0;
    setText(row.note, messages.map(({ column, message }) => `${LABELS[column]}: ${message}.`).join(" "));
    setText(row.points, line ? String(pointsOfLine(line, this.data.rules)) : "–");
    row.element.classList.toggle("is-wrong", hasErrors && messages.length > 0);
    row.element.classList.toggle("is-whole", Boolean(line) && !messages.length);
    row.element.classList.toggle("is-dnf", Boolean(line) && line.placement === null);
    row.inputs.forEach((input, index) => {
      const isWrong = hasErrors && messages.some(({ column }) => column === COLUMNS[index] || column === "row");
      if (isWrong) {
        input.setAttribute("aria-invalid", "true");
      } else {
        input.removeAttribute("aria-invalid");
      }
    });
  }

  /** A blank cell of the row that is being typed is not wrong yet. */
  isPending(column, id) {
    const row = this.byId.get(id);
    const index = COLUMNS.indexOf(column);
    return index >= 0 && !row.inputs[index].value.trim() && row.element.contains(document.activeElement);
  }

  /** Errors that are shown: all but those of cells not reached yet. */
  shownErrors() {
    return this.found.errors.filter(({ path }) => {
      const { column, id } = fieldOf(path);
      return id === null ? false : !this.isPending(column, id);
    });
  }

  inputOf(path) {
    const { column, id } = fieldOf(path);
    const row = this.byId.get(id) || this.rows[0];
    return row ? row.inputs[Math.max(0, COLUMNS.indexOf(column))] : null;
  }

  nameOf(path) {
    const row = this.byId.get(fieldOf(path).id);
    return row ? row.name : "";
  }

  /** How many lines a whole result has. */
  expected() {
    const played = new Set(this.found.lines.map((line) => line.id));
    const open = this.rows.filter((row) => !played.has(row.id) && !this.lobby.withdrawn.has(row.id)).length;
    return played.size + Math.max(0, Math.min(open, this.lobby.places - played.size));
  }

  /** The cells that hold something, as `{ id: [placement, kills, time] }`. */
  cells() {
    const typed = this.rows.map((row) => this.typedIn(row)).filter((row) => !isBlank(row));
    return Object.fromEntries(typed.map((row) => [row.id, [row.placement, row.kills, row.time]]));
  }

  differsFrom(cells) {
    const mine = this.cells();
    const ids = new Set([...Object.keys(mine), ...Object.keys(cells)]);
    return Array.from(ids).some((id) => String(mine[id] || "") !== String(cells[id] || ""));
  }

  fill(cells) {
    this.rows.forEach((row) => {
      const values = cells[row.id] || ["", "", ""];
      row.inputs.forEach((input, index) => {
        input.value = values[index];
      });
    });
  }

  /** The best place that nobody holds, or the worst one; null when none is left. */
  freePlace(isLastFirst) {
    const taken = new Set();
    this.found.lines.forEach((line) => {
      for (let place = line.placement; place !== null && place <= (line.high === null ? line.placement : line.high); place += 1) {
        taken.add(place);
      }
    });
    // A placement whose kills are still to come is no line yet, and taken all the same.
    this.rows.forEach((row) => taken.add(Number(row.inputs[0].value)));
    const last = Math.min(this.lobby.places, this.expected());
    const places = Array.from({ length: last }, (_, index) => index + 1).filter((place) => !taken.has(place));
    return places.length ? places[isLastFirst ? places.length - 1 : 0] : null;
  }

  /** Give a team its place, and its kills where they are known; returns the cell of its kills. */
  place(id, place, kills) {
    const [placement, killed] = this.byId.get(id).inputs;
    placement.value = String(place);
    if (kills !== null) {
      killed.value = kills;
    }
    killed.dispatchEvent(new Event("input", { bubbles: true }));
    return killed;
  }
}

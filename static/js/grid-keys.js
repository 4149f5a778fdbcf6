/**
 * The grid by keyboard alone: a placement that cannot grow any more jumps on, Enter goes on, arrows move, D is DNF,
 * Ctrl and Enter finish.
 */

const COLUMNS = ["placement", "kills", "time"];

export function columnOf(input) {
  return input.name.slice(0, input.name.indexOf("-"));
}

function isCell(element) {
  return element instanceof HTMLInputElement && COLUMNS.includes(element.name.slice(0, element.name.indexOf("-")));
}

function cellsOf(row) {
  return Array.from(row.querySelectorAll("input")).filter((input) => input.offsetParent !== null);
}

export function focusCell(input) {
  input.focus();
  input.select();
}

/** The cell after `input`, row by row; null after the last one. */
function following(input, step) {
  const cells = Array.from(input.closest("tbody").querySelectorAll("tr[data-row]")).flatMap(cellsOf);
  return cells[cells.indexOf(input) + step] || null;
}

function inColumn(input, step) {
  const rows = Array.from(input.closest("tbody").querySelectorAll("tr[data-row]"));
  const row = rows[rows.indexOf(input.closest("tr")) + step];
  return row ? row.querySelector(`input[name^="${columnOf(input)}-"]`) : null;
}

function isAtEdge(input, step) {
  const { selectionStart: start, selectionEnd: end, value } = input;
  if (start === 0 && end === value.length) {
    return true;
  }
  return start === end && start === (step < 0 ? 0 : value.length);
}

/** Whether no further digit can follow: 3 of 25 places cannot become thirty-something, 2 can still become 25. */
function isComplete(value, places) {
  return /^[1-9][0-9]*$/.test(value) && Number(value) * 10 > places;
}

function write(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What Enter means in a cell: kills left blank are none. `takesBack` says whether somebody else knows where to go on. */
function leave(input, { finish, takesBack }) {
  const row = input.closest("tr");
  const placement = row.querySelector('input[name^="placement-"]');
  if (columnOf(input) === "kills" && !input.value.trim() && placement.value.trim()) {
    write(input, "0");
  }
  if (takesBack(input)) {
    return;
  }
  const next = following(input, 1);
  if (next) {
    focusCell(next);
  } else {
    finish();
  }
}

/** Mark the row as one that played and did not finish, and go to its kills. */
export function didNotFinish(row) {
  const kills = row.querySelector('input[name^="kills-"]');
  write(row.querySelector('input[name^="placement-"]'), "DNF");
  if (!kills.value.trim()) {
    write(kills, "0");
  }
  focusCell(kills);
}

const MOVES = { ArrowUp: -1, ArrowDown: 1 };
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function move(event, input) {
  const target = event.key in MOVES ? inColumn(input, MOVES[event.key]) : isAtEdge(input, STEPS[event.key]) && following(input, STEPS[event.key]);
  if (event.key in MOVES || target) {
    event.preventDefault();
  }
  if (target) {
    focusCell(target);
  }
}

/** React to a key in a cell. `finish` goes to what is to be done after the last row, `submit` sends. */
export function onKey(event, actions) {
  const input = event.target;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && input.closest("#grid-form")) {
    event.preventDefault();
    actions.submit();
  } else if (!isCell(input) || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  } else if (event.key === "Enter") {
    event.preventDefault();
    leave(input, actions);
  } else if (event.key in MOVES || event.key in STEPS) {
    if (!event.shiftKey) {
      move(event, input);
    }
  } else if (columnOf(input) === "placement" && /^[dx]$/i.test(event.key)) {
    event.preventDefault();
    didNotFinish(input.closest("tr"));
  }
}

/** After a digit was typed: go on to the kills once the placement is whole. */
export function onTyped(event, places) {
  const input = event.target;
  const isDigit = event.inputType === "insertText" && /^[0-9]$/.test(event.data || "");
  if (isCell(input) && columnOf(input) === "placement" && isDigit && isComplete(input.value, places)) {
    focusCell(input.closest("tr").querySelector('input[name^="kills-"]'));
  }
}

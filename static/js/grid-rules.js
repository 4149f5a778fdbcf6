/**
 * The rules of a battle-royale match, as `webapp/domain/grid.py` and `webapp/domain/scoring.py` have them, for the check
 * while somebody types. The server checks everything again; a browser test holds the two against each other.
 *
 * Rows are `{ id, placement, kills, time }` as typed; a lobby is `{ names, places, sideSize, withdrawn }`.
 */

const LARGEST = 1000000;
const SHOWN = 40;
const NAMED_AT_MOST = 5;
const WHOLE = /^[0-9]+$/;
const RANGE = /^([0-9]+)\s*[-\u2010-\u2015\u2212]\s*([0-9]+)$/;
const CLOCK = /^([0-9]{1,3}):([0-5][0-9])$/;
const PLACEMENT_WANTED = "write 1, 2, 3 …, a range such as 5-7, or nothing for a participant who did not finish";

class CellError extends Error {}

function quoted(text) {
  const letters = Array.from(text);
  return `“${letters.length > SHOWN ? `${letters.slice(0, SHOWN).join("")}…` : text}”`;
}

function wholeNumber(text, least, wanted) {
  const digits = text.trim();
  if (!digits) {
    throw new CellError(`is empty; ${wanted}`);
  }
  if (!WHOLE.test(digits)) {
    const isNegative = WHOLE.test(digits.replace(/^[-\u2212]+/, ""));
    throw new CellError(`${quoted(text)} is ${isNegative ? "negative" : "not a whole number"}; ${wanted}`);
  }
  const significant = digits.replace(/^0+/, "");
  if (significant.length > String(LARGEST).length || Number(significant) > LARGEST) {
    throw new CellError(`${quoted(text)} is too large; the largest number taken is 1,000,000`);
  }
  if (Number(significant) < least) {
    throw new CellError(`${quoted(text)} is below ${least}; ${wanted}`);
  }
  return Number(significant);
}

function readPlacement(typed) {
  const text = typed.trim();
  if (!text || text.toUpperCase() === "DNF") {
    return { low: null, high: null };
  }
  const range = RANGE.exec(text);
  if (!range) {
    return { low: wholeNumber(text, 1, PLACEMENT_WANTED), high: null };
  }
  const [low, high] = [range[1], range[2]].map((end) => wholeNumber(end, 1, PLACEMENT_WANTED));
  if (low > high) {
    throw new CellError(`${quoted(text)} ends before it begins; write ${high}-${low}`);
  }
  return { low, high: high > low ? high : null };
}

function readTime(typed) {
  const clock = CLOCK.exec(typed.trim());
  if (clock) {
    return Number(clock[1]) * 60 + Number(clock[2]);
  }
  try {
    return typed.trim() ? wholeNumber(typed, 0, "") : null;
  } catch (error) {
    throw new CellError(`${quoted(typed)} is no time; write minutes and seconds such as 23:14`);
  }
}

export function isBlank(row) {
  return !(row.placement.trim() || row.kills.trim() || row.time.trim());
}

function lineOf(row, errors) {
  const found = errors.length;
  const read = (column, reader, text) => {
    try {
      return reader(text);
    } catch (error) {
      if (!(error instanceof CellError)) {
        throw error;
      }
      errors.push({ path: `${column}-${row.id}`, message: error.message });
      return null;
    }
  };
  const placement = read("placement", readPlacement, row.placement);
  const kills = read("kills", (text) => wholeNumber(text, 0, "write 0, 1, 2 …"), row.kills);
  const time = read("time", readTime, row.time);
  if (placement === null) {
    return null;
  }
  // Kills still to be typed are none meanwhile: that a place is taken already must not wait for them.
  const isWhole = errors.length === found;
  return { id: row.id, placement: placement.low, high: placement.high, kills: kills || 0, time, isWhole };
}

// --- the rules of a match ---

function lineErrors(lines, lobby) {
  const errors = [];
  lines.forEach((line) => {
    if (line.placement === null) {
      return;
    }
    if (line.placement > lobby.places) {
      errors.push({ path: `placement-${line.id}`, message: `must be 1 to ${lobby.places}, or blank for a DNF, not ${line.placement}` });
    } else if (line.high !== null && line.high > lobby.places) {
      errors.push({ path: `placement-${line.id}`, message: `must be 1 to ${lobby.places}, not ${line.high}` });
    }
  });
  lines.slice(lobby.places).forEach((line) => {
    errors.push({ path: `row-${line.id}`, message: `is one too many: the lobby holds ${lobby.places}` });
  });
  return errors;
}

function endOf(line) {
  return line.high === null ? line.placement : line.high;
}

/** Rows for which no place is left: each place goes to whose range ends first. */
function placeErrors(lines, lobby) {
  const coming = lines
    .map((line, index) => ({ line, index }))
    .filter(({ line }) => line.placement !== null)
    .sort((one, other) => one.line.placement - other.line.placement || endOf(one.line) - endOf(other.line) || one.index - other.index);
  const errors = [];
  const holder = new Map();
  let waiting = [];
  let place = 0;
  while (waiting.length || coming.length) {
    place = waiting.length ? place + 1 : Math.max(place + 1, coming[0].line.placement);
    while (coming.length && coming[0].line.placement <= place) {
      waiting.push(coming.shift());
    }
    waiting.sort((one, other) => endOf(one.line) - endOf(other.line) || one.index - other.index);
    while (waiting.length && endOf(waiting[0].line) < place) {
      errors.push(noPlaceLeft(waiting.shift().line, holder, lobby));
    }
    if (waiting.length) {
      holder.set(place, waiting.shift().line);
    }
  }
  return errors;
}

function noPlaceLeft(line, holder, lobby) {
  const held = [];
  for (let place = line.placement; place <= endOf(line); place += 1) {
    held.push(lobby.names.get(holder.get(place).id));
  }
  const what = held.length === 1 ? `${line.placement} is` : `${line.placement}-${line.high} are`;
  return { path: `placement-${line.id}`, message: `${what} given to ${held.join(", ")} already` };
}

function participantOf(path) {
  return Number(path.slice(path.lastIndexOf("-") + 1));
}

/** Errors of the rules. Rows that are wrong by themselves are set aside and the others checked again. */
function errorsByTheRules(lines, lobby) {
  const errors = [];
  let left = lines;
  for (;;) {
    let refused = lineErrors(left, lobby);
    if (!refused.length) {
      refused = placeErrors(left, lobby);
    }
    if (!refused.length) {
      return errors;
    }
    errors.push(...refused);
    const wrong = new Set(refused.map(({ path }) => participantOf(path)));
    left = left.filter((line) => !wrong.has(line.id));
  }
}

function missing(lines, lobby) {
  const played = new Set(lines.map((line) => line.id));
  const ids = Array.from(lobby.names.keys()).filter((id) => !played.has(id) && !lobby.withdrawn.has(id));
  return { ids, count: Math.max(0, Math.min(ids.length, lobby.places - lines.length)) };
}

function listed(names) {
  const more = names.length - NAMED_AT_MOST;
  return names.slice(0, NAMED_AT_MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function missingWarnings(lines, lobby) {
  const { ids, count } = missing(lines, lobby);
  if (!count) {
    return [];
  }
  const named = ids.length === count ? ` (${listed(ids.map((id) => lobby.names.get(id)))})` : "";
  const message =
    `${count} of ${lines.length + count} without a line${named}: taken as not having played; ` +
    "write DNF for who played and did not finish";
  return [{ path: "lobby", message }];
}

function gapWarnings(lines, lobby) {
  if (missing(lines, lobby).count || lines.some((line) => line.high !== null)) {
    return [];
  }
  const held = new Set(lines.map((line) => line.placement).filter((place) => place !== null));
  const last = Math.max(0, ...held);
  const free = [];
  for (let place = 1; place < last; place += 1) {
    if (!held.has(place)) {
      free.push(String(place));
    }
  }
  return free.length ? [{ path: "lobby", message: `nobody holds place ${listed(free)}` }] : [];
}

function killWarnings(lines, lobby) {
  if (lobby.sideSize === null) {
    return [];
  }
  const players = (lines.length + missing(lines, lobby).count) * lobby.sideSize;
  const opponents = players - lobby.sideSize;
  const warnings = lines
    .filter((line) => line.kills > opponents)
    .map((line) => ({ path: `kills-${line.id}`, message: `${line.kills} are more than the ${opponents} opponents in the lobby` }));
  const total = lines.reduce((sum, line) => sum + line.kills, 0);
  if (!warnings.length && players > 0 && total >= players) {
    warnings.push({ path: "lobby", message: `${total} kills are more than ${players} players in the lobby allow` });
  }
  return warnings;
}

/** What the rules say of typed rows: `{ lines, errors, warnings }`, each of the latter `{ path, message }`. */
export function checkGrid(rows, lobby) {
  const errors = [];
  const placed = rows.filter((row) => !isBlank(row)).map((row) => lineOf(row, errors)).filter(Boolean);
  const lines = placed.filter((line) => line.isWhole);
  if (!lines.length && !errors.length) {
    errors.push({ path: "lobby", message: "nothing is typed yet; give at least one participant a placement or kills" });
  }
  errors.push(...errorsByTheRules(placed, lobby));
  if (!errors.length) {
    return { lines, errors, warnings: [...missingWarnings(lines, lobby), ...gapWarnings(lines, lobby), ...killWarnings(lines, lobby)] };
  }
  const order = new Map(Array.from(lobby.names.keys()).map((id, place) => [id, place]));
  const placeOf = ({ path }) => (path === "lobby" ? -1 : order.get(participantOf(path)));
  return { lines, errors: errors.sort((one, other) => placeOf(one) - placeOf(other)), warnings: [] };
}

// --- points ---

function pointsOf(bands, number, otherwise) {
  const found = bands.find(({ low, high }) => low <= number && (high === undefined || number <= high));
  return found ? found.points : otherwise;
}

function mean(points) {
  const sum = points.reduce((total, one) => total + one, 0);
  return points.length ? Math.floor((2 * sum + points.length) / (2 * points.length)) : 0;
}

/** The points of a line that passed the check. */
export function pointsOfLine(line, rules) {
  const table = rules.placement_points || [];
  const perKill = rules.points_per_kill || 0;
  const byPlacement = rules.points_per_kill_by_placement || [];
  const kills = rules.kill_cap === undefined ? line.kills : Math.min(line.kills, rules.kill_cap);
  const places = [];
  for (let place = line.placement; line.placement !== null && place <= endOf(line); place += 1) {
    places.push(place);
  }
  const forPlace = mean(places.map((place) => table[place - 1] || 0));
  if (rules.kill_bands) {
    return forPlace + pointsOf(rules.kill_bands, kills, 0);
  }
  if (!places.length || !byPlacement.length) {
    return forPlace + kills * perKill;
  }
  return forPlace + mean(places.map((place) => kills * pointsOf(byPlacement, place, perKill)));
}

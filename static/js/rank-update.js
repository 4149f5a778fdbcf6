/**
 * Puts a pushed `rank_update` into the shown board at once: ranks, points and order. The rest of a row comes with the
 * fragment that is fetched after it. What cannot be told from the message alone is left to that fragment.
 */

import { arrange } from "./reconcile.js";
import { move, rowsOf } from "./movement.js";
import { words } from "./words.js";

const MEDALS = { 1: "gold", 2: "silver", 3: "bronze" };

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function hidden(text) {
  return element("span", "visually-hidden", text);
}

function rankMark(rank) {
  const medal = MEDALS[rank];
  if (!medal) {
    return element("span", "rank", String(rank));
  }
  const made = element("span", `medal medal--${medal}`, words(`${medal}_rank`));
  made.append(hidden(`, ${words(medal)}`));
  return made;
}

function movementMark(places) {
  const direction = places > 0 ? "up" : places < 0 ? "down" : "same";
  const made = element("span", `movement movement--${direction}`);
  made.append(hidden(places === 0 ? words("no_change") : `${words(direction)} `), places === 0 ? "" : String(Math.abs(places)));
  return made;
}

function placeRow(row, rank, places, points) {
  row.dataset.rank = String(rank);
  Object.values(MEDALS).forEach((medal) => row.classList.remove(`board__row--${medal}`));
  if (MEDALS[rank]) {
    row.classList.add(`board__row--${MEDALS[rank]}`);
  }
  row.querySelector(".board__rank").replaceChildren(rankMark(rank), movementMark(places));
  if (points !== null) {
    row.querySelector(".board__points").textContent = String(points);
  }
}

/** What the reader has opened under a row goes with it. */
function companionsOf(row) {
  const companions = [];
  for (let next = row.nextElementSibling; next && !next.hasAttribute("data-rank"); next = next.nextElementSibling) {
    companions.push(next);
  }
  return companions;
}

/** The new rank of each shown row, or null when the same rows do not make up the page any more. */
function newRanks(rows, changes) {
  const ranks = rows.map((row) => {
    const change = changes.get(row.id);
    return change ? change.current_rank : Number(row.dataset.rank);
  });
  const sorted = (numbers) => numbers.slice().sort((one, other) => one - other).join();
  const before = rows.map((row) => Number(row.dataset.rank));
  return ranks.includes(null) || sorted(ranks) !== sorted(before) ? null : ranks;
}

/** Show the message on `board`; false when the board must be fetched for it to be shown. */
export function showRankUpdate(board, message) {
  const rows = rowsOf(board);
  if (!Array.isArray(message.changes)) {
    return false;
  }
  const changes = new Map(message.changes.map((change) => [`participant-${change.participant_id}`, change]));
  const isNext = Number(board.dataset.version) === message.version - 1;
  const ranks = isNext && !message.truncated && rows.length ? newRanks(rows, changes) : null;
  if (ranks === null) {
    return false;
  }
  const placed = rows.map((row, index) => ({ row, rank: ranks[index], change: changes.get(row.id) }));
  const withCompanions = new Map(rows.map((row) => [row, [row, ...companionsOf(row)]]));
  move(board, () => {
    placed.forEach(({ row, rank, change }) => placeRow(row, rank, change ? -change.rank_change : 0, change ? change.points : null));
    const inOrder = placed.slice().sort((one, other) => one.rank - other.rank);
    arrange(rows[0].parentNode, inOrder.flatMap(({ row }) => withCompanions.get(row)));
  });
  board.dataset.version = String(message.version);
  return true;
}

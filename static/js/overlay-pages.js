/** Turns the pages of a board that is longer than its frame. */

import { riseRows } from "./overlay-motion.js";

/** `turnTo()` shows the page again that is shown, after the board was changed. */
export function keepTurning(stage) {
  let page = 0;
  let timer = null;

  function rows() {
    return Array.from(stage.querySelectorAll(".row"));
  }

  function settings() {
    const board = stage.querySelector("[data-page-rows]");
    return board ? { size: Number(board.dataset.pageRows), rotate: Number(board.dataset.rotate) } : { size: 1, rotate: 0 };
  }

  function label(first, last, total) {
    const extra = stage.querySelector("[data-part]");
    if (extra) {
      extra.textContent = extra.textContent.replace(/^\d+–\d+ \/ (\d+)/, (_all, count) => `${first}–${last} / ${count}`);
    }
  }

  function turnTo(wanted = page) {
    const all = rows();
    const { size } = settings();
    const count = Math.max(1, Math.ceil(all.length / size));
    page = wanted % count;
    const [first, last] = [page * size, Math.min((page + 1) * size, all.length)];
    all.forEach((row, place) => {
      row.hidden = place < first || place >= last;
    });
    label(first + 1, last);
    return all.slice(first, last);
  }

  function turn() {
    const { size, rotate } = settings();
    const isLonger = rows().length > size;
    if (rotate && isLonger) {
      riseRows(turnTo(page + 1));
    }
    timer = window.setTimeout(turn, (rotate || 5) * 1000);
  }

  window.clearTimeout(timer);
  timer = window.setTimeout(turn, (settings().rotate || 5) * 1000);
  return { turnTo };
}

/**
 * Keeps a spectator's page current and calm. A socket tells what is new and moves the rows; polls stand behind it, slow
 * while it is up, at their usual pace while it is not.
 */

import "./announcer.js";
import { checked, connected, lost, showLight } from "./light.js";
import { liveParts, refresh, refreshAll, shownNumber, showsAlready, slowDown } from "./polls.js";
import { showRankUpdate } from "./rank-update.js";
import { LiveSocket } from "./socket.js";

const SPREAD_MS = 400;

let wasConnected = false;

function board() {
  return document.querySelector(".board[data-live]");
}

function fetchUpTo(number, delay) {
  refresh(liveParts(), number, delay);
}

const listener = {
  connected(isUp) {
    if (!isUp && wasConnected) {
      lost();
    }
    if (isUp) {
      checked();
    }
    if (isUp !== wasConnected && !isUp) {
      // What the socket does not tell any more is asked for at once.
      refreshAll();
    }
    wasConnected = isUp;
    slowDown(isUp);
    connected(isUp);
  },

  message(message) {
    checked();
    if (message.type === "number") {
      return;
    }
    const shown = board();
    if (message.type === "rank_update" && shown && message.seq > shownNumber(shown) && showRankUpdate(shown, message)) {
      showsAlready(shown, message.seq - 1);
    }
    fetchUpTo(message.seq, Math.random() * SPREAD_MS);
  },

  behind(number) {
    fetchUpTo(number, Math.random() * SPREAD_MS);
  },
};

showLight();
const light = document.querySelector("[data-light][data-socket]");
if (light) {
  const shown = board();
  const seen = shown && shown.dataset.seq ? Number(shown.dataset.seq) : null;
  new LiveSocket(light.dataset.socket, seen, listener).open();
}

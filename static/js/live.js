/**
 * Keeps a spectator's page current and calm. A socket tells what is new and moves the rows; polls stand behind it, slow
 * while it is up, at their usual pace while it is not. Where sockets fail again and again, the same is told by number over
 * plain HTTP, and the socket is still tried now and then.
 *
 * Other scripts of a page hear what is told by events of the document: `live:message` (the message; in order, each once)
 * and `live:state` (`live`, `reconnecting` or `polling`).
 */

import "./announcer.js";
import { isHeld } from "./hold.js";
import { checked, linked, showLight } from "./light.js";
import { NumberFeed } from "./number-feed.js";
import { liveParts, partsHearing, refresh, refreshAll, shownNumber, showsAlready, slowDown, startOver } from "./polls.js";
import { showRankUpdate } from "./rank-update.js";
import { LiveSocket } from "./socket.js";

const SPREAD_MS = 400;
const FAILURES_BEFORE_HTTP = 3;

let wasConnected = false;
let socket = null;
let feed = null;

function board() {
  return document.querySelector(".board[data-live]");
}

/** The number up to which everything on the page is shown; null where that is not known. */
function numberOfPage() {
  const numbers = liveParts().map((part) => Number(part.dataset.seq || 0));
  return numbers.length && Math.min(...numbers) > 0 ? Math.min(...numbers) : null;
}

const listener = {
  connected(isUp, failures) {
    const isMissed = !isUp && failures < FAILURES_BEFORE_HTTP && (wasConnected || listener.isMissed);
    listener.isMissed = isMissed;
    if (isUp) {
      feed.stop();
      checked();
    } else if (failures >= FAILURES_BEFORE_HTTP) {
      feed.start();
    }
    if (!isUp && wasConnected) {
      // What the socket does not tell any more is asked for at once.
      refreshAll();
    }
    wasConnected = isUp;
    slowDown(isUp || feed.isAnswered);
    linked(isUp ? "live" : isMissed ? "reconnecting" : "polling");
  },

  message(message) {
    checked();
    document.dispatchEvent(new CustomEvent("live:message", { detail: message }));
    if (message.type === "number") {
      return;
    }
    const shown = board();
    const isNew = message.type === "rank_update" && shown && message.seq > shownNumber(shown) && !isHeld();
    if (isNew && showRankUpdate(shown, message)) {
      showsAlready(shown, message.seq - 1);
    }
    refresh(partsHearing(message.type), message.seq, Math.random() * SPREAD_MS);
  },

  behind(number, isOlder) {
    if (isOlder) {
      startOver();
    }
    refresh(liveParts(), number, Math.random() * SPREAD_MS);
  },
};

function follow(light) {
  const matchId = Number(light.dataset.match || 0);
  socket = new LiveSocket(light.dataset.socket, numberOfPage(), listener);
  feed = new NumberFeed(light.dataset.events, {
    since: () => socket.sequence.seen || 0,
    took: (messages, number) => {
      checked();
      socket.hearElsewhere(matchId ? messages.filter((message) => message.match_id === matchId) : messages, number);
    },
    following: (isUp) => slowDown(isUp),
  });
  socket.open();
}

showLight();
const light = document.querySelector("[data-light][data-socket]");
if (light) {
  follow(light);
}

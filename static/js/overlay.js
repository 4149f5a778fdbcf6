/** An overlay on air: current, calm, and never an empty frame. */

import { glideRows, rollNumbers } from "./overlay-motion.js";
import { keepCounting } from "./overlay-countdown.js";
import { keepCrawling } from "./overlay-crawl.js";
import { keepTurning } from "./overlay-pages.js";
import { reconcile } from "./reconcile.js";
import { Showing } from "./showing.js";
import { localizeTimes } from "./times.js";

const { source, socket = null } = document.body.dataset;
const stage = document.getElementById("stage");
const pages = keepTurning(stage);
const crawl = keepCrawling(stage);
const countdown = keepCounting(stage);

function show(part, wanted) {
  localizeTimes(wanted);
  const glide = glideRows(part);
  const roll = rollNumbers(part);
  crawl.unwind();
  reconcile(part, wanted);
  pages.turnTo();
  crawl.wind();
  countdown.tell();
  glide();
  roll();
}

new Showing(stage, {
  source,
  socket,
  show,
  token: new URLSearchParams(window.location.search).get("token"),
}).start();

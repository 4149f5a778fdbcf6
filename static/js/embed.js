/** A board inside somebody else's page keeps itself current while it is looked at. */

import { glideRows } from "./overlay-motion.js";
import { reconcile } from "./reconcile.js";
import { Showing } from "./showing.js";
import { localizeTimes } from "./times.js";

const { source, socket } = document.body.dataset;

function show(part, wanted) {
  localizeTimes(wanted);
  const glide = glideRows(part);
  reconcile(part, wanted);
  glide();
}

new Showing(document.getElementById("embed"), { source, socket, show, restsWhileHidden: true }).start();

/**
 * Lets a ticker crawl past for ever at one speed, through every change of what it says. Where less motion is asked for it
 * shows what fits, and every few seconds what comes next.
 */

import { isCalm } from "./overlay-motion.js";

const WINDOWS_A_SECOND = 0.055;
const CALM_STEP_MS = 6000;

/** `unwind()` before the ticker is changed, `wind()` after it. */
export function keepCrawling(stage) {
  let movement = null;
  let copy = null;
  let travelled = 0;
  let firstShown = 0;

  function unwind() {
    const track = stage.querySelector("[data-crawl]");
    if (movement && track) {
      const { progress } = movement.effect.getComputedTiming();
      travelled = (progress || 0) * movement.distance;
      movement.cancel();
    }
    if (copy) {
      copy.forEach((item) => item.remove());
    }
    movement = null;
    copy = null;
  }

  /** Bring the item that is to be the first into its place at once. */
  function place() {
    const track = stage.querySelector("[data-crawl]");
    if (track && track.children.length) {
      firstShown = Math.min(firstShown, track.children.length - 1);
      track.style.transform = `translateX(${track.children[0].offsetLeft - track.children[firstShown].offsetLeft}px)`;
    }
  }

  function step() {
    const track = stage.querySelector("[data-crawl]");
    const items = track ? Array.from(track.children) : [];
    if (isCalm() && items.length) {
      const end = items[firstShown].offsetLeft + track.parentElement.clientWidth;
      const next = items.findIndex((item, index) => index > firstShown && item.offsetLeft + item.offsetWidth > end);
      firstShown = Math.max(next, 0);
      place();
    }
  }

  /** The items stand twice, one list after the other, so that the second is where the first was when it starts again. */
  function wind() {
    const track = stage.querySelector("[data-crawl]");
    if (!track || !track.children.length || !track.animate) {
      return;
    }
    if (isCalm()) {
      place();
      return;
    }
    const seen = track.parentElement.clientWidth;
    const items = Array.from(track.children);
    const first = items[0].offsetLeft;
    const copyOnce = () => items.map((item) => {
      const made = item.cloneNode(true);
      made.removeAttribute("id");
      made.setAttribute("aria-hidden", "true");
      track.append(made);
      return made;
    });
    copy = copyOnce();
    const distance = copy[0].offsetLeft - first;
    while (distance > 0 && track.scrollWidth < seen + distance && copy.length < 400) {
      copy = copy.concat(copyOnce());
    }
    const duration = (distance / (seen * WINDOWS_A_SECOND)) * 1000;
    movement = track.animate([{ transform: "none" }, { transform: `translateX(${-distance}px)` }], { duration, iterations: Infinity });
    movement.distance = distance;
    movement.currentTime = duration * Math.min(1, (travelled % distance) / distance);
  }

  window.setInterval(step, CALM_STEP_MS);
  document.fonts.ready.then(() => {
    unwind();
    wind();
  });
  window.addEventListener("resize", () => {
    unwind();
    wind();
  });
  return { unwind, wind };
}

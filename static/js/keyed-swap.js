/**
 * An htmx swap style, `hx-swap="keyed"`: turns the shown fragment into the new one in place.
 *
 * Elements are matched by id, so a row keeps its identity, its focus and the reader's selection while its numbers change
 * and its place moves. What has the focus is never taken out of the document: the others are moved around it.
 */

import { move } from "./movement.js";
import { reconcile, sameKind } from "./reconcile.js";
import { localizeTimes } from "./times.js";

window.htmx.defineExtension("keyed", {
  isInlineSwap: (style) => style === "keyed",
  handleSwap: (style, target, fragment) => {
    const wanted = fragment.firstElementChild;
    if (style !== "keyed" || !wanted || !sameKind(target, wanted)) {
      return false;
    }
    localizeTimes(wanted);
    // What the reader has opened in the shown one gets its place in the new one first.
    target.dispatchEvent(new CustomEvent("keyed:prepare", { bubbles: true, detail: { wanted } }));
    move(target, () => reconcile(target, wanted));
    return [target];
  },
});

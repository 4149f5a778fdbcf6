/**
 * The presenter's page by keys: what a stage's clicker sends, and what fingers find without looking.
 *
 * A key presses the button, so that a page without this script can do all of it. The form says which step it saw: a key
 * held down or pressed twice is one step.
 */

const BUTTON_OF_KEY = {
  ArrowRight: "next",
  PageDown: "next",
  " ": "next",
  ArrowLeft: "back",
  PageUp: "back",
  p: "pause",
  P: "pause",
};

let isSent = false;

function press(event) {
  const name = BUTTON_OF_KEY[event.key];
  const isElsewhere = event.target.closest("a, button, input, select, textarea");
  const isShortcut = event.ctrlKey || event.metaKey || event.altKey;
  if (!name || isShortcut || event.repeat || (isElsewhere && event.key === " ")) {
    return;
  }
  const button = document.querySelector(`[data-key="${name}"]`);
  if (button && !button.disabled && !isSent) {
    event.preventDefault();
    button.click();
  }
}

document.addEventListener("keydown", press);
document.addEventListener("submit", (event) => {
  if (isSent) {
    event.preventDefault();
  }
  isSent = true;
});
window.addEventListener("pageshow", () => {
  isSent = false;
});

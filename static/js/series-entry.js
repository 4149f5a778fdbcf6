/**
 * Scores of a series by keyboard: Enter goes on to the next score that is empty, and sends the form behind the last one.
 *
 * Without this script Enter sends the form, and the server says what is missing.
 */

function start(form) {
  const scores = Array.from(form.querySelectorAll("[data-score]"));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !scores.includes(event.target)) {
      return;
    }
    const place = scores.indexOf(event.target);
    const isRowDone = place % 2 === 1;
    const isEmpty = event.target.value === "";
    if (isEmpty && !isRowDone) {
      return;
    }
    const next = scores[place + 1];
    if (next && !isEmpty) {
      event.preventDefault();
      next.focus();
      next.select();
    }
  });
  const first = scores.find((score) => score.value === "");
  // Who was quicker than this script keeps the field that they are typing in.
  if (first && !form.contains(document.activeElement) && !form.querySelector("[aria-invalid]")) {
    first.focus({ preventScroll: true });
  }
}

document.querySelectorAll("[data-series-entry]").forEach(start);

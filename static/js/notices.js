/** The list of notifications says when there is something new, and leaves what is being read where it is. */

document.addEventListener("bell:more", () => {
  document.querySelectorAll("[data-more]").forEach((line) => {
    line.hidden = false;
  });
});

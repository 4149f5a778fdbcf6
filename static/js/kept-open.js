/** What the reader has opened in a live part (`<details data-keeps-open>`) stays open when the part is brought up to date. */

document.addEventListener("keyed:prepare", (event) => {
  event.target.querySelectorAll("details[data-keeps-open][open]").forEach((shown) => {
    const wanted = shown.id ? event.detail.wanted.querySelector(`#${CSS.escape(shown.id)}`) : null;
    if (wanted) {
      wanted.open = true;
    }
  });
});

/** The page of overlays: addresses follow the options while they are chosen, and are copied at a press. */

const CHANGED_AFTER_MS = 400;
const COPIED_FOR_MS = 2000;

/** The address with those of the options that change how its overlay looks. */
function withOptions(address, options, takes) {
  const url = new URL(address, window.location.href);
  takes.forEach((name) => {
    const value = String(options.get(name) || "").trim();
    if (value) {
      url.searchParams.set(name, value);
    } else {
      url.searchParams.delete(name);
    }
  });
  return url;
}

function follow(form) {
  const options = new FormData(form);
  document.querySelectorAll("[data-overlay-takes]").forEach((element) => {
    const isFrame = element.tagName === "IFRAME";
    const url = withOptions(isFrame ? element.src : element.value, options, element.dataset.overlayTakes.split(" "));
    if (isFrame && element.src !== url.href) {
      element.src = url.pathname + url.search;
    } else if (!isFrame) {
      element.value = url.href;
    }
  });
  document.querySelectorAll('form[method="post"] input[type="hidden"]').forEach((input) => {
    if (options.has(input.name)) {
      input.value = options.get(input.name);
    }
  });
}

document.querySelectorAll("[data-overlay-options]").forEach((form) => {
  let timer = null;
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => follow(form), CHANGED_AFTER_MS);
  });
});

document.querySelectorAll("[data-copies]").forEach((button) => {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    source.select();
    try {
      await navigator.clipboard.writeText(source.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C";
    }
    window.setTimeout(() => {
      button.textContent = label;
    }, COPIED_FOR_MS);
  });
});

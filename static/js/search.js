/** Leaves out of the address what the reader did not choose, so that one search has one address. */

const DEFAULTS = { order: "newest" };

document.addEventListener("htmx:configRequest", (event) => {
  const { parameters } = event.detail;
  Object.keys(parameters).forEach((name) => {
    if (parameters[name] === "" || parameters[name] === DEFAULTS[name]) {
      delete parameters[name];
    }
  });
});

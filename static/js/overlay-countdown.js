/** Counts down to the moments that an overlay names, and says them by this machine's clock and with its zone. */

const SECOND_MS = 1000;
const DAY_S = 86400;
const CLOCK = new Intl.DateTimeFormat(document.documentElement.lang === "bn" ? "bn-u-nu-latn" : "en-GB", {
  hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

function told(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const end = `${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
  return hours ? `${hours}:${end}` : end;
}

function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** `tell()` writes what is left at this moment. */
export function keepCounting(stage) {
  function tell() {
    stage.querySelectorAll("[data-until]").forEach((element) => {
      const left = Math.ceil((new Date(element.dataset.until) - Date.now()) / SECOND_MS);
      element.hidden = !(left > 0 && left < DAY_S);
      write(element, element.hidden ? "" : told(left));
    });
    stage.querySelectorAll("[data-zoned]").forEach((element) => write(element, CLOCK.format(new Date(element.dateTime))));
  }

  tell();
  window.setInterval(tell, SECOND_MS);
  return { tell };
}

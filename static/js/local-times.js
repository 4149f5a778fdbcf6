/**
 * Fields for a moment show the reader's own clock.
 *
 * The server fills `<input type="datetime-local" data-local-time>` in UTC and takes the zone that the form's list
 * (`data-zone-of-times`) names. Where the list still says UTC, both become the reader's zone; what the reader chose stays.
 */

const MINUTE_MS = 60000;

function localValue(instant) {
  return new Date(instant.getTime() - instant.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

function useZoneOf(list, zone) {
  const known = Array.from(list.options).some((option) => option.value === zone);
  if (list.value !== "UTC" || !known || zone === "UTC") {
    return;
  }
  list.value = zone;
  list.form.querySelectorAll("[data-local-time]").forEach((field) => {
    const instant = new Date(`${field.value}Z`);
    if (field.value && !Number.isNaN(instant.getTime())) {
      field.value = localValue(instant);
    }
  });
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.querySelectorAll("[data-zone-of-times]").forEach((list) => useZoneOf(list, zone));

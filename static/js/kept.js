/** What the page remembers in this browser; where a browser keeps nothing, until the page is left. */

const inMemory = new Map();

export function kept(key, fallback) {
  try {
    const found = window.localStorage.getItem(key);
    return found === null ? fallback : JSON.parse(found);
  } catch (error) {
    return inMemory.has(key) ? inMemory.get(key) : fallback;
  }
}

export function keep(key, value) {
  inMemory.set(key, value);
  try {
    window.localStorage.setItem(key, JSON.stringify(value));
  } catch (error) {
    // In memory, then.
  }
}

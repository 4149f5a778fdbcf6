/** Whether the reader has asked the page to hold still, which whoever would move it asks first. */

let isHolding = false;

export function isHeld() {
  return isHolding;
}

export function hold(isWanted) {
  isHolding = isWanted;
}

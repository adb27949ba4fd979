/* What a page has typed and the server has not yet answered, kept by the browser.
 *
 * Each window keeps its own: two of them never write over each other. What a closed window leaves behind is taken
 * up by the next one, or by one that is still open. A lock, which the browser lets go with its window, says who
 * is alive; where there are none (no secure context) everything is taken up, and the server tells doubles apart
 * by their numbers. The name has the person in it, so that nobody is shown what another has typed.
 */
window.jbCellStore = (name, client) => {
  "use strict";

  const mine = `${name}:${client}`;
  const locks = navigator.locks;
  if (locks) locks.request(mine, () => new Promise(() => {}));

  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
  }

  function write(key, entries) {
    try {
      if (Object.keys(entries).length) localStorage.setItem(key, JSON.stringify(entries));
      else localStorage.removeItem(key);
    } catch { /* A full or forbidden store: the page itself still holds what was typed. */ }
  }

  function others() {
    try {
      return Object.keys(localStorage).filter((key) => key !== mine && (key === name || key.startsWith(`${name}:`)));
    } catch { return []; }
  }

  /* `take(path, entry)` says whether it took one up; what it did not stays for the next window. */
  function adopt(take, done) {
    for (const key of others()) {
      const takeUp = () => {
        const left = Object.entries(read(key)).filter(([path, entry]) => !take(path, entry));
        // First it stands under our name, then no longer under the other.
        done();
        write(key, Object.fromEntries(left));
      };
      if (locks) locks.request(key, takeUp);
      else takeUp();
    }
  }

  return { keep: (queue) => write(mine, Object.fromEntries(queue)), adopt };
};

/* Score sheets: sum, place among one's own scores, and everything by keyboard. Saving is autosave.js's. */
(() => {
  "use strict";

  const view = document.querySelector(".jb-score");
  if (!view) return;
  const say = JSON.parse(document.getElementById("score-words").textContent);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const form = view.querySelector("form[data-score]");
  const points = form ? [...form.querySelectorAll("input[type=number]")] : [];

  /* --- sums and one's own other scores ------------------------------------------------------- */

  /* Half points are exact in binary, so that a plain sum shows what the server will compute. */
  const amount = (input) => (input.value === "" ? null : Number(input.value));
  const shown = (value) => String(Math.round(value * 10) / 10);

  function stand(row, value, most, tellsTies) {
    const place = row.querySelector("[data-standing]");
    const others = row.dataset.others ? row.dataset.others.split(" ").map(Number) : [];
    place.replaceChildren();
    if (!others.length) return;
    const n = others.length, sum = others.reduce((a, b) => a + b, 0);
    const words = document.createElement("span");
    words.textContent = value === null
      ? fill(say.mean, { n, mean: shown(sum / n) })
      : fill(say.rank, { n: n + 1, rank: 1 + others.filter((one) => one > value).length, mean: shown((sum + value) / (n + 1)) });
    const ties = others.filter((one) => one === value).length;
    const strip = document.createElement("span");
    strip.className = "jb-strip";
    strip.setAttribute("aria-hidden", "true");
    for (const [one, kind] of [...others.map((other) => [other, ""]), ...(value === null ? [] : [[value, "is-this"]])]) {
      const dot = document.createElement("i");
      dot.className = kind;
      dot.style.left = `${Math.max(0, Math.min(100, (one / most) * 100))}%`;
      strip.append(dot);
    }
    place.append(strip, words);
    if (ties && tellsTies) {
      const tied = document.createElement("b");
      tied.textContent = fill(say.tied, { n: ties });
      place.append(" ", tied);
    }
  }

  function range(input) {
    const band = input.closest("[data-point]")?.querySelector("select");
    const found = band && / (\d+)–(\d+)$/.exec(band.selectedOptions[0].textContent);
    return found ? [Number(found[1]), Number(found[2])] : [0, Number(input.max)];
  }

  function sum() {
    const tellsTies = form.querySelector("[data-tell-ties]").checked;
    for (const input of points) {
      const value = amount(input), [low, high] = range(input);
      const isOff = value !== null && (value < low || value > high || (value * 2) % 1 !== 0);
      input.classList.toggle("is-invalid", isOff || Boolean(document.getElementById(`${input.id}_error`)));
      input.placeholder = low || high < Number(input.max) ? `${low}–${high}` : "";
      stand(input.closest("[data-point]"), isOff ? null : value, Number(input.max), tellsTies);
    }
    const total = points.reduce((soFar, input) => soFar + (amount(input) || 0), 0);
    document.getElementById("total").textContent = String(total);
    for (const copy of document.querySelectorAll("[data-total-copy]")) copy.textContent = String(total);
    const isWhole = points.every((input) => input.value !== "");
    stand(form.querySelector("[data-total-row]"), isWhole ? total : null, 100, tellsTies);
    for (const node of form.querySelectorAll("[data-count]")) {
      node.textContent = String([...document.getElementById(node.dataset.count).value.trim()].length);
    }
  }

  if (form) {
    const ties = form.querySelector("[data-tell-ties]");
    try { ties.checked = localStorage.getItem("jb-tell-ties") === "1"; } catch { /* then not */ }
    ties.addEventListener("change", () => { try { localStorage.setItem("jb-tell-ties", ties.checked ? "1" : "0"); } catch { /* then not */ } });
    for (const kind of ["input", "change", "jb:shown"]) form.addEventListener(kind, sum);
    sum();
    if (!points.some((input) => input.value !== "") && !form.querySelector(".jb-error")) points[0]?.focus({ preventScroll: true });
    /* The wheel over a number that has the focus would change it by the way. */
    form.addEventListener("wheel", (event) => { if (event.target === document.activeElement && event.target.type === "number") event.target.blur(); }, { passive: true });
  }

  /* --- narrow screens: one or the other ------------------------------------------------------ */

  const switches = [...document.querySelectorAll("[data-go]")];

  function go(to) {
    view.dataset.view = to;
    for (const one of switches) one.setAttribute("aria-pressed", String(one.dataset.go === to));
  }

  for (const one of switches) one.addEventListener("click", () => { go(one.dataset.go); window.scrollTo({ top: 0 }); });
  go(view.dataset.view);

  /* --- keys ---------------------------------------------------------------------------------- */

  const keys = document.getElementById("keys"), single = keys.querySelector("[data-keys-on]");
  try { single.checked = localStorage.getItem("jb-keys") !== "0"; } catch { /* then they are on */ }
  single.addEventListener("change", () => { try { localStorage.setItem("jb-keys", single.checked ? "1" : "0"); } catch { /* then not */ } });
  document.querySelector("[data-show-keys]").addEventListener("click", () => keys.showModal());
  keys.querySelector("[data-close-keys]").addEventListener("click", () => keys.close());

  function step(by) {
    const at = points.indexOf(document.activeElement);
    const next = points[at < 0 ? (by > 0 ? 0 : points.length - 1) : at + by];
    go("sheet");
    if (next) { next.focus(); next.select(); }
    else if (by > 0) form?.querySelector("[name=recommendation]").focus();
  }

  const send = (name, detail) => view.dispatchEvent(new CustomEvent(name, { detail }));
  const DEEDS = {
    j: () => step(1), k: () => step(-1),
    n: () => document.querySelector("[data-key=n]")?.click(), p: () => document.querySelector("[data-key=p]")?.click(),
    "[": () => send("jb:turn", -1), "]": () => send("jb:turn", 1),
    t: () => { go("text"); send("jb:tab"); },
    c: () => { go("sheet"); form?.querySelector("[name=comment]").focus(); },
    "?": () => keys.showModal(),
  };
  const isForText = (node) => node.matches("textarea, select, [contenteditable], input:not([type=number]):not([type=checkbox])");

  document.addEventListener("keydown", (event) => {
    const at = points.indexOf(event.target);
    if (event.isComposing || keys.open || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      go("sheet");
      form?.querySelector("[data-submit]").focus();
    } else if (event.key === "Enter" && at >= 0) {
      /* On to the next number instead of handing in a half-filled sheet. */
      event.preventDefault();
      step(1);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && single.checked && !isForText(event.target)) {
      const place = /^[1-9]$/.test(event.key) && at < 0 ? points[Number(event.key) - 1] : null;
      if (place) { go("sheet"); place.focus(); place.select(); }
      const deed = place ? () => {} : DEEDS[event.key];
      if (deed) { event.preventDefault(); deed(); }
    }
  });
})();

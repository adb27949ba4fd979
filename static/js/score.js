/* Score sheet: running total, length of the comment. Saving drafts is htmx's. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-score]");
  if (!form) return;
  const total = document.getElementById("total");
  const points = [...form.querySelectorAll("input[type=number]")];

  function sum() {
    // Half points are exact in binary, so that a plain sum shows what the server will compute.
    const found = points.reduce((so_far, input) => so_far + (Number(input.value) || 0), 0);
    total.textContent = String(found);
    for (const input of points) {
      const value = Number(input.value);
      const isOff = input.value !== "" && (value < 0 || value > Number(input.max) || (value * 2) % 1 !== 0);
      input.classList.toggle("is-invalid", isOff);
    }
  }

  function count() {
    for (const node of form.querySelectorAll("[data-count]")) {
      node.textContent = String([...document.getElementById(node.dataset.count).value.trim()].length);
    }
  }

  form.addEventListener("input", () => { sum(); count(); });
  /* Enter goes on to the next number instead of handing in a half-filled sheet. */
  form.addEventListener("keydown", (event) => {
    const at = points.indexOf(event.target);
    if (event.key !== "Enter" || at < 0) return;
    event.preventDefault();
    (points[at + 1] || form.querySelector("select")).focus();
  });
  sum();
  count();
})();

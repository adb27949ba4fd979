/* Suggested words go into their line with one click; each only once. */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-word]");
    if (!button) return;
    const line = document.getElementById(button.dataset.to);
    const words = line.value.split(/[,，、;；]+/).map((word) => word.trim()).filter(Boolean);
    if (!words.includes(button.dataset.addWord)) words.push(button.dataset.addWord);
    line.value = words.join("、");
    line.dispatchEvent(new Event("input", { bubbles: true }));
    const next = button.nextElementSibling || button.previousElementSibling || line;
    button.remove();
    next.focus();
  });
})();

/* The sum of the weights while they are typed; the shares of expert classes only under the rule that reads them. */
(() => {
  "use strict";

  for (const form of document.querySelectorAll("[data-what-if]")) {
    const weights = [...form.querySelectorAll("input[name^=w_]")];
    const output = form.querySelector("[data-sum]");
    const shares = form.querySelector("[data-shares]");
    const rule = form.elements.rule;

    const show = () => {
      // Whole hundredths: 0.1 + 0.2 would otherwise not be 0.3.
      const cents = weights.reduce((sum, field) => sum + Math.round(Number(field.value) * 100), 0);
      output.value = Number.isFinite(cents) ? String(cents / 100) : "—";
      output.classList.toggle("text-danger", cents !== 10000);
      shares.hidden = rule.value !== "grouped";
    };
    form.addEventListener("input", show);
    show();
  }
})();

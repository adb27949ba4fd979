/* Demo only: one click logs in as an account of the list. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-demo-account]");
    if (!button) return;
    document.getElementById("id_username").value = button.dataset.demoAccount;
    document.getElementById("id_password").value = button.dataset.demoPassword;
    document.getElementById("login-form").requestSubmit();
  });
})();

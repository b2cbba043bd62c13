// Small behaviours bound by data attributes. Every form works without them.
(function () {
  "use strict";

  // A form is sent once: its buttons rest after the first submit.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post") {
      form.dataset.sent = "1";
      delete form.dataset.dirty;
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // Leaving a changed form asks first.
  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-guard]");
    if (form) form.dataset.dirty = "1";
  });
  window.addEventListener("beforeunload", function (event) {
    if (document.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
  });

  // What cannot be undone is said before it is done.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-confirm]");
    if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
  });

  // Choosing 是 opens the part below; the server opens it too when scripts are off.
  function openPart(radio) {
    var part = document.getElementById(radio.dataset.opens);
    if (part) part.hidden = !(radio.checked && radio.value === "yes");
  }
  document.addEventListener("change", function (event) {
    if (event.target.dataset && event.target.dataset.opens) openPart(event.target);
  });
  document.querySelectorAll("[data-opens]:checked").forEach(openPart);

  // Copy a text to the clipboard.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.getElementById(button.dataset.copy);
    source.hidden = false;
    source.select();
    document.execCommand("copy");
    button.textContent = button.dataset.copied;
  });

  // Put a name where the cursor stands in a text.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-insert]");
    if (!button) return;
    var field = document.getElementById(button.dataset.into);
    field.focus();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // After a failed submit the reader starts at the summary.
  var summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
})();

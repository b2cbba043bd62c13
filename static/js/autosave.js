// A form whose page saves by itself: a moment after the last change, again when the connection is back, never two at once.
// Nothing is kept in the browser's own storage: the machine may be somebody else's tomorrow. Without scripts the buttons save.
(function () {
  "use strict";

  var PAUSE = 2000;        // ms after the last change
  var AGAIN = 3000;        // ms until the next try after one that failed, twice as long each time …
  var AGAIN_MOST = 30000;  // … up to this
  var timer, wait = AGAIN, edits = 0, sent = 0, stopped = false;

  function state() { return document.querySelector("[data-autosave]"); }
  function form() { return state() && document.getElementById(state().dataset.autosave); }
  function say(text, isLate) {
    var line = document.createElement("span");
    line.textContent = text;
    if (isLate) line.className = "late";
    state().textContent = "";
    state().appendChild(line);
  }
  function later(ms) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, ms);
  }
  function save() {
    if (!form() || stopped || form().dataset.sent || edits === 0) return;
    sent = edits;
    form().elements.saves.value = String(Number(form().elements.saves.value) + 1);
    state().dispatchEvent(new Event("autosave"));
  }

  function changed(event) {
    if (!form() || !form().contains(event.target) || event.target.name === "pledge" || stopped) return;
    edits += 1;
    if (wait === AGAIN) { say(state().dataset.waits); later(PAUSE); }
  }
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  window.addEventListener("online", function () { if (edits > 0) later(0); });
  document.addEventListener("visibilitychange", function () { if (document.hidden && edits > 0) save(); });

  // --- the answer: kept, refused for a reason that stays, or not arrived ---
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target !== state()) return;
    var status = event.detail.xhr.status;
    event.detail.shouldSwap = status === 200 || status === 409 || status === 422;
    if (status === 409) stopped = true;
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.elt !== state()) return;
    var status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 200) {
      wait = AGAIN;
      if (edits === sent) { edits = 0; delete form().dataset.dirty; } else later(PAUSE);
    } else if (status === 401 || status === 403) {
      stopped = true;
      say(state().dataset.out, true);
    } else if (status !== 409 && status !== 422) {
      say(status === 0 ? state().dataset.lost : state().dataset.later, true);
      later(wait);
      wait = Math.min(wait * 2, AGAIN_MOST);
    }
  });
})();

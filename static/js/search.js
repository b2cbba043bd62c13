// The search field: results drop down while one types. Without this the form opens the page of results.
(function () {
  "use strict";

  var PAUSE = 300; // ms after the last key
  var timer;

  function field() { return document.querySelector("[data-search]"); }
  function panel() { return document.getElementById("search-panel"); }
  function form() { return document.querySelector("[data-search-form]"); }
  function inForm(node) { return Boolean(node && form() && form().contains(node)); }

  // One Chinese character says enough, of other signs it takes two.
  function says(text) { return /[\u3400-\u9fff]/.test(text) || text.length >= 2; }

  function close() {
    window.clearTimeout(timer);
    if (!panel()) return;
    panel().hidden = true;
    document.getElementById("search-said").textContent = "";
  }
  function wait() {
    window.clearTimeout(timer);
    if (!says(field().value.trim())) { close(); panel().textContent = ""; return; }
    timer = window.setTimeout(function () { field().dispatchEvent(new Event("search-now", { bubbles: true })); }, PAUSE);
  }

  document.addEventListener("input", function (event) {
    if (event.target === field() && !event.isComposing) wait();
  });
  document.addEventListener("compositionend", function (event) {
    if (event.target === field()) wait();
  });

  // --- the answer ---
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target !== panel()) return;
    if (!event.detail.xhr.responseText.trim().startsWith("<div class=\"found\"")) { // the session ran out: the page says so
      event.detail.shouldSwap = false;
      form().submit();
    } else if (!inForm(document.activeElement) || !says(field().value.trim())) {
      event.detail.shouldSwap = false; // no longer wanted
    }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target !== panel()) return;
    panel().hidden = false;
    panel().scrollTop = 0;
    document.getElementById("search-said").textContent = panel().firstElementChild.dataset.said;
  });

  // --- by keyboard: down and up walk the hits, Enter opens, Esc closes ---
  function walk(step) {
    var stops = [field()].concat(Array.prototype.slice.call(panel().querySelectorAll("a")));
    var at = stops.indexOf(document.activeElement);
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  }
  document.addEventListener("keydown", function (event) {
    if (!inForm(event.target) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !panel().hidden) {
      event.preventDefault();
      close();
      field().focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && panel().firstElementChild) {
      event.preventDefault();
      panel().hidden = false;
      walk(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  document.addEventListener("focusout", function (event) {
    if (inForm(event.target) && !inForm(event.relatedTarget)) close();
  });

  // --- from anywhere: Ctrl+K or / goes to the field, unless one is typing ---
  function typing(node) {
    return node !== field() && node.closest && node.closest("input, textarea, select, dialog, [contenteditable]");
  }
  document.addEventListener("keydown", function (event) {
    if (!field() || event.altKey || event.isComposing || typing(event.target)) return;
    var command = event.ctrlKey || event.metaKey;
    var slash = event.key === "/" && event.target !== field() && document.documentElement.dataset.letterKeys !== "off";
    if (!(command ? event.key.toLowerCase() === "k" : slash)) return;
    event.preventDefault();
    field().focus();
    field().select();
  });
})();

// What the theme leaves undone for readers without a mouse.
document.addEventListener("DOMContentLoaded", function () {
  // The bibliography: docutils' role is withdrawn, and its list had no items.
  document.querySelectorAll("[role=doc-biblioentry]").forEach(function (entry) {
    entry.setAttribute("role", "listitem");
  });

  // What scrolls inside itself must be reachable from the keyboard, and say what it is.
  var kinds = {
    ".pst-scrollable-table-container": "Table, scrolls sideways",
    "div.math mjx-container[display]": "Formula, scrolls sideways",
    ".cell_output pre, .highlight pre": "Code, scrolls sideways",
  };
  function mark() {
    Object.keys(kinds).forEach(function (selector) {
      document.querySelectorAll(selector).forEach(function (box) {
        var scrolls = box.scrollWidth > box.clientWidth + 1;
        if (scrolls && !box.hasAttribute("tabindex")) {
          box.tabIndex = 0;
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", kinds[selector]);
        }
      });
    });
  }
  addEventListener("load", function () {
    var typeset = window.MathJax && MathJax.startup && MathJax.startup.promise;
    Promise.resolve(typeset).then(mark);
  });
  addEventListener("resize", mark);
});

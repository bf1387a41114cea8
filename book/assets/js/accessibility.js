/* Repairs for accessibility faults of the theme that axe-core reports; each line names the rule. */
addEventListener("load", () => {
  const all = (selector, repair) => document.querySelectorAll(selector).forEach(repair);
  /* label-content-name-mismatch: the name must hold the text that is shown */
  all(".search-button-field[aria-label], summary[aria-label]", e => e.innerText.trim() && e.removeAttribute("aria-label"));
  /* summary-name: the arrows that unfold a chapter in the sidebar */
  all(".has-children > details > summary", e => e.setAttribute("aria-label", "Pages below this one"));
  all(".theme-switch-button", e => e.setAttribute("aria-label", "Color mode: auto, light or dark"));
  /* aria-required-children, aria-deprecated-role: docutils' bibliography */
  all(".citation-list > [role=doc-biblioentry]", e => e.setAttribute("role", "listitem"));
  /* scrollable-region-focusable: what scrolls must be reachable by keyboard, now and after a turn of the screen */
  const sizes = new ResizeObserver(entries => entries.forEach(({ target }) =>
    target.scrollWidth > target.clientWidth ? target.setAttribute("tabindex", 0) : target.removeAttribute("tabindex")));
  all(".highlight pre, .pst-scrollable-table-container, .cell_output, div.math, mjx-container[display=true]", e => sizes.observe(e));
});

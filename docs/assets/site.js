// Sets the formulas of a page: arithmatex leaves \(…\) and \[…\] in elements of its own.
for (const element of document.querySelectorAll(".arithmatex")) {
  const found = /^\\([([])([\s\S]*)\\[)\]]$/.exec(element.textContent.trim());
  if (found) katex.render(found[2], element, { displayMode: found[1] === "[", throwOnError: false });
}

// What axe-core finds on a page. It asks each element's place and style in every run, and most
// elements are the words of code, each in a span, the shapes of pictures and the pieces of
// formulas. So for its run the page is made smaller, and afterwards whole again:
//
// * Contrast is judged of the first and the last text of a look. Texts have one look if they
//   have the same colour, shadow, size and weight, and all around them the same backgrounds.
// * Of the words of code (spans with nothing but a class) it sees those, and bare text instead of
//   the others; of pictures those, and what has a name or a role.
// * Instead of a formula, whose glyphs are no text to it, it sees a box with one word, as large.
async options => {
  const undo = [];
  const swap = (old, ...others) => {
    const parent = old.parentNode, next = old.nextSibling;
    old.remove();
    others.forEach(one => parent.insertBefore(one, next));
    undo.push(() => { others.forEach(one => one.remove()); parent.insertBefore(old, next); });
  };
  const all = selector => [...document.querySelectorAll(selector)];
  const isWord = part => !part.childElementCount && part.getAttributeNames().every(n => n == 'class');
  const thin = (parts, keep) => parts.filter(part => !keep(part)).forEach(part => swap(part));

  all('pre').forEach(block => swap(block, block.cloneNode(true)));
  const named = shape => shape.matches('title, desc, [role], :has([role])');
  thin(all('svg > *'), shape => shape.textContent.trim() || named(shape));
  thin(all('mjx-assistive-mml'), () => false);

  const behind = new Map(), looks = new Map();
  const nothing = 'rgba(0, 0, 0, 0),none,1,none,normal,none,static';
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT);
  for (let part = walk.root; part; part = walk.nextNode()) {
    const style = getComputedStyle(part);
    const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter,
      style.mixBlendMode, style.transform, style.position].join();
    const around = behind.get(part.parentNode);
    // What is placed may stand on something else: its name is part of the look.
    behind.set(part, own == nothing ? around : [around, own, part.tagName, part.className].join());
    const speaks = [...part.childNodes].some(one => one.nodeType == 3 && one.data.trim());
    if (speaks && part.checkVisibility({opacityProperty: true, visibilityProperty: true})) {
      const look = [behind.get(part), style.color, style.textShadow, style.fontSize,
        style.fontWeight].join();
      looks.set(look, [looks.get(look)?.[0] ?? part, part]);  // the first and the last so far
    }
  }
  const judged = [...looks.values()].flat();
  judged.forEach(part => part.setAttribute('data-judged', ''));
  axe.configure({rules: [{id: 'color-contrast', selector: '[data-judged]'}]});

  all('pre span').filter(isWord).forEach(part => part.replaceWith(part.textContent));
  thin(all('svg > *'), shape => shape.matches('[data-judged], :has([data-judged])') || named(shape));
  const boxes = all('mjx-math').map(formula => {
    const {width, height} = formula.getBoundingClientRect();
    const box = document.createElement('span');
    box.textContent = 'formula';
    box.style = `display: inline-block; width: ${width}px; height: ${height}px; overflow: hidden`;
    return [formula, box];
  });
  boxes.forEach(([formula, box]) => swap(formula, box));

  const {violations} = await axe.run(options);
  judged.forEach(part => part.removeAttribute('data-judged'));
  undo.reverse().forEach(one => one());
  return violations;
}

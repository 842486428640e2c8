// Elements. Text from the profile becomes text nodes or attributes, never markup.
const byId = (id) => document.getElementById(id);

// el('td', {className: 'x', onclick: f, 'aria-label': y}, 'text', child, ...)
function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && !name.startsWith('aria-')) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A name or path: one that is written from right to left leaves its surroundings alone.
const nameSpan = (text, className = '') =>
  el('span', {className: `name ${className}`, title: text.length > 40 ? text : ''}, text);

const swatch = (className) => el('i', {className: `swatch ${className}`, 'aria-hidden': 'true'});

// A bar of the classes in `times`; as long as their sum is of `full`.
function stackBar(times, full) {
  const bar = el('div', {className: 'stack', title: classesText(times)});
  for (const c of times.keys()) {
    if (!counts(c) || times[c] <= 0) continue;
    const part = el('span', {className: `c-${CLASSES[c]}`});
    part.style.width = `${(100 * times[c]) / full}%`;
    bar.append(part);
  }
  return bar;
}

// A share, and below it a thin bar of one class; as long as `part` is of `longest`.
function shareWithBar(part, whole, longest, className) {
  const bar = el('span', {className: `under ${className}`, 'aria-hidden': 'true'});
  bar.style.width = `${part > 0 ? (100 * part) / longest : 0}%`;
  return el('div', {className: 'share'}, shareCell(part, whole), bar);
}

function checkbox(label, checked, onchange) {
  const input = el('input', {type: 'checkbox', checked});
  input.addEventListener('change', () => onchange(input.checked));
  return el('label', {className: 'switch'}, input, ` ${label}`);
}

// options: [[value, text], ...]
function select(label, options, value, onchange) {
  const box = el('select', {}, ...options.map(([v, text]) => el('option', {value: v}, text)));
  box.value = value;
  box.addEventListener('change', () => onchange(box.value));
  return el('label', {className: 'choice'}, `${label} `, box);
}

function showTooltip(x, y, ...children) {
  const tip = byId('tooltip');
  tip.replaceChildren(...children);
  tip.hidden = false;
  const {width, height} = tip.getBoundingClientRect();
  const left = Math.min(x + 14, window.innerWidth - width - 8);
  const below = y + 18 + height < window.innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? y + 18 : Math.max(8, y - height - 10)}px`;
}

const hideTooltip = () => { byId('tooltip').hidden = true; };

// Light or dark, and the colours for canvas: they are the style sheet's.
const theme = {
  colors: new Map(),

  isDark: () => document.documentElement.dataset.theme === 'dark',

  set(name) {
    document.documentElement.dataset.theme = name;
    byId('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
    byId('theme').setAttribute('aria-label', `Change to ${name === 'dark' ? 'light' : 'dark'} colours`);
    this.colors.clear();
  },

  // As the system has it, until the button is used.
  start(onchange) {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    let byHand = false;
    this.set(dark.matches ? 'dark' : 'light');
    dark.addEventListener('change', () => {
      if (byHand) return;
      this.set(dark.matches ? 'dark' : 'light');
      onchange();
    });
    byId('theme').addEventListener('click', () => {
      byHand = true;
      this.set(this.isDark() ? 'light' : 'dark');
      onchange();
    });
  },

  // Of the variable --NAME.
  color(name) {
    if (!this.colors.has(name)) {
      const style = getComputedStyle(document.documentElement);
      this.colors.set(name, style.getPropertyValue(`--${name}`).trim());
    }
    return this.colors.get(name);
  },
};

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const hexOf = (rgb) => `#${rgb.map((x) => Math.round(x).toString(16).padStart(2, '0')).join('')}`;

// `part` of the second colour, the rest of the first.
function mix(first, second, part) {
  const [a, b] = [rgbOf(first), rgbOf(second)];
  return hexOf(a.map((x, i) => x + (b[i] - x) * part));
}

// Relative luminance, WCAG 2.
function luminance(hex) {
  const [r, g, b] = rgbOf(hex).map((x) => {
    const part = x / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Black or white, whichever is the better to read; 4.58 : 1 or more on any colour.
const inkOn = (hex) => (luminance(hex) > 0.179 ? '#000000' : '#ffffff');

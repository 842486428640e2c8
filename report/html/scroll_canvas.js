// A canvas of any height that draws only what is in sight: it stays, while a spacer behind it
// scrolls. Coordinates of draw() and of events are those of the whole content, in CSS pixels.
class ScrollCanvas {
  // draw(context, width, top, height)
  constructor({label, draw}) {
    this.draw = draw;
    this.canvas = el('canvas');
    this.spacer = el('div', {className: 'spacer'}, this.canvas);
    this.box = el('div', {
      className: 'scroll-canvas', tabIndex: 0, role: 'application', 'aria-label': label,
    }, this.spacer);
    this.width = 0;
    this.height = 0;
    this.pending = false;
    this.box.addEventListener('scroll', () => this.redraw());
    new ResizeObserver(() => this.resized()).observe(this.box);
  }

  setContentHeight(height) {
    this.spacer.style.height = `${height}px`;
    this.resized();
  }

  resized() {
    const [width, height] = [this.box.clientWidth, this.box.clientHeight];
    if (width !== this.width || height !== this.height) {
      const scale = window.devicePixelRatio || 1;
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      [this.width, this.height] = [width, height];
    }
    this.redraw();
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => { this.pending = false; this.drawNow(); });
  }

  drawNow() {
    if (this.width === 0) return;
    const scale = window.devicePixelRatio || 1;
    const context = this.canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.translate(0, -this.box.scrollTop);
    this.draw(context, this.width, this.box.scrollTop, this.height);
  }

  // Where a pointer event is.
  at(event) {
    const {left, top} = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top + this.box.scrollTop];
  }

  showRows(top, bottom) {
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (bottom > this.box.scrollTop + this.height) this.box.scrollTop = bottom - this.height;
  }
}

// A table that is sorted by a click on (or Enter in) its column's head.
//
// columns: [{key, title, hint, number, value(row), cell(row) -> text or element, className}]; those
// without value() cannot be sorted by. sort: {key, down}, kept by the caller, who makes the table
// anew for other rows. At most `limit` rows are shown until more are asked for.
function sortableTable({columns, rows, sort, caption, limit = 200}) {
  const table = el('table', {}, el('caption', {className: 'visually-hidden'}, caption));
  const body = el('tbody');
  const more = el('button', {type: 'button', className: 'more'});
  let shown = limit;

  function fill() {
    const column = columns.find(({key}) => key === sort.key) || columns.find(({value}) => value);
    const sorted = sortedRows(rows, column.value, sort.down);
    body.replaceChildren(...sorted.slice(0, shown).map((row) => bodyRow(columns, row)));
    more.hidden = rows.length <= shown;
    more.textContent = `Show more (${grouped(rows.length - shown)} left)`;
    for (const head of table.querySelectorAll('th[data-key]')) {
      const order = sort.down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', head.dataset.key === sort.key ? order : 'none');
    }
  }

  function sortBy(column) {
    sort.down = sort.key === column.key ? !sort.down : Boolean(column.number);
    sort.key = column.key;
    fill();
  }

  more.addEventListener('click', () => { shown *= 4; fill(); });
  table.append(el('thead', {}, el('tr', {}, ...columns.map((column) => headCell(column, sortBy)))));
  table.append(body);
  fill();
  return el('div', {className: 'table-box'}, table, more);
}

function sortedRows(rows, value, down) {
  const keyed = rows.map((row) => [value(row), row]);
  const order = down ? -1 : 1;
  keyed.sort(([a], [b]) => (a < b ? -order : a > b ? order : 0));
  return keyed.map(([, row]) => row);
}

function headCell(column, sortBy) {
  const className = `${column.number ? 'number ' : ''}${column.className || ''}`;
  if (!column.value) return el('th', {className, scope: 'col', title: column.hint || ''}, column.title);
  const button = el('button', {type: 'button', title: column.hint || ''}, column.title);
  button.addEventListener('click', () => sortBy(column));
  return el('th', {className, scope: 'col', 'data-key': column.key}, button);
}

function bodyRow(columns, row) {
  return el('tr', {}, ...columns.map((column) => el('td', {
    className: `${column.number ? 'number ' : ''}${column.className || ''}`,
    'data-title': column.title,
  }, column.cell(row))));
}

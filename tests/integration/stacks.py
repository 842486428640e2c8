"""Compares what spyhop shows with what the target told of itself. Pure: JSON in, complaints out."""

# Columns of spyhop.snapshot/1 count from 1 as lines do, in UTF-8 bytes; code.co_positions() counts from 0.
COLUMN_BASE = 1
MAIN_NAME = 'MainThread'


def python_frames(frames):
    """Spyhop's frames that the interpreter knows, in the order given."""
    return [frame for frame in frames if frame.get('kind') == 'python']


def row(frame):
    return frame['file'], frame['function'], frame['line']


def shown_span(frame):
    columns = [frame.get(key) for key in ('column', 'end_column')]
    columns = [None if column is None else column - COLUMN_BASE for column in columns]
    return [frame['line'], frame.get('end_line'), *columns]


def by_tid(threads):
    """{tid: [entries]}: a thread that runs in two interpreters may be shown as two entries."""
    grouped = {}
    for thread in threads:
        grouped.setdefault(thread['tid'], []).append(thread)
    return grouped


def differing(expected, shown):
    """None when two leaf-first stacks of rows are equal, else a text that shows both around the first difference."""
    if expected == shown:
        return None
    at = next((i for i, pair in enumerate(zip(expected, shown)) if pair[0] != pair[1]), min(len(expected), len(shown)))
    lines = [f'frame {at} from the leaf differs ({len(expected)} frames told, {len(shown)} shown)']
    for title, stack in (('the target tells', expected), ('spyhop shows', shown)):
        lines.append(f'  {title}:')
        first = max(0, at - 2)
        for index in range(first, min(len(stack), at + 6)):
            lines.append(f'   {">" if index == at else " "} {index:5} {_cut(stack[index])}')
        if len(stack) <= at:
            lines.append('   >       (ends)')
    return '\n'.join(lines)


def _cut(row):
    return tuple(part[:60] + '...' + part[-60:] if isinstance(part, str) and len(part) > 130 else part for part in row)


def stack_complaint(told, entry):
    """What is wrong with one shown thread, None when nothing is."""
    if 'truncated' in entry:
        return f'truncated: {entry["truncated"]}'
    return differing([row(frame) for frame in told['frames']], [row(frame) for frame in python_frames(entry['frames'])])


def span_complaint(told, entry):
    """Compares line, end line and columns of the current instruction where the target told them."""
    for index, (frame, shown) in enumerate(zip(told['frames'], python_frames(entry['frames']))):
        if frame['span'] is not None and frame['span'] != shown_span(shown):
            return (f'frame {index} {_cut(row(frame))}: [line, end line, column, end column] told {frame["span"]}, '
                    f'shown {shown_span(shown)}')
    return None


def segments_complaint(segments, entries):
    """A thread in several interpreters: shown as one stack, or as one entry each."""
    whole = [row(frame) for frame in segments[-1]['frames']]
    for segment in reversed(segments[:-1]):
        whole += [row(frame) for frame in segment['frames']]
    shown = [[row(frame) for frame in python_frames(entry['frames'])] for entry in entries]
    apart = [[row(frame) for frame in segment['frames']] for segment in segments]
    if sorted(shown) == sorted(apart):
        return None
    return differing(whole, sum(shown, []))


def reversed_profile_stack(stack):
    """The frames of a spyhop.profile/1 stack as the snapshot has them: leaf first, Python's only."""
    return [row(frame) for frame in reversed(python_frames(stack['frames']))]

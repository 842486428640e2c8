"""Measures the truth table of the documentation: `truth_table.py [--markdown] [--hogs N] [SCENARIO ...]`.

SPYHOP_TEST_PYTHONS says on which interpreters; each scenario of test_timing_truth*.py by default. Exit status 1 when something is
out of bounds.
"""
import argparse
import sys

import interpreters
import truth_model
import truth_run

SCENARIOS = ['lines', 'held', 'released', 'kernel', 'fight', 'waits', 'mixed', 'joined', 'handover', 'brief', 'loop']


def markdown(verdicts):
    """The rows of one interpreter and scenario as a table of percentages of the thread's time."""
    rows = ['| thread | line | class | truth | told | bound |', '|---|---|---|---:|---:|---:|']
    for each in verdicts:
        mark = ' **out**' if truth_model.violations([each]) else ''
        what = each.what.replace('|', ' or ')
        rows.append(f'| {each.thread} | {each.label} | {what} | {100 * each.truth:.1f} | '
                    f'{100 * each.measured:.1f}{mark} | {100 * each.bound:.1f} |')
    return '\n'.join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--markdown', action='store_true')
    parser.add_argument('--hogs', type=int, default=0)
    parser.add_argument('scenarios', nargs='*', metavar='SCENARIO', default=SCENARIOS)
    options = parser.parse_args()
    out = 0
    for python in interpreters.discover():
        for scenario in options.scenarios:
            if scenario == 'loop' and python.minor < (3, 6):
                continue
            outcome = truth_run.run(python, scenario, hogs=options.hogs)
            out += len(truth_model.violations(outcome.verdicts)) + len(outcome.complaints)
            title = f'{python.text_version} {python.flavour}, `{scenario}`'
            print(f'\n### {title}\n\n{markdown(outcome.verdicts)}' if options.markdown else f'\n{title}: {outcome}',
                  flush=True)
    return 1 if out else 0


if __name__ == '__main__':
    sys.exit(main())

"""Runs one scenario of puppets/truth.py under spyhop and compares: shared by test_timing_truth*.py and truth_table.py."""
import datetime
import time

import harness
import spyhop
import truth_model

RATE, SECONDS = 400, 3.0
# A pool of BLAS threads would work beside the thread that is measured.
ENVIRONMENT = {'OPENBLAS_NUM_THREADS': '1', 'OMP_NUM_THREADS': '1'}
MARKS = truth_model.read_marks(harness.PUPPETS)


class Outcome:
    """One run: the verdicts, the sums that disagree, the profile."""

    def __init__(self, profile, verdicts, complaints):
        self.profile, self.verdicts, self.complaints = profile, verdicts, complaints

    def __str__(self):
        sampling = self.profile['sampling']
        figures = (f'{sampling["samples"]} samples in {sampling["rounds"]} rounds, {sampling["late_rounds"]} late, '
                   f'lost {sampling["lost"]}, truncated {sampling["truncated"]}')
        return '\n'.join([figures, truth_model.table(self.verdicts), *self.complaints])


def moments(profile):
    """Begin and end of sampling in seconds of CLOCK_MONOTONIC."""
    began = datetime.datetime.fromisoformat(profile['start'].replace('Z', '+00:00')).timestamp()
    start = began - time.time() + time.monotonic()
    return start, start + profile['duration_s']


def run(python, scenario, seconds=SECONDS, rate=RATE, hogs=0):
    """The Outcome of one scenario on one interpreter, beside `hogs` processes that take all the CPU they get."""
    with harness.Puppet(python, 'truth.py', scenario, needs_proc=True, **ENVIRONMENT) as puppet, harness.hogs(hogs):
        profile = spyhop.attach(puppet.pid, rate, seconds)
        start, end = moments(profile)
        entries = puppet.ask(f'stop {start:.9f} {end:.9f}')
    verdicts = truth_model.judge(profile, MARKS, entries, end - start, python.minor)
    return Outcome(profile, verdicts, truth_model.sum_complaints(profile, entries))


def fight_limit(python):
    """How far off the four fighters may be: "Known limits" in docs/time-classes.md."""
    return 0.03 if python.minor == (2, 7) else 0.0


def assert_true(case, python, scenario, known_limit=0.0, **options):
    """Fails with all that is out of bounds, or known to be off by more than docs/ says, and the whole table below it."""
    outcome = run(python, scenario, **options)
    wrong = truth_model.failures(outcome.verdicts, known_limit)
    if wrong or outcome.complaints:
        case.fail('\n'.join([f'{python.name} {scenario}: not the truth', truth_model.table(wrong), f'Of: {outcome}']))

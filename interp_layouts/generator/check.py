#!/usr/bin/env python3
"""Holds data/*.json and generated/*.inc to each other, to headers and to running interpreters.

  check.py                   the generated files are what the facts give; each fact whose headers are
                             found on this machine is measured again and must come out the same
  check.py --python P...     each P (not a free-threaded build) reads its own memory and compares

Exit status: 0 equal, 1 something differs, 77 nothing to compare with was found.
"""
import argparse
import json
import pathlib
import platform
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

# After the path is set: this folder's modules.
import generate  # noqa: E402
import opcodes  # noqa: E402
import render  # noqa: E402

SKIPPED = 77


def stale_files():
    """Names of generated files that are not what the facts give."""
    return [name for name, text in generate.rendered().items()
            if (generate.GENERATED / name).read_text() != text]


def can_measure():
    return platform.machine() == 'x86_64' and shutil.which('gcc') is not None


def measured_again():
    """(names compared, complaints, names of builds that data does not have). Sizes of the large
    states depend on how a build was configured and are not compared."""
    compared, complaints, unknown = [], [], []
    supported = render.features(generate.DATA)
    facts = generate.measure_all(lambda s: render.series(s.hex) in supported) if can_measure() else {}
    for name, fact in sorted(facts.items()):
        path = generate.DATA / name
        if not path.exists():
            unknown.append(name)
            continue
        compared.append(name)
        known = json.loads(path.read_text())
        names = render.differences(known, fact)
        if render.words([known]) != render.words([fact]):
            names.append('debug_offsets')
        if names:
            complaints.append(f'{name}: {", ".join(names)} not as measured with '
                              f'{fact["provenance"]["headers"]}')
    return compared, complaints, unknown


def opcodes_again():
    """Complaints about numbers of instructions that this machine's headers give otherwise."""
    known = {fact['version']: fact['opcodes'] for fact in opcodes.load_facts(generate.DATA)}
    supported = render.features(generate.DATA)
    found = generate.measure_opcodes(lambda s: render.series(s.hex) in supported)
    return [f'opcodes/{name}: not as in {fact["provenance"]["headers"]}' for name, fact in sorted(found.items())
            if known.get(fact['version'], fact['opcodes']) != fact['opcodes']]


def check_headers():
    stale = stale_files()
    for name in stale:
        print(f'generated/{name} is not what data/ gives: run tools/layouts')
    compared, complaints, unknown = measured_again()
    complaints += opcodes_again()
    for line in complaints:
        print(line)
    for name in unknown:
        print(f'{name}: headers are here but not in data/; tools/layouts would add them')
    total = len(list(generate.DATA.glob('*-*.json')))
    print(f'{len(compared)} of {total} builds measured again')
    if stale or complaints:
        return 1
    return 0 if compared else SKIPPED


def check_pythons(pythons):
    script = pathlib.Path(__file__).with_name('verify_in_process.py')
    failed = [python for python in pythons
              if subprocess.run([python, '-B', script, generate.DATA]).returncode]
    for python in failed:
        print(f'{python}: failed')
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--python', nargs='+', metavar='P', help='interpreters to compare with')
    arguments = parser.parse_args()
    return check_pythons(arguments.python) if arguments.python else check_headers()


if __name__ == '__main__':
    sys.exit(main())

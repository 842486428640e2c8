#!/usr/bin/env python3
"""Holds the #includes of every .h and .cc to the include table of docs/architecture.md.

    tools/check_layering.py [ROOT]       report violations in the tree; exit 1 if there are any
    tools/check_layering.py --self-test  show that each kind of violation is found

Tests are exempt: they may look anywhere. What a rule cannot see from one file (cycles between folders,
libraries which only one file may include) is checked over the whole tree.
"""

import pathlib
import re
import sys
import tempfile

# Folder -> the project's folders it may include, besides itself. Subfolders not named here belong to
# their parent.
MAY_INCLUDE = {
    'base': [],
    'interp_layouts': ['base'],
    'symbolizer': ['base'],
    'sampler/profile': ['base'],
    'sampler/target': ['base'],
    'sampler/python': ['base', 'interp_layouts', 'symbolizer', 'sampler/target'],
    'sampler': ['base', 'interp_layouts', 'symbolizer', 'sampler/profile', 'sampler/target',
                'sampler/python'],
    'report': ['base', 'sampler/profile', 'symbolizer'],
    'cli': ['base', 'interp_layouts', 'symbolizer', 'sampler/profile', 'sampler/target',
            'sampler/python', 'sampler', 'report', 'cli/daemon', 'cli/tui'],
    'cli/tui': ['base', 'sampler/profile', 'sampler/target', 'sampler', 'report'],
    'cli/daemon': ['base', 'sampler/profile', 'sampler', 'report'],
}

# What is used -> (pattern of an included header's name, the only folders that may, in one file only).
HEADERS = {
    'ptrace': (r'(sys|linux)/ptrace\.h$', 'sampler/target', False),
    'process_vm_readv': (r'sys/uio\.h$', 'sampler/target', False),
    'elfutils': (r'(elfutils/|libelf\.h$|gelf\.h$|dwarf\.h$|libdw)', 'symbolizer', False),
    'liblzma': (r'lzma(\.h$|/)', 'symbolizer', False),
    'spdlog': (r'(spdlog|fmt)/', 'base', True),  # Slow to compile, so one file.
    'Boost.Program_options': (r'boost/program_options', 'cli', True),  # Idem.
    'Boost.Beast': (r'boost/(beast|asio)', 'cli/daemon', False),
    'libcurl': (r'curl/', 'cli/daemon', True),
    'rapidjson': (r'rapidjson/', 'report', False),
    'protozero': (r'protozero/', ('report', 'sampler/profile'), False),
    'zstd': (r'zstd\w*\.h$', 'sampler/profile', False),
    'zlib': (r'(zlib|zconf)\.h$', 'report', False),
    'ncurses': (r'(n?curses(w)?|term)(\.h$|/)', 'cli/tui', False),
    'a test library': (r'(gtest|gmock|benchmark)/', 'tests', False),
    'another Boost library': (r'boost/(?!program_options|beast|asio)', 'nobody', False),
}

# What is used -> (pattern of the code with its comments removed, the only folder that may). A path
# begins with /proc; a message to the user may mention it.
CODE = {
    'ptrace': (r'\bptrace\s*\(', 'sampler/target'),
    'process_vm_readv': (r'\b(SYS_)?process_vm_(readv|writev)\b', 'sampler/target'),
    '/proc': (r'"/proc\b', 'sampler/target'),
}

COMMENT_OR_STRING = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def folder_of(path):
    """The table's folder a path (relative to the root) is in, or None."""
    for parent in pathlib.PurePosixPath(path).parents:
        if str(parent) in MAY_INCLUDE:
            return str(parent)
    return None


def without_comments(text):
    return COMMENT_OR_STRING.sub(lambda m: ' ' if m.group('comment') else m.group(0), text)


def includes(code):
    """(quoted, header) of each #include."""
    return [(mark == '"', name) for mark, name in INCLUDE.findall(code)]


def is_library(header):
    return header.startswith('absl/') or any(re.match(rule[0], header) for rule in HEADERS.values())


def source_files(root):
    for top in sorted({folder.split('/')[0] for folder in MAY_INCLUDE}):
        for path in sorted((root / top).rglob('*')):
            if path.suffix in ('.h', '.cc'):
                yield path.relative_to(root).as_posix(), path.read_text(encoding='utf-8')


def check_project_includes(path, code, edges):
    folder = folder_of(path)
    for quoted, header in includes(code):
        target = folder_of(header)
        if not quoted:
            if target:
                yield f'{path}: <{header}> is ours: write "{header}"'
            continue
        if is_library(header):
            continue
        if target is None:
            yield f'{path}: "{header}" is not in a folder of the include table (paths start at the top)'
            continue
        edges.setdefault(folder, {}).setdefault(target, path)
        if target != folder and target not in MAY_INCLUDE[folder]:
            yield f'{path}: {folder} may not include {target} ("{header}")'


def check_libraries(path, code, single):
    folder = folder_of(path)
    for _, header in includes(code):
        for name, (pattern, owner, one_file) in HEADERS.items():
            if not re.match(pattern, header):
                continue
            owners = (owner,) if isinstance(owner, str) else owner
            if folder not in owners:
                yield f'{path}: {name} (<{header}>) is for {" and ".join(owners)} alone'
            elif one_file and single.setdefault(name, path) != path:
                yield f'{path}: {name} is for one file alone, and {single[name]} has it'
    for name, (pattern, owner) in CODE.items():
        if folder != owner and re.search(pattern, code):
            yield f'{path}: {name} is for {owner} alone'


def find_cycle(edges):
    """A list of folders which include one another in turn, or None."""
    def visit(folder, trail):
        if folder in trail:
            return trail[trail.index(folder):] + [folder]
        for target in edges.get(folder, {}):
            cycle = visit(target, trail + [folder]) if target != folder else None
            if cycle:
                return cycle
        return None
    return next((cycle for cycle in (visit(folder, []) for folder in edges) if cycle), None)


def check_tree(root):
    """The violations, as lines; and how many files were read."""
    problems, edges, single, count = [], {}, {}, 0
    for path, text in source_files(root):
        count += 1
        code = without_comments(text)
        problems += check_project_includes(path, code, edges)
        problems += check_libraries(path, code, single)
    cycle = find_cycle(edges)
    if cycle:
        steps = (f'{a} -> {b} ({edges[a][b]})' for a, b in zip(cycle, cycle[1:]))
        problems.append('folders include one another: ' + ', '.join(steps))
    return problems, count


GOOD_TREE = {
    'base/address.h': '#include <cstdint>\n#include "absl/status/status.h"\n',
    'base/log.cc': '#include "base/log.h"\n#include <spdlog/spdlog.h>\n',
    'base/hint.cc': 'const char* kHint = "see /proc/sys/kernel/yama/ptrace_scope (ptrace)";\n',
    'sampler/target/maps.cc': '#include <sys/uio.h>\nauto kMaps = "/proc/self/maps";\n',
    'sampler/python/walk.cc': '#include "base/address.h"\n#include "sampler/target/maps.h"\n'
                              '// not code: "/proc/1/maps", ptrace(1), #include "cli/x.h"\n',
    'sampler/sampler.cc': '#include "sampler/python/walk.h"\n',
    'report/json.cc': '#include "sampler/profile/profile.h"\n#include <rapidjson/writer.h>\n',
    'report/pprof.cc': '#include <protozero/pbf_writer.hpp>\n',
    'sampler/profile/r.cc': '#include <protozero/pbf_writer.hpp>\n',
    'cli/tui/screen.cc': '#include <ncurses.h>\n#include "sampler/sampler.h"\n',
    'tests/unit/base/any_test.cc': '#include "cli/main.h"\n#include <sys/ptrace.h>\n',
}

# One file each (or a few), and what must be said about it.
BAD_TREES = [
    ({'base/a.h': '#include "symbolizer/elf.h"\n'}, 'base may not include symbolizer'),
    ({'sampler/profile/p.cc': '#include "sampler/target/t.h"\n'},
     'sampler/profile may not include sampler/target'),
    ({'sampler/python/p.cc': '#include "sampler/sampler.h"\n'}, 'may not include sampler '),
    ({'report/r.cc': '#  include "sampler/sampler.h"\n'}, 'report may not include sampler '),
    ({'symbolizer/s.cc': '#include "interp_layouts/l.h"\n'}, 'may not include interp_layouts'),
    ({'base/a.h': '#include "tests/fakes/f.h"\n'}, 'not in a folder of the include table'),
    ({'base/a.cc': '#include "a.h"\n'}, 'not in a folder of the include table'),
    ({'base/a.cc': '#include <base/a.h>\n'}, 'is ours'),
    ({'base/a.cc': '#include <sys/ptrace.h>\n'}, 'ptrace (<sys/ptrace.h>) is for sampler/target'),
    ({'sampler/s.cc': 'long r = ptrace(PTRACE_CONT, 1);\n'}, 'ptrace is for sampler/target'),
    ({'symbolizer/s.cc': '#include <sys/uio.h>\n'}, 'process_vm_readv (<sys/uio.h>)'),
    ({'sampler/s.cc': 'syscall(SYS_process_vm_readv);\n'}, 'process_vm_readv is for'),
    ({'cli/doctor.cc': 'Read("/proc/self/status");\n'}, '/proc is for sampler/target'),
    ({'sampler/target/t.cc': '#include <elfutils/libdw.h>\n'}, 'elfutils'),
    ({'sampler/target/t.cc': '#include <gelf.h>\n'}, 'elfutils'),
    ({'cli/c.cc': '#include "spdlog/spdlog.h"\n'}, 'spdlog'),
    ({'base/a.cc': '#include <spdlog/spdlog.h>\n', 'base/b.cc': '#include <spdlog/fmt/fmt.h>\n'},
     'one file alone'),
    ({'sampler/s.cc': '#include <boost/program_options.hpp>\n'}, 'Boost.Program_options'),
    ({'cli/a.cc': '#include <boost/program_options.hpp>\n',
      'cli/b.cc': '#include <boost/program_options/parsers.hpp>\n'}, 'one file alone'),
    ({'cli/c.cc': '#include <boost/beast/core.hpp>\n'}, 'Boost.Beast'),
    ({'base/a.cc': '#include <boost/regex.hpp>\n'}, 'nobody'),
    ({'cli/c.cc': '#include <rapidjson/document.h>\n'}, 'rapidjson'),
    ({'sampler/s.cc': '#include <protozero/pbf_writer.hpp>\n'}, 'protozero'),
    ({'report/r.cc': '#include <zstd.h>\n'}, 'zstd'),
    ({'base/a.cc': '#include <zlib.h>\n'}, 'zlib'),
    ({'report/r.cc': '#include <curses.h>\n'}, 'ncurses'),
    ({'base/a.cc': '#include <gtest/gtest.h>\n'}, 'a test library'),
    ({'symbolizer/s.h': '#include "base/a.h"\n', 'base/a.h': '#include "symbolizer/s.h"\n'},
     'folders include one another: base -> symbolizer'),
]


def problems_of(tree):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding='utf-8')
        return check_tree(root)[0]


def self_test():
    failures = [f'wrongly reported: {p}' for p in problems_of(GOOD_TREE)]
    for tree, expected in BAD_TREES:
        found = problems_of(tree)
        if not any(expected in problem for problem in found):
            failures.append(f'not reported: "{expected}" in {tree}; but {found}')
    print('\n'.join(failures) or f'{len(BAD_TREES)} bad trees, each reported')
    return 1 if failures else 0


def main(arguments):
    if arguments == ['--self-test']:
        return self_test()
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[1]
    problems, count = check_tree(root)
    print('\n'.join(problems) or f'{count} files, all by the include table')
    if not count:
        print(f'no source files under {root}', file=sys.stderr)
    return 1 if problems or not count else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

"""The layouts' generator: its own parts, and that data, tables and this machine's headers agree."""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
FOLDER = pathlib.Path(__file__).resolve().parents[3] / 'interp_layouts'
sys.path.insert(0, str(FOLDER / 'generator'))

# After the path is set.
import check  # noqa: E402
import generate  # noqa: E402
import layout_header  # noqa: E402
import opcodes  # noqa: E402
import probe  # noqa: E402
import render  # noqa: E402


def fact(version, flavour='release', **fields):
    major, minor, micro = version
    return {'version': '.'.join(map(str, version)), 'flavour': flavour,
            'hex': major << 24 | minor << 16 | micro << 8 | 0xF0, 'layout': {'thread': fields}}


def spans(facts, changes=None):
    return [(first >> 8 & 0xFF, last >> 8 & 0xFF) for first, last, _ in render.tables(facts, changes or {})]


class Tables(unittest.TestCase):
    def test_generated_files_are_what_the_facts_give(self):
        self.assertEqual(check.stale_files(), [])

    def test_headers_on_this_machine_give_the_facts_in_data(self):
        compared, complaints, _ = check.measured_again()
        self.assertEqual(complaints, [])
        if not compared:
            self.skipTest('no CPython headers found; tools/interpreters --headers fetches some')

    def test_every_fact_says_where_it_comes_from(self):
        for path in FOLDER.glob('data/*-*.json'):
            known = json.loads(path.read_text())
            self.assertEqual(path.name, f'{known["version"]}-{known["flavour"]}.json')
            self.assertTrue({'headers', 'flags', 'compiler', 'machine', 'date'} <= set(known['provenance']))


class Ranges(unittest.TestCase):
    def test_equal_neighbours_share_a_table(self):
        self.assertEqual(spans([fact((3, 9, 2), next=8), fact((3, 9, 18), next=8)]), [(2, 18)])

    def test_a_moved_field_makes_another(self):
        self.assertEqual(spans([fact((3, 9, 2), next=8), fact((3, 9, 18), next=16)]), [(2, 2), (18, 18)])

    def test_a_known_change_closes_the_gap(self):
        change = 3 << 24 | 9 << 16 | 5 << 8 | 0xF0
        self.assertEqual(spans([fact((3, 9, 2), next=8), fact((3, 9, 18), next=16)],
                               {'3.9': (None, [change])}), [(2, 4), (5, 18)])

    def test_since_widens_the_oldest(self):
        since = 3 << 24 | 9 << 16 | 0xF0
        self.assertEqual(spans([fact((3, 9, 2), next=8)], {'3.9': (since, [])}), [(0, 2)])

    def test_sizes_of_the_large_states_do_not_count(self):
        self.assertEqual(spans([fact((3, 9, 2), size=8), fact((3, 9, 3), size=16)]), [(2, 3)])

    def test_flavours_are_apart(self):
        self.assertEqual(spans([fact((3, 9, 2), next=8), fact((3, 9, 2), 'debug', next=16)]), [(2, 2), (2, 2)])


class Assuming(unittest.TestCase):
    def test_a_new_field_comes_from_the_nearest_measured_release_and_says_so(self):
        gone = {**fact((3, 9, 5), next=8), 'provenance': {}}
        measured = {str(micro): fact((3, 9, micro), next=8, interp=micro) for micro in (2, 6)}
        measured['debug'] = fact((3, 9, 5), 'debug', interp=5)
        source = generate.nearest(gone, measured)
        self.assertTrue(generate.complete(gone, source, ['thread.interp', 'thread.next', 'code.flags']))
        self.assertEqual(gone['layout']['thread'], {'next': 8, 'interp': 6})
        self.assertEqual(gone['provenance'], {'assumed': {'thread.interp': 'as in 3.9.6'}})

    def test_without_a_relative_nothing_is_assumed(self):
        self.assertIsNone(generate.nearest(fact((3, 9, 5)), {'a': fact((3, 8, 5)), 'b': fact((3, 9, 5), 'debug')}))


class Parsing(unittest.TestCase):
    def test_layout_header_knows_each_field_and_its_width(self):
        members = {m.name: m for m in layout_header.groups()['thread']}
        self.assertEqual(members['current_frame'], ('current_frame', 'offset', 8))
        self.assertEqual(members['holds_gil'], ('holds_gil', 'offset', 4))
        self.assertEqual(members['size'], ('size', 'number', 0))

    def test_a_field_that_layout_h_lacks_is_an_error(self):
        with self.assertRaises(SystemExit):
            generate.parse(['value build.hex 50993904', 'field thread.nonsense 8 8'])

    def test_a_field_of_another_width_is_an_error(self):
        with self.assertRaises(SystemExit):
            generate.parse(['value build.hex 50993904', 'field thread.next 8 4'])

    def test_what_is_not_printed_is_absent(self):
        parsed = generate.parse(['value build.hex 51053296', 'field thread.next 8 8'])
        self.assertEqual(parsed['layout'], {'thread': {'next': 8}})
        self.assertEqual(parsed['version'], '3.11.2')

    def test_words_of_the_debug_offsets_are_found_in_the_declaration(self):
        declaration = '''{ uint64_t version; // first
            struct _thread_state { uint64_t size; uint64_t next; } thread_state;
            struct { uint64_t exc_value; } err_stackitem; }'''
        self.assertEqual(list(probe._table_words(declaration)),
                         [('thread_state', 'size'), ('thread_state', 'next'), ('err_stackitem', 'exc_value')])


class Opcodes(unittest.TestCase):
    families = opcodes.Families(FOLDER / 'data')

    def header(self, name, text):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / name).write_text(text)
        return folder

    def test_headers_on_this_machine_give_the_numbers_in_data(self):
        self.assertEqual(check.opcodes_again(), [])

    def test_every_series_has_numbers_and_every_name_a_family(self):
        known = opcodes.by_series(opcodes.load_facts(FOLDER / 'data'), render.series)
        self.assertEqual(set(known), set(render.features(FOLDER / 'data')))
        for name, facts in known.items():
            for opcode in facts[0]['opcodes']:
                self.families.of(opcode, name)

    def test_what_is_no_instruction_of_bytecode_is_left_out(self):
        folder = self.header('opcode_ids.h', '#define CACHE 0\n#define HAVE_ARGUMENT 44\n#define NB_ADD 0\n'
                             '#define MIN_INSTRUMENTED_OPCODE 236\n#define SETUP_FINALLY   265\n#define CALL\t\t53\n')
        self.assertEqual(opcodes.numbers(folder), {'CACHE': 0, 'CALL': 53})

    def test_the_newer_header_goes_first(self):
        folder = self.header('opcode_ids.h', '#define CALL 53\n')
        (folder / 'opcode.h').write_text('#include "opcode_ids.h"\n#define NB_ADD 0\n')
        self.assertEqual(opcodes.numbers(folder), {'CALL': 53})

    def test_two_instructions_of_one_number_are_an_error(self):
        with self.assertRaises(SystemExit):
            opcodes.numbers(self.header('opcode.h', '#define CALL 53\n#define RESUME 53\n'))

    def test_an_exact_name_goes_before_a_pattern(self):
        self.assertEqual(self.families.of('LOAD_ATTR_SLOT', '3.13'), 'kOther')
        self.assertEqual(self.families.of('LOAD_ATTR_PROPERTY', '3.13'), 'kCallPython')
        self.assertEqual(self.families.of('SETUP_WITH', '3.9'), 'kCall')

    def test_a_series_can_have_its_own(self):
        self.assertEqual(self.families.of('JUMP_ABSOLUTE', '3.10'), 'kEvalBreaker')
        self.assertEqual(self.families.of('JUMP_ABSOLUTE', '3.9'), 'kOther')

    def test_an_instrumented_instruction_is_of_the_family_of_its_base(self):
        self.assertEqual(self.families.of('INSTRUMENTED_CALL_KW', '3.13'), 'kCall')
        self.assertEqual(self.families.of('INSTRUMENTED_LINE', '3.13'), 'kInstrumented')

    def test_a_new_name_is_an_error(self):
        for name in ('CALL_SOMETHING_NEW', 'INSTRUMENTED_NOVELTY'):
            with self.assertRaises(SystemExit):
                self.families.of(name, '3.16')

    def test_releases_of_a_series_that_differ_are_an_error(self):
        facts = [{'version': f'3.9.{micro}', 'hex': 0x030900F0 | micro << 8, 'opcodes': {'CALL_METHOD': number}}
                 for micro, number in ((1, 161), (2, 162))]
        with self.assertRaises(SystemExit):
            opcodes.by_series(facts, render.series)


if __name__ == '__main__':
    unittest.main()

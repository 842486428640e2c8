"""The HTML report in Chromium: html_report.js uses everything on it and holds what it shows to its data block; here that is held
to JSON of the same samples. Pages of made-up profiles (html_pages.cc) have what a short recording has not.

SPYHOP_PICTURES=FOLDER keeps a picture of each view of each page.
"""
import context  # noqa: F401  isort:skip
import json
import os
import subprocess
import tempfile
import unittest

import spyhop
import taken
import viewers

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'html_report.js')
PAGES = os.path.join(os.path.dirname(spyhop.BINARY), 'tests', 'html_pages')
# A page is to be there within two seconds; a busy machine is given more.
PATIENCE_MS = 6000


def use(path):
    viewers.require('node', 'chromium', os.path.join(viewers.MODULES, 'playwright-core'))
    pictures = [os.environ['SPYHOP_PICTURES']] if os.environ.get('SPYHOP_PICTURES') else []
    return json.loads(viewers.ask('node', SCRIPT, path, *pictures, NODE_PATH=viewers.MODULES))


class RealProfile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken('.html'))
        cls.shown = use(cls.profile.path('.html'))

    def test_classes_are_those_of_json(self):
        for name, shown in self.shown['classes'].items():
            told = sum(taken.nanoseconds(thread[f'{name}_s']) for thread in self.profile.truth['threads'])
            self.assertAlmostEqual(shown, told, delta=len(self.profile.truth['threads']), msg=name)

    def test_lines_are_those_of_json(self):
        """The page was read without idle time."""
        told = {}
        classes = [name for name in taken.CLASSES if name != 'idle']
        for line in self.profile.truth['lines']:
            if not any(line['total'][f'{name}_s'] for name in classes):
                continue
            place = taken.escaped(line['file']) + (f":{line['line']}" if line['line'] > 0 else '')
            key = place, taken.escaped(line['function'])
            told[key] = told.get(key, 0) + sum(line['self'][f'{name}_s'] for name in classes)
        shown = {(line['place'], line['function']): line['self'] for line in self.shown['lines']}
        self.assertEqual(shown.keys(), told.keys())
        for key, seconds in told.items():
            self.assertAlmostEqual(shown[key], seconds, delta=0.001, msg=key)

    def test_a_damaged_file_is_refused(self):
        with self.assertRaises(viewers.Refused):
            use(self.profile.damaged('.html', os.path.getsize(self.profile.path('.html')) // 2))


class MadeUpProfiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='spyhop-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def make(self, *words):
        return subprocess.run([PAGES, self.folder, *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    def test_each_page_works(self):
        self.make()
        for name in ('shop', 'diff', 'hostile', 'full', 'empty'):
            with self.subTest(page=name):
                use(os.path.join(self.folder, f'{name}.html'))

    def test_a_large_profile_opens_soon(self):
        for stacks in (5000, 20000):  # all of their nodes are shown; most are merged
            with self.subTest(stacks=stacks):
                written = json.loads(self.make(str(stacks)))
                shown = use(os.path.join(self.folder, 'large.html'))
                print(f'\n1,000,000 samples, {written["nodes"]} nodes: {written["bytes"]} bytes, written in '
                      f'{written["seconds"]} s, shown in {shown["opened_ms"]} ms, as a flame graph in {shown["flame_ms"]} ms')
                self.assertLess(shown['opened_ms'], PATIENCE_MS)
                self.assertLess(shown['flame_ms'], PATIENCE_MS)


if __name__ == '__main__':
    unittest.main()

"""docs/waits.md names every rule of the table, and none that is not there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULES = (ROOT / 'sampler' / 'wait_rules.inc').read_text(encoding='utf-8')
PAGE = (ROOT / 'docs' / 'waits.md').read_text(encoding='utf-8')
IDLE = re.findall(r'^SPYHOP_IDLE_RULE\(\s*k\w+,\s*"\w+",\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"\)', RULES,
                  re.MULTILINE)
NAMES = re.findall(r'^SPYHOP_WAIT_FRAME\([^)]*,\s*"([^"]*)"\)', RULES, re.MULTILINE)


class WaitDocs(unittest.TestCase):
    def test_the_table_was_understood(self):
        self.assertGreater(len(IDLE), 40)
        self.assertGreater(len(NAMES), 20)
        self.assertEqual(len(IDLE), len(re.findall('^SPYHOP_IDLE_RULE', RULES, re.MULTILINE)))

    def test_every_idle_rule_is_on_the_page(self):
        for rule in IDLE:
            for word in filter(None, rule):
                self.assertIn(f'`{word}`', PAGE, rule)

    def test_every_lock_that_is_named_is_on_the_page(self):
        for name in set(NAMES):
            if name.startswith('multiprocessing.') or name.endswith('Condition lock'):
                continue  # "and so on"
            self.assertIn(f'{name}`', PAGE)

    def test_the_page_names_no_file_without_a_rule(self):
        section = PAGE[PAGE.index('## Idle'):PAGE.index('Not idle')]
        files = {word for rule in IDLE for word in rule} | {'selectors.py'}
        for file in re.findall(r'`([\w/]+(?:\.py|/))`', section):
            self.assertIn(file, files)


if __name__ == '__main__':
    unittest.main()

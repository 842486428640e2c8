"""JSON is what cli.md's schema says, in the eyes of a parser that is not ours."""
import context  # noqa: F401  isort:skip
import unittest

import schema
import taken
import viewers


class Json(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = cls.enterClassContext(taken.taken())
        cls.path = cls.profile.path('.json')

    def test_it_keeps_to_the_schema(self):
        self.assertEqual(schema.profile_complaints(self.profile.truth, with_stacks=True), [])

    def test_jq_adds_up_what_we_do(self):
        self.assertEqual(viewers.jq(self.path, '[.stacks[].samples] | add'), self.profile.total().samples)
        self.assertAlmostEqual(viewers.jq(self.path, '[.stacks[].s] | add'), self.profile.total().ns / 1e9, places=6)

    def test_lines_and_stacks_agree(self):
        own = '[.lines[].self | .python_s + .native_s + .kernel_s + .wait_s + .gil_s + .runq_s + .idle_s] | add'
        in_lines = viewers.jq(self.path, '[.stacks[] | select(.frames != []) | .s] | add')
        self.assertAlmostEqual(viewers.jq(self.path, own), in_lines, places=6)

    def test_a_hostile_name_comes_back_as_it_was(self):
        names = viewers.jq(self.path, '[.lines[].function] | unique')
        self.assertTrue([name for name in names if name.startswith('</script>') and name.endswith('\n%s\0 \u202eevil')])

    def test_a_damaged_file_is_refused(self):
        with self.assertRaisesRegex(viewers.Refused, 'parse error'):
            viewers.jq(self.profile.damaged('.json'), '.')


if __name__ == '__main__':
    unittest.main()

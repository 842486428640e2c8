"""Tasks of asyncio in snapshots, against what asyncio itself says of them, on every CPython that has them."""
import subprocess
import unittest

import harness
import matrix
import schema
import spyhop

# Which tasks each awaits, by name: those of puppets/tasks.py chain.
AWAITS = {'root': {'left', 'right'}, 'left': {'deep'}, 'limited': {'inner'}, 'first': {'w1', 'w2'}}
# How the others wait, and with which functions on their stack, leaf first.
WAITS = {'deep': 'sleep', 'right': 'Queue.get', 'locked': 'Lock.acquire', 'watch': 'Event.wait'}
STACKS = {'left': ['middle', 'left'], 'right': ['get', 'produced', 'consume'], 'deep': ['sleep', 'deep'],
          'watch': ['wait', 'watch'], 'root': ['group']}


def setUpModule():
    harness.can_trace()


def functions(task):
    return [frame['function'].rpartition('.')[2] for frame in task['frames']]


class Case(unittest.TestCase):
    def start(self, *shape):
        if self.python.version < (3, 7):
            self.skipTest('its tasks are not read')
        return self.enterContext(harness.Puppet(self.python, 'tasks.py', *shape))

    def tasks_of(self, puppet):
        """By id; the same ones that asyncio knows, by the same names, at the same lines."""
        shown = spyhop.snapshot(puppet.pid)
        self.assertEqual(schema.snapshot_complaints(shown), [])
        tasks = {task['id']: task for task in shown['tasks']}
        told = {task['id']: task for task in puppet.ready['tasks']}
        self.assertEqual(set(tasks), set(told))
        for id_, task in tasks.items():
            self.assertEqual(task['name'], told[id_]['name'])
            self.assertEqual(task['loop'], told[id_]['loop'])
            self.assertEqual(task['tid'], puppet.pid)
            self.assertFalse(task['changed'])
            self.assertEqual(functions(task)[-1], told[id_]['coroutine'].rpartition('.')[2], task)
            if task['state'] == 'waiting' and functions(task)[-1] != 'answer':
                self.assertEqual(task['frames'][-1]['line'], told[id_]['line'], task)
        return tasks, shown

    def labels(self, puppet, tasks):
        """Ids by the names the puppet meant; 3.7 has no names."""
        labels = {task['label']: task['id'] for task in puppet.ready['tasks'] if task['label']}
        self.assertLessEqual(set(labels.values()), set(tasks))
        return labels


@matrix.on_each_interpreter
class Tasks(Case):
    def check_chain(self, *how):
        puppet = self.start('chain', *how)
        tasks, shown = self.tasks_of(puppet)
        ids = self.labels(puppet, tasks)
        awaits = dict(AWAITS, **({'grouped': {'member'}} if self.python.version >= (3, 11) else {}))
        for name, awaited in awaits.items():
            task = tasks[ids[name]]
            self.assertEqual(set(task['awaits']['tasks']), {ids[each] for each in awaited}, name)
            for each in awaited:
                self.assertEqual(tasks[ids[each]]['awaited_by'], [ids[name]])
        for name, what in WAITS.items():
            self.assertEqual((tasks[ids[name]]['state'], tasks[ids[name]]['awaits']['what']), ('waiting', what))
        for name, stack in STACKS.items():
            shown_stack = functions(tasks[ids[name]])
            self.assertEqual([each for each in shown_stack if each != '__await__'], stack, name)
        self.assertEqual(shown['task_cycles'], [])
        return puppet

    def test_who_awaits_whom_and_what(self):
        puppet = self.check_chain()
        text = spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out
        self.assertIn(f'Tasks of the event loop in thread {puppet.pid} "MainThread": {len(puppet.ready["tasks"])}\n', text)
        if self.python.version >= (3, 8):
            self.assertIn('  Task "root": waiting for "left", "right" (gather)\n', text)
            self.assertIn('      Task "deep": waiting (sleep)\n', text)

    def test_tasks_written_in_python(self):
        self.check_chain('python')

    def test_a_ring_is_named(self):
        puppet = self.start('ring')
        tasks, shown = self.tasks_of(puppet)
        ids = self.labels(puppet, tasks)
        ring, = shown['task_cycles']
        self.assertEqual(set(ring), {ids['ring-a'], ids['ring-b'], ids['ring-c']})
        for one, next_one in zip(ring, ring[1:] + ring[:1]):
            self.assertEqual(tasks[one]['awaits']['tasks'], [next_one])
        if self.python.version >= (3, 8):
            self.assertIn('Task cycle: "ring-a" -> "ring-b" -> "ring-c" -> "ring-a"\n',
                          spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out)

    def test_a_task_that_computes(self):
        puppet = self.start('busy')
        tasks, _ = self.tasks_of(puppet)
        ids = self.labels(puppet, tasks)
        self.assertEqual({name: tasks[id_]['state'] for name, id_ in ids.items()},
                         {'busy': 'running', 'deep': 'waiting', 'main': 'waiting'})
        self.assertEqual(functions(tasks[ids['busy']]), ['compute', 'spin'])


@matrix.on_representatives
class Many(Case):
    def test_a_thousand_tasks(self):
        puppet = self.start('many', 1000)
        tasks, shown = self.tasks_of(puppet)
        self.assertEqual(len(tasks), 1001)
        self.assertNotIn('tasks_left_out', shown)
        # 5 to 20 ms on an idle machine; tests run beside others.
        self.assertLess(shown['tasks_read_us'], 500_000)
        text = spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out
        self.assertIn('  1000 tasks ', text)
        self.assertLess(len(text.splitlines()), 40)

    def test_more_than_are_read(self):
        puppet = self.start('many', 2500)
        shown = spyhop.snapshot(puppet.pid)
        self.assertEqual(len(shown['tasks']) + shown['tasks_left_out'], 2501)
        self.assertIn(f'({shown["tasks_left_out"]} more tasks of asyncio left out',
                      spyhop.run('snapshot', '-p', puppet.pid).expect(spyhop.DONE).out)


class Services(Case):
    def setUp(self):
        self.python = matrix.debian()

    def test_no_asyncio_no_section(self):
        puppet = self.enterContext(harness.Puppet(self.python, 'worker.py', 0, 0, 1))
        shown = spyhop.snapshot(puppet.pid)
        self.assertEqual((shown['tasks'], shown['task_cycles']), ([], []))
        self.assertNotIn('tasks_read_us', shown)

    def test_no_loop_no_section(self):
        pid = self.start('none').pid
        self.assertEqual(spyhop.snapshot(pid)['tasks'], [])
        self.assertNotIn('event loop', spyhop.run('snapshot', '-p', pid).expect(spyhop.DONE).out)

    def test_uvloop(self):
        if subprocess.run([*self.python.command, '-c', 'import uvloop'], stderr=subprocess.DEVNULL).returncode:
            self.skipTest('no uvloop')
        for shape in ('chain', 'busy'):
            puppet = self.start(shape, 'uvloop')
            tasks, _ = self.tasks_of(puppet)
            self.assertEqual('running' in {task['state'] for task in tasks.values()}, shape == 'busy')

    def test_aiohttp(self):
        if subprocess.run([*self.python.command, '-c', 'import aiohttp'], stderr=subprocess.DEVNULL).returncode:
            self.skipTest('no aiohttp')
        puppet = self.start('aiohttp')
        tasks, _ = self.tasks_of(puppet)
        handling, = [task for task in tasks.values() if 'hold' in functions(task)]
        self.assertEqual((functions(handling)[:2], handling['awaits']['what']), (['wait', 'hold'], 'Event.wait'))
        client, = [task for task in tasks.values() if task['name'] == 'client']
        self.assertEqual(client['awaits']['what'], 'StreamReader._wait_for_data')

    def test_two_loops(self):
        puppet = self.start('loops')
        shown = spyhop.snapshot(puppet.pid)
        threads = {task['name']: task['tid'] for task in shown['tasks']}
        self.assertEqual(threads['main'], puppet.pid)
        self.assertEqual(threads['other'], puppet.ready['other'])

    def test_a_loop_that_moves_all_the_time(self):
        """Nothing that makes no sense, however often it is looked at."""
        puppet = self.start('churn')
        for _ in range(20):
            shown = spyhop.snapshot(puppet.pid)
            self.assertEqual(schema.snapshot_complaints(shown), [])
            still = [task for task in shown['tasks'] if not task['changed']]
            for task in still:
                self.assertRegex(task['name'], '^(main|child|parent|Task-[0-9]+)$')
                self.assertIn(functions(task)[-1:], ([], ['answer'], ['child'], ['parent']))


if __name__ == '__main__':
    unittest.main()

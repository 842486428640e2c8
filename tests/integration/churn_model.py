"""Which stacks churn.py can have, read from its source: a stack with any other adjacency never existed."""
import ast
import math
import os

LOOP_FILE = 'churn loop'
CHAINS = {
    'functions': ('alpha_', 'beta_'),
    'methods': ('left_', 'right_'),
    'generators': ('odd_', 'even_'),
}
ROOTS = ('main', '<module>')
STARTING = [('churn.py', '<module>'), ('churn.py', 'main'), ('quiet.py', 'say')]     # the main thread, saying `ready`
FIRST_CALL, SECOND_CALL = 3, 4                                                      # lines of the loop


class Source:
    """Functions of one file: the lines of each, and the lines from which each calls which."""

    def __init__(self, text):
        self.bodies = {}
        self.calls = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                self._learn(node)

    def _learn(self, function):
        self.bodies[function.name] = range(function.lineno, function.end_lineno + 1)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                callee = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                for line in range(node.lineno, node.end_lineno + 1):
                    self.calls.add((function.name, line, callee))


class ChurnModel:
    """Judges stacks of one variant of the puppet."""

    def __init__(self, path, variant):
        with open(path, encoding='utf-8') as file:
            self.source = Source(file.read())
        self.file = os.path.basename(path)
        self.chains = CHAINS[variant]

    def judge(self, frames):
        """'' for a stack (root first) the source can produce, else why not."""
        rows = [(os.path.basename(frame['file']), frame['function'].rpartition('.')[2], frame['line'])
                for frame in frames if frame['kind'] == 'python']
        if [row[:2] for row in rows] in (STARTING, STARTING[:2]):
            return ''
        while rows and rows[0][0] == self.file and rows[0][1] in ROOTS:
            rows.pop(0)
        if not rows or rows[0][:2] != (LOOP_FILE, '<module>'):
            return 'does not begin with the module frame of the loop'
        loop_line = rows.pop(0)[2]
        if not rows:
            return '' if loop_line in range(0, SECOND_CALL + 1) else f'no line {loop_line} in the loop'
        return self._judge_chain(loop_line, rows)

    def _judge_chain(self, loop_line, rows):
        if loop_line not in (FIRST_CALL, SECOND_CALL):
            return f'line {loop_line} of the loop calls nothing'
        prefix = self.chains[loop_line - FIRST_CALL]
        for depth, (file, name, line) in enumerate(rows, 1):
            if file != self.file or name != f'{prefix}{depth}':
                return f'{name} of {file} at depth {depth}, where only {prefix}{depth} can be'
            if line not in self.source.bodies[name]:
                return f'line {line} is not in {name}'
            if depth < len(rows) and (name, line, rows[depth][1]) not in self.source.calls:
                return f'line {line} of {name} does not call {rows[depth][1]}'
        return ''

    def chain(self, frames):
        """The prefix of the chain a stack is in, '' when it is only in the loop."""
        names = [frame['function'].rpartition('.')[2] for frame in frames]
        return next((prefix for prefix in self.chains if any(name.startswith(prefix) for name in names)), '')


def classify(model, stacks):
    """(kept samples, {reason: samples} of impossible ones, {chain: samples}, one impossible stack)."""
    kept, wrong, chains, example = 0, {}, {}, None
    for stack in stacks:
        kept += stack['samples']
        why = model.judge(stack['frames'])
        if why:
            wrong[why] = wrong.get(why, 0) + stack['samples']
            example = stack['frames'] if example is None else example
        else:
            chain = model.chain(stack['frames'])
            chains[chain] = chains.get(chain, 0) + stack['samples']
    return kept, wrong, chains, example


def most_expected(samples, share, doubt=1e-4):
    """The largest count that a true rate of `share` explains: beyond it lies less than `doubt` of a Poisson law."""
    mean = samples * share
    count, probability = 0, math.exp(-mean)
    below = probability
    while below < 1 - doubt:
        count += 1
        probability *= mean / count
        below += probability
    return count

# -*- coding: utf-8 -*-
"""Shapes whose names and sizes are the point: files written next to the puppet, odd threads, other interpreters."""
import os
import sys

import quiet

try:
    import _thread
except ImportError:
    import thread as _thread

HERE = os.path.dirname(os.path.abspath(__file__))
CROWD = 200
RAW = 3
SHAPES = []


def native(unicode_text):
    """A str of this version: bytes on 2.7."""
    return unicode_text if str is not bytes else unicode_text.encode('utf-8')


def file_shape(name, path, source, thread_name=None):
    """A thread that runs `source`, written to `path`."""
    path = os.path.join(HERE, native(path))
    if not os.path.isdir(os.path.dirname(path)):
        os.makedirs(os.path.dirname(path))
    with open(path, 'wb') as file:
        file.write(source.encode('utf-8'))

    def run():
        with open(path, 'rb') as file:
            code = compile(file.read(), path, 'exec')
        exec(code, {'park': quiet.park, 'park_in_lock': quiet.park_in_lock})
    run.__name__ = name
    run.thread_name = native(thread_name) if thread_name else name
    SHAPES.append(run)


CODING = u'# -*- coding: utf-8 -*-\n'
file_shape('file_name', u'ü/модуль.py', CODING + u'def f():\n    park()\nf()\n', u'поток № 1')
file_shape('long_name', u'long.py', u'def {0}():\n    park()\n{0}()\n'.format(u'f' * 2000), u'n' * 300)
file_shape('one_line', u'one_line.py', u'a = 1; ' * 43000 + u'park(); a = 2\n')
file_shape('far_line', u'far_line.py', u'\n' * 100001 + u'def far():\n    park()\nfar()\n')
file_shape('far_in_function', u'far_in_function.py',
           u'def far():\n    a = 1\n' + u'\n' * 100000 + u'    park()\nfar()\n')
file_shape('big_line_table', u'big_table.py', u'def big(a):\n' + u'    a = a\n' * 30000 + u'    park()\nbig(1)\n')
file_shape('many_locals', u'many_locals.py',
           u'def wide():\n' + u''.join(u'    v%d = %d\n' % (i, i) for i in range(1800)) + u'    park()\nwide()\n')
file_shape('with_parenthesis', u'plain.py', u'park_in_lock()\n', u'evil) R 1 (name')
file_shape('with_newline', u'plain2.py', u'park()\n', u'two\nlines\tand \x1b[31mred')
file_shape('emoji_thread', u'plain3.py', u'park()\n', u'\U0001f40b spyhop')
if sys.version_info[0] > 2:
    file_shape('latin_function', u'latin.py', u'def é():\n    park()\né()\n', u'é')
    file_shape('cyrillic_function', u'cyrillic.py',
               u'class Класс:\n    def метод(self):\n        park()\nКласс().метод()\n')
    file_shape('astral_function', u'astral.py', u'def \U00020000():\n    park()\n\U00020000()\n')


def crowd_member():
    quiet.park()


def raw():
    quiet.TIDS[_thread.get_ident()] = quiet.native_id()
    quiet.park()


def start_crowd():
    """The named crowd and the threads that `threading` does not know; returns how many will park."""
    for number in range(CROWD):
        quiet.start(crowd_member, 'worker-%03d' % number)
    for _ in range(RAW):
        _thread.start_new_thread(raw, ())
    return CROWD + RAW

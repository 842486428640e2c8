"""Where the packages under test are (tools/package makes them), and the Debian root that they are installed into."""
import contextlib
import fcntl
import glob
import os
import shutil
import subprocess
import tempfile

import interpreters
import spyhop

FOLDER = os.path.join(spyhop.TREE, 'build', 'package')
PATIENCE = 300


def only(pattern):
    found = glob.glob(os.path.join(FOLDER, pattern))
    if len(found) != 1:
        raise AssertionError(f'{FOLDER}/{pattern}: there are {len(found)}, not one; run tools/package')
    return found[0]


def deb():
    return only('spyhop_*.deb')


def static_file():
    return only('spyhop-*-linux-x86_64')


def run(*command, seconds=PATIENCE, **options):
    """A command to its end, as spyhop.run does; spyhop.Result."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds, env=interpreters.environment(DEBIAN_FRONTEND='noninteractive'), **options)
    return spyhop.Result(command, done.returncode, done.stdout, done.stderr)


def bookworm():
    """A folder with Debian 12's smallest system and its Python, made once; half a minute."""
    folder = os.path.join(interpreters.cache_folder(), 'bookworm')
    os.makedirs(interpreters.cache_folder(), exist_ok=True)
    with open(folder + '.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            part = os.path.join(interpreters.cache_folder(), '.bookworm.partial')
            shutil.rmtree(part, ignore_errors=True)
            mirror = run('bash', '-c', 'source tools/packages.sh && debian_mirror', cwd=spyhop.TREE).expect(0).out.strip()
            run('mmdebstrap', '--quiet', '--variant=minbase', '--include=python3', 'bookworm', part, mirror).expect(0)
            os.rename(part, folder)
    return folder


@contextlib.contextmanager
def fresh_bookworm():
    """A copy to install into, with /proc and names of hosts; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix='spyhop-', ignore_cleanup_errors=True) as folder:
        root = os.path.join(folder, 'root')
        run('cp', '-a', '--reflink=auto', bookworm(), root).expect(0)
        shutil.copy('/etc/resolv.conf', root + '/etc/resolv.conf')
        with proc_in(root):
            yield root


@contextlib.contextmanager
def proc_in(root):
    """/proc there, as a container has it."""
    run('mount', '-t', 'proc', 'proc', root + '/proc').expect(0)
    try:
        yield
    finally:
        run('umount', '-l', root + '/proc').expect(0)

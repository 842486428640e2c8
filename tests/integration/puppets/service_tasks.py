"""A celery worker with a pool of threads: three tasks at a time follow each other, which sleep, start children and share a
locked file. The broker is in memory, which a worker polls as it polls any that cannot tell it (SQS, databases, folders).
"""
import fcntl
import subprocess
import time

from celery import Celery
from celery.signals import worker_ready

import service_books

THREADS, CHAINS = 4, 3
app = Celery('service_tasks', broker='memory://')
app.conf.update(
    broker_transport_options={'polling_interval': 0.02}, task_ignore_result=True, worker_hijack_root_logger=False)


@app.task
def work(chain):
    meter = service_books.meter()
    meter.begin()
    time.sleep(0.02)                            # truth: nap wait+gil reason=sleep
    meter.end('nap')
    child = subprocess.Popen(['/bin/sleep', '0.04'])
    meter.begin()
    child.wait()                                # truth: task-child wait+gil total
    meter.end('task-child')
    with open('lock', 'wb') as file:
        meter.begin()
        fcntl.flock(file, fcntl.LOCK_EX)        # truth: flock wait+gil reason=flock.file
        meter.end('flock')
        meter.begin()
        time.sleep(0.05)                        # truth: locked wait+gil reason=sleep
        meter.end('locked')
    if chain < CHAINS:
        work.delay(chain)


@worker_ready.connect
def begin(**_):
    service_books.start_telling()
    for chain in range(THREADS):     # The pool has as many as once had work at a time.
        work.delay(chain)

#!/usr/bin/env python3
"""gemm_top.py USERS ITEMS RANK: what a blocked sgemm alone takes for all scores of all users, two threads, each block of scores written to the cache
and not looked at. The limit that a top-N over the same factors is measured against. Run with OPENBLAS_* unset."""
import sys, threading, time
import numpy as np, threadpoolctl
users, items, rank = map(int, sys.argv[1:4])
P, Q = (np.random.rand(n, rank).astype(np.float32) for n in (users, items))
def run(part, rows, columns):
    out = np.empty((rows, columns), np.float32)
    for u in range(part * rows, users, 2 * rows):
        A = P[u:u + rows]
        for i in range(0, items, columns):
            B = Q[i:i + columns]
            np.matmul(A, B.T, out=out[:len(A), :len(B)])
with threadpoolctl.threadpool_limits(1):
    for rows, columns in ((64, 512), (128, 1024), (256, 1024), (256, 2048)):
        times = []
        for _ in range(2):
            begin = time.perf_counter()
            threads = [threading.Thread(target=run, args=(part, rows, columns)) for part in (0, 1)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            times.append(time.perf_counter() - begin)
        print(f"sgemm {users}x{rank} . {rank}x{items}, blocks of {rows} x {columns}: {min(times):.2f} s", flush=True)

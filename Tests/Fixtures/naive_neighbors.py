#!/usr/bin/env python3
"""Neighborhood predictions for the textbook's six users and five films, computed naively.

    python3 Tests/Fixtures/naive_neighbors.py > Tests/Fixtures/naive_neighbors.csv

One line for each basis, similarity, number of neighbors, user and film: the prediction, or nothing if there is none.
"""
from math import sqrt

FILMS = ["Avengers", "Conjuring", "Iron Man", "Titanic", "Dark Knight"]
TABLE = ["8 1 ? 2 7", "2 ? 5 7 5", "5 4 7 4 7", "7 1 7 3 8", "1 7 4 6 5", "8 3 8 3 7"]
R = {(f"User_{u + 1}", FILMS[i]): float(x) for u, row in enumerate(TABLE) for i, x in enumerate(row.split()) if x != "?"}
USERS = [f"User_{u + 1}" for u in range(6)]


def similarity(kind, a, b):
    common = [c for c in a if c in b]
    if len(common) < 2:
        return 0.0
    x, y = [a[c] for c in common], [b[c] for c in common]
    if kind == "pearson":
        x, y = [v - sum(x) / len(x) for v in x], [v - sum(y) / len(y) for v in y]
    length = sqrt(sum(v * v for v in x) * sum(v * v for v in y))
    return sum(p * q for p, q in zip(x, y)) / length if length > 1e-9 else 0.0


def main():
    print("basis,similarity,neighbors,user,film,prediction")
    for basis in ("users", "items"):
        rows, columns = (USERS, FILMS) if basis == "users" else (FILMS, USERS)
        value = (lambda r, c: R.get((r, c))) if basis == "users" else (lambda r, c: R.get((c, r)))
        vector = {r: {c: value(r, c) for c in columns if value(r, c) is not None} for r in rows}
        mean = {r: sum(v.values()) / len(v) for r, v in vector.items()}
        for kind in ("cosine", "pearson"):
            for k in (1, 2, 20):
                for r in rows:
                    for c in columns:
                        near = [(similarity(kind, vector[r], vector[o]), -rows.index(o), o)
                                for o in rows if o != r and c in vector[o]]
                        near = sorted((n for n in near if n[0] > 0), reverse=True)[:k]
                        text = ""
                        if near:
                            centred = kind == "pearson"
                            top = sum(s * (vector[o][c] - (mean[o] if centred else 0)) for s, _, o in near)
                            text = repr((mean[r] if centred else 0) + top / sum(s for s, _, _ in near))
                        user, film = (r, c) if basis == "users" else (c, r)
                        print(f"{basis},{kind},{k},{user},{film},{text}")


main()

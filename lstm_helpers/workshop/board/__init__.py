"""The live board: who is where, what goes wrong, who wants help; `lstm-course board` serves it.

Learners' notebooks send what each check said (never code) to `app`, which keeps it in one SQLite
file (`store`) and in memory (`state`), and sends what changed to the pages that look on (`stream`).
What may be sent is said in `rules`, how much of it in `limits`.
"""

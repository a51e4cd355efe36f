"""What each command of ``lstm-course`` does; :mod:`lstm_helpers.cli` only reads the words.

Each module is imported when its command is called, so that ``lstm-course --help`` is quick.
"""

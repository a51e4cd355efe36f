#!/bin/sh
# Installs the LSTM course from this folder, without network:  sh install.sh [FOLDER]
# Another Python than the first that fits:  PYTHON=/path/to/python sh install.sh
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
fits='import sys; sys.exit(sys.version_info[:2] != tuple(map(int, "@PYTHON@".split("."))))'
speaks='import sys; sys.exit(sys.version_info < (3, 6))' # enough to say what is needed
for test in "$fits" "$speaks"; do
    for python in "${PYTHON:-python@PYTHON@}" "${PYTHON:-python3}" "${PYTHON:-python}"; do
        if "$python" -c "$test" 2> /dev/null; then exec "$python" "$here/install.py" "$@"; fi
    done
done
echo "There is no Python 3 here: install Python @PYTHON@, then run \`sh install.sh\` again." >&2
exit 1
